"""Several messages in a row are one request: what is said before the answer begins joins it, what comes later waits."""

from threading import Event
from unittest.mock import Mock

import pytest
from django.db import connection

from supportbot.conversations.models import Message, Turn
from supportbot.conversations.turns import (
    recovery,
    streaming_text,
    submit,
    tool_calls,
    transitions,
)
from supportbot.conversations.turns.leases import LeaseLost

from .crowd import at_once, is_somebody_waiting
from .rows import until
from .test_abandoned_turns import ASKED, WANTED, let_lease_run_out

SAID = ("Hello", "I have a question", "Where is my order?")


@pytest.fixture
def work(transactional_db, chat):
    return submit.submit_message.run_sync(chat.pk, "Hello", "a1").lease


async def test_three_messages_in_a_row_get_one_answer_to_all_of_them(page, model):
    for _ in SAID:
        model.ignore()
    for number, text in enumerate(SAID):
        await page.say(text)
        await model.until(lambda model, asked=number + 1: len(model.requests) >= asked)
    model.say("It has shipped.")

    await page.say("Please")
    turn = await page.settled("done")

    assert model.requests[-1].messages[1:] == [{"role": "user", "content": "\n\n".join((*SAID, "Please"))}]
    assert [each["data-role"] for each in turn.all("article")] == ["customer"] * 4 + ["assistant"]
    assert await Turn.objects.acount() == 1


async def test_the_requests_that_asked_for_too_little_are_closed(page, model):
    model.ignore()
    await page.say("Hello")
    await model.until(lambda model: model.requests)
    model.say("It has shipped.")

    await page.say("Where is my order?")
    await page.settled("done")

    assert [request.closed_early for request in model.requests] == [True, False]
    assert await Message.objects.filter(role="assistant").acount() == 1


async def test_what_comes_after_the_first_words_waits_and_is_answered_after(page, model):
    reply = model.say("Good morning.", hold_after=1)
    model.say("It has shipped.")
    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    await page.say("Where is my order?")
    await page.until(lambda page: len(page.turns) == 2)
    reply.release()
    await page.settled("done")

    assert [turn["data-state"] for _, turn in sorted(page.turns.items())] == ["done", "done"]
    assert [message["content"] for message in model.requests[1].messages[1:]] == [
        *("Hello", "Good morning.", "Where is my order?"),
    ]


async def test_what_comes_while_a_tool_runs_waits(page, model, workshop):
    model.call("hanging_look")
    model.say("Nothing found.")
    model.say("You are welcome.")
    await page.say("Hello")
    await workshop.has_begun()

    await page.say("Thanks")
    workshop.go_on.set()
    await page.until(lambda page: len(page.turns) == 2)
    await page.settled("done")

    assert await Turn.objects.acount() == 2
    assert workshop.runs == ["hanging_look"]


def test_it_is_taken_up_as_soon_as_that_turn_ends(work, chat):
    tool_calls.store_requested_calls.run_sync(work, ASKED)
    submit.submit_message.run_sync(chat.pk, "Thanks", "a2")
    tool_calls.complete_call.run_sync(
        work, tool_calls.run_tool(work, WANTED, tool_calls.get_tool_registry()["create_ticket"])
    )

    step = transitions.finish_turn.run_sync(work, "failed", "")

    assert step.lease.history[-1].text == "Thanks"


def test_what_comes_while_it_is_retried_joins_it(work, chat):
    transitions.finish_turn.run_sync(work, "failed", "")
    transitions.retry_turn.run_sync(chat.pk, work.turn_id)

    step = submit.submit_message.run_sync(chat.pk, "Are you there?", "a2")

    assert step.lease.history[-1].text == "Hello\n\nAre you there?"
    assert [message.role for message in Message.objects.order_by("seq")] == [
        *("customer", "customer", "assistant"),
    ]


def test_what_waits_in_line_is_joined_too(work, chat):
    streaming_text.begin_answer.run_sync(work, work.message_id, "Good ")
    submit.submit_message.run_sync(chat.pk, "One", "a2")

    step = submit.submit_message.run_sync(chat.pk, "Two", "a3")

    assert step.lease is None
    assert Turn.objects.filter(state="queued").get().messages.count() == 2


