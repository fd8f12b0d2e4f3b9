"""What the model has used is paid, by the provider's count or reckoned, also when nobody got an answer."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Answer
from supportbot.assistant.usage import RequestUsage
from supportbot.conversations.models import Conversation, TokenBudget, Turn
from supportbot.conversations.turns import (
    ownership,
    recovery,
    streaming_text,
    submit,
    tool_calls,
    transitions,
)
from supportbot.usage.models import ModelRequest
from tests.provider import CUT, wire

from .test_abandoned_turns import ASKED, WANTED, let_lease_run_out
from .tokens import REQUEST, answer, can_pay, finish, set_aside, spent


def test_what_was_used_takes_the_place_of_what_was_set_aside(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    assert (spent(), set_aside()) == (0, REQUEST)

    transitions.finish_turn.run_sync(work, "done", "Hello.", answer=answer(total_tokens=70))

    assert (spent(), set_aside()) == (70, 0)


@pytest.mark.parametrize("state", ["done", "failed", "stopped"])
def test_when_nobody_counted_what_was_used_it_is_reckoned_by_its_characters(
    transactional_db, chat, limit, state
):
    limit(visitor_tokens_per_day=60_000, llm_window_tokens=24_000)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    transitions.finish_turn.run_sync(work, state, "He" * 300)

    assert set_aside(chat.visitor.key) == 0
    assert 200 < spent(chat.visitor.key) < 6000, "the instructions, the tools and six hundred letters"


def test_what_was_not_answered_is_given_back(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    transitions.finish_turn.run_sync(work, "failed", "")

    assert (spent(), set_aside()) == (0, 0)


def fail_after(*totals: int) -> ModelError:
    """An error behind requests that were counted."""
    error = ModelError(ErrorCode.FILTERED)
    error.discarded = tuple(RequestUsage("grok-4.3", {"total_tokens": total}) for total in totals)
    return error


def test_what_was_counted_of_an_answer_of_no_use_is_paid_and_recorded(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    transitions.finish_turn.run_sync(work, "failed", "", error=fail_after(70, 30))

    assert (spent(), set_aside()) == (100, 0)
    assert [each.model for each in ModelRequest.objects.filter(turn=work.turn_id)] == ["grok-4.3"] * 2


def test_what_was_counted_is_paid_also_where_the_last_model_was_not_there(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    error = fail_after(70)
    error.code = ErrorCode.UNREACHABLE

    transitions.finish_turn.run_sync(work, "failed", "", error=error)

    assert (spent(), set_aside()) == (70, 0)


def test_what_was_discarded_before_an_answer_is_paid_with_it(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    said = replace(answer(prompt_tokens=20, completion_tokens=10), discarded=fail_after(70).discarded)

    transitions.finish_turn.run_sync(work, "done", "Hello.", answer=said)

    assert (spent(), set_aside()) == (100, 0)
    assert sorted(ModelRequest.objects.values_list("input", flat=True)) == [0, 20]


@pytest.mark.parametrize("way", ["stopped", "taken over", "stopped, and its process died"])
def test_what_the_model_read_in_vain_is_paid(transactional_db, chat, agent, limit, way):
    """Or whoever gives each answer up before its first word would have the model asked all day, for nothing."""
    limit(visitor_tokens_per_day=60_000, llm_window_tokens=24_000)
    work = submit.submit_message.run_sync(chat.pk, "Hello" * 100, "a1").lease

    if way == "stopped":
        transitions.finish_turn.run_sync(work, "stopped", "")
    elif way == "taken over":
        ownership.take_over.run_sync(chat.pk, agent.pk)
    else:
        transitions.request_stop.run_sync(chat.pk)
        let_lease_run_out()
        recovery.recover_abandoned_turns.run_sync(9)

    assert set_aside(chat.visitor.key) == 0
    assert 125 + len(work.system_text) // 4 < spent(chat.visitor.key) < 6000


@pytest.mark.parametrize(
    "usage",
    [
        {"total_tokens": 110},
        {"prompt_tokens": 100, "completion_tokens": 10},
        {"input_tokens": 100, "output_tokens": 10},
        {"prompt_tokens": 100.0, "completion_tokens": 10.0, "total_tokens": 110.0},
    ],
)
def test_what_a_provider_counts_is_read_in_any_form(transactional_db, chat, limit, usage):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    finish(work, **usage)

    assert (spent(), set_aside()) == (110, 0)


@pytest.mark.parametrize(
    "usage",
    [{"total_tokens": 10**30}, {"total_tokens": -5}, {"total_tokens": "x"}, {"total_tokens": 0}],
)
def test_a_count_that_cannot_be_true_is_none(transactional_db, chat, limit, usage):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    transitions.finish_turn.run_sync(work, "done", "Hello.", answer=answer(**usage))

    assert 0 < spent() <= REQUEST


def test_each_request_of_a_turn_is_paid(transactional_db, chat, limit):
    limit(tokens_per_day=3 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    tool_calls.store_requested_calls.run_sync(
        work, Answer(ASKED.message, "tool_calls", usage={"total_tokens": 70})
    )
    assert spent() == 70
    result = tool_calls.run_tool(work, WANTED, tool_calls.get_tool_registry()["create_ticket"])
    tool_calls.complete_call.run_sync(work, result)
    assert (spent(), set_aside()) == (70, REQUEST)

    transitions.finish_turn.run_sync(work, "done", "Hello.", answer=answer(total_tokens=30))
    assert spent() == 100


def test_what_is_given_up_is_paid(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    streaming_text.begin_answer.run_sync(work, work.message_id, "He")
    let_lease_run_out()

    recovery.recover_abandoned_turns.run_sync(9)

    assert (spent(), set_aside()) == (REQUEST, 0)


def test_what_was_set_aside_before_midnight_is_paid_to_that_day(transactional_db, chat, limit, monkeypatch):
    limit(tokens_per_day=2 * REQUEST)
    yesterday = timezone.localdate() - timedelta(days=1)
    with monkeypatch.context() as before:
        before.setattr(timezone, "localdate", lambda: yesterday)
        work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    transitions.finish_turn.run_sync(work, "done", "Hello.", answer=answer(total_tokens=70))

    assert [(each.day, each.tokens) for each in TokenBudget.objects.all()] == [(yesterday, 70)]


def test_what_a_guest_set_aside_is_given_back_to_the_guest_who_signs_in_meanwhile(
    transactional_db, alice, limit
):
    limit(visitor_tokens_per_day=2 * REQUEST)
    chat = Conversation.objects.create(guest_key="guest")
    before = chat.visitor.key
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    Conversation.objects.update(user=alice, guest_key="")

    transitions.finish_turn.run_sync(work, "done", "Hello.", answer=answer(total_tokens=70))

    assert spent(before) == 70
    assert can_pay(submit.submit_message.run_sync(chat.pk, "And now?", "a2").lease)


async def test_the_providers_count_is_what_is_paid(page, model, limit):
    limit(tokens_per_day=10 * REQUEST)
    model.call("lookup_order", order_id="ORD-123")
    model.say("It has shipped.")

    await page.ask("Where is ORD-123?")

    assert (await TokenBudget.objects.aget()).tokens == 2 * wire.USAGE["total_tokens"]


async def test_a_stopped_or_broken_answer_leaves_nothing_set_aside(page, model, limit):
    limit(tokens_per_day=10 * REQUEST)
    model.play(*wire.words("It is on "), CUT)
    await page.ask("Hello")
    model.say("It has shipped.", hold_after=1)
    await page.say("Hello?")
    await page.until(lambda page: page.turns and page.last["data-state"] == "running" and page.streamed())
    await page.request(action="stop")
    await page.settled("stopped")

    assert not await Turn.objects.exclude(reservation={}).aexists()
    budget = await TokenBudget.objects.aget()
    assert budget.reserved == 0
    assert 0 < budget.tokens <= 2 * REQUEST
