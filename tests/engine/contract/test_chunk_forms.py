"""Chunks of a chat completions stream in the forms that servers give them, beside those of OpenAI.

Ollama says `done` and has a message in the place of choices, gateways send null in the place of a choice, a choice in
the place of a list, an empty call behind the last one, and the results of tools that they have run themselves.
"""

import json
from typing import Any

import pytest

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from supportbot.assistant.backends.sse import SSEParser
from supportbot.assistant.errors import ErrorCode, ModelError
from tests.engine.desk import create_ticket, lookup_order

ORDER = '{"order_id": "ORD-123"}'
CALL = {"index": 0, "id": "a", "function": {"name": "lookup_order", "arguments": ORDER}}
END = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


def make_choice(**delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta}]}


SAID = [make_choice(role="assistant", content=""), make_choice(content="Hel"), make_choice(content="lo!")]
FORMS: dict[str, list[Any]] = {
    "null in the place of a choice": [{"choices": [None]}, *SAID, {"choices": [None]}, END],
    "a choice without a list": [{"choices": {"delta": {"content": "Hello!"}}}, END],
    "done": [*SAID, {"choices": [{"delta": {}}], "done": True}],
    "done and nothing else": [*SAID, {"done": True}],
    "messages of Ollama": [
        {"message": {"role": "assistant", "content": "Hel"}, "done": False},
        {"message": {"role": "assistant", "content": "lo!"}, "done": False},
        {"message": {"role": "assistant", "content": ""}, "done_reason": "stop", "done": True},
    ],
    "choices that are counted from one": [
        {"choices": [{"index": 1, "delta": {"content": "Hel"}}]},
        {"choices": [{"index": 1, "delta": {"content": "lo!"}}]},
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}], "usage": {"total_tokens": 7}},
    ],
    "a whole choice that is not the first": [
        {"choices": [{"index": 1, "message": {"content": "Hello!"}, "finish_reason": "stop"}]}
    ],
    "nothing but token counts at its end": [*SAID, {"choices": [], "usage": {"total_tokens": 7}}],
    "token counts at its beginning too": [
        {"choices": [], "usage": {"total_tokens": 3}},
        *SAID,
        {"choices": [], "usage": {"total_tokens": 7}},
    ],
    "words in lists of lists": [make_choice(content=[["Hel"], [["lo!"]]]), END],
    "the result of a tool": [make_choice(role="tool", content='{"status": "shipped"}'), *SAID, END],
    "the result of a tool within": [*SAID, make_choice(role="tool", content='{"a": 1}'), END],
    "data that is no chunk": [None, "", "ping", True, *SAID, None, END],
}
CALLS: dict[str, list[Any]] = {
    "an empty one behind it": [make_choice(tool_calls=[CALL]), make_choice(tool_calls=[{"index": 1}]), END],
    "one with an empty object behind it": [
        make_choice(tool_calls=[CALL]),
        make_choice(tool_calls=[{"index": 1, "id": "b", "function": {"name": None, "arguments": "{}"}}]),
        END,
    ],
    "nothing but token counts at its end": [
        make_choice(tool_calls=[CALL]),
        {"choices": [], "usage": {"total_tokens": 7}},
    ],
    "choices that are counted from one": [
        {"choices": [{"index": 1, "delta": {"tool_calls": [CALL]}, "finish_reason": "tool_calls"}]},
    ],
    "a message of Ollama": [
        {"message": {"tool_calls": [{"function": {"name": "lookup_order", "arguments": json.loads(ORDER)}}]}}
        | {"done": False},
        {"message": {"content": ""}, "done": True},
    ],
}


def read_chunks(chunks: list[Any]) -> tuple[str, list[tuple[str, Any]]]:
    accumulator, parser = ChatAccumulator(tools=[lookup_order, create_ticket]), SSEParser()
    body = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    shown = accumulator.add_events(parser.feed(body)) + accumulator.finish_text()
    calls = accumulator.build_answer().message.tool_calls
    return shown, [(call.name, json.loads(call.arguments)) for call in calls]


CUT: dict[str, list[Any]] = {
    "token counts before the last words": [SAID[1], {"choices": [], "usage": {"total_tokens": 7}}, SAID[2]],
    "token counts with the last words": [*SAID[:2], {**SAID[2], "usage": {"total_tokens": 7}}],
    "token counts of nothing": [*SAID, {"choices": [], "usage": {"total_tokens": 0}}],
    "token counts behind half a call": [
        make_choice(tool_calls=[{**CALL, "function": {"name": "lookup_order", "arguments": ORDER[:9]}}]),
        {"choices": [], "usage": {"total_tokens": 7}},
    ],
}


@pytest.mark.parametrize("chunks", CUT.values(), ids=CUT)
def test_an_answer_of_whose_end_nothing_is_said_is_cut(chunks: list[Any]):
    with pytest.raises(ModelError) as caught:
        read_chunks(chunks)

    assert caught.value.code == ErrorCode.CUT


def test_numbers_are_words_too():
    for content in (5, [5], {"text": 5}):
        assert read_chunks([make_choice(content=content), END]) == ("5", [])


@pytest.mark.parametrize("chunks", FORMS.values(), ids=FORMS)
def test_the_words_are_those_of_the_model(chunks: list[Any]):
    assert read_chunks(chunks) == ("Hello!", [])


@pytest.mark.parametrize("chunks", CALLS.values(), ids=CALLS)
def test_the_call_is_the_one_with_a_name(chunks: list[Any]):
    assert read_chunks(chunks) == ("", [("lookup_order", json.loads(ORDER))])
