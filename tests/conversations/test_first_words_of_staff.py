"""A guest whom staff wrote to first is somebody of their own: no browser has a key to the conversation."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation
from supportbot.conversations.turns import post_mail

pytestmark = pytest.mark.django_db


def open_with(user: User | None, name: str = "", email: str = "") -> Conversation:
    conversations: Any = apps.get_app_config("conversations")
    return Conversation.objects.get(pk=conversations.open_conversation(user, name, email))


def test_what_one_guest_uses_up_is_not_counted_against_another(settings):
    settings.VISITOR_MESSAGES_PER_MINUTE = 1
    ann, ben = open_with(None, "Ann", "ann@example.org"), open_with(None, "Ben", "ben@example.org")
    post_mail.run_sync(ann.pk, ["Hello"], "a1")

    with pytest.raises(RequestRefused):
        post_mail.run_sync(ann.pk, ["Hello?"], "a2")
    post_mail.run_sync(ben.pk, ["Hello"], "b1")


def test_what_is_counted_by_conversations_finds_the_guest_s_own(alice):
    conversations = [open_with(None, "Ann"), open_with(None, "Ann"), open_with(alice)]
    for each in conversations:
        assert list(Conversation.objects.visible_to(each.visitor)) == [each]
    assert conversations[-1].guest_key == ""


def test_the_guests_of_before_get_keys_of_their_own(alice):
    account = Conversation.objects.create(user=alice)
    browser = Conversation.objects.create(guest_key="browser")
    guests = Conversation.objects.bulk_create(Conversation() for _ in range(201))
    before = dict(Conversation.objects.values_list("pk", "updated"))
    migration = import_module("supportbot.conversations.migrations.0022_keys_of_guests")

    with CaptureQueriesContext(connection) as queries:
        migration.create_missing_keys(apps, None)

    assert len(queries) < 10
    keys = dict(Conversation.objects.values_list("pk", "guest_key"))
    assert (keys.pop(account.pk), keys.pop(browser.pk)) == ("", "browser")
    assert len(set(keys.values())) == len(guests)
    assert all(key.startswith("mail:") for key in keys.values())
    assert dict(Conversation.objects.values_list("pk", "updated")) == before