def test_the_process_that_ran_it_cannot_begin_the_answer_any_more(work, chat):
    joined = submit.submit_message.run_sync(chat.pk, "Where is my order?", "a2").lease

    with pytest.raises(LeaseLost):
        streaming_text.begin_answer.run_sync(work, work.message_id, "Good ")

    streaming_text.begin_answer.run_sync(joined, joined.message_id, "It ")
    assert Message.objects.get(role="assistant").text == "It "


def test_the_tool_calls_of_the_process_that_ran_it_cannot_be_stored_any_more(work, chat):
    submit.submit_message.run_sync(chat.pk, "Where is my order?", "a2")

    with pytest.raises(LeaseLost):
        tool_calls.store_requested_calls.run_sync(work, ASKED)


def test_a_message_after_stop_does_not_join_what_is_being_stopped(work, chat):
    transitions.request_stop.run_sync(chat.pk)

    assert submit.submit_message.run_sync(chat.pk, "Something else", "a2").lease is None

    assert list(Turn.objects.values_list("state", flat=True)) == ["running", "queued"]


def test_a_message_may_join_what_a_dead_process_left(work, chat):
    let_lease_run_out()

    step = submit.submit_message.run_sync(chat.pk, "Where is my order?", "a2")

    assert step.lease.fencing_token == work.fencing_token + 1
    assert recovery.recover_abandoned_turns.run_sync(9) == []


@pytest.mark.parametrize("race", range(20))
def test_a_message_that_races_with_the_first_words_joins_or_waits(work, chat, race):
    def begin():
        try:
            return streaming_text.begin_answer.run_sync(work, work.message_id, "Good ")
        except LeaseLost:
            return LeaseLost

    begun, step = at_once(begin, lambda: submit.submit_message.run_sync(chat.pk, "My order?", "a2"))

    has_joined = step.lease is not None
    assert (begun is LeaseLost) == has_joined
    assert Message.objects.get(role="assistant").text == ("" if has_joined else "Good ")
    assert Turn.objects.count() == (1 if has_joined else 2)
    assert Message.objects.filter(client_id="a2").count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no locks of rows")
def test_a_message_that_waits_for_the_first_words_to_be_stored_holds_nothing_that_they_need(
    work, chat, monkeypatch
):
    """Or PostgreSQL would end one of both after a second, since each waits for the other."""
    first_token, has_begun = streaming_text.FIRST_TOKEN, Event()

    def store_late(*values):
        has_begun.set()
        while not is_somebody_waiting():
            pass
        return first_token.update_rows(*values)

    def send():
        assert has_begun.wait(10)
        return submit.submit_message.run_sync(chat.pk, "My order?", "a2")

    monkeypatch.setattr(streaming_text, "FIRST_TOKEN", Mock(update_rows=store_late))

    _begun, step = at_once(lambda: streaming_text.begin_answer.run_sync(work, work.message_id, "Good "), send)

    assert step.lease is None
    assert list(Turn.objects.values_list("state", flat=True)) == ["running", "queued"]


async def test_that_an_answer_began_is_stored_before_anybody_sees_it(page, model):
    reply = model.say("It has shipped.", hold_after=1)

    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    assert await Turn.objects.filter(first_token__isnull=False).aexists()
    assert await Message.objects.filter(role="assistant", text="It ").aexists()
    reply.release()
    await page.settled("done")


async def test_when_nothing_is_said_any_more_every_message_was_answered(page, model):
    model.otherwise(lambda request: model.say("I see."))

    for number in range(20):
        await page.say(f"Message {number}")
    await page.until(lambda page: len(page.messages("customer")) == 20)
    await until(nothing_waits)

    told = [m["content"] for m in model.requests[-1].messages if m["role"] == "user"]
    assert "\n\n".join(told).split("\n\n") == [f"Message {number}" for number in range(20)]
    assert not await Turn.objects.exclude(state="done").aexists()


async def nothing_waits() -> bool:
    return not await Turn.objects.active().aexists()
