"""From a typed function to what the model reads, and from what the model writes to a call of the function."""

import asyncio
import enum
import json
from typing import Annotated, Any, Literal
from warnings import catch_warnings

import pytest
from pydantic import BaseModel, Field

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import Tool, ToolContext, ToolError, tool

from .desk import GUEST, create_ticket, lookup_order


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Address(BaseModel):
    street: str
    title: str = "Ms"


HOME = Address(street="Main Street", title="Dr")


@tool(effect="read")
def order_shirt(
    ctx: ToolContext,
    name: Annotated[str, Field(description="Printed on the back", max_length=12)],
    size: Size,
    fit: Literal["slim", "loose"],
    number: int | None = None,
    colours: list[str] = ["red"],  # noqa: B006
    to: Address = HOME,
) -> str:
    """Order a shirt.

    Only for members.
    """
    return f"{name} {size} {fit} {number} {colours} {to.title}"


def call(arguments: str, name: str = "order_shirt") -> ToolCall:
    return ToolCall("call_1", name, arguments)


def run(used: Tool, arguments: str) -> tuple[str, Any]:
    result = used.run(GUEST, call(arguments))
    assert result.call_id == "call_1"
    return result.outcome, json.loads(result.content)


def test_the_schema_says_all_that_the_function_says():
    function = order_shirt.as_chat()["function"]

    assert order_shirt.as_chat()["type"] == "function"
    assert function["name"] == "order_shirt"
    assert function["description"] == "Order a shirt.\n\nOnly for members."
    assert function["parameters"] == {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "size", "fit"],
        "properties": {
            "name": {"type": "string", "description": "Printed on the back", "maxLength": 12},
            "size": {"$ref": "#/$defs/Size"},
            "fit": {"type": "string", "enum": ["slim", "loose"]},
            "number": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
            "colours": {"type": "array", "items": {"type": "string"}, "default": ["red"]},
            "to": {"$ref": "#/$defs/Address", "default": {"street": "Main Street", "title": "Dr"}},
        },
        "$defs": {
            "Size": {"type": "string", "enum": ["s", "l"]},
            "Address": {
                "type": "object",
                "required": ["street"],
                "properties": {"street": {"type": "string"}, "title": {"type": "string", "default": "Ms"}},
            },
        },
    }


def test_the_function_gets_typed_values_and_defaults():
    outcome, value = run(order_shirt, '{"name": "Ada", "size": "l", "fit": "slim", "to": {"street": "x"}}')

    assert (outcome, value) == ("done", "Ada Size.LARGE slim None ['red'] Ms")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"name": 7, "size": "l", "fit": "slim"}', "7 Size.LARGE slim None ['red'] Dr"),
        (
            '{"name": 7, "size": "l", "fit": "slim", "colours": [1, "b"]}',
            "7 Size.LARGE slim None ['1', 'b'] Dr",
        ),
        ('{"name": 7, "size": "l", "fit": "slim", "colours": null}', "7 Size.LARGE slim None ['red'] Dr"),
        (
            '{"name": "A", "size": "l", "fit": "slim", "to": {"street": 9}}',
            "A Size.LARGE slim None ['red'] Ms",
        ),
        ('{"name": "A", "size": "l", "fit": "slim", "number": "3"}', "A Size.LARGE slim 3 ['red'] Dr"),
    ],
)
def test_a_whole_number_in_the_place_of_a_text_is_its_digits_and_the_other_way_round(arguments, told):
    assert run(order_shirt, arguments) == ("done", told)


def test_a_tool_can_be_called_as_the_function_that_it_is():
    assert create_ticket(GUEST, issue="Late", priority="low")["issue"] == "Late"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ('{"order_id": "ORD', "Invalid JSON"),
        ("null", "Input should be an object"),
        ('"ORD-123"', "Input should be an object"),
        ("[" * 100_000, "Invalid JSON"),
        ('{"order_id": "\ud83d"}', "unicode"),
        ("", "order_id: Field required"),
        ("{}", "order_id: Field required"),
        ('{"order_id": 1.5}', "order_id: Input should be a valid string"),
        ('{"order_id": true}', "order_id: Input should be a valid string"),
        ('{"order_id": null}', "order_id: Input should be a valid string"),
        ('{"order_id": "ORD-123", "customer": 7}', "customer: Extra inputs are not permitted"),
        ('{"order_id": "ORD-123", "ctx": {"visitor": "bob"}}', "ctx: Extra inputs are not permitted"),
    ],
)
def test_wrong_arguments_come_back_as_a_list_of_what_is_wrong(arguments, problem):
    outcome, value = run(lookup_order, arguments)

    assert outcome == "invalid"
    assert any(problem in each for each in value["problems"]), value


