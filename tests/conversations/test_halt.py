"""From the moment at which the bot falls silent to the one at which a person has the conversation nothing begins."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import Answer, Message, ToolCall
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Turn
from supportbot.conversations.models import Message as StoredMessage
from supportbot.conversations.turns.changes import close_open_messages, load_messages
from supportbot.conversations.turns.recovery import QUEUED_GRACE_PERIOD
from supportbot.conversations.worker import runner
from supportbot.jobs import worker
from supportbot.jobs.models import Job
from supportbot.server.process import process

from .rendering import render
from .test_abandoned_turns import let_lease_run_out

WISH = ToolCall("c1", "request_human", '{"reason": "Wants a new lamp."}')


@pytest.fixture
def lease(transactional_db, chat):
    return turns.submit_message.run_sync(chat.pk, "Where is my order?", "a1").lease


def halt(chat: Conversation) -> int | None:
    return turns.request_stop.run_sync(chat.pk, reason=ErrorCode.TAKEN_OVER, silences_bot=True)


def say(chat: Conversation, text: str, client_id: str):
    return turns.submit_message.run_sync(chat.pk, text, client_id)


def end_silence() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Conversation.objects.update(bot_silent_until=past)
    Turn.objects.update(created=past - QUEUED_GRACE_PERIOD)


def test_what_is_said_after_the_halt_is_left_to_the_person(transactional_db, chat, agent):
    halt(chat)

    change = say(chat, "Hello?", "a1")
    assert change.lease is None
    turns.take_over.run_sync(chat.pk, agent.pk)

    turn = Turn.objects.get(messages__client_id="a1")
    assert (turn.state, turn.error) == ("done", "")
    assert not StoredMessage.objects.filter(role="assistant").exists()


def test_what_waits_behind_the_halted_answer_is_left_to_the_person_too(lease, chat, agent):
    turns.begin_answer.run_sync(lease, lease.message_id, "It ")
    say(chat, "And my other order?", "a2")
    halt(chat)

    assert turns.finish_turn.run_sync(lease, "stopped", "It is ").lease is None
    turns.take_over.run_sync(chat.pk, agent.pk)

    assert list(Turn.objects.values_list("state", flat=True).order_by("pk")) == ["stopped", "done", "done"]
    assert StoredMessage.objects.get(role="assistant").text == "It is "


def test_if_nobody_takes_over_after_all_what_was_said_is_answered(transactional_db, chat):
    halt(chat)
    say(chat, "Hello?", "a1")
    assert all(change.lease is None for change in turns.recover_abandoned_turns.run_sync(9))

    end_silence()

    (change,) = turns.recover_abandoned_turns.run_sync(9)
    assert change.lease.turn_id == Turn.objects.get().pk


async def resume() -> None:
    """What the halt has left to be done is done, when it is due."""
    await worker.run_due_jobs()
    await asyncio.gather(*process.get(worker.RunningJobs).tasks)


async def give_up(chat: Conversation) -> None:
    """Nobody takes the conversation over for whom the bot fell silent."""
    await resume()  # too early: it changes nothing
    await sync_to_async(end_silence)()
    await Job.objects.aupdate(run_after=timezone.now())
    await resume()


@pytest.mark.parametrize("is_process_dead", [False, True])
async def test_if_nobody_takes_over_an_answer_of_which_nothing_was_read_is_asked_for_again(
    lease, chat, is_process_dead
):
    await sync_to_async(halt)(chat)
    if is_process_dead:
        await sync_to_async(let_lease_run_out)()
        await turns.recover_abandoned_turns(9)
    else:
        await turns.finish_turn(lease, "stopped", "")

    await give_up(chat)

    (change,) = await turns.recover_abandoned_turns(9)
    assert (change.lease.turn_id, change.lease.message_id) == (lease.turn_id, lease.message_id)
    assert not await Job.objects.aexists()


async def test_if_nobody_takes_over_an_answer_that_was_being_read_can_be_tried_again(lease, chat):
    await turns.begin_answer(lease, lease.message_id, "It ")
    await sync_to_async(halt)(chat)
    stopped = await turns.finish_turn(lease, "stopped", "It is ")

    await give_up(chat)

    shown = await sync_to_async(render)(await turns.load_changes(chat.pk, stopped.revision))
    assert "It is" in shown
    assert "Try again" in shown
    assert not await turns.recover_abandoned_turns(9)


async def test_who_tries_it_again_meanwhile_gets_the_answer_then(lease, chat):
    await turns.begin_answer(lease, lease.message_id, "It ")
    await sync_to_async(halt)(chat)
    await turns.finish_turn(lease, "stopped", "It is ")
    await turns.retry_turn(chat.pk, lease.turn_id)

    await give_up(chat)

    (change,) = await turns.recover_abandoned_turns(9)
    assert change.lease.turn_id == lease.turn_id


async def test_an_answer_that_has_not_ended_yet_when_nobody_takes_over_is_waited_for(lease, chat):
    await sync_to_async(halt)(chat)
    await give_up(chat)
    assert (await Turn.objects.aget()).state == "running"
    await turns.finish_turn(lease, "stopped", "")

    await Job.objects.aupdate(run_after=timezone.now())
    await resume()

    assert (await Turn.objects.aget()).state == "queued"


async def test_what_was_said_and_answered_since_is_not_answered_before_it_is_tried_again(lease, chat):
    await sync_to_async(halt)(chat)
    await turns.finish_turn(lease, "stopped", "")
    await sync_to_async(end_silence)()
    later = (await turns.submit_message(chat.pk, "Hello?", "a2")).lease
    await turns.finish_turn(later, "done", "Hello.")

    await give_up(chat)

    assert [each.state async for each in Turn.objects.order_by("pk")] == ["interrupted", "done"]


@pytest.mark.parametrize("is_handed_back", [True, False])
async def test_an_answer_that_a_person_ended_stays_ended(lease, chat, agent, is_handed_back):
    await sync_to_async(halt)(chat)
    await turns.finish_turn(lease, "stopped", "")
    if is_handed_back:
        await turns.take_over(chat.pk, agent.pk)
        await turns.hand_back(chat.pk, agent.pk)
    else:
        await turns.request_person(chat.pk)
        await turns.cancel_person_request(chat.pk)

    await resume()
    await Job.objects.aupdate(run_after=timezone.now())
    await resume()

    assert (await Turn.objects.aget(pk=lease.turn_id)).state == "stopped"
    assert not await turns.recover_abandoned_turns(9)


def test_an_answer_that_is_tried_again_in_that_moment_waits(lease, chat):
    turns.finish_turn.run_sync(lease, "failed", "It is ")
    halt(chat)

    change = turns.retry_turn.run_sync(chat.pk, lease.turn_id)
    assert change.lease is None
    assert 'data-state="queued"' in render(change)
    end_silence()

    (change,) = turns.recover_abandoned_turns.run_sync(9)
    assert change.lease.turn_id == lease.turn_id


def test_a_clock_that_was_set_back_does_not_keep_the_bot_silent(transactional_db, chat):
    Conversation.objects.update(bot_silent_until=timezone.now() + timedelta(hours=1))

    assert say(chat, "Hello?", "a1").lease is not None


def test_who_hands_back_at_once_has_the_bot_answer_at_once(transactional_db, chat, agent):
    halt(chat)
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.hand_back.run_sync(chat.pk, agent.pk)

    assert say(chat, "Hello?", "a1").lease is not None


def test_who_would_rather_go_on_with_the_assistant_gets_an_answer_at_once(transactional_db, chat):
    halt(chat)
    turns.request_person.run_sync(chat.pk)
    turns.cancel_person_request.run_sync(chat.pk)

    assert say(chat, "Hello?", "a1").lease is not None


def test_a_customers_own_stop_keeps_nothing_from_beginning(lease, chat):
    turns.begin_answer.run_sync(lease, lease.message_id, "It ")
    say(chat, "And my other order?", "a2")
    turns.request_stop.run_sync(chat.pk)

    assert turns.finish_turn.run_sync(lease, "stopped", "It is ").lease is not None


def test_a_process_that_dies_after_the_halt_does_not_make_the_customer_the_one_who_stopped(lease, chat):
    turns.begin_answer.run_sync(lease, lease.message_id, "It ")
    halt(chat)
    let_lease_run_out()

    (change,) = turns.recover_abandoned_turns.run_sync(9)

    assert Turn.objects.get().state == "stopped"
    assert "You stopped this answer" not in render(change)


def test_a_stop_just_when_a_tool_has_asked_for_a_person_tells_the_page_and_the_desk(lease, chat):
    turns.store_requested_calls.run_sync(lease, Answer(Message("assistant", "", (WISH,)), "tool_calls"))
    turns.run_tool(lease, WISH, turns.get_tool_registry()["request_human"])
    turns.request_stop.run_sync(chat.pk)

    change = turns.finish_turn.run_sync(lease, "stopped", "")

    assert change.notifies_desk
    assert change.owner.owner == "waiting"
    assert "Waiting for a person" in render(change)


def test_words_that_a_checkpoint_stores_while_the_turn_is_taken_away_are_kept(lease, chat):
    turns.begin_answer.run_sync(lease, lease.message_id, "It ")
    messages = load_messages(Turn.objects.get())  # as whoever takes over reads them
    key = (lease.turn_id, lease.fencing_token)
    turns.checkpoint.run_sync([("It is on its way", lease.message_id, *key)], [key])

    with transaction.atomic():
        close_open_messages(messages, None, StoredMessage.Status.PARTIAL)

    assert StoredMessage.objects.get(role="assistant").text == "It is on its way"
    assert messages[-1].text == "It is on its way"


def test_nothing_stays_reserved_of_an_answer_that_was_taken_away(lease, chat, agent, settings):
    settings.LLM_BACKEND = "chat"
    turns.finish_turn.run_sync(lease, "done", "It is on its way.")
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"visitor_tokens_per_day": 10**6})
    running = say(chat, "And my other order?", "a2").lease
    turns.begin_answer.run_sync(running, running.message_id, "It ")
    say(chat, "Hello?", "a3")
    assert Turn.objects.exclude(reservation={}).exists()

    turns.take_over.run_sync(chat.pk, agent.pk)

    assert not Turn.objects.exclude(reservation={}).exists()


async def test_two_who_halt_at_once_both_find_it_silent(page, model, chat):
    answer = model.say("It is on its way to you.", hold_after=2)
    await page.say("Where is my order?")
    read = "It is "
    await page.until(lambda page: page.has_words and page.streamed() == read)

    await asyncio.gather(runner.halt_turn(chat.pk), runner.halt_turn(chat.pk))
    answer.release()
    await page.settled("stopped")

    assert (await StoredMessage.objects.aget(role="assistant")).text == read
    assert "You stopped this answer" not in page.last.text
