"""A database of the version before the renames migrates with every row, and today's code goes on from there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction

from supportbot.assistant.messages import Answer, Message
from supportbot.conversations.models import Conversation, TokenBudget, Turn
from supportbot.conversations.questions import Summary
from supportbot.conversations.turns.recovery import recover_abandoned_turns
from supportbot.conversations.turns.tool_calls import complete_call, run_tool
from supportbot.conversations.turns.transitions import finish_turn
from supportbot.jobs.models import Job
from supportbot.jobs.queue import claim_due_jobs, complete_job
from tests.servers import postgresql
from tickets.models import Ticket
from tickets.questions import HandoverNote

from . import old_database


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    with postgresql() as cluster:
        yield cluster.create("shop")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def old_rows(
    request: Any, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[old_database.Rows]:
    """What was in a database of the old version, which has been migrated since and is the default one of the test."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('old') / 'shop.sqlite3'}"
    with django_db_blocker.unblock(), old_database.use_database(url):
        old_apps = old_database.migrate_to_old_state()
        old_database.fill(old_apps)
        rows = old_database.read_rows(old_apps)
        call_command("migrate", verbosity=0)
        yield rows


@pytest.fixture
def migrated(old_rows: old_database.Rows) -> Iterator[None]:
    """The migrated database; what the test changes in it is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def check_rows(old_rows: old_database.Rows) -> None:
    """Every row is there by its new name, with the same values but for the names of jobs."""
    for label, rows in old_rows.items():
        expected = [old_database.rename_fields(label, row) for row in rows]
        model = apps.get_model(old_database.NEW_MODELS.get(label, label))
        now = list(model.objects.order_by("pk").values(*expected[0]))
        if model is TokenBudget:
            # What a turn that goes on had reserved was counted as spent then.
            for row, budget in zip(now, model.objects.order_by("pk"), strict=True):
                row["tokens"] += budget.reserved
        if model is Job:
            names = [(row.pop("kind"), row.pop("key")) for row in expected]
            assert [get_old_name(row.pop("kind"), row.pop("key")) for row in now] == names
        assert now == expected, label


def get_old_name(kind: str, key: str) -> tuple[str, str]:
    """What a job of today was called, and its key then."""
    if kind == "ask_question":
        name, _, key = key.partition(":")
        return name, key
    return {"delete_from_provider": "forget", "send_outage_alert": "alert"}[kind], key


def test_every_row_is_kept_under_its_new_name(old_rows):
    assert all(old_rows.values()), "there was something in every table"
    check_rows(old_rows)


def test_it_goes_back_and_forth_and_keeps_every_row(old_rows):
    assert old_database.read_rows(old_database.migrate_to_old_state()) == old_rows

    call_command("migrate", verbosity=0)

    check_rows(old_rows)


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("name", ["carol", "dave"])
def test_staff_keep_their_rights(name):
    assert User.objects.get(username=name).has_perm("usage.view_modelrequest")


@pytest.mark.usefixtures("migrated")
def test_jobs_are_of_kinds_that_today_s_code_claims():
    claimed = {(job.kind, job.key): job for job in claim_due_jobs.run_sync(10)}

    long = Conversation.objects.get(title="Where is my order?")
    forget = ("delete_from_provider", "responses:resp_1")
    alert = ("send_outage_alert", f"{old_database.OUTAGE_PK}")
    questions = {
        f"summary:{long.pk}:{long.turns.last().pk}",
        "handover_note:TKT-00000001",
        "triage:TKT-00000001",
    }
    assert set(claimed) == {forget, alert, *(("ask_question", key) for key in questions)}
    assert claimed[forget].attempts == 41, "it was tried 40 times before"


@pytest.mark.usefixtures("migrated")
def test_the_answers_to_old_questions_are_stored():
    claimed = {job.key.partition(":")[0]: job for job in claim_due_jobs.run_sync(10)}

    assert complete_job.run_sync(claimed["summary"], Summary(summary="It is late."))
    assert complete_job.run_sync(
        claimed["handover_note"], HandoverNote(wants="Her parcel.", tried="", still_open="")
    )

    long = Conversation.objects.get(title="Where is my order?")
    assert (long.summary, long.summarised_through) == ("It is late.", long.turns.last().pk)
    assert Ticket.objects.get().wants == "Her parcel."
    assert Job.objects.count() == 3


@pytest.mark.usefixtures("migrated")
def test_a_turn_whose_process_died_goes_on_and_then_the_one_behind_it():
    (change,) = recover_abandoned_turns.run_sync(free_slots=5)

    lease = change.lease
    turn = Turn.objects.get(pk=lease.turn_id)
    assert (turn.state, turn.fencing_token, turn.crash_count) == ("running", 4, 2)
    (call,) = lease.pending_calls
    complete_call.run_sync(
        lease, run_tool(lease, call, apps.get_app_config("conversations").tools[call.name])
    )
    answer = Answer(Message("assistant", "I need your e-mail address."), "stop")
    following = finish_turn.run_sync(lease, Turn.State.DONE, answer.message.text, answer=answer).lease
    assert [message.text for message in turn.messages.all()] == ["Where is ORD-456?", "", answer.message.text]
    assert following.history[-1].text == "Thanks"
    assert Turn.objects.get(pk=following.turn_id).state == "running"
