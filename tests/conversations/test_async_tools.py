"""An asynchronous tool keeps what other tools keep: its rows and its result appear together or not at all."""

import asyncio
import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.db import connection

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.assistant.messages import ToolCall as Asked
from supportbot.assistant.tools import Registry, ToolContext, ToolError, tool
from supportbot.conversations.models import ToolCall
from supportbot.conversations.turns import submit, tool_calls
from supportbot.conversations.turns.leases import LeaseLost
from supportbot.jobs.models import Job
from tickets.models import Ticket
from tickets.questions import triage

WANTED = Asked("c1", "write_later", '{"issue": "late"}')
ASKED = Answer(Said("assistant", "", (WANTED,)), "tool_calls")


@tool(effect="write")
async def write_later(ctx: ToolContext, issue: str) -> dict[str, Any]:
    """Write something down, in the end."""
    ticket = await Ticket.objects.acreate(issue=issue, conversation_id=ctx.conversation)
    await asyncio.sleep(0)
    if issue == "refused":
        raise ToolError("We do not take that.")
    await sync_to_async(ctx.ask_later)(triage, ticket.number)
    return {"written": ticket.number, "in_transaction": await sync_to_async(in_transaction)()}


@tool(effect="read", timeout=0.2)
async def wait_for_ever(ctx: ToolContext) -> str:
    """Wait for what never comes."""
    await asyncio.Event().wait()
    return "never"


@tool(effect="read")
async def look_later(ctx: ToolContext) -> dict[str, Any]:
    """Ask somebody else over a line of its own."""
    server = await asyncio.start_server(greet, "127.0.0.1")
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        told = (await reader.read()).decode()
        writer.close()
    return {"told": told, "tickets": await Ticket.objects.acount()}


async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    writer.close()


def in_transaction() -> bool:
    return connection.in_atomic_block


@pytest.fixture(autouse=True)
def equipped(monkeypatch):
    tools = Registry([write_later, wait_for_ever, look_later])
    monkeypatch.setattr(apps.get_app_config("conversations"), "tools", tools)


async def test_what_it_writes_is_kept_with_its_result(page, model, background):
    model.call("write_later", issue="late")
    model.say("It is written down.")

    await page.ask("Hello")

    call, ticket = await ToolCall.objects.aget(), await Ticket.objects.aget()
    assert json.loads(call.result) == {"written": ticket.number, "in_transaction": True}
    assert (call.state, ticket.issue) == ("done", "late")


async def test_what_it_wants_asked_later_is_stored_with_what_it_wrote(page, model, background, monkeypatch):
    monkeypatch.setattr("supportbot.jobs.worker.run_due_jobs", nothing)
    model.call("write_later", issue="late")
    model.say("It is written down.")

    await page.ask("Hello")

    number = (await Ticket.objects.aget()).number
    assert (await Job.objects.aget()).key.endswith(f":{number}")


async def nothing() -> None:
    """Nobody runs jobs here."""


async def test_what_it_wrote_before_it_refused_is_taken_back(page, model):
    model.call("write_later", issue="refused")
    model.say("Sorry.")

    await page.ask("Hello")

    assert (await ToolCall.objects.aget()).state == "refused"
    assert not await Ticket.objects.aexists()


def test_of_a_call_that_has_a_result_already_it_keeps_nothing(transactional_db, chat):
    work = submit.submit_message.run_sync(chat.pk, "My order is late", "a1").lease
    tool_calls.store_requested_calls.run_sync(work, ASKED)

    with pytest.raises(LeaseLost):
        tool_calls.run_tool(replace(work, fencing_token=work.fencing_token - 1), WANTED, write_later)

    assert not Ticket.objects.exists()
    assert ToolCall.objects.get().state == "pending"


async def test_one_that_only_reads_may_use_a_client_of_its_own(page, model):
    model.call("look_later")
    model.say("Hello.")

    await page.ask("Hello")

    assert json.loads((await ToolCall.objects.aget()).result) == {"told": "hello", "tickets": 0}


async def test_one_that_waits_for_ever_is_given_up_and_then_ended(page, model):
    model.call("wait_for_ever")
    model.say("That takes too long.")

    turn = await page.ask("Hello")

    assert turn["data-state"] == "done"
    assert (await ToolCall.objects.aget()).state == "timed_out"
    for thread in [each for each in threading.enumerate() if each.name == "tool"]:
        await asyncio.to_thread(thread.join, 20)
        assert not thread.is_alive(), "its event loop would hold up the end of the process"
