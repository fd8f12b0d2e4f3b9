"""A typed answer that is not quite JSON, or has something around it, is read where it is clear what it says."""

import json
from typing import Literal

import pytest
from pydantic import BaseModel

from supportbot.assistant.backends.typed_answers import validate_answer
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
    "behind the schema": f"{json.dumps(Note.model_json_schema())}\n\n{FILLED}",
    "a line break within": '{"mood": "angry", "wants": "a\nrefund"}',
    "a bracket too many": f"{FILLED}}}",
    "in a fence that never closes": f"```json\n{FILLED}",
    "behind a thought with brackets": f"She is {{angry}}.</think>\n{FILLED}",
    "gpt-oss without its marks": f"analysisShe is angry.assistantfinal{FILLED}",
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_it_is_read(said: str):
    assert validate_answer(said, Note).mood == "angry"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{"mood": "bored",}', "json_invalid"),
        ('{"Note": {"mood": "bored"}}', "mood: missing"),
        ('{"mood": "angry", "wants": "a ref', "json_invalid"),
    ],
)
def test_what_is_wrong_in_itself_stays_wrong(said: str, told: str):
    with pytest.raises(ModelError, match=told):
        validate_answer(said, Note)
