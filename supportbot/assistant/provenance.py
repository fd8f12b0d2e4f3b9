"""Arguments that must come from the conversation: with an invented order number a model looks up a stranger's order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, get_args

from pydantic import GetJsonSchemaHandler

from .facts import list_known_facts
from .facts.number_words import COUNT_IN_WORDS, read_count
from .facts.readers import read_amounts
from .facts.shown_text import CACHED_TEXTS, ShownText
from .marked_values import MARK, list_marked_values, parse_json
from .messages import Message, ToolCall

# In which points and commas stand before thousands or before decimals, and each group of its digits by itself.
NUMBER = re.compile(r"(?<![\d.,])\d{1,15}(?:[.,'’\u00a0\u202f ]\d{3}){1,4}(?:[.,]\d{1,15})?(?!\d)")
PART_OF_NUMBER = re.compile(r"(?<!\d)(?=(\d{1,15})(?!\d)((?:[.,]\d{1,15}(?!\d))?))")
COUNT = re.compile(rf"\b(?:{COUNT_IN_WORDS})\b")
DECIMAL = re.compile(r"-?\d{1,15}\.\d{1,15}")


@dataclass(frozen=True, slots=True)
class FromCustomer:
    """Declares an argument that the customer must have written, or a tool returned.

        OrderId = Annotated[str, FromCustomer(), Field(description="The order number as the customer wrote it.")]

    A call with another value is not run, and the model is told to ask. It may stand anywhere in an annotation: around a
    part of it, as in `OrderId | None` and `list[OrderId]`, at a field of a pydantic model, and around a whole model or
    list, of which every value counts then.

    Numbers are compared by their value and dates by their day, in whichever form they were written. What is no more
    than a choice is never invented: `true` and `false`, the default, and a value of a `Literal` that stands beside the
    type that is declared.
    """

    @classmethod  # so that it works without parentheses too
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {MARK: True}


def is_from_customer(annotation: Any) -> bool:
    """Whether an annotation, or a part of it, is declared to come `FromCustomer`."""
    marks = getattr(annotation, "__metadata__", ())
    return any(mark is FromCustomer or isinstance(mark, FromCustomer) for mark in marks) or any(
        map(is_from_customer, get_args(annotation))
    )


def collect_sources(messages: Sequence[Message], summary: str = "") -> ShownText | None:
    """What customers wrote and tools returned, and a summary of what was said before it.

    None after a photo: whatever the model names may be read from it.
    """
    if any(message.images for message in messages):
        return None
    texts = [message.text for message in messages if message.role in ("user", "tool")]
    return ShownText([*texts, summary])


def find_invented_argument(
    schemas: Sequence[dict[str, Any]], call: ToolCall, sources: ShownText | None
) -> str:
    """The first of the arguments `FromCustomer` whose value nobody wrote or returned; empty if there is none.

    Such a one in a model or a list is named as “parcel.order_id”. `schemas` are those of the tool's arguments, with
    marks.
    """
    if not schemas or sources is None:
        return ""
    given = parse_json(call.arguments or "{}")  # of what is no JSON the tool itself says what is wrong
    values = [value for schema in schemas for value in list_marked_values(schema, given)]
    return next((name for name, value in values if not _is_known(value, sources)), "")


def describe_invented_argument(name: str) -> str:
    """What the model is told in place of a result."""
    return (
        f"Not run: {name} must be what the customer wrote or a tool returned, and this value is neither. "
        "Never guess it: ask the customer for it, or call this without it where that is allowed."
    )


def _is_known(value: Any, sources: ShownText) -> bool:
    if isinstance(value, float):
        return _has_number(str(value), sources)
    text = str(value)
    if not text.strip() or sources.has_value(text):
        return True
    if isinstance(value, int) or DECIMAL.fullmatch(text.strip()):
        return _has_number(text, sources)
    return _has_day(text, sources)


def _has_number(number: str, sources: ShownText) -> bool:
    """Whether a number stands there, as “1,234.50” or “1.234,50 €”, or in words."""
    value = abs(Decimal(number.strip()))
    if not value.is_finite():
        return False
    form = format(value.normalize(), "f")
    return any(form in _list_amounts(text) for text in sources.plain_texts)


@lru_cache(maxsize=CACHED_TEXTS)
def _list_amounts(plain: str) -> frozenset[str]:
    counted = {str(read_count(count)) for count in COUNT.findall(plain)}
    parts = {part for run, rest in PART_OF_NUMBER.findall(plain) for part in (run, run + rest)}
    return frozenset(counted.union(*map(read_amounts, [*parts, *NUMBER.findall(plain)])))


def _has_day(text: str, sources: ShownText) -> bool:
    """Whether the day of an ISO date or moment stands there in any form. A year may be left out."""
    try:
        day = date.fromisoformat(text.strip()[:10])
    except ValueError:
        return False
    in_year = f"{day.month}-{day.day}"
    readings = {("date", f"{day.year}-{in_year}"), ("day", in_year)}
    return any(not readings.isdisjoint(list_known_facts(plain)) for plain in sources.plain_texts)
