"""Staff read in words what was done, whichever part of the product has recorded it."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import reverse

from supportbot.audit.action_words import ACTION_WORDS
from supportbot.audit.recording import record_event
from tests.conversations.markup import parse

ROOT = Path(__file__).resolve().parent.parent.parent
RECORDED = re.compile(r"""record_(?:ticket_)?events?\(\s*"(\w+)"|record_reading\([^)]*action="(\w+)\"""")


def test_whatever_is_recorded_has_words():
    sources = [*ROOT.glob("supportbot/**/*.py"), *ROOT.glob("tickets/**/*.py"), *ROOT.glob("orders/**/*.py")]
    actions = {found[1] or found[2] for path in sources for found in RECORDED.finditer(path.read_text())}

    assert {"person_requested", "ticket_opened", "read_customer"} < actions
    assert not actions - {*ACTION_WORDS, *apps.get_app_config("audit").action_words}


@pytest.mark.django_db
def test_the_log_and_its_filter_say_what_was_done(admin_client):
    record_event("person_requested", actor="customer", conversation_id=1)
    record_event("parcel_weighed")

    page = parse(admin_client.get(reverse("admin:audit_auditevent_changelist")).content.decode())

    assert [
        row.classed("field-action_in_words")[0].text for row in page.one(id="result_list").all("tr")[1:]
    ] == [
        "Parcel weighed",
        "Asked for a person",
    ]
    assert {"Asked for a person", "Parcel weighed"} <= {
        each.text for each in page.one(id="changelist-filter").all("a")
    }
