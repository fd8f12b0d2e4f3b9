"""Where an argument may be declared `FromCustomer`, and when a value is the one that somebody wrote."""

import enum
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, Optional

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    PlainValidator,
    WithJsonSchema,
)
from typing_extensions import TypeAliasType, TypedDict

from supportbot.assistant import FromCustomer, Message, ToolCall, tool
from supportbot.assistant.loop import refuse_call
from supportbot.assistant.tools import Registry

OrderId = Annotated[str, FromCustomer(), Field(description="The order number.")]
NamedOrderId = NewType("NamedOrderId", OrderId)  # type: ignore[valid-newtype]
AliasedOrderId = TypeAliasType("AliasedOrderId", OrderId)  # type: ignore[misc]


class Parcel(BaseModel):
    order_id: OrderId = Field(alias="orderId")
    note: str = ""
    inner: "Parcel | None" = None


class ParcelByEitherName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    order_id: OrderId = Field(alias="orderId")


@dataclass
class Box:
    order_id: OrderId


class Bag(TypedDict):
    order_id: OrderId


class Size(enum.Enum):
    LARGE = "XL"


class Gift(BaseModel):
    kind: Literal["gift"]
    order_id: OrderId


class Wish(BaseModel):
    kind: Literal["wish"]
    text: str


def is_allowed(
    annotation: Any, given: Any, text: str = "Where is ORD-7?", default: Any = None, **field: Any
) -> bool:
    """Whether a call with this value of an argument of this type is run after these words of the customer."""

    def act(ctx: Any, given: Any = default) -> None:
        """Act."""

    act.__annotations__["given"] = Annotated[annotation, Field(**field)] if field else annotation
    call = ToolCall("c1", "act", json.dumps({field.get("alias", "given"): given}))
    return not refuse_call(call, Registry([tool(effect="read")(act)]), [Message("user", text)])


@pytest.mark.parametrize(
    ("annotation", "build"),
    [
        (OrderId, str),
        (OrderId | None, str),
        (Optional[OrderId], str),  # noqa: UP045
        (Annotated[str, FromCustomer], str),
        (NamedOrderId, str),
        (AliasedOrderId, str),
        (AliasedOrderId | None, str),
        (OrderId | int, str),
        (OrderId | Literal["latest"], str),
        (Annotated[OrderId | None, Field(min_length=2)], str),
        (Annotated[str, FromCustomer(), PlainValidator(str)], str),
        (Annotated[str, BeforeValidator(str.strip), FromCustomer(), AfterValidator(str.upper)], str),
        (list[OrderId], lambda number: ["ORD-7", number]),
        (list[OrderId] | None, lambda number: ["ORD-7", number]),
        (set[OrderId], lambda number: [number]),
        (tuple[int, OrderId], lambda number: [1, number]),
        (tuple[OrderId, ...], lambda number: ["ORD-7", "ORD-7", number]),
        (Annotated[list[str], FromCustomer()], lambda number: ["ORD-7", number]),
        (dict[str, OrderId], lambda number: {"first": number}),
        (dict[OrderId, int], lambda number: {number: 1}),
        (dict[str, list[OrderId | None]], lambda number: {"first": [None, number]}),
        (Annotated[dict[str, Any], FromCustomer()], lambda number: {"first": {"second": [number]}}),
        (Parcel, lambda number: {"orderId": number}),
        (Parcel, lambda number: {"orderId": "ORD-7", "inner": {"orderId": number}}),
        (list[Parcel], lambda number: [{"orderId": number}]),
        (ParcelByEitherName, lambda number: {"order_id": number}),
        (Box, lambda number: {"order_id": number}),
        (Bag | None, lambda number: {"order_id": number}),
        (Annotated[Bag, FromCustomer()], lambda number: {"order_id": number}),
        (Gift | Wish, lambda number: {"kind": "gift", "order_id": number}),
        (Json[list[OrderId]], lambda number: json.dumps([number])),
    ],
)
def test_wherever_it_is_declared_an_invented_number_is_refused_and_a_known_one_is_not(annotation, build):
    assert is_allowed(annotation, build("ORD-7"))
    assert not is_allowed(annotation, build("ORD-9"))


def test_a_name_of_its_own_is_the_one_that_is_looked_up():
    assert is_allowed(OrderId, "ORD-7", alias="order-number")
    assert not is_allowed(OrderId, "ORD-9", alias="order-number")


