"""What a tool returns reaches the model as values, whichever Python objects it is made of."""

import enum
import inspect
import json
import types
import uuid
from collections import OrderedDict, UserString, deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict, RootModel, SecretStr

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import ToolContext, tool

from .desk import GUEST

DAY = date(2026, 1, 2)
NAN = float("nan")


class Colour(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    LARGE = 3


class Point(NamedTuple):
    x: int
    when: date


@dataclass
class Line:
    product: str
    price: Decimal
    notes: list[Any] = field(default_factory=list)


class Order(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    number: str
    day: date = DAY
    lines: list[Line] = []
    weight: float = NAN
    colour: Colour = Colour.RED
    card: SecretStr = SecretStr("4242")
    other: Any = None


class Row:
    def __str__(self) -> str:
        return "Row 5"


class Unreadable:
    def __repr__(self) -> str:
        return "<secret>"


def run(value: Any) -> tuple[str, str]:
    """The outcome and the content of a tool that returns this, or what this function builds."""

    @tool(effect="write")
    def find_out(ctx: ToolContext) -> Any:
        """Find out."""
        return value() if inspect.isroutine(value) else value

    result = find_out.run(GUEST, ToolCall("c1", "find_out", "{}"))
    return result.outcome, result.content


ORDER = {
    "number": "1",
    "day": "2026-01-02",
    "lines": [{"product": "lamp", "price": "1.50", "notes": []}],
    "weight": None,
    "colour": "red",
    "card": "**********",
    "other": "Row 5",
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Order(number="1", lines=[Line("lamp", Decimal("1.50"))], other=Row()), ORDER),
        ([Order(number="1", lines=[Line("lamp", Decimal("1.50"))], other=Row())], [ORDER]),
        (RootModel[list[int]]([1, 2]), [1, 2]),
        (Line("lamp", Decimal("1.50"), [DAY, NAN]), {"product": "lamp", "price": "1.50", "notes": [str(DAY), None]}),
        (Point(1, DAY), {"x": 1, "when": "2026-01-02"}),
        ({"colour": Colour.RED, "size": Size.LARGE}, {"colour": "red", "size": 3}),
        ({DAY: 1, Colour.RED: 2, (1, "a"): 3, None: 4, True: 5, 6: 6, b"k": 7, NAN: 8},
         {"2026-01-02": 1, "red": 2, "1, a": 3, "null": 4, "true": 5, "6": 6, "k": 7, "nan": 8}),
        ({1.5: uuid.UUID(int=1)}, {"1.5": "00000000-0000-0000-0000-000000000001"}),
        (NAN, None),
        ([float("inf"), {"a": -float("inf")}, 1.5], [None, {"a": None}, 1.5]),
        ({"a"}, ["a"]),
        (frozenset([DAY]), ["2026-01-02"]),
        ((1, (2, 3)), [1, [2, 3]]),
        (deque([1]), [1]),
        (range(3), [0, 1, 2]),
        ({"a": 1}.items(), [["a", 1]]),
        ({"a": 1}.keys(), ["a"]),
        (types.MappingProxyType({"a": {1}}), {"a": [1]}),
        (OrderedDict(a=1), {"a": 1}),
        (lambda: (each for each in (1, DAY)), [1, "2026-01-02"]),
        (lambda: map(str, (1, 2)), ["1", "2"]),
        (lambda: iter([Colour.RED]), ["red"]),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        (bytearray(b"a"), "a"),
        (UserString("abc"), "abc"),
        (mark_safe("a"), "a"),
        (gettext_lazy("Sign in"), "Sign in"),
        ({"label": gettext_lazy("Sign in")}, {"label": "Sign in"}),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02 03:04:00+00:00"),
        ([time(3, 4), timedelta(days=1, hours=2)], ["03:04:00", "1 day, 2:00:00"]),
        (Row(), "Row 5"),
        (ValueError("no"), "no"),
        ("a\0b", "a\0b"),
        (None, None),
        ("", ""),
    ],
)  # fmt: skip
def test_a_value_of_any_kind_is_json_that_says_what_it_holds(value, expected):
    outcome, content = run(value)

    assert outcome == "done"
    assert json.loads(content, parse_constant=pytest.fail) == expected


async def never_iterated() -> Any:
    yield 1


class Pending:
    """As the coroutine of a query in an asynchronous tool."""

    def __await__(self) -> Any:
        yield 1


def contain_itself() -> Any:
    own: dict[str, Any] = {}
    own["own"] = [own]
    return own


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (lambda: print, "cannot return builtins.builtin_function_or_method"),
        (lambda: {"order": Order}, "cannot return pydantic"),
        (lambda: [object()], "cannot return builtins.object"),
        (lambda: {Unreadable(): 1}, "cannot return tests.engine.test_result_values.Unreadable"),
        (never_iterated, "cannot return builtins.async_generator"),
        (lambda: {"count": Pending()}, "Pending: await it."),
        (iter(int, 1), "an iterator of more than 100,000 items"),
        (contain_itself, "Circular reference"),
    ],
)
def test_what_has_no_value_is_told_to_the_developer_and_not_to_the_model(caplog, value, complaint):
    assert run(value) == ("failed", '{"error": "The tool failed. Do not guess its result."}')
    assert complaint in caplog.text
    assert "<secret>" not in caplog.text
