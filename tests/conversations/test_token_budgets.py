"""What the model may cost a day is kept to the token: set aside before it is asked, paid or given back afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db.models import F, QuerySet
from django.utils import timezone

from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.assistant.usage import RequestUsage
from supportbot.conversations.limits.token_budgets import Funds
from supportbot.conversations.models import Conversation, TokenBudget, Turn
from supportbot.conversations.turns import (
    TurnLease,
    ownership,
    recovery,
    streaming_text,
    submit,
    tool_calls,
    transitions,
)
from supportbot.conversations.turns.claiming import reload_lease
from supportbot.conversations.worker import model_loop
from supportbot.usage.models import ModelRequest
from tests.provider import CUT, wire

from .crowd import at_once
from .rendering import render
from .rows import until
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


def set_aside(scope: str = "everybody") -> int:
    return TokenBudget.objects.get(scope=scope, day=timezone.localdate()).reserved


def can_pay(lease: TurnLease) -> bool:
    return lease.funds == Funds.RESERVED


def answer(**usage: int) -> Answer:
    return Answer(Said("assistant", "Hello."), "stop", usage=usage)


def test_a_hundred_turns_at_once_never_overspend(transactional_db, limit):
    limit(tokens_per_day=10 * REQUEST + 500)
    crowd = [Conversation.objects.create(guest_key=f"guest{n}") for n in range(100)]

    asked = [lambda each=each: submit.submit_message.run_sync(each.pk, "Hello", "a1").lease for each in crowd]
    works = at_once(*asked[:50]) + at_once(*asked[50:])

    assert sum(work is not None for work in works) == 10
    assert (spent(), set_aside()) == (0, 10 * REQUEST)
    assert Turn.objects.filter(state="queued").exclude(waits_since=None).count() == 90


def finish(lease: TurnLease, **usage: int) -> None:
    transitions.finish_turn.run_sync(lease, "done", "Hello.", answer=answer(**usage))


def let_waiting_run() -> list[TurnLease]:
    """What the housekeeping starts in a moment."""
    Turn.objects.filter(state="queued").update(not_before=timezone.now() - timedelta(seconds=1))
    return [step.lease for step in recovery.recover_abandoned_turns.run_sync(99) if step.lease]


def test_who_comes_while_all_is_set_aside_waits_and_is_answered_today(transactional_db, limit):
    limit(tokens_per_day=10 * REQUEST)
    crowd = [Conversation.objects.create(guest_key=f"guest{n}") for n in range(40)]
    running = [submit.submit_message.run_sync(each.pk, "Hello", "a1").lease for each in crowd]
    running = [lease for lease in running if lease]

    answered = 0
    while running:
        for lease in running:
            assert can_pay(lease)
            finish(lease, total_tokens=70)
        answered += len(running)
        running = let_waiting_run()

    assert answered == 40
    assert (spent(), set_aside()) == (40 * 70, 0)


def test_only_what_is_spent_sends_anybody_away_for_the_day(transactional_db, chat, of_bob, limit):
    limit(tokens_per_day=2 * REQUEST)
    finish(submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease, total_tokens=REQUEST + 1)

    lease = submit.submit_message.run_sync(of_bob.pk, "Hello", "b1").lease

    assert lease.funds == Funds.SPENT
    assert not Turn.objects.exclude(waits_since=None).exists()


def test_who_has_waited_as_long_as_a_turn_may_take_is_told_and_may_try_again(
    transactional_db, chat, of_bob, limit
):
    limit(tokens_per_day=REQUEST)
    submit.submit_message.run_sync(of_bob.pk, "Hello", "b1")
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")
    Turn.objects.filter(conversation=chat).update(waits_since=timezone.now() - timedelta(hours=1))

    assert let_waiting_run() == []

    turn = Turn.objects.get(conversation=chat)
    assert (turn.state, turn.error, turn.can_retry) == ("failed", "tokens_set_aside", True)


def test_no_call_of_one_that_was_told_so_is_left_pending(transactional_db, chat, of_bob, limit):
    """Its process died, and what it had been given was given to others before it could go on."""
    limit(tokens_per_day=2 * REQUEST)
    lease = submit.submit_message.run_sync(chat.pk, "Where is ORD-123?", "a1").lease
    tool_calls.store_requested_calls.run_sync(lease, ASKED)
    let_lease_run_out()
    submit.submit_message.run_sync(of_bob.pk, "Hello", "b1")
    assert recovery.recover_abandoned_turns.run_sync(9)[0].lease is None
    Turn.objects.filter(conversation=chat).update(
        waits_since=timezone.now() - timedelta(hours=1), not_before=timezone.now()
    )

    (change,) = recovery.recover_abandoned_turns.run_sync(9)

    assert Turn.objects.get(conversation=chat).state == "failed"
    assert 'data-state="pending"' not in render(change)


async def test_who_waits_reads_so_and_then_the_answer(page, model, limit, of_bob, frequent_sweeps):
    limit(tokens_per_day=REQUEST)
    held = (await submit.submit_message(of_bob.pk, "Hello", "b1")).lease
    model.say("It has shipped.")

    await page.say("Where is my order?")
    await page.until(lambda page: page.turns and "begins in a moment" in page.last.text)
    await transitions.finish_turn(held, "failed", "")

    assert "It has shipped." in (await page.settled("done")).text


def begin_two_turns(chat: Conversation) -> TurnLease:
    """A turn of which the first word was said, and one that waits behind it."""
    lease = submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    streaming_text.begin_answer.run_sync(lease, lease.message_id, "He")
    submit.submit_message.run_sync(chat.pk, "And my order?", "a2")
    return lease


@pytest.mark.parametrize("end", ["finished", "died"])
def test_who_waits_behind_another_message_reads_so_too(transactional_db, chat, of_bob, limit, end):
    limit(tokens_per_day=2 * REQUEST)
    lease = begin_two_turns(chat)
    submit.submit_message.run_sync(of_bob.pk, "Hello", "b1")

    if end == "finished":
        change = transitions.finish_turn.run_sync(lease, "done", "Hello.", answer=answer(total_tokens=70))
    else:
        Turn.objects.filter(pk=lease.turn_id).update(lease_until=timezone.now() - timedelta(seconds=1))
        (change,) = recovery.recover_abandoned_turns.run_sync(9)

    first, second = chat.turns.all()
    assert (change.lease, second.state, second.waits_for_tokens) == (None, "queued", True)
    assert [each.row.pk for each in change.turns] == [first.pk, second.pk]
    assert "Your answer begins in a moment" in render(change)
    chat.refresh_from_db()
    assert first.revision < second.revision == change.revision == chat.revision


def test_those_who_wait_are_looked_after_by_turns(transactional_db, alice, limit):
    """However many wait for what has not come free, others whose budget is free are answered."""
    limit(guest_tokens_per_day=REQUEST)
    guests = [Conversation.objects.create(guest_key=f"guest{n}") for n in range(26)]
    for guest in guests:
        submit.submit_message.run_sync(guest.pk, "Hello", "a1")
    long_ago = timezone.now() - timedelta(minutes=1)
    # And one more each.
    Turn.objects.bulk_create(Turn(conversation=guest, created=long_ago) for guest in guests)
    alices = Conversation.objects.create(user=alice)
    submit.submit_message.run_sync(alices.pk, "Hello", "a1", can_start=False)
    Turn.objects.filter(conversation=alices).update(waits_since=timezone.now())
    Turn.objects.filter(waits_since__isnull=False).update(not_before=long_ago)

    leases = let_waiting_run_once() + let_waiting_run_once()

    assert [lease.conversation_id for lease in leases] == [alices.pk]


def let_waiting_run_once() -> list[TurnLease]:
    """One sweep, after the moment for which everybody waits who was looked after in the last one."""
    Turn.objects.update(not_before=F("not_before") - timedelta(seconds=10))
    return [step.lease for step in recovery.recover_abandoned_turns.run_sync(99) if step.lease]


async def test_a_turn_waits_for_its_next_request_too(page, model, limit, monkeypatch):
    limit(tokens_per_day=2 * REQUEST)
    taken: list = []
    run_call = model_loop.execute_tool

    async def run_while_others_come(lease, call):
        """All that this turn has given back is set aside for others before its tool has ended."""
        await TokenBudget.objects.aupdate(reserved=2 * REQUEST)
        taken.append(call)
        return await run_call(lease, call)

    monkeypatch.setattr(model_loop, "execute_tool", run_while_others_come)
    model.call("lookup_order", order_id="ORD-123")
    model.say("It has shipped.")
    await page.say("Where is ORD-123?")
    await until(sync_to_async(lambda: taken))

    await TokenBudget.objects.aupdate(reserved=0)

    assert "It has shipped." in (await page.settled("done")).text


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


def test_nor_is_what_was_handed_back(transactional_db, chat, limit):
    limit(tokens_per_day=REQUEST)
    recovery.release_turn.run_sync(submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease)

    (step,) = recovery.recover_abandoned_turns.run_sync(9)

    assert can_pay(step.lease)
    assert (spent(), set_aside()) == (0, REQUEST)


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

    assert can_pay(work)
    assert (spent(), set_aside()) == (0, REQUEST)


async def test_when_a_new_day_has_nothing_free_for_a_message_that_joins_its_turn_waits(
    page, model, limit, chat, frequent_sweeps
):
    limit(tokens_per_day=REQUEST)
    model.ignore()
    await page.say("Hello")
    await model.until(lambda model: model.requests)
    yesterday = timezone.localdate() - timedelta(days=1)
    turn = await Turn.objects.aget()
    await Turn.objects.aupdate(reservation=turn.reservation | {"day": yesterday.isoformat()})
    await TokenBudget.objects.aupdate(day=yesterday)
    await TokenBudget.objects.acreate(scope="everybody", day=timezone.localdate(), reserved=REQUEST)

    await page.say("Where is my order?")

    await page.until(lambda page: page.turns and "begins in a moment" in page.last.text)
    await model.until(lambda model: model.requests[0].closed_early)
    model.say("It has shipped.")
    await TokenBudget.objects.aupdate(reserved=0)
    assert "It has shipped." in (await page.settled("done")).text
    assert model.requests[-1].messages[-1]["content"] == "Hello\n\nWhere is my order?"


def test_nor_does_it_make_affordable_what_is_not(transactional_db, chat, of_bob, limit):
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
    budget = await TokenBudget.objects.aget()
    assert budget.reserved == 0
    assert 0 < budget.tokens <= 2 * REQUEST
