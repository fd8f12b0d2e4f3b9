"""What stands in a thought is neither shown nor done, whatever opened it and however the message ends.

Nothing opens it where the server's template has put the opening mark before the answer (ollama/ollama#18044), and some
models think in plain words (IBM's Granite: “Here is my thought process”).
"""

import json

import pytest

from supportbot.assistant.errors import ErrorCode
from tests.engine.desk import Desk
from tests.engine.failing import fails
from tests.provider import Ask, Call, End, Piece, Say, Script

TICKET = {"issue": "The lamp is broken", "priority": "low"}
WRITTEN = f"<tool_call>{json.dumps({'name': 'create_ticket', 'arguments': TICKET})}</tool_call>"
LOOK_UP = Ask((Call("lookup_order", {"order_id": "ORD-123"}),))
LOOK_UP_WRITTEN = '<tool_call>{"name": "lookup_order", "arguments": {"order_id": "ORD-123"}}</tool_call>'
QUESTION = "Shall I open a ticket?"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<think>", "</think>"),
        ("", "</think>"),
        ("Here is my thought process: ", "\nHere is my response: "),
        ('<details type="reasoning">', "</details>\n"),
    ],
)
async def test_a_call_in_a_thought_is_not_run(provider: Script, desk: Desk, opening: str, closing: str):
    pieces = (f"{opening}I could write ", WRITTEN, " but must ask first.", closing, QUESTION)
    provider.play(*map(Say, pieces), End())

    assert await desk.ask("My lamp is broken.") == QUESTION

    assert not desk.results


async def test_a_call_behind_a_thought_that_held_the_same_one_is_run_once(provider: Script, desk: Desk):
    provider.play(*map(Say, ("I could write ", WRITTEN, " and I will.", "</think>", WRITTEN)), End())
    provider.say("It is open.")

    assert await desk.ask("My lamp is broken.") == "It is open."

    assert [result.outcome for result in desk.results] == ["done"]


@pytest.mark.parametrize("call", [LOOK_UP, Say(LOOK_UP_WRITTEN)])
@pytest.mark.parametrize("is_known", [False, True])
async def test_a_thought_that_leads_to_a_call_is_not_shown(
    provider: Script, desk: Desk, call: Piece, is_known: bool
):
    if is_known:
        provider.play(Say("Hm."), Say("</think>"), Say("Hello!"), End())
        await desk.ask("Hi")
    provider.play(Say("She sounds angry. "), Say("I need the tool."), Say("</think>\n\n"), call, End())
    provider.say("It has shipped.")

    assert await desk.ask("Where is ORD-123?") == "It has shipped."

    assert len(desk.results) == 1
    assert "angry" not in str(desk.history)


async def test_a_thought_that_is_broken_off_is_not_shown_nor_is_the_next_one(provider: Script, desk: Desk):
    provider.play(Say("Hm."), Say("</think>"), Say("Hello!"), End())
    await desk.ask("Hi")
    provider.play(Say("The customer "), Say("is annoying."), End("length"))
    provider.play(Say("Annoying "), Say("again."), Say("</think>"), Say("Yes."), End())

    assert (await fails(desk)).code == ErrorCode.EMPTY
    assert not desk.text

    assert await desk.ask("Are you there?") == "Yes."
    assert "nnoying" not in str(desk.events)
