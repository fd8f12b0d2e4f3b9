"""Inserts orders and their items, and updates them, by the database's own means: an import has a hundred thousand."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from operator import attrgetter
from typing import Any

from django.db import connection, models

from .exported_orders import ExportedItem, ExportedOrder
from .models import Order, OrderItem

LOOKUP_KEYS = ("key", "short_key", "tracking_key", "phone_key")  # they follow from the other fields
# What an import sets. Staff fill in the rest, such as the expected delivery.
IMPORTED_FIELDS = (
    *("platform", "platform_id", "email", "phone", "name", "status", "payment", "ordered_at", "shipped_at"),
    *("shipping_method", "tracking", "tracking_url", "carrier", "customer_id", "expected_delivery"),
    *("delivered_at", "currency", "subtotal", "shipping", "taxes", "total", "refunded"),
)


def load_items(numbers: Sequence[str]) -> dict[str, dict[int, ExportedItem]]:
    """The stored items of the orders with these numbers, by the order's number and by their own keys."""
    stored: dict[str, dict[int, ExportedItem]] = defaultdict(dict)
    items = OrderItem.objects.filter(order__number__in=numbers).order_by("pk")
    for number, key, *values in items.values_list("order__number", "pk", *ExportedItem._fields):
        stored[number][key] = ExportedItem(*values)
    return stored


def upsert_orders(changed: Sequence[ExportedOrder], stored: Mapping[str, Mapping[int, ExportedItem]]) -> None:
    """Insert or update these orders and their items. Of those with one number the last is stored.

    `stored` is what `load_items` says of them.
    """
    by_number = {exported.order.number: exported for exported in changed}
    _upsert_rows([exported.order for exported in by_number.values()])
    keys = dict(Order.objects.filter(number__in=by_number).order_by().values_list("number", "pk"))
    inserted, updated, deleted = [], [], []
    for number, exported in by_number.items():
        # Items that stay keep their rows, for staff may have the order's form open.
        old, new = [*stored.get(number, {}).items()], exported.items
        kept = _count_same_articles([item for _key, item in old], new)
        pairs = zip(old[:kept], new[:kept], strict=True)
        updated += [(item.quantity, item.price, item.state, key) for (key, was), item in pairs if was != item]
        deleted += [key for key, _item in old[kept:]]
        inserted += [(keys[number], *item) for item in new[kept:]]
    if deleted:
        OrderItem.objects.filter(pk__in=deleted).delete()
    _update_items(updated)
    _insert_rows(OrderItem, ("order", *ExportedItem._fields), inserted)


def _count_same_articles(old: Sequence[ExportedItem], new: Sequence[ExportedItem]) -> int:
    """How many items from the first one on are of the same article. Behind them the order of the rows would change."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _pair in takewhile(lambda pair: pair[0][:2] == pair[1][:2], pairs))


def _upsert_rows(orders: Sequence[Order]) -> None:
    fields = [field for field in Order._meta.concrete_fields if not field.primary_key]
    changing = {*IMPORTED_FIELDS, *LOOKUP_KEYS}
    columns = [_quote(field.column) for field in fields if field.attname in changing]
    changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
    rows = list(map(attrgetter(*(field.attname for field in fields)), orders))
    names = [field.name for field in fields]
    _insert_rows(Order, names, rows, f"ON CONFLICT ({_quote('number')}) DO UPDATE SET {changes}")


def _insert_rows(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]], ending: str = ""
) -> None:
    """Insert rows with the values of these fields.

    `bulk_create` builds a statement of thousands of values anew each time, for more CPU than the database takes.
    """
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns, marks = ", ".join(_quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    table = _quote(model._meta.db_table)
    _execute_many(f"INSERT INTO {table} ({columns}) VALUES ({marks}) {ending}", fields, rows)  # noqa: S608 - of names in our own models


def _update_items(rows: Sequence[tuple[Any, ...]]) -> None:
    """Each row has the new values and the key of an item."""
    fields: list[Any] = [OrderItem._meta.get_field(name) for name in ("quantity", "price", "state", "id")]
    changes = ", ".join(f"{_quote(field.column)} = %s" for field in fields[:-1])
    table = _quote(OrderItem._meta.db_table)
    _execute_many(f"UPDATE {table} SET {changes} WHERE id = %s", fields, rows)  # noqa: S608 - of names in our own model


def _execute_many(sql: str, fields: Sequence[Any], rows: Sequence[Sequence[Any]]) -> None:
    """Execute the statement for each row, which has a value of each of these fields."""
    if not rows:
        return
    adapters = [_find_adapter(field) for field in fields]
    with connection.cursor() as cursor:
        cursor.executemany(
            sql, [[adapt(value) for adapt, value in zip(adapters, row, strict=True)] for row in rows]
        )


def _find_adapter(field: Any) -> Callable[[Any], Any]:
    """How a value of this field is given to the database, without what Django does for each value anew."""
    if isinstance(field, models.DecimalField):
        adapt, digits, places = (
            connection.ops.adapt_decimalfield_value,
            field.max_digits,
            field.decimal_places,
        )
        return lambda value: None if value is None else adapt(value, digits, places)
    if isinstance(field, models.DateTimeField):
        return connection.ops.adapt_datetimefield_value
    if isinstance(field, models.DateField):
        return connection.ops.adapt_datefield_value
    # Members of an enumeration are not what every driver takes for text.
    return str if isinstance(field, models.CharField) else lambda value: value


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
