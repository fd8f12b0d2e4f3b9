"""What no transaction takes back is never done twice; when nobody knows whether it was done, that is said."""

import asyncio
import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.db import OperationalError

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.assistant.messages import ToolCall as Asked
from supportbot.assistant.tools import Registry, ToolContext, tool
from supportbot.conversations import turns
from supportbot.conversations.models import ToolCall, Turn
from supportbot.conversations.turns import recovery, submit, tool_calls
from supportbot.conversations.worker import runner
from supportbot.server import executors
from supportbot.server.tool_transactions import ToolTransaction

from .rows import until
from .test_abandoned_turns import let_lease_run_out

WANTED = Asked("c1", "pay_out", '{"euros": 5}')
ASKED = Answer(Said("assistant", "", (WANTED,)), "tool_calls")
UNCERTAIN = "may or may not have happened"


class Till:
    """Pays money out, and holds each payment up until the test lets it go on."""

    def __init__(self) -> None:
        self.paid: list[int] = []
        self.begun, self.open = threading.Event(), threading.Event()

    def tools(self) -> list[Any]:
        @tool(effect="irreversible", timeout=20.0)
        def pay_out(ctx: ToolContext, euros: int) -> dict[str, int]:
            """Pay money out."""
            self.paid.append(euros)
            self.begun.set()
            assert self.open.wait(20), "nobody opened the till"
            return {"paid": euros}

        @tool(effect="irreversible", timeout=0.2)
        async def pay_by_wire(ctx: ToolContext, euros: int) -> None:
            """Pay money out by wire, and hear nothing."""
            await asyncio.Event().wait()

        @tool(effect="irreversible")
        def pay_by_cheque(ctx: ToolContext, euros: int) -> None:
            """Pay money out and break."""
            raise RuntimeError("the pen broke")

        return [pay_out, replace(pay_out, name="pay_out_at_once", timeout=0.2), pay_by_wire, pay_by_cheque]


@pytest.fixture
def till(monkeypatch):
    till = Till()
    monkeypatch.setattr(apps.get_app_config("conversations"), "tools", Registry(till.tools()))
    yield till
    till.open.set()
    for thread in [each for each in threading.enumerate() if each.name == "tool"]:
        thread.join(20)


async def begin_to_pay(page, model, till, name="pay_out"):
    model.call(name, euros=5)
    await page.say("My money, please")
    await until(sync_to_async(till.begun.is_set))


def result() -> tuple[str, bool]:
    """The call's state, and whether the model is told that nobody knows."""
    call = ToolCall.objects.get()
    return call.state, UNCERTAIN in json.loads(call.result)["error"]


async def test_one_in_time_is_done_and_told(page, model, till):
    till.open.set()
    model.call("pay_out", euros=5)
    model.say("Paid.")

    await page.ask("My money, please")

    assert json.loads((await ToolCall.objects.aget()).result) == {"paid": 5}


async def test_one_of_a_process_that_died_is_not_run_again(model, alices, chat, till, transactional_db):
    def die():
        tool_calls.store_requested_calls.run_sync(
            submit.submit_message.run_sync(chat.pk, "My money, please", "a1").lease, ASKED
        )
        let_lease_run_out()

    await sync_to_async(die)()
    model.say("A colleague will look into it.")

    page = await alices.open(chat)
    await page.settled("done")

    assert till.paid == []
    assert await sync_to_async(result)() == ("interrupted", True)
    assert UNCERTAIN in model.requests[0].messages[-1]["content"]
    await page.close()


def test_one_of_a_turn_that_is_given_up_is_not_said_to_have_changed_nothing(
    transactional_db, chat, till, caplog
):
    work = submit.submit_message.run_sync(chat.pk, "My money, please", "a1").lease
    tool_calls.store_requested_calls.run_sync(work, ASKED)
    Turn.objects.update(crash_count=recovery.MAX_CRASHES)
    let_lease_run_out()

    recovery.recover_abandoned_turns.run_sync(9)

    assert (Turn.objects.get().state, *result()) == ("interrupted", "interrupted", True)
    told = f"Tool pay_out was cut off in conversation {chat.pk}: nobody knows whether it did its work"
    assert told in caplog.text  # for whoever looks after the site


def test_one_that_may_run_when_a_person_takes_over_is_not_said_to_have_changed_nothing(
    transactional_db, chat, agent, till
):
    """Its process stands still, so nobody else closes the call."""
    work = submit.submit_message.run_sync(chat.pk, "My money, please", "a1").lease
    tool_calls.store_requested_calls.run_sync(work, ASKED)

    turns.take_over.run_sync(chat.pk, agent.pk)

    assert (Turn.objects.order_by("pk").first().state, *result()) == ("stopped", "interrupted", True)


@pytest.mark.parametrize("name", ["pay_by_wire", "pay_by_cheque", "pay_out_at_once"])
async def test_one_that_takes_too_long_or_breaks_is_not_said_to_have_changed_nothing(page, model, till, name):
    model.call(name, euros=5)
    model.say("A colleague will look into it.")

    await page.ask("My money, please")

    state, is_uncertain = await sync_to_async(result)()
    assert state in ("failed", "timed_out")
    assert is_uncertain


async def test_one_whose_result_cannot_be_stored_is_not_guessed(page, model, till, monkeypatch):
    def gone(*_args: Any) -> bool:
        raise OperationalError("the database went away")

    till.open.set()
    monkeypatch.setattr(turns, "run_tool", gone)
    model.call("pay_out", euros=5)
    model.say("A colleague will look into it.")

    await page.ask("My money, please")

    assert await sync_to_async(result)() == ("failed", True)


