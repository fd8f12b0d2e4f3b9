"""Staff read each moment in their own time zone, and what is about days says in which zone they are."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from orders.models import Order
from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation
from supportbot.mail.models import IncomingMail
from supportbot.prompts.models import Prompt
from supportbot.usage.models import ModelRequest, Outage
from tests.conversations.markup import Element, parse
from tickets.models import Ticket

MOMENT = datetime(2026, 3, 1, 21, 5, 7, tzinfo=UTC)
CLOCK = "2:35"  # of that moment in India, as Django writes it by itself too: “2:35 a.m.”


@pytest.fixture(autouse=True)
def _in_india(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"


def store_rows() -> list[Any]:
    request = {"backend": "demo", "model": "demo", "input": 1, "cached": 0, "output": 1, "reasoning": 0}
    return [
        AuditEvent.objects.create(created=MOMENT, action="conversation_closed"),
        ModelRequest.objects.create(created=MOMENT, purpose="answer", **request),
        Outage.objects.create(began=MOMENT, last=MOMENT, ended=MOMENT, code="offline", failures=1),
        IncomingMail.objects.create(received=MOMENT, sender="zoe@example.org", key="k"),
        Prompt.objects.create(created=MOMENT, published=MOMENT),
        Order.objects.create(number="ORD-9", ordered_at=MOMENT, shipped_at=MOMENT),
        Ticket.objects.create(created=MOMENT, updated=MOMENT, number="TKT-99999", issue="A lamp"),
    ]


def get_page(client: Client, address: str) -> Element:
    response = client.get(address)
    assert response.status_code == 200
    return parse(response.content.decode())


def find_clocks(page: Element) -> tuple[list[str], int]:
    """Times that name no zone, and how many of them the page's script shows in the reader's."""
    shown = re.findall(rf"\S*{CLOCK}(?! IST)\S*", page.one("body").text)
    return shown, len([time for time in page.all("time") if CLOCK in time.text])


@pytest.mark.parametrize("number", range(7))
def test_a_moment_is_the_readers_on_a_list_and_on_the_page_of_its_row(client, admin_user, agent, number):
    row = store_rows()[number]
    name = f"admin:{row._meta.label_lower.replace('.', '_')}"
    client.force_login(agent if isinstance(row, Order) else admin_user)
    pages = [reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])]

    clocks = [find_clocks(get_page(client, address)) for address in pages]

    assert any(count for _shown, count in clocks)
    assert [len(shown) for shown, _count in clocks] == [count for _shown, count in clocks]


def test_the_history_of_a_row_is_told_in_the_readers_zone(client, admin_user):
    LogEntry.objects.log_actions(
        admin_user.pk, User.objects.filter(pk=admin_user.pk), 2, "Changed", single_object=True
    )
    LogEntry.objects.update(action_time=MOMENT)
    client.force_login(admin_user)

    page = get_page(client, reverse("admin:auth_user_history", args=[admin_user.pk]))

    assert page.one("table").one("time").text == "2 Mar 2026, 02:35"


def test_a_filter_by_days_says_whose_days_they_are(client, admin_user):
    store_rows()
    client.force_login(admin_user)

    page = get_page(client, reverse("admin:mail_incomingmail_changelist"))

    headings = [" ".join(each.text.split()) for each in page.one(id="changelist-filter").all("summary")]
    assert "By received (Asia/Kolkata)" in headings
    assert "(Asia/Kolkata)" in page.classed("toplinks")[0].text


def test_a_customers_page_shows_the_days_of_what_apps_know_in_the_readers_zone(client, admin_user, alice):
    Order.objects.create(number="ORD-9", ordered_at=MOMENT, customer=alice, email=alice.email)
    Conversation.objects.create(user=alice, created=MOMENT, updated=MOMENT + timedelta(days=1))
    client.force_login(admin_user)

    page = get_page(client, reverse("desk-customer", args=[alice.pk]))

    (row,) = [row for row in page.all("tr") if "ORD-9" in row.text]
    assert row.one("time", data_shows="day")["datetime"] == "2026-03-02T02:35:07+05:30"
