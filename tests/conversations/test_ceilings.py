"""A model or tool that returns without measure costs little, fills no page, and its turn has an end in words."""

import json
import logging
from time import process_time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps

from supportbot.assistant.limits import Limits
from supportbot.assistant.messages import Answer, ToolResult
from supportbot.assistant.messages import Message as Said
from supportbot.assistant.messages import ToolCall as Asked
from supportbot.assistant.tools import Registry, Tool, ToolContext, tool
from supportbot.conversations.models import Message, ToolCall, Turn
from supportbot.conversations.turns import store_requested_calls, store_result, submit_message
from tests.provider import Call, wire

from .page import Browser
from .test_abandoned_turns import let_lease_run_out

FLOOD = 1000


def make_tool(value: Any, runs: list[int]) -> Tool:
    @tool(effect="read")
    def look(ctx: ToolContext) -> Any:
        """Look something up."""
        runs.append(1)
        return value

    return look


def add_tool(monkeypatch: pytest.MonkeyPatch, value: Any) -> list[int]:
    """A tool that returns this, and the list of its runs."""
    runs: list[int] = []
    monkeypatch.setattr(apps.get_app_config("conversations"), "tools", Registry([make_tool(value, runs)]))
    return runs


async def test_a_thousand_calls_in_one_answer_cost_little_and_are_answered(page, model, monkeypatch):
    runs = add_tool(monkeypatch, {"found": 1})
    model.calls(*[Call("look", {})] * FLOOD)
    model.say("That is enough.")
    begun = process_time()

    turn = await page.ask("Hello")

    assert process_time() - begun < 4  # it was 53 seconds
    assert turn["data-state"] == "done"
    assert "That is enough." in turn.text
    assert len(runs) == Limits().calls
    assert await ToolCall.objects.acount() == Limits().answer_calls
    assert sum(map(len, page.frames)) < 200_000


async def test_a_huge_result_is_stored_sent_and_shown_as_its_beginning(
    page, model, monkeypatch, caplog, settings
):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"tool_result_max_chars": 5_000})
    add_tool(monkeypatch, ["order <b>"] * 500_000)
    model.call("look")
    model.say("There are many.")

    with caplog.at_level(logging.ERROR):
        await page.ask("Hello")

    stored = (await ToolCall.objects.aget()).result
    assert len(stored) <= 5_000
    assert json.loads(stored)["cut"].startswith("Cut: only the first part of 6,500,000 characters")
    assert model.requests[1].messages[-1]["content"] == stored
    assert "returned 6500000 characters" in caplog.text


def test_staff_see_that_it_was_cut(transactional_db, admin_client, chat):
    lease = submit_message.run_sync(chat.pk, "Hello", "a1").lease
    call = Asked("c1", "my_orders", "{}")
    store_requested_calls.run_sync(lease, Answer(Said("assistant", "", (call,)), "tool_calls"))
    result = make_tool(["order"] * 100_000, []).run(lease.tool_context, call)
    store_result.run_sync(lease, call, result)

    page = admin_client.get(f"/admin/conversations/conversation/{chat.pk}/change/")

    assert b"Cut: only the first part of" in page.content
    assert len(page.content) < 200_000


async def test_an_answer_without_end_is_kept_as_far_as_it_goes_and_can_be_continued(page, model, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_max_tokens": 16})
    model.play(*[wire.text("word ")] * 5_000)

    turn = await page.ask("Hello")

    answer = await Message.objects.aget(role="assistant")
    assert (turn["data-state"], answer.status, len(answer.text)) == ("done", "partial", 4_000)
    assert page.button("Continue")


@pytest.fixture
async def crashed(model, chat) -> None:
    """A turn whose process died after it had done four calls of the sixteen that the model wanted."""
    lease = (await submit_message(chat.pk, "Hello", "a1")).lease
    calls = tuple(Asked(f"c{number}", "look", "{}") for number in range(16))
    await store_requested_calls(lease, Answer(Said("assistant", "", calls), "tool_calls", usage={"a": 1}))
    for call in calls[:4]:
        await store_result(lease, call, ToolResult(call.id, "{}", "done"))
    await sync_to_async(let_lease_run_out)()


async def test_calls_after_a_crash_count_with_those_before_it(
    crashed, model, alices: Browser, chat, monkeypatch
):
    runs = add_tool(monkeypatch, {"found": 1})
    model.call("look")
    model.say("That is enough.")

    page = await alices.open(chat)
    await page.settled("done")

    assert len(runs) == Limits().calls - 4
    states = [call.state async for call in ToolCall.objects.order_by("pk")]
    assert states == ["done"] * 6 + ["refused"] * 11
    await page.close()


async def test_who_tries_a_failed_turn_again_gives_it_all_its_calls_back(page, model, monkeypatch):
    runs = add_tool(monkeypatch, {"found": 1})
    model.calls(*[Call("look", {})] * 6)
    model.fail(500)
    model.fail(500)
    await page.ask("Hello")
    model.call("look")
    model.say("Here it is.")

    await page.press(page.button("Try again"))
    await page.settled("done")

    assert len(runs) == 7
    assert (await Turn.objects.aget()).state == "done"
