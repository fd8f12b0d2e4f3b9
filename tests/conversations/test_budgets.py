"""What the model may cost a day is kept to the token: set aside before it is asked, paid or given back afterwards."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.conversations import budgets, calls, recovery, turns
from supportbot.conversations.claims import look_again
from supportbot.conversations.models import Budget, Conversation, Turn
from tests.provider import CUT, wire

from .crowd import at_once
from .test_sweeper import ASKED, WANTED, let_lease_run_out

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
    return Budget.objects.get(scope=scope, day=timezone.localdate()).tokens


def set_aside() -> int:
    return Turn.objects.get().reservation.get("tokens", 0)


def answer(**usage: int) -> Answer:
    return Answer(Said("assistant", "Hello."), "stop", usage=usage)


def test_a_hundred_turns_at_once_never_overspend(transactional_db, limit):
    limit(tokens_per_day=10 * REQUEST + 500)
    crowd = [Conversation.objects.create(guest_key=f"guest{n}") for n in range(100)]

    asked = [lambda each=each: turns.submit(each.pk, "Hello", "a1").work for each in crowd]
    works = at_once(*asked[:50]) + at_once(*asked[50:])

    assert sum(work.is_affordable for work in works) == 10
    assert spent() == 10 * REQUEST


def test_what_was_used_takes_the_place_of_what_was_set_aside(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    work = turns.submit(chat.pk, "Hello", "a1").work
    assert spent() == REQUEST

    turns.settle(work, "done", "Hello.", answer=answer(total_tokens=70))

    assert (spent(), set_aside()) == (70, 0)


@pytest.mark.parametrize("state", ["done", "failed", "stopped"])
def test_when_nobody_knows_what_was_used_all_of_it_is_paid(transactional_db, chat, limit, state):
    limit(tokens_per_day=2 * REQUEST)
    work = turns.submit(chat.pk, "Hello", "a1").work

    turns.settle(work, state, "He")

    assert (spent(), set_aside()) == (REQUEST, 0)


def test_each_request_of_a_turn_is_paid(transactional_db, chat, limit):
    limit(tokens_per_day=3 * REQUEST)
    work = turns.submit(chat.pk, "Hello", "a1").work

    calls.record(work, Answer(ASKED.message, "tool_calls", usage={"total_tokens": 70}))
    assert spent() == 70
    result = calls.run(work, WANTED, calls.tools()["create_ticket"])
    calls.go_on(work, result)
    assert spent() == 70 + REQUEST

    turns.settle(work, "done", "Hello.", answer=answer(total_tokens=30))
    assert spent() == 100


def test_the_next_request_of_a_turn_may_be_one_too_many(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    work = turns.submit(chat.pk, "Hello", "a1").work
    calls.record(work, Answer(ASKED.message, "tool_calls", usage={"total_tokens": 70}))
    result = calls.run(work, WANTED, calls.tools()["create_ticket"])

    with pytest.raises(budgets.over().__class__, match="used up"):
        calls.go_on(work, result)

    assert spent() == 70


def test_what_a_dead_process_set_aside_is_not_set_aside_twice(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    turns.submit(chat.pk, "Hello", "a1")
    let_lease_run_out()

    (step,) = recovery.sweep(9)

    assert step.work.is_affordable
    assert spent() == REQUEST


def test_nor_is_what_was_handed_back(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    recovery.hand_back(turns.submit(chat.pk, "Hello", "a1").work)

    (step,) = recovery.sweep(9)

    assert step.work.is_affordable
    assert spent() == REQUEST


def test_what_is_given_up_is_paid(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    work = turns.submit(chat.pk, "Hello", "a1").work
    turns.begin_answer(work, work.message, "He")
    let_lease_run_out()

    recovery.sweep(9)

    assert (spent(), set_aside()) == (REQUEST, 0)


def test_a_message_that_joins_sets_nothing_more_aside(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    turns.submit(chat.pk, "Hello", "a1")

    work = turns.submit(chat.pk, "My order?", "a2").work

    assert work.is_affordable
    assert spent() == set_aside() == REQUEST


def test_nor_does_it_make_affordable_what_is_not(transactional_db, chat, of_bob, limit):
    limit(tokens_per_day=REQUEST)
    turns.submit(of_bob.pk, "Hello", "b1")
    turns.submit(chat.pk, "Hello", "a1")

    work = turns.submit(chat.pk, "My order?", "a2").work

    assert not work.is_affordable
    assert spent() == REQUEST


def test_looking_again_after_a_crash_keeps_what_was_set_aside(transactional_db, chat, limit):
    limit(tokens_per_day=2 * REQUEST)
    calls.record(turns.submit(chat.pk, "Hello", "a1").work, ASKED)
    let_lease_run_out()
    work = recovery.sweep(9)[0].work
    _, message = calls.go_on(work, calls.run(work, WANTED, calls.tools()["create_ticket"]))

    assert look_again(work, message).is_affordable

    assert set_aside() == REQUEST


@pytest.mark.parametrize("name", ["conversation", "visitor"])
def test_the_budgets_of_one_are_not_those_of_another(transactional_db, chat, of_bob, limit, name):
    limit(**{f"{name}_tokens_per_day": REQUEST})
    turns.settle(turns.submit(chat.pk, "Hello", "a1").work, "done", "Hello.", answer=answer(total_tokens=70))

    assert not turns.submit(chat.pk, "Hello", "a2").work.is_affordable
    assert turns.submit(of_bob.pk, "Hello", "b1").work.is_affordable


def test_what_one_budget_refuses_no_other_one_keeps(transactional_db, chat, limit):
    limit(conversation_tokens_per_day=5 * REQUEST, tokens_per_day=REQUEST - 1)

    assert not turns.submit(chat.pk, "Hello", "a1").work.is_affordable

    assert (spent(f"conversation:{chat.pk}"), set_aside()) == (0, 0)


def test_what_was_set_aside_before_midnight_is_paid_to_that_day(transactional_db, chat, limit, monkeypatch):
    limit(tokens_per_day=2 * REQUEST)
    yesterday = timezone.localdate() - timedelta(days=1)
    with monkeypatch.context() as before:
        before.setattr(timezone, "localdate", lambda: yesterday)
        work = turns.submit(chat.pk, "Hello", "a1").work

    turns.settle(work, "done", "Hello.", answer=answer(total_tokens=70))

    assert [(each.day, each.tokens) for each in Budget.objects.all()] == [(yesterday, 70)]


def test_what_a_guest_set_aside_is_given_back_to_the_guest_who_signs_in_meanwhile(
    transactional_db, alice, limit
):
    limit(visitor_tokens_per_day=2 * REQUEST)
    chat = Conversation.objects.create(guest_key="guest")
    before = chat.visitor.key
    work = turns.submit(chat.pk, "Hello", "a1").work
    Conversation.objects.update(user=alice, guest_key="")

    turns.settle(work, "done", "Hello.", answer=answer(total_tokens=70))

    assert spent(before) == 70
    assert turns.submit(chat.pk, "And now?", "a2").work.is_affordable


@pytest.mark.parametrize("backend", ["demo", "handover"])
def test_what_costs_nothing_is_free(transactional_db, chat, limit, backend):
    limit(tokens_per_day=1)

    work = turns.submit(chat.pk, "I'd like to talk to a person.", "a1", backend=backend).work

    assert work.is_affordable
    assert not Budget.objects.exists()


async def test_a_customer_reads_that_it_is_enough_for_today_and_may_ask_for_a_person(page, model, limit):
    limit(tokens_per_day=1)

    turn = await page.ask("Hello")

    assert "can answer no more today" in turn.text
    assert model.requests == []
    assert page.button("Try again") is None
    await page.press(page.button("Talk to a person"))
    assert "TKT-" in (await page.settled("done")).text


async def test_the_providers_count_is_what_is_paid(page, model, limit):
    limit(tokens_per_day=10 * REQUEST)
    model.call("lookup_order", order_id="ORD-123")
    model.say("It has shipped.")

    await page.ask("Where is ORD-123?")

    assert (await Budget.objects.aget()).tokens == 2 * USED


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
    assert (await Budget.objects.aget()).tokens == 2 * REQUEST
