"""An argument that must come from the customer is never invented: such a call is not run, and the model must ask."""

from typing import Annotated, Any

import pytest

from supportbot.assistant import FromCustomer, Image, Message, ToolCall, tool
from supportbot.assistant.facts.shown_text import ShownText
from supportbot.assistant.loop import refuse_call
from supportbot.assistant.tools import Registry


@tool(effect="read")
def find_order(ctx: Any, order_id: Annotated[str, FromCustomer()], note: str = "") -> dict[str, Any]:
    """Find an order."""
    return {"order_id": order_id}


@tool(effect="read")
def compare_orders(ctx: Any, order_ids: Annotated[list[str], FromCustomer()]) -> dict[str, Any]:
    """Compare orders."""
    return {}


TOOLS = Registry([find_order, compare_orders])


def is_run(arguments: str, *messages: Message, name: str = "find_order", summary: str = "") -> bool:
    return not refuse_call(ToolCall("c1", name, arguments), TOOLS, messages, summary)


def asked(text: str) -> Message:
    return Message("user", text)


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order?",
        "Do you ship to Portugal?",
        "Where is ORD-1234?",  # a longer number
        "Where is ORD-12?",
        "My phone number is 0551 23 45",
        "I ordered 1 lamp, 2 tables and 3 chairs",
    ],
)
def test_a_number_that_nobody_wrote_is_not_looked_up(text):
    assert not is_run('{"order_id": "ORD-123"}', asked(text))


@pytest.mark.parametrize(
    "text",
    [
        "Where is ORD-123?",
        "ord 123 please",
        "order no. 123",
        "#123",
        "number is 00123",
        "ORD‑１２３",
        "طلب رقم ١٢٣",
        "O R D - 1 2 3",
        "ORD-12З or ORD-123",
        "it says ORD-I23 on the label",
        "https://shop.example/orders/123?lang=en",
        "ich meine Bestellung Nr.123.",
    ],
)
def test_a_number_as_people_write_it_is(text):
    assert is_run('{"order_id": "ORD-123"}', asked(text))


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("it's Alice@Example.com.", "alice@example.com"),
        ("alice at example dot com", "alice@example.com"),
        ("alice (at) example (dot) com", "alice@example.com"),
        ("alice arroba example punto com", "alice@example.com"),
        ("mailto:alice+shop@example.com", "alice+shop@example.com"),
    ],
)
def test_an_address_as_people_write_it_is(text, email):
    assert ShownText([text]).has_value(email)


@pytest.mark.parametrize(
    "text", ["I'm Alice", "alice@example.org", "example.com", "malice at work, example dot com"]
)
def test_an_address_that_nobody_wrote_is_not_used(text):
    assert not ShownText([text]).has_value("alice@example.com")


def test_what_a_tool_returned_may_be_used_and_what_the_model_said_itself_may_not():
    listed = Message("tool", '{"orders": [{"order_id": "ORD-123"}]}', tool_call_id="c0")

    assert is_run('{"order_id": "ORD-123"}', asked("Where is my order?"), listed)
    assert not is_run(
        '{"order_id": "ORD-123"}', asked("Hi"), Message("assistant", "As in ORD-123?"), asked("yes")
    )


def test_a_number_in_the_place_of_a_text_is_compared_as_a_text():
    assert is_run('{"order_id": 123}', asked("Where is order 123?"))
    assert not is_run('{"order_id": 123}', asked("Where is order 1234?"))
    assert not is_run('{"order_id": 2}', asked("I ordered two shirts"))


def test_what_was_said_before_the_part_that_is_sent_is_known_by_its_summary():
    assert is_run('{"order_id": "ORD-123"}', asked("And now?"), summary="The customer asked about ORD-123.")


def test_a_photo_may_show_any_number():
    photo = Message("user", "Here is my receipt", images=(Image("data:image/png;base64,AA=="),))

    assert is_run('{"order_id": "ORD-123"}', photo)


@pytest.mark.parametrize(
    "arguments", ["", "{}", "no JSON", "[]", '{"order_id": null}', '{"order_id": ""}', "[" * 100_000]
)
def test_what_is_no_value_is_left_to_the_tool(arguments):
    assert is_run(arguments, asked("Hi"))


def test_each_value_of_a_list_counts_and_other_arguments_do_not():
    known = asked("Compare ORD-1 and ORD-2")

    assert is_run('{"order_ids": ["ORD-1", "ORD-2"]}', known, name="compare_orders")
    assert not is_run('{"order_ids": ["ORD-1", "ORD-3"]}', known, name="compare_orders")
    assert is_run('{"order_id": "ORD-1", "note": "call 555-0100"}', known)


def test_the_model_is_told_to_ask():
    refusal = refuse_call(ToolCall("c1", "find_order", '{"order_id": "ORD-123"}'), TOOLS, [asked("Hi")])

    assert refusal is not None
    assert "order_id" in refusal.content
    assert "ask the customer" in refusal.content
    assert "ORD-123" not in refusal.content, "a number that it reads again may pass for a real one"
