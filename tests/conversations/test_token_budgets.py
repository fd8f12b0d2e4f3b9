"""What the model may cost a day is kept to the token: set aside before it is asked, paid or given back afterwards."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.conversations.limits import token_budgets
from supportbot.conversations.models import Conversation, TokenBudget, Turn
from supportbot.conversations.turns import (
    recovery,
    streaming_text,
    submit,
    tool_calls,
    transitions,
)
from supportbot.conversations.turns.claiming import reload_lease
from tests.provider import CUT, wire

from .crowd import at_once
from .test_abandoned_turns import ASKED, WANTED, let_lease_run_out

REQUEST = 1000 + 24  # what is set aside for one
USED = wire.USAGE["total_tokens"]


@pytest.fixture
def limit(settings):
    """Sets the day's budgets, by the names of the settings."""
    settings.LLM_BACKEND = "chat"
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = 0

    def set_limits(**tokens: int) -> None:
        of_requests = {"llm_window_tokens": 1000, "llm_max_tokens": 24, "visitor_tokens_per_day": 0}
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=of_requests | tokens)

    return set_limits


def spent(scope: str = "everybody") -> int:
    return TokenBudget.objects.get(scope=scope, day=timezone.localdate()).tokens


def set_aside() -> int:
    return Turn.objects.get().reservation.get("tokens", 0)


def answer(**usage: int) -> Answer:
    return Answer(Said("assistant", "Hello."), "stop", usage=usage)


def test_a_hundred_turns_at_once_never_overspend(transactional_db, limit):
    limit(tokens_per_day=10 * REQUEST + 500)
    crowd = [Conversation.objects.create(guest_key=f"guest{n}") for n in range(100)]

    asked = [lambda each=each: submit.submit_message.run_sync(each.pk, "Hello", "a1").lease for each in crowd]
    works = at_once(*asked[:50]) + at_once(*asked[50:])

    assert sum(work.is_affordable for work in works) == 10
    assert spent() == 10 * REQUEST


def test_what_was_used_takes_the_place_of_what_was_set_aside(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    assert spent() == REQUEST

    transitions.finish_turn.run_sync(work, "done", "Hello.", answer=answer(total_tokens=70))

    assert (spent(), set_aside()) == (70, 0)


@pytest.mark.parametrize("state", ["done", "failed", "stopped"])
def test_when_nobody_counted_what_was_used_it_is_reckoned_by_its_characters(
    transactional_db, chat, limit, state
):
    limit(visitor_tokens_per_day=60_000, llm_window_tokens=24_000)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    transitions.finish_turn.run_sync(work, state, "He" * 300)

    assert set_aside() == 0
    assert 200 < spent(chat.visitor.key) < 6000, "the instructions, the tools and six hundred letters"


def test_what_is_reckoned_is_never_more_than_was_set_aside(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    transitions.finish_turn.run_sync(work, "done", "He" * 30_000)

    assert (spent(), set_aside()) == (REQUEST, 0)


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
    assert spent() == 70 + REQUEST

    transitions.finish_turn.run_sync(work, "done", "Hello.", answer=answer(total_tokens=30))
    assert spent() == 100


def test_the_next_request_of_a_turn_may_be_one_too_many(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    tool_calls.store_requested_calls.run_sync(
        work, Answer(ASKED.message, "tool_calls", usage={"total_tokens": 70})
    )
    result = tool_calls.run_tool(work, WANTED, tool_calls.get_tool_registry()["create_ticket"])

    with pytest.raises(token_budgets.build_budget_error().__class__, match="used up"):
        tool_calls.complete_call.run_sync(work, result)

    assert spent() == 70


def test_what_a_dead_process_set_aside_is_not_set_aside_twice(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert step.lease.is_affordable
    assert spent() == REQUEST


def test_nor_is_what_was_handed_back(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    recovery.release_turn.run_sync(submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease)

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert step.lease.is_affordable
    assert spent() == REQUEST


def test_what_is_given_up_is_paid(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    streaming_text.begin_answer.run_sync(work, work.message_id, "He")
    let_lease_run_out()

    recovery.recover_abandoned_turns.run_sync(9)

    assert (spent(), set_aside()) == (REQUEST, 0)


def test_a_message_that_joins_sets_nothing_more_aside(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")

    work = submit.submit_message.run_sync(chat.pk, "My order?", "a2").lease

    assert work.is_affordable
    assert spent() == set_aside() == REQUEST


def test_nor_does_it_make_affordable_what_is_not(transactional_db, chat, of_bob, limit):
    limit(tokens_per_day=REQUEST)
    submit.submit_message.run_sync(of_bob.pk, "Hello", "b1")
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")

    work = submit.submit_message.run_sync(chat.pk, "My order?", "a2").lease

    assert not work.is_affordable
    assert spent() == REQUEST


def test_looking_again_after_a_crash_keeps_what_was_set_aside(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    tool_calls.store_requested_calls.run_sync(
        submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease, ASKED
    )
    let_lease_run_out()
    work = recovery.recover_abandoned_turns.run_sync(9)[0].lease
    result = tool_calls.run_tool(work, WANTED, tool_calls.get_tool_registry()["create_ticket"])
    message = tool_calls.complete_call.run_sync(work, result).message_id

    assert reload_lease.run_sync(work, message).is_affordable

    assert set_aside() == REQUEST


@pytest.mark.parametrize("name", ["conversation", "visitor"])
def test_the_budgets_of_one_are_not_those_of_another(transactional_db, chat, of_bob, limit, name):
    limit(**{f"{name}_tokens_per_day": REQUEST})
    transitions.finish_turn.run_sync(
        submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease,
        "done",
        "Hello.",
        answer=answer(total_tokens=70),
    )

    assert not submit.submit_message.run_sync(chat.pk, "Hello", "a2").lease.is_affordable
    assert submit.submit_message.run_sync(of_bob.pk, "Hello", "b1").lease.is_affordable


def test_what_one_budget_refuses_no_other_one_keeps(transactional_db, chat, limit):
    limit(conversation_tokens_per_day=5 * REQUEST, tokens_per_day=REQUEST - 1)

    assert not submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease.is_affordable

    assert (spent(f"conversation:{chat.pk}"), set_aside()) == (0, 0)


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
    assert submit.submit_message.run_sync(chat.pk, "And now?", "a2").lease.is_affordable


def test_what_costs_nothing_is_free(transactional_db, chat, limit, settings):
    limit(tokens_per_day=1)
    settings.LLM_BACKEND = "demo"

    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    assert work.is_affordable
    assert not TokenBudget.objects.exists()


async def test_a_customer_reads_that_it_is_enough_for_today_and_may_ask_for_a_person(page, model, limit):
    limit(tokens_per_day=1)

    turn = await page.ask("Hello")

    assert "has reached its limit for today" in turn.text
    assert model.requests == []
    assert page.button("Try again") is None
    await page.press(page.button("Talk to a person"))
    assert "TKT-" in (await page.settled("done")).text


async def test_the_providers_count_is_what_is_paid(page, model, limit):
    limit(tokens_per_day=10 * REQUEST)
    model.call("lookup_order", order_id="ORD-123")
    model.say("It has shipped.")

    await page.ask("Where is ORD-123?")

    assert (await TokenBudget.objects.aget()).tokens == 2 * USED


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
    assert (await TokenBudget.objects.aget()).tokens == 2 * REQUEST