@pytest.mark.parametrize(
    ("annotation", "given"),
    [
        (OrderId | Literal["latest"], "latest"),
        (OrderId | Size, "XL"),
        (Annotated[bool, FromCustomer()], True),
        (Annotated[bool, FromCustomer()], "yes"),
        (Annotated[bool | None, FromCustomer()], False),
        (tuple[int, OrderId], [5, "ORD-7"]),
        (dict[OrderId, int], {"ORD-7": 5}),
        (Gift | Wish, {"kind": "wish", "text": "A red one"}),
        (Parcel, {"orderId": "ORD-7", "note": "Ring twice at number 12"}),
        (list[OrderId], []),
        (list[OrderId], {"no": "list"}),
    ],
)
def test_what_is_not_declared_or_is_no_more_than_a_choice_is_not_looked_up(annotation, given):
    assert is_allowed(annotation, given)


def test_the_default_is_not_invented():
    assert is_allowed(OrderId, "newest", default="newest")
    assert is_allowed(OrderId | None, "newest", default="newest")
    assert not is_allowed(OrderId, "oldest", default="newest")


AMOUNTS = [Annotated[float, FromCustomer()], Annotated[Decimal, FromCustomer()]]


@pytest.mark.parametrize("annotation", AMOUNTS)
@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("I paid 49.99", 49.99),
        ("Ich habe 49,99 € bezahlt", 49.99),
        ("It was 49.90", 49.9),
        ("50 euros", 50.0),
        ("$1,234.50 in all", 1234.5),
        ("1.234,50 insgesamt", 1234.5),
        ("1 234,5 kg", 1234.5),
        ("at 52.520008,13.404954", 52.520008),
        ("sizes 38,40,42", 40),
        ("fifty of them", 50.0),
        ("-3.5 degrees", -3.5),
    ],
)
def test_a_number_counts_by_its_value_however_it_is_written(annotation, text, given):
    assert is_allowed(annotation, given, text)


@pytest.mark.parametrize("annotation", AMOUNTS)
@pytest.mark.parametrize("text", ["I paid 49", "4999", "49.9", "49.999", "149.99", "Nothing"])
def test_a_number_that_nobody_wrote_is_refused(annotation, text):
    assert not is_allowed(annotation, 49.99, text)


def test_a_whole_number_and_a_decimal_in_a_text_count_by_their_value():
    assert is_allowed(Annotated[int, FromCustomer()], 1234, "I have 1,234 points")
    assert is_allowed(Annotated[int, FromCustomer()], 2, "two lamps")
    assert not is_allowed(Annotated[int, FromCustomer()], 3, "two lamps")
    assert is_allowed(Annotated[Decimal, FromCustomer()], "49.99", "49,99 €")


@pytest.mark.parametrize("text", ["24.12.2026", "on 24 December", "2026-12-24T10:00:00Z", "Dec 24th, 2026"])
def test_a_day_counts_however_it_is_written(text):
    assert is_allowed(Annotated[date, FromCustomer()], "2026-12-24", text)
    assert is_allowed(Annotated[datetime, FromCustomer()], "2026-12-24T08:00:00", text)
    assert not is_allowed(Annotated[date, FromCustomer()], "2026-12-25", text)


def test_the_model_is_told_where_the_invented_value_stands_and_sees_no_marks():
    def act(ctx: Any, parcels: list[Parcel]) -> None:
        """Act."""

    made = tool(effect="read")(act)
    call = ToolCall("c1", "act", '{"parcels": [{"orderId": "ORD-9"}]}')

    refusal = refuse_call(call, Registry([made]), [Message("user", "Hi")])
    assert refusal is not None
    assert "parcels.orderId must be" in refusal.content
    assert "customer" not in json.dumps(made.parameters)
    assert made.customers_arguments == ("parcels",)


def test_a_value_in_deep_nesting_is_found():
    deep: Any = "ORD-9"
    for _level in range(150):
        deep = [deep]

    assert not is_allowed(Annotated[list[Any], FromCustomer()], deep)


def test_a_mark_that_a_schema_of_its_own_hides_is_an_error_for_the_developer():
    with pytest.raises(TypeError, match="hides FromCustomer"):
        is_allowed(Annotated[str, FromCustomer(), WithJsonSchema({"type": "string"})], "ORD-7")


def test_a_mark_that_is_written_as_a_default_is_an_error_for_the_developer():
    class Written(BaseModel):
        order: str = FromCustomer()  # type: ignore[assignment]

    def take_default(ctx: Any, order: str = FromCustomer()) -> None:  # type: ignore[assignment]
        """Act."""

    def take_class(ctx: Any, order: str = FromCustomer) -> None:  # type: ignore[assignment]
        """Act."""

    def take_mark(ctx: Any, order: FromCustomer) -> None:
        """Act."""

    def take_model(ctx: Any, written: list[Written]) -> None:
        """Act."""

    for function in (take_default, take_class, take_mark, take_model):
        with pytest.raises(TypeError, match=r"order of tool .* write FromCustomer\(\) into its type"):
            tool(effect="read")(function)
