"""Who comes while all tokens of the day are set aside waits, is told so, and is answered when some are free."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db.models import F
from django.utils import timezone

from supportbot.conversations.limits.token_budgets import Funds
from supportbot.conversations.models import Conversation, TokenBudget, Turn
from supportbot.conversations.turns import (
    TurnLease,
    recovery,
    streaming_text,
    submit,
    tool_calls,
    transitions,
)
from supportbot.conversations.worker import model_loop

from .rendering import render
from .rows import until
from .test_abandoned_turns import ASKED, let_lease_run_out
from .tokens import REQUEST, answer, can_pay, finish, set_aside, spent


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
