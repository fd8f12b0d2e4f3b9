"""The pieces of calls, in the ways in which servers cut and count them, are the calls that the model made.

Every call has index 0: ai-dynamo/dynamo#4723, vercel/ai#14277, BerriAI/litellm#33678. No index, empty ids (Gemini):
openai/openai-python#2806, Arize-ai/phoenix#11376, AstrBotDevs/AstrBot#6692. A new id with every piece: vLLM with
speculative decoding. Names in pieces, with the id of each: openclaw/openclaw#130532. Objects instead of text:
ggml-org/llama.cpp#20198, can1357/oh-my-pi#1779. A call in its own arguments: BerriAI/litellm#3333.
"""

from typing import Any

import pytest

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from tests.engine.demo_shop import create_ticket, lookup_order, my_orders
from tests.provider import wire

ORDER = '{"order_id": "ORD-123"}'
TWO = [("lookup_order", ORDER), ("my_orders", "{}")]
ONE = [("lookup_order", ORDER)]
ABSENT: Any = object()


def piece(
    name: Any = ABSENT, arguments: Any = ABSENT, call_id: Any = ABSENT, index: Any = ABSENT, **more: Any
) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    part = {"index": index, "id": call_id, **more}
    part["function"] = {key: value for key, value in function.items() if value is not ABSENT}
    return {key: value for key, value in part.items() if value is not ABSENT}


def chunks(*parts: dict[str, Any]) -> list[bytes]:
    return [wire.chunk({"tool_calls": [part]}) for part in parts]


def together(*parts: dict[str, Any]) -> list[bytes]:
    return [wire.chunk({"tool_calls": list(parts)})]


