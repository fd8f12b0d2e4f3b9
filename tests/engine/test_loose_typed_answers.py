"""A typed answer that is not quite JSON, or has something around it, is read where it is clear what it says."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from supportbot.assistant.backends.typed_answers import read_typed_answer, validate_answer
from supportbot.assistant.errors import ModelError


class Note(BaseModel):
    mood: Literal["happy", "angry"]
    wants: str = ""


FILLED = '{"mood": "angry", "wants": "a refund"}'
SAID = {
    "JSON in JSON": json.dumps(FILLED),
    "in a list": f"[{FILLED}]",
    "a comma at the end": '{"mood": "angry", "wants": "a refund",}',
    "as Python writes it": "{'mood': 'angry', 'wants': 'a refund'}",
    "under a name": f'{{"Note": {FILLED}}}',
    "under the schema's word": f'{{"properties": {FILLED}}}',
    "in the place of the schema's own": f'{{"type": "object", "title": "Note", "properties": {FILLED}}}',
    "as the arguments of a call": f'{{"name": "Note", "arguments": {FILLED}}}',
    "null for what may be left out": '{"mood": "angry", "wants": null}',
    "behind the schema": f"{json.dumps(Note.model_json_schema())}\n\n{FILLED}",
    "a line break within": '{"mood": "angry", "wants": "a\nrefund"}',
    "a bracket too many": f"{FILLED}}}",
    "in a fence that never closes": f"```json\n{FILLED}",
    "behind a thought with brackets": f"She is {{angry}}.</think>\n{FILLED}",
    "in other capitals": FILLED.replace("angry", "Angry"),
    "with spaces around": FILLED.replace("angry", " angry\\n"),
    "in other capitals, in prose": f"Here it is: {FILLED.replace('angry', 'ANGRY')} I hope it helps.",
    "in other capitals, in a fence": f"```json\n{FILLED.replace('angry', 'ANGRY')}\n```",
    "a comment behind a value": '{"mood": "angry", // she is\n "wants": "a refund"}',
    "a comment within": '{"mood": "angry", /* she is */ "wants": "a refund"}',
    "without its last brace": FILLED[:-1],
    "without its last brace, in a fence": f"```json\n{FILLED[:-1]}\n```",
    "without its last brace, under a name": f'{{"Note": {FILLED}',
    "gpt-oss without its marks": f"analysisShe is angry.assistantfinal{FILLED}",
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_a_typed_answer_that_is_not_quite_json_is_read(said: str):
    assert validate_answer(said, Note).mood == "angry"


def test_what_looks_like_a_comment_in_a_text_stays():
    said = '{"mood": "angry", // she is\n "wants": "https://shop.example/a /* b */"}'

    assert validate_answer(said, Note).wants == "https://shop.example/a /* b */"


def make_whole(message: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


CALLED = {
    "as text": make_whole({"content": f'<tool_call>{{"name": "Note", "arguments": {FILLED}}}</tool_call>'}),
    "in its place": make_whole(
        {
            "content": None,
            "tool_calls": [{"id": "a", "function": {"name": "json_tool_call", "arguments": FILLED}}],
        }
    ),
    "as all of its thought": make_whole({"content": None, "reasoning_content": f"\n{FILLED}\n"}),
}


@pytest.mark.parametrize("body", CALLED.values(), ids=CALLED)
def test_a_model_may_answer_in_another_place_than_its_words(body: dict[str, Any]):
    accumulator = ChatAccumulator()
    accumulator.add_body(json.dumps(body).encode())

    assert read_typed_answer(accumulator, Note).value == Note(mood="angry", wants="a refund")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{"mood": "bored",}', "json_invalid"),
        ('{"Note": {"mood": "bored"}}', "mood: missing"),
        ('{"mood": null, "wants": "a refund"}', "mood: literal_error"),
        ('{"mood": "angry", "wants": "a ref', "json_invalid"),
    ],
)
def test_what_is_wrong_in_itself_stays_wrong(said: str, told: str):
    with pytest.raises(ModelError, match=told):
        validate_answer(said, Note)
