"""Chunks of a chat completions stream in the forms that servers give them, beside those of OpenAI.

Ollama says `done` and has a message in the place of choices, gateways send null in the place of a choice, a choice in
the place of a list, an empty call behind the last one, and the results of tools that they have run themselves.
"""

import json
from typing import Any

import pytest

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from supportbot.assistant.backends.sse import SSEParser
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


@pytest.mark.parametrize("chunks", FORMS.values(), ids=FORMS)
def test_the_words_are_those_of_the_model(chunks: list[Any]):
    assert read_chunks(chunks) == ("Hello!", [])


@pytest.mark.parametrize("chunks", CALLS.values(), ids=CALLS)
def test_the_call_is_the_one_with_a_name(chunks: list[Any]):
    assert read_chunks(chunks) == ("", [("lookup_order", json.loads(ORDER))])
