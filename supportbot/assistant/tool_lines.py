"""The line that a customer reads of a tool call, such as “Looking up order ORD-123”."""

import string
from collections.abc import Iterable
from typing import Any

from .declarations import DeclarationError, require_text
from .marked_values import parse_json
from .messages import ToolCall
from .translation import LazyText

MAX_ARGUMENT_CHARS = 60  # of one argument in the line


class _LineFormatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec) if format_spec else str(value)
        return text.replace("\x00", "")[:MAX_ARGUMENT_CHARS]  # which PostgreSQL does not store


def format_line(text: str | LazyText, call: ToolCall) -> str:
    """The text with the call's arguments in its braces; the words before the first brace if one is not there."""
    line = str(text)
    values = parse_json(call.arguments or "{}")
    try:
        return _LineFormatter().vformat(line, (), values if isinstance(values, dict) else {})
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return line.split("{", 1)[0].strip()


def require_line(text: Any, arguments: Iterable[str], owner: str, name: str) -> None:
    """Raises TypeError for what is no text, and for braces that name no argument. Lazy texts are not read yet."""
    require_text(text, owner, name)
    if not isinstance(text, str):
        return
    known = set(arguments)
    try:
        fields = [
            field for _text, field, _spec, _conversion in string.Formatter().parse(text) if field is not None
        ]
    except ValueError as error:
        raise DeclarationError(
            f"{owner}: {name} cannot be read: {error}. A brace itself is written twice."
        ) from error
    for field in fields:
        argument = field.split(".", 1)[0].split("[", 1)[0]
        if argument not in known:
            raise DeclarationError(f"{owner}: {name} names {{{field}}}, which is none of its arguments.")