async def test_one_that_is_stopped_while_it_runs_is_not_said_to_have_changed_nothing(page, model, till):
    await begin_to_pay(page, model, till)

    await page.request(action="stop")
    await page.settled("stopped")

    assert await sync_to_async(result)() == ("interrupted", True)


async def test_one_that_runs_when_the_process_ends_is_not_run_by_the_next_one(page, model, till):
    await begin_to_pay(page, model, till)

    await runner.drain()

    assert await Turn.objects.filter(state="queued").aexists()
    assert await sync_to_async(result)() == ("interrupted", True)


async def test_one_that_was_not_begun_when_the_process_ended_is_run_by_the_next_one(chat, till, model):
    def hand_back():
        work = submit.submit_message.run_sync(chat.pk, "My money, please", "a1").lease
        tool_calls.store_requested_calls.run_sync(work, ASKED)
        recovery.release_turn.run_sync(work)
        return recovery.recover_abandoned_turns.run_sync(9)[0].lease.pending_calls

    assert await sync_to_async(hand_back)() == (WANTED,)


@pytest.fixture
def attempts(till, monkeypatch) -> list[Asked]:
    """Money is paid out at once, but no result of a call can be stored any more. Returns the attempts to do so."""
    attempts = []

    def fail(lease: Any, call: Asked, _result: Any) -> bool:
        attempts.append(call)
        raise OperationalError("the database went away")

    till.open.set()
    monkeypatch.setattr(tool_calls, "_set_result", fail)
    return attempts


async def pay_and_lose_the_result(page, model, attempts):
    model.call("pay_out", euros=5)
    await page.say("My money, please")
    # One of the tool itself, one of whoever waits for it.
    await until(sync_to_async(lambda: len(attempts) > 1))


async def test_one_whose_result_is_kept_back_when_it_is_stopped_is_uncertain(page, model, attempts):
    await pay_and_lose_the_result(page, model, attempts)

    await page.request(action="stop")
    await page.settled("stopped")

    assert await sync_to_async(result)() == ("interrupted", True)


async def test_one_whose_result_is_kept_back_when_the_process_ends_is_not_run_again(page, model, attempts):
    await pay_and_lose_the_result(page, model, attempts)

    await runner.drain()

    assert await sync_to_async(result)() == ("interrupted", True)
    (change,) = await turns.recover_abandoned_turns(9)
    assert change.lease.pending_calls == ()


async def test_one_whose_result_is_lost_in_a_long_outage_is_not_done_again_by_another_try(
    page, model, till, attempts, monkeypatch
):
    monkeypatch.setattr(executors, "RETRY_DEADLINE_SECONDS", 0.0)
    await pay_and_lose_the_result(page, model, attempts)
    await page.settled("failed")
    model.say("A colleague will look into it.")

    await page.press(page.button("Try again"))
    await page.settled("done")

    assert till.paid == [5]
    assert await sync_to_async(result)() == ("interrupted", True)
    assert UNCERTAIN in model.requests[-1].messages[-1]["content"]


@pytest.mark.parametrize("name", ["pay_out", "pay_out_at_once"])
async def test_one_whose_clean_up_is_cut_short_is_uncertain(page, model, till, monkeypatch, name):
    """By a second Stop, or by the housekeeping, which cancels a stopped turn until it has ended."""
    ending, may_end = threading.Event(), threading.Event()

    def end_late(work: ToolTransaction) -> None:
        ending.set()
        assert may_end.wait(20), "nobody let it end"

    monkeypatch.setattr(ToolTransaction, "end_now", end_late)
    await begin_to_pay(page, model, till, name)
    if name == "pay_out":  # the other one's time is over soon
        await page.request(action="stop")
    await until(sync_to_async(ending.is_set))
    await page.request(action="stop")
    await page.settled("stopped")
    may_end.set()

    assert await sync_to_async(result)() == ("interrupted", True)


async def test_one_whose_clean_up_breaks_is_stopped_and_uncertain(page, model, till, monkeypatch):
    monkeypatch.setattr(ToolTransaction, "end_now", lambda _work: 1 / 0)
    await begin_to_pay(page, model, till)

    await page.request(action="stop")
    await page.settled("stopped")

    assert await sync_to_async(result)() == ("interrupted", True)


@pytest.fixture
def lease(transactional_db, chat, till):
    """A turn whose model has asked for two payments."""
    lease = submit.submit_message.run_sync(chat.pk, "My money, please", "a1").lease
    asked = Answer(Said("assistant", "", (WANTED, replace(WANTED, id="c2"))), "tool_calls")
    tool_calls.store_requested_calls.run_sync(lease, asked)
    return lease


def test_one_behind_the_one_that_had_begun_is_said_to_have_changed_nothing(lease):
    turns.finish_turn.run_sync(lease, "stopped", "", begun_call=WANTED)

    begun, waiting = ToolCall.objects.order_by("pk").values_list("result", flat=True)
    assert UNCERTAIN in begun
    assert "Nothing was changed" in waiting


def test_one_behind_the_one_that_had_begun_is_run_by_the_next_process(lease):
    turns.release_turn.run_sync(lease, WANTED)

    (change,) = turns.recover_abandoned_turns.run_sync(9)
    assert [call.id for call in change.lease.pending_calls] == ["c2"]
    assert UNCERTAIN in ToolCall.objects.get(call_id="c1").result
