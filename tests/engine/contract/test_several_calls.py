"""Several calls in one text, in the forms of Mistral, OLMo, Gemma, GLM, Llama and small models: each of them is made.

One that writes is made if all that stands there is calls; what looks like a call within its arguments is none.
"""

import json

import pytest

from .spoken import read_calls

FIRST, SECOND = {"order_id": "ORD-123"}, {"order_id": "ORD-456"}
TICKET = {"issue": "Mug is broken", "priority": "high"}
ONE = ("lookup_order", FIRST)
OTHER = ("lookup_order", SECOND)
WRITTEN = ("create_ticket", TICKET)


def name_json(call: tuple[str, dict[str, str]], between: str) -> str:
    return f"{call[0]}{between}{json.dumps(call[1])}"


def write_json(call: tuple[str, dict[str, str]]) -> str:
    return json.dumps({"name": call[0], "arguments": call[1]})


def write_python(call: tuple[str, dict[str, str]]) -> str:
    return f"{call[0]}({', '.join(f'{key}={json.dumps(value)}' for key, value in call[1].items())})"


FORMS = {
    "Mistral": lambda one, other: (
        f"[TOOL_CALLS]{name_json(one, '[ARGS]')}[TOOL_CALLS]{name_json(other, '[ARGS]')}</s>"
    ),
    "Mistral with ids": lambda one, other: (
        f"[TOOL_CALLS]{name_json(one, '[CALL_ID]abc123def[ARGS]')}"
        f"[TOOL_CALLS]{name_json(other, '[CALL_ID]abc123deg[ARGS]')}"
    ),
    "Mistral without a mark": lambda one, other: (
        f"[TOOL_CALLS]{name_json(one, '')}[TOOL_CALLS]{name_json(other, '')}"
    ),
    "Mistral's lists": lambda one, other: (
        f"[TOOL_CALLS] [{write_json(one)}][TOOL_CALLS] [{write_json(other)}]"
    ),
    "two fences": lambda one, other: f"```json\n{write_json(one)}\n```\n\n```json\n{write_json(other)}\n```",
    "two lines of Gemma": lambda one, other: (
        f"```tool_code\nprint({write_python(one)})\n{write_python(other)}\n```"
    ),
    "two fences of Gemma": lambda one, other: (
        f"```tool_code\n{write_python(one)}\n```\n```tool_code\n{write_python(other)}\n```"
    ),
    "OLMo": lambda one, other: (
        f"<function_calls>\n{write_python(one)}\n{write_python(other)}\n</function_calls>"
    ),
    "GLM": lambda one, other: f"{name_json(one, chr(10))}\n{name_json(other, chr(10))}",
    "Llama": lambda one, other: f"<|python_tag|>{write_python(one)}; {write_python(other)}",
    "Llama's JSON": lambda one, other: f"<|python_tag|>{write_json(one)}; {write_json(other)}<|eom_id|>",
    "Qwen": lambda one, other: f"<tool_call>\n{write_json(one)}\n{write_json(other)}\n</tool_call>",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("size", [3, 1_000])
def test_each_of_several_calls_in_one_text_is_made(form, size: int):
    for one, other in ((ONE, OTHER), (WRITTEN, ONE), (ONE, WRITTEN)):
        assert read_calls(form(one, other), size) == ("", [one, other])


WITHIN = {"issue": '[TOOL_CALLS]lookup_order{"order_id": "ORD-123"}', "priority": "high"}
NOT_WRITTEN = {
    "words behind the second": f"[TOOL_CALLS]{name_json(ONE, '')}[TOOL_CALLS]{name_json(WRITTEN, '')} maybe",
    "words about the mark": f"[TOOL_CALLS]{name_json(WRITTEN, '[ARGS]')}[TOOL_CALLS] is what I would write",
    "a comment above": f"```tool_code\n# if the customer agrees\n{write_python(WRITTEN)}\n```",
    "a comment behind": f"<function_calls>{write_python(WRITTEN)}  # not yet</function_calls>",
    "a condition": f"```tool_code\nif agreed:\n    {write_python(WRITTEN)}\n```",
    "a line that is no call": f"```tool_code\n{write_python(ONE)}\nwait\n{write_python(WRITTEN)}\n```",
    "words between fences": f"```json\n{write_json(WRITTEN)}\n```\nor rather\n```json\n{write_json(ONE)}\n```",
    "two objects behind one name": f"{name_json(WRITTEN, chr(10))}\n{json.dumps(TICKET)}",
}


@pytest.mark.parametrize("said", NOT_WRITTEN.values(), ids=NOT_WRITTEN)
@pytest.mark.parametrize("size", [3, 1_000])
def test_what_writes_is_not_made_beside_anything_else(said: str, size: int):
    _shown, calls = read_calls(said, size)
    assert "create_ticket" not in [name for name, _arguments in calls]


@pytest.mark.parametrize("size", [3, 1_000])
def test_what_looks_like_a_call_within_arguments_is_none(size: int):
    for said in (
        f"[TOOL_CALLS]create_ticket[ARGS]{json.dumps(WITHIN)}",
        f"[TOOL_CALLS] [{write_json(('create_ticket', WITHIN))}]",
    ):
        assert read_calls(said, size) == ("", [("create_ticket", WITHIN)])
