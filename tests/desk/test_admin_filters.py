"""Staff filter by what the lists show, and never by what is secret: whoever may ask can guess it in parts."""

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client, RequestFactory
from django.urls import reverse

from supportbot.conversations.models import Conversation
from tests.admin_forms import open_form
from tests.conversations.markup import Element, parse

SECRET = ("key", "token", "password", "secret", "digest", "hash", "code")
LOOKUPS = ("", "__exact", "__startswith", "__regex", "__gt", "__in")
# What has such a word in its name and is none.
HARMLESS = {
    ("usage.outage", "code"),
    ("audit.auditevent", "hash"),
    # What staff see of an order anyway, in the form in which it is compared.
    *(("orders.order", name) for name in ("key", "short_key", "tracking_key", "phone_key")),
    ("axes.accesslog", "session_hash"),  # of log-ins, of which none is stored
}


def secret_fields():
    for model, model_admin in admin.site._registry.items():
        label = model._meta.label_lower
        for field in model._meta.concrete_fields:
            words = field.name.split("_")
            if any(word in SECRET for word in words) and (label, field.name) not in HARMLESS:
                yield pytest.param(model_admin, field.name, id=f"{label}.{field.name}")


@pytest.mark.parametrize(("model_admin", "field"), list(secret_fields()))
def test_nobody_filters_by_what_is_secret(rf, model_admin, field):
    for lookup in LOOKUPS:
        assert not model_admin.lookup_allowed(f"{field}{lookup}", "a", rf.get("/"))


def test_the_guests_key_is_among_them():
    assert "conversations.conversation.guest_key" in [each.id for each in secret_fields()]


@pytest.mark.django_db
def test_the_list_refuses_it_and_still_filters_by_what_it_shows(agent):
    guests = Conversation.objects.create(guest_key="a" * 32, last_seq=1, title="A lamp")
    client = Client()
    client.force_login(agent)
    address = "/admin/conversations/conversation/"

    assert client.get(f"{address}?guest_key__startswith=a").status_code == 400
    page = client.get(f"{address}?owner__exact=bot").content.decode()
    assert guests.title in page
    assert {"Assistant", "Waiting for a person", "Person", "Closed"} <= {
        link.text for link in parse(page).one(id="changelist-filter").all("a")
    }


@pytest.mark.django_db
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_values_that_cannot_be_in_the_address_of_a_list_are_no_error(admin_client, model):
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    years = [f"{admin.site._registry[model].date_hierarchy}__year=99999999999"]
    for query in ("pk__in=1,9999999999999999999999", "pk__range=1", "pk__range=123", *years):
        assert admin_client.get(f"{address}?{query}", follow=True).status_code == 200


@pytest.mark.django_db
def test_an_error_in_a_list_is_not_taken_for_one_in_its_address(admin_client, monkeypatch):
    monkeypatch.setattr(admin.site._registry[Conversation], "get_paginator", lambda *_args: int("no number"))

    with pytest.raises(ValueError, match="no number"):
        admin_client.get(reverse("admin:conversations_conversation_changelist") + "?o=1", follow=True)


@pytest.mark.django_db
def test_a_list_is_headed_by_what_it_lists_and_offers_all_only_where_some_are_left_out(admin_client, alice):
    for number in range(3):
        Conversation.objects.create(last_seq=1, title="A lamp", user=alice if number else None)
    address = reverse("admin:conversations_conversation_changelist")

    def read(query: str) -> Element:
        return parse(admin_client.get(f"{address}?{query}").content.decode()).one("main")

    assert read("").one("h1").text == "Conversations"
    assert "Show all" not in read("").text
    assert "Show all" not in read("o=1").text
    for query in ("q=lamp", "owner__exact=waiting", f"user__id__exact={alice.pk}"):
        assert "Show all" in read(query).text, query


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["9" * 30, "-" + "9" * 30, "12x", "\x00", "1.5", ""])
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_rows_that_cannot_be_are_not_chosen_for_an_action(admin_client, admin_user, model, key):
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    request = RequestFactory().get(address)
    request.user = admin_user
    for action in admin.site._registry[model].get_actions(request) or ("delete_selected",):
        sent = {"action": action, ACTION_CHECKBOX_NAME: key, "post": "yes", "assignee": key}
        assert admin_client.post(address, sent, follow=True).status_code == 200


@pytest.mark.django_db
def test_a_group_that_cannot_be_is_no_valid_choice(admin_client, agent):
    address = reverse("admin:auth_user_change", args=[agent.pk])
    sent = open_form(admin_client, address) | {"groups": ["9" * 30]}

    page = admin_client.post(address, sent)

    assert "is not one of the available choices" in page.content.decode()
