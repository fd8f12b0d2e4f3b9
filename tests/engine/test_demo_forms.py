"""Typed answers of the demo model are valid for whatever form it is given."""

import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Optional
from uuid import UUID

import httpx2
import pytest
from pydantic import BaseModel, Field, TypeAdapter, create_model

from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Message
from supportbot.demo.backend import DemoBackend
from supportbot.demo.http_server import DemoTransport

from .test_demo_facts import Note, Triage


class Node(BaseModel):
    size: Annotated[int, Field(ge=3)]
    parent: Optional["Node"] = None
    children: list["Node"] = []


class Endless(BaseModel):
    next: "Endless"


KINDS = [
    *(bool, int, float, str, Decimal, date, UUID, None, Any, dict[str, int], list[str], set[int]),
    *(int | None, str | int, list[int] | None, Literal["a", "b"], Literal[1, 2, None], Literal["only"]),
    *(tuple[int, str], tuple[str, ...], list[Triage], dict[str, Note], Triage | Note, Triage | None),
    Annotated[int, Field(ge=5, le=9)],
    Annotated[int, Field(gt=5, lt=7)],
    Annotated[int, Field(lt=-3)],
    Annotated[int, Field(ge=10, multiple_of=7)],
    Annotated[int, Field(le=-10, multiple_of=7)],
    Annotated[float, Field(gt=0, lt=0.1)],
    Annotated[float, Field(gt=-1, lt=1)],
    Annotated[float, Field(ge=0.3, le=0.3)],
    Annotated[str, Field(min_length=30)],
    Annotated[str, Field(max_length=3)],
    Annotated[str, Field(min_length=2, max_length=2)],
    Annotated[str, Field(pattern=r"^ORD-\d+$")],
    Annotated[str, Field(pattern=r"^[a-z]{2}$")],
    Annotated[list[int], Field(min_length=3, max_length=4)],
    Annotated[set[int], Field(min_length=3)],
    Annotated[set[Annotated[int, Field(ge=1, le=3)]], Field(min_length=3)],
    Annotated[set[Literal["a", "b", "c"]], Field(min_length=2)],
    Annotated[set[str], Field(min_length=3)],
    Annotated[list[Triage], Field(min_length=1)],
    Annotated[dict[str, bool], Field(min_length=2)],
    *(Node, list[Node], Annotated[list[Node], Field(min_length=2)]),
]


@pytest.mark.parametrize("name", ["field", "category", "summary", "tried", "orders", "priority"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_it_fills_in_every_kind_of_field_validly(kind: Any, name: str) -> None:
    schema = TypeAdapter(kind).json_schema()
    definitions = schema.pop("$defs", {})
    form = {"type": "object", "properties": {name: schema}, "required": [name], "$defs": definitions}

    answer = await _fill_schema(form, "ORD-123 arrived broken")

    TypeAdapter(kind).validate_json(json.dumps(json.loads(answer["content"])[name]))


async def test_it_leaves_out_what_may_be_left_out_and_nobody_said() -> None:
    schema = {"type": "object", "properties": {"colour": {"type": "string"}, "subject": {"type": "string"}}}

    answer = await _fill_schema(schema, "ORD-123 arrived broken")

    assert json.loads(answer["content"]) == {"subject": "Damaged or faulty item in order ORD-123"}


@pytest.mark.parametrize(
    "form",
    [
        Endless,
        create_model("Between", number=(Annotated[int, Field(gt=5, lt=6)], ...)),
        create_model("Plate", plate=(Annotated[str, Field(pattern=r"^B-XY \d{4}$")], ...)),
    ],
)
async def test_it_refuses_a_form_that_nothing_true_can_be_put_into(form: type[BaseModel]) -> None:
    with pytest.raises(ModelError) as refused:
        await DemoBackend().parse("", [Message("user", "ORD-123 arrived broken")], form)

    assert refused.value.code == ErrorCode.DECLINED


async def test_it_fills_in_the_same_words_when_it_is_asked_to_stream() -> None:
    whole = (await _fill_schema(Triage.model_json_schema(), "ORD-123 arrived broken"))["content"]

    response = await _post_schema(Triage.model_json_schema(), "ORD-123 arrived broken", stream=True)

    events = [event.removeprefix("data: ") for event in response.text.strip().split("\n\n")[:-2]]
    deltas = [json.loads(event)["choices"][0]["delta"] for event in events]
    assert "".join(delta.get("content", "") for delta in deltas) == whole


async def test_it_fills_in_a_form_the_same_way_every_time() -> None:
    one, other = [await _post_schema(Triage.model_json_schema(), "ORD-123 is late") for _again in range(2)]

    assert one.content == other.content


async def _fill_schema(schema: dict[str, Any], said: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await _post_schema(schema, said)).json()["choices"][0]["message"]
    return answer


async def _post_schema(schema: dict[str, Any], said: str, *, stream: bool = False) -> httpx2.Response:
    wanted = {"type": "json_schema", "json_schema": {"name": "form", "schema": schema, "strict": True}}
    body = {"messages": [{"role": "user", "content": said}], "response_format": wanted, "stream": stream}
    async with httpx2.AsyncClient(transport=DemoTransport(0)) as client:
        return await client.post("http://demo.invalid/v1/chat/completions", json=body)
