"""What a process leaves that died is gone on with by another one, and the dead one cannot write any more."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from supportbot.assistant.messages import Answer, ToolResult
from supportbot.assistant.messages import Message as Said
from supportbot.assistant.messages import ToolCall as Asked
from supportbot.conversations.models import Conversation, Message, ToolCall, Turn
from supportbot.conversations.turns import (
    ownership,
    recovery,
    streaming_text,
    submit,
    tool_calls,
    transitions,
)
from supportbot.conversations.turns.leases import LeaseLost
from supportbot.conversations.worker import housekeeping, runner
from supportbot.jobs.models import Job
from tickets.models import Ticket

from .crowd import at_once
from .rendering import render
from .rows import until

WANTED = Asked("c1", "create_ticket", '{"issue": "late", "priority": "high"}')
ASKED = Answer(Said("assistant", "One moment.", (WANTED,)), "tool_calls")


@pytest.fixture
def work(transactional_db, chat):
    """A turn that a process took up."""
    return submit.submit_message.run_sync(chat.pk, "Where is my order?", "a1").lease


def let_lease_run_out() -> None:
    Turn.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_an_answer_that_was_being_read_is_kept_and_can_be_tried_again(work):
    streaming_text.begin_answer.run_sync(work, work.message_id, "It ")
    streaming_text.checkpoint.run_sync(
        [("It is on ", work.message_id, work.turn_id, work.fencing_token)],
        [(work.turn_id, work.fencing_token)],
    )
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    turn = Turn.objects.get()
    assert (turn.state, turn.may_retry, turn.error) == ("interrupted", True, "interrupted")
    assert (Message.objects.get(role="assistant").text, step.lease) == ("It is on ", None)
    assert Message.objects.get(role="assistant").status == "partial"
    assert "The answer was interrupted." in render(step)
    assert "Try again" in render(step)


def test_an_answer_of_which_nothing_was_seen_is_asked_for_anew(work):
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert (step.lease.message_id, step.lease.fencing_token) == (work.message_id, work.fencing_token + 1)
    assert [message.text for message in step.lease.history] == ["Where is my order?"]
    assert (Turn.objects.get().crash_count, Message.objects.count()) == (1, 2)


def test_calls_that_were_stored_come_first_and_are_not_asked_for_anew(work):
    tool_calls.store_requested_calls.run_sync(work, ASKED)
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert step.lease.pending_calls == (WANTED,)
    assert ToolCall.objects.get().state == "pending"


def test_when_all_its_calls_were_done_the_model_is_told_of_them(work):
    tool_calls.store_requested_calls.run_sync(work, ASKED)
    tool_calls.run_tool(work, WANTED, tool_calls.get_tool_registry()["create_ticket"])
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert step.lease.pending_calls == ()
    assert [message.role for message in step.lease.history] == ["user", "assistant", "tool"]
    assert Message.objects.get(status="streaming").pk == step.lease.message_id


def test_a_turn_that_somebody_wanted_stopped_is_not_gone_on_with(work, chat):
    transitions.request_stop.run_sync(chat.pk)
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert (Turn.objects.get().state, step.lease) == ("stopped", None)


def test_a_turn_over_which_process_after_process_ends_is_given_up(work):
    for _ in range(recovery.MAX_CRASHES):
        let_lease_run_out()
        assert recovery.recover_abandoned_turns.run_sync(9)[0].lease
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert (Turn.objects.get().state, step.lease) == ("interrupted", None)
    assert "Try again" in render(step)


def test_its_pending_calls_are_answered_when_it_is_given_up(work):
    tool_calls.store_requested_calls.run_sync(work, ASKED)
    Turn.objects.update(crash_count=recovery.MAX_CRASHES)
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert ToolCall.objects.get().state == "interrupted"
    assert 'data-state="interrupted"' in render(step)


def test_who_tries_it_again_gives_it_all_its_tries_back(work, chat):
    Turn.objects.update(crash_count=recovery.MAX_CRASHES)
    let_lease_run_out()
    recovery.recover_abandoned_turns.run_sync(9)

    assert transitions.retry_turn.run_sync(chat.pk, work.turn_id).lease

    assert Turn.objects.get().crash_count == 0


def test_no_more_turns_are_taken_up_than_there_is_room_for(work, of_bob, of_guest):
    for conversation in (of_bob, of_guest):
        submit.submit_message.run_sync(conversation.pk, "Hello?", "b1")
    let_lease_run_out()

    assert [step.lease.turn_id for step in recovery.recover_abandoned_turns.run_sync(2)] == [
        work.turn_id,
        work.turn_id + 1,
    ]
    assert [step.lease.turn_id for step in recovery.recover_abandoned_turns.run_sync(2)] == [work.turn_id + 2]


def test_two_processes_that_sweep_at_once_do_not_both_take_a_turn_up(work):
    let_lease_run_out()

    swept = at_once(*[lambda: recovery.recover_abandoned_turns.run_sync(9)] * 8)

    assert sum(step.lease is not None for steps in swept for step in steps) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_conversation_that_a_lost_host_has_locked_keeps_no_other_waiting(work, of_bob):
    submit.submit_message.run_sync(of_bob.pk, "Hello?", "b1")
    let_lease_run_out()
    with transaction.atomic():
        Conversation.objects.lock(work.conversation_id)
        (swept,) = at_once(lambda: recovery.recover_abandoned_turns.run_sync(9))
    assert [step.lease.conversation_id for step in swept] == [of_bob.pk]

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert step.lease.turn_id == work.turn_id


def test_a_turn_that_is_handed_back_is_taken_up_at_once(work):
    recovery.release_turn.run_sync(work)

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert (step.lease.message_id, step.lease.fencing_token) == (work.message_id, work.fencing_token + 1)
    assert Turn.objects.get().crash_count == 0


def test_a_turn_that_is_to_be_stopped_is_not_handed_back_to_be_run(work, chat):
    transitions.request_stop.run_sync(chat.pk)

    recovery.release_turn.run_sync(work)
    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert (Turn.objects.get().state, step.lease) == ("stopped", None)


def test_a_turn_whose_lease_holds_is_left_alone(work):
    assert recovery.recover_abandoned_turns.run_sync(9) == []
    assert Turn.objects.get().state == "running"


def test_a_checkpoint_renews_the_lease(work):
    let_lease_run_out()

    assert streaming_text.checkpoint.run_sync([], [(work.turn_id, work.fencing_token)]) == set()

    assert recovery.recover_abandoned_turns.run_sync(9) == []


def test_a_checkpoint_tells_what_is_to_be_stopped_and_what_is_gone(work, chat):
    assert streaming_text.checkpoint.run_sync([], [(work.turn_id, work.fencing_token), (999, 1)]) == {
        (999, 1)
    }
    transitions.request_stop.run_sync(chat.pk)

    assert streaming_text.checkpoint.run_sync([], [(work.turn_id, work.fencing_token)]) == {
        (work.turn_id, work.fencing_token)
    }


def test_a_queued_turn_that_nobody_took_up_is_taken_up(begun, work, chat):
    submit.submit_message.run_sync(chat.pk, "Hello?", "a2")
    long_ago = timezone.now() - timedelta(minutes=1)
    Turn.objects.filter(pk=work.turn_id).update(state="done")
    Turn.objects.filter(state="queued").update(created=long_ago)

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert step.lease.turn_id == Turn.objects.get(state="running").pk
    assert step.lease.history[-1].text == "Hello?"


@pytest.fixture
def begun(work):
    """The first words of the answer were shown."""
    streaming_text.begin_answer.run_sync(work, work.message_id, "It is ")


def test_what_waited_behind_a_dead_turn_is_taken_up_with_it(begun, work, chat):
    submit.submit_message.run_sync(chat.pk, "Hello?", "a2")
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert list(Turn.objects.values_list("state", flat=True)) == ["interrupted", "running"]
    assert step.lease.turn_id == Turn.objects.last().pk


def test_sweeping_twice_changes_nothing_more(work):
    let_lease_run_out()
    recovery.recover_abandoned_turns.run_sync(9)

    assert recovery.recover_abandoned_turns.run_sync(9) == []
    assert Turn.objects.get().fencing_token == work.fencing_token + 1


@pytest.fixture
def lost(work):
    """A turn that was taken from its process, and is being run by another."""
    tool_calls.store_requested_calls.run_sync(work, ASKED)
    let_lease_run_out()
    (step,) = recovery.recover_abandoned_turns.run_sync(9)
    assert step.lease.fencing_token > work.fencing_token
    return work


@pytest.mark.parametrize(
    "write",
    [
        lambda lost: streaming_text.begin_answer.run_sync(lost, lost.message_id, "Too late."),
        lambda lost: tool_calls.store_requested_calls.run_sync(lost, ASKED),
        lambda lost: tool_calls.complete_call.run_sync(lost, ToolResult("c1", "{}", "done")),
        lambda lost: transitions.finish_turn.run_sync(lost, "done", "Too late."),
        lambda lost: tool_calls.store_result.run_sync(lost, WANTED, ToolResult("c1", "{}", "done")),
        recovery.release_turn.run_sync,
    ],
    ids=[
        "begin_answer",
        "store_requested_calls",
        "complete_call",
        "finish_turn",
        "store_result",
        "release_turn",
    ],
)
def test_a_process_that_lost_its_turn_cannot_write(lost, write):
    before = list(Turn.objects.values()), list(Message.objects.values()), list(ToolCall.objects.values())

    with pytest.raises(LeaseLost):
        write(lost)

    assert before == (
        list(Turn.objects.values()),
        list(Message.objects.values()),
        list(ToolCall.objects.values()),
    )


def test_a_process_that_lost_its_turn_stores_no_text_where_the_new_answer_streams(work):
    let_lease_run_out()
    (step,) = recovery.recover_abandoned_turns.run_sync(9)
    assert step.lease.message_id == work.message_id

    streaming_text.checkpoint.run_sync([("Too late.", work.message_id, work.turn_id, work.fencing_token)], [])

    assert Message.objects.get(role="assistant").text == ""


def test_a_tool_of_a_process_that_lost_its_turn_keeps_nothing_of_what_it_writes(lost):
    with pytest.raises(LeaseLost):
        tool_calls.run_tool(lost, WANTED, tool_calls.get_tool_registry()["create_ticket"])

    assert not Ticket.objects.exists()


def test_a_tool_of_a_process_that_lost_its_turn_is_given_the_result_of_the_new_one(lost):
    now = replace(lost, fencing_token=Turn.objects.get().fencing_token)
    result = tool_calls.run_tool(now, WANTED, tool_calls.get_tool_registry()["create_ticket"])

    assert tool_calls.run_tool(lost, WANTED, tool_calls.get_tool_registry()["create_ticket"]) == result

    assert Ticket.objects.count() == 1


async def test_what_nobody_had_answered_is_answered(model, alices, chat, work):
    model.say("Here I am.")
    await Turn.objects.aupdate(state="queued", created=timezone.now() - timedelta(minutes=1))

    page = await alices.open(chat)

    assert "Here I am." in (await page.settled("done")).text
    await page.close()


async def test_a_running_answer_that_another_process_took_is_not_shown_as_ours(page, model):
    reply = model.say("It has shipped.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)
    await Turn.objects.aupdate(fencing_token=7)

    reply.release()
    await until(nothing_runs)

    assert (await Turn.objects.aget()).state == "running"
    assert (await Message.objects.aget(role="assistant")).status == "streaming"


async def nothing_runs() -> bool:
    return not runner.get_running_turns()


async def test_what_waited_for_room_is_run_as_soon_as_there_is_some(model, chat, settings):
    """Not only when the next look at what was abandoned would be due."""
    await submit.submit_message(chat.pk, "Where is my order?", "a1", can_start=False)
    await Turn.objects.aupdate(created=timezone.now() - 2 * recovery.QUEUED_GRACE_PERIOD)
    done_at: dict = {}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"running_turns": 0})
    await housekeeping._run_due_actions(done_at)
    assert (await Turn.objects.aget()).state == "queued"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"running_turns": 1})
    model.say("It has shipped.")

    await housekeeping._run_due_actions(done_at)

    await until(Turn.objects.filter(state="done").aexists)


async def test_a_mail_to_staff_does_not_wait_for_the_end_of_a_rush(model, chat, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"running_turns": 0})
    await ownership.request_person(chat.pk)
    assert await Job.objects.aexists()

    await housekeeping._run_due_actions({})

    async def nothing_waits() -> bool:
        return not await Job.objects.aexists()

    await until(nothing_waits)
