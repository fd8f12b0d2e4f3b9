"""A statement that is built once reads and writes what the model's own methods do."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError

from supportbot.compiled_queries import (
    CompiledInsert,
    CompiledQuery,
    CompiledRows,
    CompiledRowsUpdate,
    CompiledUpdate,
)
from supportbot.conversations.models import Conversation, Turn

pytestmark = pytest.mark.django_db

OF_TITLE = CompiledQuery(
    Conversation,
    ["title", "created"],
    lambda title, since: (
        Conversation.objects.filter(title=title, created__gt=since, last_seq__gt=0)
        .select_related("user", "assignee")
        .order_by("pk")
    ),
)
ROWS = CompiledRows(
    Turn,
    ["conversation"],
    lambda pk: (
        Turn.objects.filter(conversation=pk).order_by("pk").values_list("usage", "conversation__public_id")
    ),
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def read_fields(instance):
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_json_is_read_as_django_does_and_each_row_has_its_own():
    conversation = Conversation.objects.create(title="Kept")
    kept = [{}, {}, [], [1], {"tokens": 5}, "", "{}", 0, False]
    for usage in kept:
        Turn.objects.create(conversation=conversation, usage=usage, state="done")

    read = [usage for usage, _id in ROWS.fetch_rows(conversation.pk)]

    assert read == kept == list(conversation.turns.order_by("pk").values_list("usage", flat=True))
    read[0]["tokens"] = 1
    assert read[1] == {}


def test_instances_are_those_of_the_queryset_with_the_rows_that_it_joins(django_assert_num_queries):
    user = get_user_model().objects.create_user("dora", "dora@example.com")
    for title, owner in [("Kept", user), ("Other", user), ("Kept", None)]:
        Conversation.objects.create(title=title, user=owner, last_seq=1)

    with django_assert_num_queries(1):
        mine, guests = OF_TITLE.fetch_all("Kept", LONG_AGO)
        assert mine.user.email == "dora@example.com"
        assert guests.user is None
        assert mine.assignee is None

    assert list(map(read_fields, (mine, guests))) == list(
        map(read_fields, Conversation.objects.filter(title="Kept").order_by("pk"))
    )
    assert OF_TITLE.fetch_first("Other", LONG_AGO).title == "Other"
    assert OF_TITLE.fetch_first("Nobody's", LONG_AGO) is None


def test_rows_are_those_of_the_queryset():
    conversation = Conversation.objects.create()
    turns = [Turn(conversation=conversation, usage=[{"total": number}]) for number in range(2)]
    Turn.objects.bulk_create(turns)

    rows = list(map(tuple, ROWS.fetch_rows(conversation.pk)))

    assert rows == [([{"total": 0}], conversation.public_id), ([{"total": 1}], conversation.public_id)]


LISTS = {
    "id__in": CompiledRows(Turn, ["id__in"], lambda ids: Turn.objects.filter(pk__in=ids).values_list("pk")),
    "conversation__in": CompiledRows(
        Turn, ["conversation__in"], lambda ids: Turn.objects.filter(conversation__in=ids).values_list("pk")
    ),
    "conversation__public_id__in": CompiledRows(
        Conversation,
        ["public_id__in"],
        lambda ids: Turn.objects.filter(conversation__public_id__in=ids).values_list("pk"),
    ),
    "error__in": CompiledRows(
        Turn, ["error__in"], lambda words: Turn.objects.filter(error__in=words).values_list("pk")
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_any_number_of_values_is_compared_by_the_same_statement(name, django_assert_num_queries):
    errors = ["", "it's “100 %”", '["a"]', "1", "{x}"]
    turns = [Turn.objects.create(conversation=Conversation.objects.create(), error=error) for error in errors]
    values = list(Turn.objects.order_by("pk").values_list(name.removesuffix("__in"), flat=True))

    for count in (0, 1, 4):
        with django_assert_num_queries(1):
            found = LISTS[name].fetch_rows(values[1 : count + 1])
        assert sorted(pk for (pk,) in found) == [turn.pk for turn in turns[1 : count + 1]]


def test_a_value_that_is_longer_than_any_that_is_stored_is_compared_whole():
    longest = "x" * Turn._meta.get_field("error").max_length
    Turn.objects.create(conversation=Conversation.objects.create(), error=longest)

    assert LISTS["error__in"].fetch_rows([longest + "y"]) == []


def test_an_update_of_any_number_of_rows_changes_those_alone():
    conversation = Conversation.objects.create()
    turns = [Turn.objects.create(conversation=conversation) for _ in range(3)]
    rename = CompiledRowsUpdate(
        Turn, ["id__in", "error"], lambda ids, error: (Turn.objects.filter(pk__in=ids), {"error": error})
    )

    assert rename.update_rows([turn.pk for turn in turns[:2]], "late") == 2
    assert rename.update_rows([], "never") == 0
    assert list(Turn.objects.order_by("pk").values_list("error", flat=True)) == ["late", "late", ""]


def test_a_new_instance_is_stored_whole_and_knows_its_key():
    turn = Turn(conversation=Conversation.objects.create(), usage=[{"total": 1}], started=LONG_AGO)

    CompiledInsert(Turn).save(turn)

    assert read_fields(Turn.objects.get(pk=turn.pk)) == read_fields(turn)
    turn.delete()  # as one that the model's own `save` has stored
    assert not Turn.objects.exists()


def test_an_update_writes_its_fields_and_no_others():
    turn = Turn.objects.create(conversation=Conversation.objects.create())
    turn.state, turn.model, turn.usage = "done", "grok", [{"total": 1}]

    CompiledUpdate(Turn, ["state", "usage"]).save(turn)
    stored = Turn.objects.get(pk=turn.pk)
    assert (stored.state, stored.model, stored.usage) == ("done", "", [{"total": 1}])

    CompiledUpdate(Turn).save(turn)
    assert read_fields(Turn.objects.get(pk=turn.pk)) == read_fields(turn)


def test_an_update_of_what_was_deleted_is_an_error():
    turn = Turn.objects.create(conversation=Conversation.objects.create())
    Turn.objects.all().delete()

    with pytest.raises(DatabaseError):
        CompiledUpdate(Turn).save(turn)


def test_an_update_of_rows_changes_those_that_match_and_counts_them():
    conversation = Conversation.objects.create()
    turns = [Turn.objects.create(conversation=conversation, fencing_token=token) for token in (1, 2)]
    begin = CompiledRowsUpdate(
        Turn,
        ["conversation", "fencing_token", "first_token", "error"],
        lambda conversation, token, moment, error: (
            Turn.objects.filter(conversation=conversation, fencing_token=token, state="queued"),
            {"first_token": moment, "error": error, "state": "running"},
        ),
    )

    assert begin.update_rows(conversation.pk, 2, LONG_AGO, "100 % sure") == 1
    assert begin.update_rows(conversation.pk, 2, LONG_AGO, "again") == 0

    untouched, begun = Turn.objects.order_by("pk")
    assert read_fields(untouched) == read_fields(turns[0])
    assert (begun.first_token, begun.error, begun.state) == (LONG_AGO, "100 % sure", "running")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no locks of rows")
@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_within_a_transaction_only_however_often_they_were_before():
    conversation = Conversation.objects.create()

    for _time in range(2):
        with pytest.raises(TransactionManagementError):
            Conversation.objects.lock(conversation.pk)
        with transaction.atomic():
            assert Conversation.objects.lock(conversation.pk) == conversation