LOOK, MINE = ("lookup_order", ORDER), ("my_orders", "{}")
SHAPES: dict[str, tuple[list[bytes], list[tuple[str, str]]]] = {
    "index 0 twice": (chunks(piece(*LOOK, "a", 0), piece(*MINE, "b", 0)), TWO),
    "index 0 twice in one chunk": (together(piece(*LOOK, "a", 0), piece(*MINE, "b", 0)), TWO),
    "index 0 twice without ids": (chunks(piece(*LOOK, index=0), piece(*MINE, index=0)), TWO),
    "one tool twice at index 0": (
        chunks(piece(*LOOK, "a", 0), piece("lookup_order", '{"order_id": "ORD-9"}', "b", 0)),
        [LOOK, ("lookup_order", '{"order_id": "ORD-9"}')],
    ),
    "one tool twice without ids": (
        together(piece(*LOOK, ""), piece("lookup_order", '{"order_id": "ORD-9"}', "")),
        [LOOK, ("lookup_order", '{"order_id": "ORD-9"}')],
    ),
    "no index, empty ids": (together(piece(*LOOK, ""), piece(*MINE, "")), TWO),
    "no index, no ids": (chunks(piece(*LOOK), piece(*MINE)), TWO),
    "no index, ids": (chunks(piece(*LOOK, "a"), piece(*MINE, "b")), TWO),
    "no arguments and then another": (
        together(piece("my_orders", None, index=0), piece(*LOOK, index=0)),
        [("my_orders", "{}"), LOOK],
    ),
    "two pieces of one index": (
        together(
            piece("lookup_order", ORDER[:7], "a", 0),
            piece(arguments=ORDER[7:], index=0),
            piece(*MINE, "b", 1),
        ),
        TWO,
    ),
    "pieces by turns": (
        chunks(
            piece("lookup_order", "", "a", 0),
            piece("my_orders", "", "b", 1),
            piece(arguments=ORDER[:9], index=0),
            piece(arguments="{}", index=1),
            piece(arguments=ORDER[9:], index=0),
        ),
        TWO,
    ),
    "a new id with every piece": (
        chunks(piece("lookup_order", ORDER[:7], "a", 0), piece(arguments=ORDER[7:], call_id="b", index=0)),
        ONE,
    ),
    "id and name with every piece": (
        chunks(piece("lookup_order", ORDER[:7], "a", 0), piece("lookup_order", ORDER[7:], "a", 0)),
        ONE,
    ),
    "the pieces are counted, not the calls": (
        chunks(piece("lookup_order", ORDER[:7], "a", 0), piece(arguments=ORDER[7:], call_id="a", index=1)),
        ONE,
    ),
    "no index, no id in later pieces": (
        chunks(piece("lookup_order", "", "a"), piece(arguments=ORDER[:5]), piece(arguments=ORDER[5:])),
        ONE,
    ),
    "a name in pieces": (
        chunks(piece("lookup_", "", "a", 0), piece("order", "", index=0), piece(arguments=ORDER, index=0)),
        ONE,
    ),
    "the name so far with every piece": (
        chunks(piece("lookup_", "", "a", 0), piece("lookup_order", ORDER, "a", 0)),
        ONE,
    ),
    "all again at the end": (
        chunks(
            piece("lookup_order", ORDER[:7], "a", 0),
            piece(arguments=ORDER[7:], index=0),
            piece(*LOOK, "a", 0),
        ),
        ONE,
    ),
    "all again at the end, written otherwise": (
        chunks(piece("lookup_order", ORDER[:7], "a", 0), piece(arguments=ORDER[7:], index=0))
        + chunks(piece("lookup_order", '{"order_id":"ORD-123"}', index=0)),
        [("lookup_order", '{"order_id":"ORD-123"}')],
    ),
    "an empty object stands in at first": (
        chunks(piece("lookup_order", "{}", "a", 0), piece(arguments=ORDER[:7], index=0))
        + chunks(piece(arguments=ORDER[7:], index=0)),
        ONE,
    ),
    "an object instead of text": (chunks(piece("lookup_order", {"order_id": "ORD-123"}, "a", 0)), ONE),
    "the old form": (
        [
            wire.chunk({"function_call": {"name": "lookup_order", "arguments": ORDER[:7]}}),
            wire.chunk({"function_call": {"arguments": ORDER[7:]}}),
        ],
        ONE,
    ),
    "pieces by turns, told apart by their ids alone": (
        chunks(
            piece("lookup_order", "", "a", 0),
            piece("my_orders", "", "b", 0),
            piece(arguments=ORDER, call_id="a", index=0),
            piece(arguments="{}", call_id="b", index=0),
        ),
        TWO,
    ),
    "pieces by turns, told apart by their ids alone, the name with each": (
        chunks(
            piece("lookup_order", ORDER[:7], "a", 0),
            piece("my_orders", "{", "b", 0),
            piece("lookup_order", ORDER[7:], "a", 0),
            piece("my_orders", "}", "b", 0),
        ),
        TWO,
    ),
    "one id for all, which are counted": (
        chunks(
            piece("lookup_order", "", "a", 0),
            piece("my_orders", "", "a", 1),
            piece(arguments=ORDER, call_id="a", index=0),
            piece(arguments="{}", call_id="a", index=1),
        ),
        TWO,
    ),
    "the arguments so far with every piece": (
        chunks(
            piece("lookup_order", "", "a", 0),
            piece(arguments=ORDER[:1], index=0),
            piece(arguments=ORDER[:9], index=0),
            piece(arguments=ORDER[:9], index=0),
            piece(arguments=ORDER, index=0),
        ),
        ONE,
    ),
    "places as numbers and as their digits": (
        chunks(piece("lookup_order", "", "a", 0), piece(arguments=ORDER, index="0")),
        ONE,
    ),
    "a name in pieces, the id with each": (
        chunks(piece("lookup", "", "a", 0), piece("_order", "", "a", 0), piece("", ORDER, "a", 0)),
        ONE,
    ),
    "an object instead of a list of calls": (
        [wire.chunk({"tool_calls": piece(*LOOK, "a", 0)})],
        ONE,
    ),
    "arguments under another name": (
        chunks(
            {"index": 0, "id": "a", "function": {"name": "lookup_order", "input": {"order_id": "ORD-123"}}}
        ),
        ONE,
    ),
    "a name with a mark of the model in pieces": (
        chunks(piece("lookup_order", "", "a", 0), piece("<|channel|>commentary", ORDER, "a", 0)),
        ONE,
    ),
    "a piece that is none": (
        [wire.chunk({"tool_calls": [None]}), *chunks(piece(*LOOK, "a", 0))],
        ONE,
    ),
    "no name, but an id that says it": (
        chunks(piece(arguments=ORDER, call_id="functions.lookup_order:0", index=0)),
        ONE,
    ),
    "no name, but a call in the arguments": (
        chunks(piece("", f'{{"name": "lookup_order", "arguments": {ORDER}}}', "a", 0)),
        ONE,
    ),
    "all again at another place": (
        chunks(piece(*LOOK, "a", 0), piece(*LOOK, "a", 1), piece(*MINE, "b", 2)),
        TWO,
    ),
    "in the old form and in the new one": (
        [
            wire.chunk(
                {
                    "function_call": {"name": "lookup_order", "arguments": ORDER},
                    "tool_calls": [piece(*LOOK, "a", 0)],
                }
            )
        ],
        ONE,
    ),
    "an empty object behind it": (chunks(piece(*LOOK, "a", 0), piece(arguments="{}", index=0)), ONE),
    "an empty object behind it that is no text": (
        chunks(piece(*LOOK, "a", 0), piece(arguments={}, index=0)),
        ONE,
    ),
    "a part of the content": (
        [
            wire.chunk(
                {
                    "content": [
                        {
                            "type": "tool_use",
                            "id": "a",
                            "name": "lookup_order",
                            "input": {"order_id": "ORD-123"},
                        }
                    ]
                }
            )
        ],
        ONE,
    ),
    "a part of the content and a call": (
        [
            wire.chunk(
                {
                    "content": [{"type": "tool_call", "id": "a", "name": "lookup_order", "arguments": ORDER}],
                    "tool_calls": [piece(*LOOK, "a", 0)],
                }
            )
        ],
        ONE,
    ),
    "a new id with every piece, no places": (
        chunks(piece("lookup_order", "", "a"), piece(ABSENT, ORDER[:9], "b"), piece(ABSENT, ORDER[9:], "c")),
        ONE,
    ),
    "a new place with every piece, no ids": (
        chunks(piece("lookup_order", "", "a", 0), piece("", ORDER[:9], "", 1), piece("", ORDER[9:], "", 2)),
        ONE,
    ),
    "several in one of OpenAI's own": (
        chunks(
            piece(
                "multi_tool_use.parallel",
                f'{{"tool_uses": [{{"recipient_name": "functions.lookup_order", "parameters": {ORDER}}}, '
                '{"recipient_name": "functions.my_orders", "parameters": {}}]}',
                "a",
            )
        ),
        TWO,
    ),
    "an id that is none": (chunks(piece(*LOOK, ["a"], 0), piece(*MINE, {"b": 1}, 1)), TWO),
    "an id that is a number": (chunks(piece(*LOOK, 7, 0), piece(*MINE, 8, 1)), TWO),
    "a name in a list": (chunks(piece(["lookup_order"], ORDER, "a", 0)), ONE),
    "a nameless piece with nothing in it": (chunks(piece(*LOOK, "a", 0), piece("", "", "", 1)), ONE),
}


@pytest.mark.parametrize(("events", "calls"), SHAPES.values(), ids=SHAPES)
def test_pieces_are_put_together_as_they_were_meant(events: list[bytes], calls: list[tuple[str, str]]):
    accumulator = ChatAccumulator(tools=[lookup_order, my_orders, create_ticket])

    accumulator.add_events(
        [each.removeprefix(b"data: ").strip() for each in [*events, *wire.ending("tool_calls")]]
    )

    assert [(call.name, call.arguments) for call in accumulator.build_answer().message.tool_calls] == calls
