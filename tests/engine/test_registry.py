"""The tools of an installation: found in modules, one of each name, each with a line for the customer."""

import json
import sys
from types import ModuleType

import pytest

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import Registry, ToolContext, tool

from .desk import create_ticket, lookup_order


@tool()
def open_door(ctx: ToolContext) -> str:
    """Open the door."""
    return "open"


def call(arguments: str, name: str = "lookup_order") -> ToolCall:
    return ToolCall("call_1", name, arguments)


def test_two_tools_of_one_name_are_an_error_that_names_both_functions():
    twin = tool()(lookup_order.function)

    with pytest.raises(ValueError, match="Two tools are named lookup_order") as caught:
        Registry([lookup_order, create_ticket, twin])

    assert str(caught.value).count("tests.engine.desk.lookup_order") == 2


def test_a_module_gives_the_tools_that_it_defines_and_not_those_that_it_imports():
    registry = Registry.of_modules(
        [sys.modules[__name__], sys.modules["tests.engine.desk"], ModuleType("empty")]
    )

    assert list(registry) == ["open_door", "lookup_order", "create_ticket"]


def test_an_unknown_name_is_answered_with_the_names_that_there_are():
    registry = Registry([lookup_order, create_ticket])

    result = registry.unknown(call("{}", "delete_everything"))

    assert result.outcome == "unknown"
    assert "lookup_order, create_ticket" in result.content
    assert registry.progress_line(call("{}", "delete_everything")) == "Looking for a way to help"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ('{"order_id": "ORD-123"}', "Looking up order ORD-123…"),
        ('{"order_id": "{ctx.__class__} {0} %s"}', "Looking up order {ctx.__class__} {0} %s…"),
        ('{"order_id": ["a", {"b": 1}]}', "Looking up order ['a', {'b': 1}]…"),
        (json.dumps({"order_id": "x" * 5000}), f"Looking up order {'x' * 60}…"),
        ('{"order": "ORD-123"}', "Looking up order"),
        ("", "Looking up order"),
        ("null", "Looking up order"),
        ("[1, 2]", "Looking up order"),
        ('{"order_id": "ORD', "Looking up order"),
        ("[" * 100_000, "Looking up order"),
        ("9" * 10_000, "Looking up order"),
    ],
)
def test_the_progress_line_is_safe_whatever_the_model_writes(arguments, line):
    assert lookup_order.progress_line(call(arguments)) == line


def test_a_tool_without_a_progress_line_shows_its_name_in_words():
    assert create_ticket.progress_line(call("{}")) == "Create ticket"
