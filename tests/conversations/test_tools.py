"""A tool call is stored before it runs, its result with its effects, and whatever a tool does the turn has an end."""

import json
import logging
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import IntegrityError, OperationalError

from supportbot.assistant.messages import ToolCall as Asked
from supportbot.assistant.tool_results import build_result
from supportbot.assistant.tools import Registry, ToolContext, tool
from supportbot.conversations.models import Message, ToolCall
from tests.provider import Call
from tickets.models import Ticket

from .rows import until


async def results() -> list[tuple[str, str]]:
    """What came of the calls, in order: the tool's name and the state."""
    return [(call.name, call.state) async for call in ToolCall.objects.order_by("message__seq", "position")]


async def test_a_call_is_stored_with_its_result_and_the_line_that_was_shown(page, model):
    model.call("lookup_order", order_id="ORD-123")
    model.say("It has shipped.")

    await page.ask("Where is ORD-123?")

    call = await ToolCall.objects.aget()
    assert (call.name, call.state, call.progress) == ("lookup_order", "done", "Looked up order ORD-123")
    assert json.loads(call.arguments) == {"order_id": "ORD-123"}
    assert json.loads(call.result)["status"] == "shipped"


async def test_a_call_is_stored_before_it_runs(page, model, workshop):
    model.call("hanging_look")
    model.say("Sorry.")
    await page.say("Hello")

    await until(ToolCall.objects.filter(name="hanging_look", state="pending", result="").aexists)

    workshop.go_on.set()
    await page.settled("done")


async def test_several_calls_are_run_in_order_and_all_told(page, model, workshop):
    model.calls(Call("look", {}), Call("write", {"issue": "late"}), Call("look", {}))
    model.say("Done.")

    await page.ask("Hello")

    assert workshop.runs == ["look", "write", "look"]
    assert await results() == [("look", "done"), ("write", "done"), ("look", "done")]


async def test_text_before_a_call_stays_above_it(page, model, workshop):
    model.calls(Call("look", {}), text="Let me see.")
    model.say("Here it is.")

    turn = await page.ask("Hello")

    before, after = turn.all("article", data_role="assistant")
    assert (before.classed("text")[0].text.strip(), after.classed("text")[0].text.strip()) == (
        "Let me see.",
        "Here it is.",
    )
    assert before.one("li")["data-state"] == "done"


async def test_a_tool_that_does_not_exist_is_told_as_such(page, model):
    model.call("refund_everything")
    model.say("I cannot do that.")

    turn = await page.ask("Refund everything")

    assert (turn["data-state"], await results()) == ("done", [("refund_everything", "unknown")])
    assert "no tool of that name" in model.requests[1].messages[-1]["content"]
    assert "lookup_order" in model.requests[1].messages[-1]["content"]


async def test_wrong_arguments_are_told_and_may_be_put_right(page, model):
    model.call("create_ticket", issue="late", priority="very high")
    model.call("create_ticket", issue="late", priority="high")
    model.say("There is a ticket.")

    await page.ask("Complain")

    assert await results() == [("create_ticket", "invalid"), ("create_ticket", "done")]
    assert "priority" in json.loads(model.requests[1].messages[-1]["content"])["problems"][0]
    assert await Ticket.objects.acount() == 1


async def test_a_refusal_of_a_tool_is_told_in_its_words(page, model):
    model.call("create_ticket", issue=" ", priority="low")
    model.say("What is wrong?")

    await page.ask("Complain")

    assert await results() == [("create_ticket", "refused")]
    assert "few words" in model.requests[1].messages[-1]["content"]


async def test_a_bug_in_a_tool_takes_back_what_it_wrote_and_tells_nobody_its_secrets(page, model, workshop):
    model.call("broken")
    model.say("Sorry, that did not work.")

    turn = await page.ask("Hello")

    assert (turn["data-state"], await results()) == ("done", [("broken", "failed")])
    assert await Ticket.objects.acount() == 0
    assert "secret" not in json.dumps(model.requests[1].body) + "".join(page.frames)


@tool(effect="write")
def take_number(ctx: ToolContext, number: str) -> dict[str, Any]:
    """Open a ticket of this number, unless there is one."""
    try:
        Ticket.objects.create(number=number, issue="mine")
    except IntegrityError:
        return {"taken": number}
    return {"number": number}


@tool(effect="write")
def point_at_nobody(ctx: ToolContext) -> dict[str, Any]:
    """Open a ticket of a customer who is not there, which the database finds with the commit."""
    return {"number": Ticket.objects.create(issue="nobody's", customer_id=404).number}