def test_wrong_arguments_are_never_quoted_at_length():
    _outcome, value = run(create_ticket, json.dumps({f"made_up_{n}": "x" * 5000 for n in range(50)}))

    assert len(json.dumps(value)) < 1000


def test_a_refusal_comes_back_in_its_words():
    assert run(lookup_order, '{"order_id": "ORD-999"}') == ("refused", {"error": "Order ORD-999 not found"})


def test_a_bug_is_logged_whole_and_the_model_gets_one_bland_line(caplog):
    @tool(effect="read")
    def broken(ctx: ToolContext) -> str:
        """Break."""
        raise ZeroDivisionError("secret detail")

    outcome, value = run(broken, "{}")

    assert outcome == "failed"
    assert "secret" not in value["error"]
    assert "secret detail" in caplog.text


def test_a_result_that_cannot_be_written_down_is_a_bug(caplog):
    loop: list[Any] = []
    loop.append(loop)

    @tool(effect="read")
    def endless(ctx: ToolContext) -> Any:
        """Never ends."""
        return loop

    assert run(endless, "{}")[0] == "failed"
    assert "Circular" in caplog.text


def test_a_result_with_half_a_letter_can_still_be_sent():
    @tool(effect="read")
    def half(ctx: ToolContext) -> str:
        """Half of a smile."""
        return "\ud83d"

    assert half.run(GUEST, call("{}")).content.encode() == b'"?"'


def test_an_asynchronous_function_is_a_tool_too():
    @tool(effect="read")
    async def later(ctx: ToolContext, word: str) -> str:
        """Say it later."""
        await asyncio.sleep(0)
        if word == "no":
            raise ToolError("I will not say that")
        return word.upper()

    assert run(later, '{"word": "yes"}') == ("done", "YES")
    assert run(later, '{"word": "no"}') == ("refused", {"error": "I will not say that"})


def undocumented(ctx: ToolContext) -> None: ...


def without_context(order_id: str) -> None:
    """Look."""


def untyped(ctx: ToolContext, order_id) -> None:  # type: ignore[no-untyped-def]
    """Look."""


def catches_all(ctx: ToolContext, **order: str) -> None:
    """Look."""


def hidden(ctx: ToolContext, _order: str) -> None:
    """Look."""


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (undocumented, "undocumented needs a docstring"),
        (without_context, "first parameter of tool without_context must be ctx"),
        (untyped, "Parameter order_id of tool untyped needs a type"),
        (catches_all, "order: str of tool catches_all cannot be given by its name"),
        (hidden, "_order: str of tool hidden cannot be given by its name"),
    ],
)
def test_a_function_that_cannot_be_a_tool_is_refused_in_plain_words(function, complaint):
    with pytest.raises(TypeError) as caught:
        tool(effect="read")(function)

    assert complaint in str(caught.value)


def test_types_that_only_type_checkers_import_may_stand_at_ctx_and_the_result():
    def count_points(ctx: "ForCheckers", since: "int") -> "ForCheckers":  # type: ignore[name-defined] # noqa: F821
        """Count them."""

    def count_gifts(ctx: Any, since: "ForCheckers") -> None:  # type: ignore[name-defined] # noqa: F821
        """Count them."""

    assert tool(effect="read")(count_points).parameters["properties"] == {"since": {"type": "integer"}}
    with pytest.raises(
        TypeError, match=r"'ForCheckers' is not defined\. Import it, and not for type checkers"
    ):
        tool(effect="read")(count_gifts)


def test_a_parameter_may_have_the_name_of_a_method_of_pydantic_without_a_warning():
    with catch_warnings(record=True) as warnings:

        @tool(effect="read")
        def send_invoice(
            ctx: ToolContext, copy: bool, json: str = "no", schema: str | None = None
        ) -> list[Any]:
            """Send it."""
            return [copy, json, schema]

    assert warnings == []
    result = send_invoice.run(GUEST, ToolCall("c1", "send_invoice", '{"copy": true, "json": "yes"}'))
    assert result.content == '[true, "yes", null]'
