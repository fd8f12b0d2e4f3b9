"""What the model may cost a day is kept to the token: all of a request is set aside before the model is asked."""

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from supportbot.assistant.errors import ModelError
from supportbot.assistant.messages import Answer
from supportbot.conversations.models import Conversation, TokenBudget, Turn
from supportbot.conversations.turns import (
    recovery,
    submit,
    tool_calls,
    transitions,
)
from supportbot.conversations.turns.claiming import reload_lease

from .crowd import at_once
from .test_abandoned_turns import ASKED, WANTED, let_lease_run_out
from .tokens import REQUEST, answer, can_pay, finish, set_aside, spent


def test_a_hundred_turns_at_once_never_overspend(transactional_db, limit):
    limit(tokens_per_day=10 * REQUEST + 500)
    crowd = [Conversation.objects.create(guest_key=f"guest{n}") for n in range(100)]

    asked = [lambda each=each: submit.submit_message.run_sync(each.pk, "Hello", "a1").lease for each in crowd]
    works = at_once(*asked[:50]) + at_once(*asked[50:])

    assert sum(work is not None for work in works) == 10
    assert (spent(), set_aside()) == (0, 10 * REQUEST)
    assert Turn.objects.filter(state="queued").exclude(waits_since=None).count() == 90


def test_the_next_request_of_a_turn_may_be_one_too_many(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    tool_calls.store_requested_calls.run_sync(
        work, Answer(ASKED.message, "tool_calls", usage={"total_tokens": 70})
    )
    result = tool_calls.run_tool(work, WANTED, tool_calls.get_tool_registry()["create_ticket"])

    with pytest.raises(ModelError, match="used up"):
        tool_calls.complete_call.run_sync(work, result)

    assert spent() == 70


def test_what_a_dead_process_set_aside_is_not_set_aside_twice(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert can_pay(step.lease)
    assert (spent(), set_aside()) == (0, REQUEST)


def test_what_was_handed_back_is_not_set_aside_twice(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    recovery.release_turn.run_sync(submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease)

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert can_pay(step.lease)
    assert (spent(), set_aside()) == (0, REQUEST)


def test_a_message_that_joins_sets_nothing_more_aside(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")

    work = submit.submit_message.run_sync(chat.pk, "My order?", "a2").lease

    assert can_pay(work)
    assert (spent(), set_aside()) == (0, REQUEST)


def test_a_message_that_joins_makes_nothing_affordable_that_is_not(transactional_db, chat, of_bob, limit):
    limit(tokens_per_day=REQUEST)
    finish(submit.submit_message.run_sync(of_bob.pk, "Hello", "b1").lease, total_tokens=REQUEST)
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")

    work = submit.submit_message.run_sync(chat.pk, "My order?", "a2").lease

    assert not can_pay(work)
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

    assert can_pay(reload_lease.run_sync(work, message))

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

    assert not can_pay(submit.submit_message.run_sync(chat.pk, "Hello", "a2").lease)
    assert can_pay(submit.submit_message.run_sync(of_bob.pk, "Hello", "b1").lease)


def test_of_two_who_are_the_first_of_the_day_both_have_their_share(
    transactional_db, chat, limit, monkeypatch
):
    limit(tokens_per_day=2 * REQUEST)
    look = QuerySet.exists

    def come_second(query):
        if query.model is TokenBudget:
            TokenBudget.objects.get_or_create(scope="everybody", day=timezone.localdate())
        return look(query)

    monkeypatch.setattr(QuerySet, "exists", come_second)

    assert can_pay(submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease)
    assert set_aside() == REQUEST


def test_what_one_budget_refuses_no_other_one_keeps(transactional_db, chat, limit):
    limit(conversation_tokens_per_day=5 * REQUEST, tokens_per_day=REQUEST - 1)

    assert not can_pay(submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease)

    assert (spent(f"conversation:{chat.pk}"), set_aside(f"conversation:{chat.pk}")) == (0, 0)


def test_what_costs_nothing_is_free(transactional_db, chat, limit, settings):
    limit(tokens_per_day=1)
    settings.LLM_BACKEND = "demo"

    work = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease

    assert can_pay(work)
    assert not TokenBudget.objects.exists()


async def test_a_customer_reads_that_it_is_enough_for_today_and_may_ask_for_a_person(page, model, limit):
    limit(tokens_per_day=1)

    turn = await page.ask("Hello")

    assert "has reached its limit for today" in turn.text
    assert model.requests == []
    assert page.button("Try again") is None
    await page.press(page.button("Talk to a person"))
    assert "TKT-" in (await page.settled("done")).text