@pytest.mark.parametrize("call", [Call("take_number", {"number": "TKT-10000"}), Call("point_at_nobody", {})])
async def test_a_tool_whose_writes_the_database_refuses_has_failed_and_the_log_says_how(
    page, model, monkeypatch, caplog, call
):
    monkeypatch.setattr(
        apps.get_app_config("conversations"), "tools", Registry([take_number, point_at_nobody])
    )
    await Ticket.objects.acreate(number="TKT-10000", issue="somebody's")
    model.calls(call)
    model.say("Sorry, that did not work.")

    turn = await page.ask("Hello")

    assert (turn["data-state"], await results()) == ("done", [(call.name, "failed")])
    assert [each.issue async for each in Ticket.objects.all()] == ["somebody's"]
    (logged,) = [each for each in caplog.records if call.name in each.getMessage()]
    assert "transaction.atomic()" in logged.getMessage()
    assert "IntegrityError" in (logging.Formatter().format(logged))


@tool(effect="read")
def look_into_lost_database(ctx: ToolContext) -> None:
    """Look something up while the database's server is shut down."""
    raise OperationalError("terminating connection due to administrator command")


async def test_a_tool_that_meets_an_outage_of_the_database_is_a_line_in_the_log_and_the_model_is_told(
    page, model, monkeypatch, caplog
):
    monkeypatch.setattr(apps.get_app_config("conversations"), "tools", Registry([look_into_lost_database]))
    model.call("look_into_lost_database")
    model.say("Sorry, I cannot look that up now.")

    turn = await page.ask("Hello")

    assert (turn["data-state"], await results()) == ("done", [("look_into_lost_database", "failed")])
    assert "data could not be reached" in model.requests[1].messages[-1]["content"]
    (logged,) = [each for each in caplog.records if "look_into_lost_database" in each.getMessage()]
    assert logged.exc_info is None
    assert "out of reach" in logged.getMessage()


async def test_a_tool_that_hangs_is_given_up(page, model, workshop, caplog):
    model.call("hanging_look")
    model.say("That takes too long.")

    turn = await page.ask("Hello")

    assert (turn["data-state"], await results()) == ("done", [("hanging_look", "timed_out")])
    assert "too long" in model.requests[1].messages[-1]["content"]
    assert "Tool hanging_look took longer than its 0.2 seconds" in caplog.text


async def test_what_a_tool_finds_too_late_changes_nothing(page, model, workshop):
    model.call("hanging_look")
    model.say("That takes too long.")
    await page.ask("Hello")

    workshop.go_on.set()
    await workshop.is_idle()

    assert await results() == [("hanging_look", "timed_out")]


async def test_a_write_that_goes_on_after_its_time_is_kept_whole_or_not_at_all(page, model, workshop):
    model.call("hanging_write", issue="late")
    model.say("That takes too long.")
    await page.say("Hello")
    await workshop.has_begun()

    workshop.go_on.set()
    await page.settled("done")
    await workshop.is_idle()

    kept = {("hanging_write", "done"): 2, ("hanging_write", "timed_out"): 0}
    (result,) = await results()
    assert await Ticket.objects.acount() == kept[result]


async def test_calls_beyond_the_limit_are_not_run_but_answered(page, model, workshop, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"turn_tool_calls": 2})
    model.calls(*[Call("look", {})] * 4)
    model.say("That is enough.")

    turn = await page.ask("Hello")

    assert "That is enough." in turn.text
    assert workshop.runs == ["look", "look"]
    assert [state for _, state in await results()] == ["done", "done", "refused", "refused"]


async def test_a_model_that_only_calls_tools_is_ended(page, model, workshop, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"turn_tool_rounds": 3})
    model.always_call("look")

    turn = await page.ask("Hello")

    assert "couldn't work this out" in turn.classed("failure")[0].text
    assert (len(model.requests), len(workshop.runs)) == (5, 3)
    assert not await ToolCall.objects.filter(state="pending").aexists()
    assert not await Message.objects.filter(status="streaming").aexists()


async def test_a_call_cannot_reach_another_customers_order(page, model, bob):
    await bob.orders.acreate(number="ORD-789", email=bob.email)
    model.calls(Call("lookup_order", {"order_id": "ORD-789"}), Call("lookup_order", {"order_id": "ORD-000"}))
    model.say("I cannot find it.")

    await page.ask("Where are ORD-789 and ORD-000?")

    foreign, missing = (message["content"] for message in model.requests[1].messages[-2:])
    assert foreign.replace("789", "000") == missing


def test_the_rows_of_a_query_are_a_list(db):
    Group.objects.create(name="Packers")
    packers = Group.objects.filter(name="Packers")

    def return_value(value: Any) -> str:
        return build_result(Asked("c1", "find_out", "{}"), "done", value).content

    assert return_value(packers.values_list("name", flat=True)) == '["Packers"]'
    assert return_value({"groups": packers.values("name")}) == '{"groups": [{"name": "Packers"}]}'
    assert return_value(packers.values_list("name", named=True)) == '[{"name": "Packers"}]'
    assert return_value(packers) == '["Packers"]'
    assert return_value(packers.values_list("name", flat=True).iterator()) == '["Packers"]'
    assert return_value(packers.get()) == '"Packers"'
