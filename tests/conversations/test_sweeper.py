"""What a process leaves that died is gone on with by another one, and the dead one cannot write any more."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from supportbot.assistant.messages import Answer, ToolResult
from supportbot.assistant.messages import Message as Said
from supportbot.assistant.messages import ToolCall as Asked
from supportbot.conversations import calls, recovery, runner, turns
from supportbot.conversations.claims import LostTurn
from supportbot.conversations.models import Message, ToolCall, Turn
from tickets.models import Ticket

from .crowd import at_once
from .rows import until

WANTED = Asked("c1", "create_ticket", '{"issue": "late", "priority": "high"}')
ASKED = Answer(Said("assistant", "One moment.", (WANTED,)), "tool_calls")


@pytest.fixture
def work(transactional_db, chat):
    """A turn that a process took up."""
    return turns.submit(chat.pk, "Where is my order?", "a1").work


def let_lease_run_out() -> None:
    Turn.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_an_answer_that_was_being_read_is_kept_and_can_be_tried_again(work):
    turns.begin_answer(work, work.message, "It ")
    turns.checkpoint([("It is on ", work.message, work.turn, work.fence)], [(work.turn, work.fence)])
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    turn = Turn.objects.get()
    assert (turn.state, turn.may_retry, turn.error) == ("interrupted", True, "interrupted")
    assert (Message.objects.get(role="assistant").text, step.work) == ("It is on ", None)
    assert Message.objects.get(role="assistant").status == "partial"
    assert "The answer was interrupted." in step.html
    assert "Try again" in step.html


def test_an_answer_of_which_nothing_was_seen_is_asked_for_anew(work):
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    assert (step.work.message, step.work.fence) == (work.message, work.fence + 1)
    assert [message.text for message in step.work.history] == ["Where is my order?"]
    assert (Turn.objects.get().tries, Message.objects.count()) == (1, 2)


def test_calls_that_were_stored_come_first_and_are_not_asked_for_anew(work):
    calls.record(work, ASKED)
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    assert step.work.pending == (WANTED,)
    assert ToolCall.objects.get().state == "pending"


def test_when_all_its_calls_were_done_the_model_is_told_of_them(work):
    calls.record(work, ASKED)
    calls.run(work, WANTED, calls.tools()["create_ticket"])
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    assert step.work.pending == ()
    assert [message.role for message in step.work.history] == ["user", "assistant", "tool"]
    assert Message.objects.get(status="streaming").pk == step.work.message


def test_a_turn_that_somebody_wanted_stopped_is_not_gone_on_with(work, chat):
    turns.stop(chat.pk)
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    assert (Turn.objects.get().state, step.work) == ("stopped", None)


def test_a_turn_over_which_process_after_process_ends_is_given_up(work):
    for _ in range(recovery.TRIES):
        let_lease_run_out()
        assert recovery.sweep(9)[0].work
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    assert (Turn.objects.get().state, step.work) == ("interrupted", None)
    assert "Try again" in step.html


def test_its_pending_calls_are_answered_when_it_is_given_up(work):
    calls.record(work, ASKED)
    Turn.objects.update(tries=recovery.TRIES)
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    assert ToolCall.objects.get().state == "interrupted"
    assert 'data-state="interrupted"' in step.html


def test_who_tries_it_again_gives_it_all_its_tries_back(work, chat):
    Turn.objects.update(tries=recovery.TRIES)
    let_lease_run_out()
    recovery.sweep(9)

    assert turns.retry(chat.pk, work.turn).work

    assert Turn.objects.get().tries == 0


def test_no_more_turns_are_taken_up_than_there_is_room_for(work, of_bob, of_guest):
    for conversation in (of_bob, of_guest):
        turns.submit(conversation.pk, "Hello?", "b1")
    let_lease_run_out()

    assert [step.work.turn for step in recovery.sweep(2)] == [work.turn, work.turn + 1]
    assert [step.work.turn for step in recovery.sweep(2)] == [work.turn + 2]


def test_two_processes_that_sweep_at_once_do_not_both_take_a_turn_up(work):
    let_lease_run_out()

    swept = at_once(*[lambda: recovery.sweep(9)] * 8)

    assert sum(step.work is not None for steps in swept for step in steps) == 1


def test_a_turn_that_is_handed_back_is_taken_up_at_once(work):
    recovery.hand_back(work)

    (step,) = recovery.sweep(9, timedelta(0))

    assert (step.work.message, step.work.fence) == (work.message, work.fence + 1)
    assert Turn.objects.get().tries == 0


def test_a_turn_that_is_to_be_stopped_is_not_handed_back_to_be_run(work, chat):
    turns.stop(chat.pk)

    recovery.hand_back(work)
    (step,) = recovery.sweep(9, timedelta(0))

    assert (Turn.objects.get().state, step.work) == ("stopped", None)


def test_a_turn_whose_lease_holds_is_left_alone(work):
    assert recovery.sweep(9) == []
    assert Turn.objects.get().state == "running"


def test_a_checkpoint_renews_the_lease(work):
    let_lease_run_out()

    assert turns.checkpoint([], [(work.turn, work.fence)]) == set()

    assert recovery.sweep(9) == []


def test_a_checkpoint_tells_what_is_to_be_stopped_and_what_is_gone(work, chat):
    assert turns.checkpoint([], [(work.turn, work.fence), (999, 1)]) == {(999, 1)}
    turns.stop(chat.pk)

    assert turns.checkpoint([], [(work.turn, work.fence)]) == {(work.turn, work.fence)}


def test_a_queued_turn_that_nobody_took_up_is_taken_up(begun, work, chat):
    turns.submit(chat.pk, "Hello?", "a2")
    long_ago = timezone.now() - timedelta(minutes=1)
    Turn.objects.filter(pk=work.turn).update(state="done")
    Turn.objects.filter(state="queued").update(created=long_ago)

    (step,) = recovery.sweep(9)

    assert step.work.turn == Turn.objects.get(state="running").pk
    assert step.work.history[-1].text == "Hello?"


@pytest.fixture
def begun(work):
    """The first words of the answer were shown."""
    turns.begin_answer(work, work.message, "It is ")


def test_what_waited_behind_a_dead_turn_is_taken_up_with_it(begun, work, chat):
    turns.submit(chat.pk, "Hello?", "a2")
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    assert list(Turn.objects.values_list("state", flat=True)) == ["interrupted", "running"]
    assert step.work.turn == Turn.objects.last().pk


def test_sweeping_twice_changes_nothing_more(work):
    let_lease_run_out()
    recovery.sweep(9)

    assert recovery.sweep(9) == []
    assert Turn.objects.get().fence == work.fence + 1


@pytest.fixture
def lost(work):
    """A turn that was taken from its process, and is being run by another."""
    calls.record(work, ASKED)
    let_lease_run_out()
    (step,) = recovery.sweep(9)
    assert step.work.fence > work.fence
    return work


@pytest.mark.parametrize(
    "write",
    [
        lambda lost: turns.begin_answer(lost, lost.message, "Too late."),
        lambda lost: calls.record(lost, ASKED),
        lambda lost: calls.go_on(lost, ToolResult("c1", "{}", "done")),
        lambda lost: turns.settle(lost, "done", "Too late."),
        lambda lost: calls.store(lost, WANTED, ToolResult("c1", "{}", "done")),
        recovery.hand_back,
    ],
    ids=["begin_answer", "record", "go_on", "settle", "store", "hand_back"],
)
def test_a_process_that_lost_its_turn_cannot_write(lost, write):
    before = list(Turn.objects.values()), list(Message.objects.values()), list(ToolCall.objects.values())

    with pytest.raises(LostTurn):
        write(lost)

    assert before == (
        list(Turn.objects.values()),
        list(Message.objects.values()),
        list(ToolCall.objects.values()),
    )


def test_nor_can_it_store_text_where_the_new_answer_streams(work):
    let_lease_run_out()
    (step,) = recovery.sweep(9)
    assert step.work.message == work.message

    turns.checkpoint([("Too late.", work.message, work.turn, work.fence)], [])

    assert Message.objects.get(role="assistant").text == ""


def test_nor_can_its_tool_keep_what_it_writes(lost):
    with pytest.raises(LostTurn):
        calls.run(lost, WANTED, calls.tools()["create_ticket"])

    assert not Ticket.objects.exists()


def test_but_it_reads_the_result_of_the_new_process(lost):
    now = replace(lost, fence=Turn.objects.get().fence)
    result = calls.run(now, WANTED, calls.tools()["create_ticket"])

    assert calls.run(lost, WANTED, calls.tools()["create_ticket"]) == result

    assert Ticket.objects.count() == 1


async def test_it_answers_what_nobody_had_answered(model, alices, chat, work):
    model.say("Here I am.")
    await Turn.objects.aupdate(state="queued", created=timezone.now() - timedelta(minutes=1))

    page = await alices.open(chat)

    assert "Here I am." in (await page.settled("done")).text
    await page.close()


async def test_a_running_answer_that_another_process_took_is_not_shown_as_ours(page, model):
    reply = model.say("It has shipped.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.deltas)
    await Turn.objects.aupdate(fence=7)

    reply.release()
    await until(nothing_runs)

    assert (await Turn.objects.aget()).state == "running"
    assert (await Message.objects.aget(role="assistant")).status == "streaming"


async def nothing_runs() -> bool:
    return not runner._running
