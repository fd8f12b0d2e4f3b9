"""PostgreSQL as Django knows it, but that nobody waits for ever, and that no statement is compiled."""

import pytest
from django.db import OperationalError, connection, transaction

from supportbot.conversations.models import Conversation
from supportbot.server.outages import describe_outage
from supportbot.server.postgresql.base import SESSION_SETTINGS
from tests.conversations.crowd import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="It is about PostgreSQL"),
]


def read_set_in_session() -> dict[str, str]:
    """The settings that are this session's own, and what they are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, current_setting(name) FROM pg_settings WHERE source = 'session'")
        return dict(cursor.fetchall())


def lock_briefly(pk: int) -> str:
    """What is logged of it when somebody else has locked the conversation."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(OperationalError) as raised:
            Conversation.objects.lock(pk)
    return describe_outage(raised.value)


def test_each_session_gives_up_on_locks_and_notices_when_its_host_is_lost():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    for _again in range(2):  # the pool gives the same connection once more
        found = read_set_in_session()
        assert SESSION_SETTINGS.keys() <= found.keys()
        assert (found["lock_timeout"], found["jit"]) == ("30s", "off")
        connection.close()


def test_a_rollback_does_not_undo_the_settings():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        transaction.set_rollback(True)
    assert SESSION_SETTINGS.keys() <= read_set_in_session().keys()


def test_who_gives_up_on_a_lock_says_what_it_waited_for():
    conversation = Conversation.objects.create()
    with transaction.atomic():
        Conversation.objects.lock(conversation.pk)
        (said,) = at_once(lambda: lock_briefly(conversation.pk))
    assert said == "OperationalError, 55P03: somebody else holds what it has waited for"


def test_rows_are_read_without_a_cursor_that_a_pooler_would_lose(django_assert_num_queries):
    with django_assert_num_queries(1) as asked:
        list(Conversation.objects.iterator())
    assert "DECLARE" not in asked.captured_queries[0]["sql"]
