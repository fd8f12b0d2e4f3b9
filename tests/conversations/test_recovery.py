"""After `kill -9` at any point a turn is gone on with from what is stored: nothing is asked, done or said twice."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from supportbot.assistant.messages import ToolCall as Asked
from supportbot.assistant.messages import ToolResult
from supportbot.conversations.models import Message, ToolCall, Turn
from supportbot.conversations.turns import (
    recovery,
    streaming_text,
    submit,
    tool_calls,
    transitions,
)
from supportbot.conversations.worker import runner
from supportbot.server.process import process
from tickets.models import Ticket

from .rendering import render
from .rows import until
from .test_abandoned_turns import ASKED, WANTED, let_lease_run_out


def accepted(work):
    """The message was stored, and nothing done about it."""


def asked(work):
    tool_calls.store_requested_calls.run_sync(work, ASKED)


def written(work):
    asked(work)
    tool_calls.run_tool(work, WANTED, tool_calls.get_tool_registry()["create_ticket"])


def told(work):
    written(work)
    tool_calls.complete_call.run_sync(work, ToolResult("c1", "{}", "done"))


@pytest.fixture
def killed(transactional_db, chat):
    """Leaves a turn as a process leaves it that is killed at that point."""

    def kill(point):
        point(submit.submit_message.run_sync(chat.pk, "My order is late", "a1").lease)
        let_lease_run_out()

    return sync_to_async(kill)


@pytest.mark.parametrize("point", [accepted, asked, written, told], ids=lambda point: point.__name__)
async def test_it_is_gone_on_with(model, alices, chat, killed, point):
    await killed(point)
    if point is accepted:
        model.call("create_ticket", issue="late", priority="high")
    model.say("There is a ticket.")

    page = await alices.open(chat)
    turn = await page.settled("done")

    assert "There is a ticket." in turn.text
    assert await Ticket.objects.acount() == await ToolCall.objects.filter(state="done").acount() == 1
    assert [message["role"] for message in model.requests[-1].messages] == [
        *("system", "user", "assistant", "tool"),
    ]
    await page.close()


async def test_of_two_calls_only_the_one_that_was_not_done_is_run(model, alices, chat, work_of_two, workshop):
    model.say("Done.")

    page = await alices.open(chat)
    await page.settled("done")

    assert workshop.runs == ["write"]
    assert [call.state async for call in ToolCall.objects.order_by("position")] == ["done", "done"]
    assert await Ticket.objects.acount() == 2
    await page.close()


@pytest.fixture
async def work_of_two(workshop, chat):
    """A turn of a process that was killed between two calls that write."""
    second = Asked("c2", "write", '{"issue": "wet"}')
    both = replace(ASKED, message=replace(ASKED.message, tool_calls=(WANTED, second)))

    def leave():
        work = submit.submit_message.run_sync(chat.pk, "My order is late", "a1").lease
        tool_calls.store_requested_calls.run_sync(work, both)
        tool_calls.run_tool(work, WANTED, tool_calls.get_tool_registry()["create_ticket"])
        let_lease_run_out()

    await sync_to_async(leave)()


async def test_what_was_being_read_stays_and_can_be_tried_again(model, alices, chat, killed):
    await killed(lambda work: streaming_text.begin_answer.run_sync(work, work.message_id, "It has "))
    page = await alices.open(chat)

    turn = await page.settled("interrupted")
    assert turn.one(data_role="assistant")["data-status"] == "partial"
    assert "It has" in turn.text
    assert model.requests == []

    model.say("It has shipped.")
    await page.press(page.button("Try again"))
    assert "It has shipped." in (await page.settled("done")).text
    await page.close()


async def test_what_was_read_before_a_tool_ran_does_not_keep_it_from_being_gone_on_with(
    model, alices, chat, killed
):
    def after_some_words(work):
        streaming_text.begin_answer.run_sync(work, work.message_id, "One ")
        asked(work)

    await killed(after_some_words)
    model.say("There is a ticket.")

    page = await alices.open(chat)
    turn = await page.settled("done")

    assert [each.classed("text")[0].text.strip() for each in turn.all(data_role="assistant")] == [
        *("One moment.", "There is a ticket."),
    ]
    await page.close()


async def test_what_was_said_behind_it_is_answered_after_it(model, alices, chat, killed):
    await killed(asked)
    await submit.submit_message(chat.pk, "And hello", "a2")
    model.say("There is a ticket.")
    model.say("Hello.")

    page = await alices.open(chat)
    await page.until(lambda page: len(page.turns) == 2)
    await page.settled("done")

    assert [message["content"] for message in model.requests[1].messages if message["role"] == "user"] == [
        *("My order is late", "And hello"),
    ]
    await page.close()


async def test_a_process_that_ends_hands_on_what_nobody_has_seen(page, model):
    model.ignore()
    await page.say("Hello")
    await model.until(lambda model: model.requests)

    await runner.drain()

    turn = await Turn.objects.aget()
    assert (turn.state, turn.crash_count) == ("queued", 0)
    assert turn.lease_until <= timezone.now()


async def test_a_tool_that_runs_when_the_process_ends_is_run_by_the_next_one(page, model, workshop):
    model.call("hanging_look")
    await page.say("Hello")
    await workshop.has_begun()

    await runner.drain()

    assert await Turn.objects.filter(state="queued").aexists()
    assert (await ToolCall.objects.aget()).state == "pending"


async def test_a_process_that_ends_lets_running_answers_finish(page, model, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"drain_seconds": 10})
    reply = model.say("It has shipped.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    ending = asyncio.create_task(runner.drain())
    await until(is_closing)
    reply.release()
    await ending

    assert "It has shipped." in (await page.settled("done")).text


async def is_closing() -> bool:
    return process.get(runner.RunnerState).is_draining


async def test_what_is_said_to_a_process_that_ends_waits_for_the_next_one(page, model):
    await runner.drain()

    await page.say("Hello")
    await page.until(lambda page: page.messages("customer"))

    assert (await Turn.objects.aget()).state == "queued"
    assert model.requests == []


async def test_it_is_answered_by_the_next_process(page, model):
    await runner.drain()
    await page.say("Hello")
    await page.until(lambda page: page.messages("customer"))
    await Turn.objects.aupdate(created=timezone.now() - timedelta(minutes=1))
    model.say("Here I am.")

    process.get(runner.RunnerState).is_draining = False

    assert "Here I am." in (await page.settled("done")).text
    assert await Message.objects.acount() == 2


async def test_one_conversation_waits_in_line_while_the_house_is_full(page, model, of_bob, bobs, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"running_turns": 1})
    reply = model.say("For alice.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)
    other = await bobs.open(of_bob)
    await other.say("Hello")
    await other.until(lambda other: other.turns)
    assert other.last["data-state"] == "queued"
    await Turn.objects.filter(state="queued").aupdate(created=timezone.now() - timedelta(minutes=1))
    model.say("For bob.")

    reply.release()

    assert "For bob." in (await other.settled("done")).text
    assert "For alice." in (await page.settled("done")).text
    await other.close()


def test_a_retry_waits_in_line_too(transactional_db, chat):
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    transitions.finish_turn.run_sync(work, "failed", "")

    step = transitions.retry_turn.run_sync(chat.pk, work.turn_id, can_start=False)

    assert step.lease is None
    assert 'data-state="queued"' in render(step)
    Turn.objects.update(created=timezone.now() - 2 * recovery.QUEUED_GRACE_PERIOD)
    assert recovery.recover_abandoned_turns.run_sync(9)[0].lease.turn_id == work.turn_id


@pytest.mark.parametrize("error", [ValueError, IntegrityError, OperationalError])
@pytest.mark.parametrize("free_slots", [1, 9])
@pytest.mark.parametrize("is_lost", [True, False])
def test_a_conversation_that_cannot_be_gone_on_with_holds_up_no_other(
    transactional_db, chat, of_bob, of_guest, monkeypatch, caplog, error, free_slots, is_lost
):
    others = [of_bob, of_guest]
    for conversation in (chat, *others):
        submit.submit_message.run_sync(conversation.pk, "Hello", "a1", can_start=is_lost)
    let_lease_run_out()
    go_on = recovery.claim_next_turn

    def fails(conversation):
        if conversation.pk == chat.pk:
            raise error("something that nobody has thought of")
        return go_on(conversation)

    monkeypatch.setattr(recovery, "claim_next_turn", fails)
    recovered = []
    for _sweep in range(4):
        with suppress(OperationalError):
            recovered += recovery.recover_abandoned_turns.run_sync(free_slots)

    assert [step.conversation_id for step in recovered] == [each.pk for each in others]
    if error is not OperationalError:  # the housekeeping logs that one
        assert f"The recovery of conversation {chat.pk} could not be finished" in caplog.text
        assert "something that nobody has thought of" in caplog.text

    monkeypatch.setattr(recovery, "claim_next_turn", go_on)
    (step,) = recovery.recover_abandoned_turns.run_sync(1)
    assert step.conversation_id == chat.pk


def test_a_conversation_that_another_process_has_gone_on_with_is_not_left_to_the_end_later(
    transactional_db, chat, monkeypatch
):
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    let_lease_run_out()
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "claim_next_turn", Mock(side_effect=ValueError))
        recovery.recover_abandoned_turns.run_sync(9)
    failed = process.get(recovery.FailedRecoveries).conversation_ids
    assert failed == {chat.pk}

    transitions.finish_turn.run_sync(work, "done", "Hello.")
    recovery.recover_abandoned_turns.run_sync(9)

    assert failed == set()
