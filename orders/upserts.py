"""Inserts orders and their items, and updates them, by the database's own means: an import has a hundred thousand."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from django.db import connection, models

from .exports.orders import ExportedItem, ExportedOrder
from .models import Order, OrderItem

LOOKUP_KEYS = ("key", "short_key", "tracking_key", "phone_key")  # they follow from the other fields
# What an import sets. Staff fill in the rest, such as the expected delivery.
IMPORTED_FIELDS = (
    *(
        "platform",
        "platform_id",
        "email",
        "phone",
        "name",
        "status",
        "payment",
        "ordered_at",
        "shipped_at",
        "shipping_method",
    ),
    *("tracking", "tracking_url", "carrier", "customer_id", "expected_delivery", "delivered_at"),
    *("currency", "subtotal", "shipping", "taxes", "total", "refunded"),
)


def upsert_orders(new: Sequence[ExportedOrder], updated: Sequence[ExportedOrder]) -> None:
    """Insert or update these orders and their items. Of those with one number the last is stored."""
    changed = list({exported.order.number: exported for exported in (*new, *updated)}.values())
    if not changed:
        return
    _upsert_rows([exported.order for exported in changed])
    numbers = [exported.order.number for exported in changed]
    keys = dict(Order.objects.filter(number__in=numbers).order_by().values_list("number", "pk"))
    for exported in changed:
        exported.order.pk = keys[exported.order.number]
    stored = _load_items([exported.order.pk for exported in updated]) if updated else {}
    _store_items(changed, stored)


def _upsert_rows(orders: Sequence[Order]) -> None:
    """Insert the orders, or update those whose numbers are known, by the database's own means.

    `bulk_create` builds a statement of thousands of values anew each time, for more CPU than the database takes.
    """
    quote = connection.ops.quote_name
    fields = [field for field in Order._meta.concrete_fields if not field.primary_key]
    names = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    changing = {*IMPORTED_FIELDS, *LOOKUP_KEYS}
    columns = [quote(field.column) for field in fields if field.attname in changing]
    changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
    table, number = quote(Order._meta.db_table), quote("number")
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT ({number}) DO UPDATE SET {changes}"  # noqa: S608 - of names in our own model
    values = [(field.attname, _find_adapter(field)) for field in fields]
    rows = [[adapt(getattr(order, name)) for name, adapt in values] for order in orders]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


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


def _load_items(orders: Sequence[int]) -> dict[int, list[tuple[int, ExportedItem]]]:
    """The stored items with their keys, by the order's key."""
    stored: dict[int, list[tuple[int, ExportedItem]]] = defaultdict(list)
    items = OrderItem.objects.filter(order__in=orders).order_by("pk")
    for order, key, *values in items.values_list("order", "pk", *ExportedItem._fields):
        stored[order].append((key, ExportedItem(*values)))
    return stored


def _store_items(
    changed: Sequence[ExportedOrder], stored: Mapping[int, list[tuple[int, ExportedItem]]]
) -> None:
    """Store what differs. Items that stay keep their rows, for staff may have the order's form open."""
    inserted, updated, deleted = [], [], []
    for exported in changed:
        old, new = stored.get(exported.order.pk, []), exported.items
        kept = _count_same_articles([item for _key, item in old], new)
        updated += [
            (item, key) for (key, was), item in zip(old[:kept], new[:kept], strict=True) if was != item
        ]
        deleted += [key for key, _item in old[kept:]]
        inserted += [(exported.order.pk, item) for item in new[kept:]]
    if deleted:
        OrderItem.objects.filter(pk__in=deleted).delete()
    _update_items(updated)
    _insert_items(inserted)


def _count_same_articles(old: Sequence[ExportedItem], new: Sequence[ExportedItem]) -> int:
    """How many items from the first one on are of the same article. Behind them the order of the rows would change."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _pair in takewhile(lambda pair: pair[0][:2] == pair[1][:2], pairs))


def _update_items(updated: Sequence[tuple[ExportedItem, int]]) -> None:
    if not updated:
        return
    quote = connection.ops.quote_name
    fields = {field.name: field for field in OrderItem._meta.concrete_fields}
    changes = ", ".join(f"{quote(fields[name].column)} = %s" for name in ("quantity", "price", "state"))
    adapt_price = _find_adapter(fields["price"])
    rows = [(item.quantity, adapt_price(item.price), str(item.state), key) for item, key in updated]
    sql = f"UPDATE {quote(OrderItem._meta.db_table)} SET {changes} WHERE id = %s"  # noqa: S608 - of names in our own model
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _insert_items(inserted: Sequence[tuple[int, ExportedItem]]) -> None:
    """Insert the items by the database's own means: a model and a statement for each takes three times the CPU."""
    if not inserted:
        return
    quote, names = connection.ops.quote_name, ("order", *ExportedItem._fields)
    fields = {field.name: field for field in OrderItem._meta.concrete_fields}
    columns = ", ".join(quote(fields[name].column) for name in names)
    marks = ", ".join(["%s"] * len(names))
    adapt_price = _find_adapter(fields["price"])
    rows = [
        (order, item.name, item.sku, item.quantity, adapt_price(item.price), str(item.state))
        for order, item in inserted
    ]
    sql = f"INSERT INTO {quote(OrderItem._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608 - of names in our own model
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)
