"""Arguments that must come from the conversation: with an invented order number a model looks up a stranger's order."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .messages import Message, ToolCall
from .shown_text import ShownText


@dataclass(frozen=True, slots=True)
class FromCustomer:
    """Declares an argument that the customer must have written, or a tool returned.

        OrderId = Annotated[str, FromCustomer(), Field(description="The order number as the customer wrote it.")]

    A call with another value is not run, and the model is told to ask.
    """


def collect_sources(messages: Sequence[Message], summary: str = "") -> ShownText | None:
    """What customers wrote and tools returned, and a summary of what was said before it.

    None after a photo: whatever the model names may be read from it.
    """
    if any(message.images for message in messages):
        return None
    texts = [message.text for message in messages if message.role in ("user", "tool")]
    return ShownText([*texts, summary])


def find_invented_argument(names: Sequence[str], call: ToolCall, sources: ShownText | None) -> str:
    """The first of these arguments whose value nobody wrote or returned; empty if there is none."""
    if not names or sources is None:
        return ""
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return ""  # the tool itself says what is wrong with them
    given = arguments if isinstance(arguments, dict) else {}
    return next(
        (name for name in names for value in _list_values(given.get(name)) if not sources.has_value(value)),
        "",
    )


def describe_invented_argument(name: str) -> str:
    """What the model is told in place of a result."""
    return (
        f"Not run: {name} must be what the customer wrote or a tool returned, and this value is neither. "
        "Never guess it: ask the customer for it, or call this without it where that is allowed."
    )


def _list_values(argument: Any) -> Iterator[str]:
    if isinstance(argument, list):
        for each in argument:
            yield from _list_values(each)
    elif isinstance(argument, str | int) and not isinstance(argument, bool) and str(argument).strip():
        yield str(argument)
