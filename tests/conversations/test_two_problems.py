"""Two problems in one message are one ticket, and neither is lost, also when a process dies between them."""

import json
from dataclasses import replace

import pytest

from supportbot.assistant.messages import ToolCall as Asked
from supportbot.conversations.turns import recovery, submit, tool_calls
from tests.provider import Call
from tickets.models import Ticket

from .test_abandoned_turns import ASKED, WANTED, let_lease_run_out


async def test_two_problems_in_one_message_are_one_ticket_that_says_both(page, model):
    late, wet = ({"issue": issue, "priority": "low"} for issue in ("It is late", "It is wet"))
    model.calls(Call("create_ticket", late), Call("create_ticket", wet))
    model.say("There is a ticket.")

    await page.ask("It is late and wet")

    ticket = await Ticket.objects.aget()
    assert ticket.issue == "It is late\n\nIt is wet"
    told = json.loads(model.requests[1].messages[-1]["content"])
    assert f"added to ticket {ticket.number}" in told["note"]


@pytest.mark.parametrize("done", [1, 2])
def test_a_second_problem_is_added_once_wherever_a_process_dies(transactional_db, chat, done):
    work = submit.submit_message.run_sync(chat.pk, "It is late and wet", "a1").lease
    second = Asked("c2", "create_ticket", '{"issue": "wet", "priority": "high"}')
    both = replace(ASKED, message=replace(ASKED.message, tool_calls=(WANTED, second)))
    tool_calls.store_requested_calls.run_sync(work, both)
    for call in (WANTED, second)[:done]:
        tool_calls.run_tool(work, call, tool_calls.get_tool_registry()["create_ticket"])
    let_lease_run_out()

    (step,) = recovery.recover_abandoned_turns.run_sync(9)
    for call in step.lease.pending_calls:
        tool_calls.run_tool(step.lease, call, tool_calls.get_tool_registry()["create_ticket"])
    # The dead one was only slow.
    tool_calls.run_tool(work, second, tool_calls.get_tool_registry()["create_ticket"])

    assert Ticket.objects.get().issue == "late\n\nwet"
