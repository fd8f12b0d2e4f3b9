"""Reads orders that a shop's own system sends, in the form that docs/orders.md describes."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError as InvalidValue
from django.core.validators import URLValidator, validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ..exported_orders import ExportedItem, ExportedOrder
from ..models import Order, OrderItem
from ..numbers import normalise_number
from ..order_events import OrderEvent
from .payloads import UNSTORABLE, UnreadableMessage

PLATFORM = "api"
MAX_ORDERS = 100  # of one message
MAX_ITEMS = 500
MAX_TOLD_PROBLEMS = 10


def _clean_text(value: Any) -> Any:
    """Also of a number, which many systems write without quotation marks."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.translate(UNSTORABLE).strip() if isinstance(value, str) else value


def _check_email(value: str) -> str:
    try:
        if value:
            validate_email(value)
    except InvalidValue:
        raise ValueError(_("This is not an e-mail address")) from None
    return value.lower()


def _check_url(value: str) -> str:
    try:
        if value:
            URLValidator(["http", "https"])(value)
    except InvalidValue:
        raise ValueError(_("This is not an address that begins with https://")) from None
    return value


def _check_currency(value: str) -> str:
    if value and not re.fullmatch("[A-Z]{3}", value):
        raise ValueError(_("This is not a code such as EUR"))
    return value


def _check_number(value: str) -> str:
    if not normalise_number(value):
        raise ValueError(_("An order number has letters or digits"))
    return value


def _read_time(value: datetime) -> datetime:
    """One without an offset is in the shop's time zone."""
    if not 1990 <= value.year < 2100:
        raise ValueError(_("The year must be from 1990 to 2099"))
    return (value if value.tzinfo else timezone.make_aware(value)).astimezone(UTC)


Text = BeforeValidator(_clean_text)
Id = Annotated[str, Text, Field(max_length=40)]
Moment = Annotated[datetime, AfterValidator(_read_time)]
Amount = Annotated[Decimal, Field(max_digits=13, decimal_places=3)]


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def drop_nulls(cls, values: Any) -> Any:
        """Many systems write null for what they do not know."""
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if value is not None}


class ItemMessage(Message):
    name: Annotated[str, Text, Field(min_length=1, max_length=500)]
    sku: Annotated[str, Text, Field(max_length=100)] = ""
    quantity: Annotated[int, Field(ge=0, lt=1_000_000)] | None = None
    price: Amount | None = None
    state: OrderItem.State | None = None


class OrderMessage(Message):
    """An order as a whole: what is left out of it is empty."""

    number: Annotated[Id, AfterValidator(_check_number)]
    id: Id = ""
    deleted: bool = False
    updated_at: Moment | None = None
    email: Annotated[str, Text, Field(max_length=254), AfterValidator(_check_email)] = ""
    phone: Id = ""
    name: Annotated[str, Text, Field(max_length=200)] = ""
    status: Order.Status = Order.Status.PROCESSING
    payment: Annotated[str, Text, Field(max_length=30)] = ""
    ordered_at: Moment | None = None
    shipped_at: Moment | None = None
    shipping_method: Annotated[str, Text, Field(max_length=200)] = ""
    expected_delivery: date | None = None
    delivered_at: Moment | None = None
    carrier: Annotated[str, Text, Field(max_length=80)] = ""
    tracking: Annotated[str, Text, Field(max_length=200)] = ""
    tracking_url: Annotated[str, Text, Field(max_length=500), AfterValidator(_check_url)] = ""
    currency: Annotated[str, Text, AfterValidator(str.upper), AfterValidator(_check_currency)] = ""
    subtotal: Amount | None = None
    shipping: Amount | None = None
    taxes: Amount | None = None
    total: Amount | None = None
    refunded: Amount | None = None
    items: Annotated[list[ItemMessage], Field(max_length=MAX_ITEMS)] = []

    def build_event(self) -> OrderEvent:
        """The number says which order it is; the id, where there is one, that no other order has it."""
        if self.deleted:
            return OrderEvent(
                PLATFORM, "", self.number, changed_at=self.updated_at, number=self.number, order_id=self.id
            )
        return OrderEvent(PLATFORM, "", self.number, self._build_order(), changed_at=self.updated_at)

    def _build_order(self) -> ExportedOrder:
        values = self.model_dump(exclude={"id", "deleted", "updated_at", "items"})
        order = Order(platform=PLATFORM, platform_id=self.id, **values)
        order.normalise_fields()
        items = [
            ExportedItem(item.name, item.sku, item.quantity, item.price, item.state or "")
            for item in self.items
        ]
        return ExportedOrder(order, items)


class OrdersMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    orders: Annotated[list[OrderMessage], Field(min_length=1, max_length=MAX_ORDERS)]


def read_events(message: dict[str, Any]) -> list[OrderEvent]:
    """Of one order, or of several below “orders”. Raises `UnreadableMessage`, which names each field that is wrong."""
    try:
        if "orders" in message:
            orders = OrdersMessage.model_validate(message).orders
        else:
            orders = [OrderMessage.model_validate(message)]
    except ValidationError as error:
        found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        rest = len(found) - MAX_TOLD_PROBLEMS
        more = [_("and %(count)s more") % {"count": rest}] if rest > 0 else []
        raise UnreadableMessage("; ".join([*found[:MAX_TOLD_PROBLEMS], *more])) from None
    return [order.build_event() for order in orders]
