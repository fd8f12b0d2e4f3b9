"""What a model is sent of a conversation of years: within the budget, and such as every provider takes."""

import pytest

from supportbot.assistant.messages import Message, ToolCall
from supportbot.assistant.window import estimate_tokens
from tests.provider.strict import objection

from .desk import Desk

PAIRS = 50


def years() -> list[Message]:
    """Five hundred messages, in which tools were called fifty times."""
    history: list[Message] = []
    for number in range(PAIRS):
        call = ToolCall(f"call_{number}", "lookup_order", '{"order_id": "ORD-123"}')
        history += [
            *(
                Message("user", f"Question {number}, part {part}. " + "Please. " * number)
                for part in range(3)
            ),
            Message("assistant", "One moment.", (call,)),
            Message("tool", '{"status": "shipped", "eta": "2 days"}' + " " * number, tool_call_id=call.id),
            *(Message("assistant" if part % 2 else "user", f"So it is, {part}.") for part in range(5)),
        ]
    return history


@pytest.mark.parametrize("window", [200, 500, 1_000, 3_000, 10_000, 100_000])
async def test_it_keeps_to_the_budget_and_parts_no_call_from_its_result(provider, backend, window):
    """B22: the scripted provider refuses what any real one refuses."""
    desk = Desk(backend)
    desk.history = years()
    assert len(desk.history) == 500
    desk.set_limits(window=window)
    provider.say("Yes.")

    assert await desk.ask("And now?") == "Yes."

    sent = provider.requests[0].messages[1:]
    assert objection(provider.requests[0].body) == ""
    assert sum(map(estimate_tokens, desk.history[-1 - len(sent) : -1])) <= window
    assert sent[-1]["content"] == "And now?"
    assert (len(sent) == 501) == (window == 100_000)
