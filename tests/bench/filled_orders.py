"""Imports an export, fills the database with so many orders, and looks some of them up as customers do.

    python -m tests.bench.filled_orders --orders 1000000 --rows 40000

Run with the environment of the server that is to use the database. Prints as JSON what the import took, and for each
way to look an order up the median of its ms and of its CPU, and the number of its queries.
"""

import argparse
import csv
import json
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import django

FIRST_NUMBER = 1_000_000
ACCOUNT_ORDERS = 10_000  # of one account, a dealer's
LOOKUPS = 40
COLUMNS = (
    *(
        "Name",
        "Email",
        "Financial Status",
        "Fulfillment Status",
        "Fulfilled at",
        "Currency",
        "Subtotal",
        "Shipping",
    ),
    *(
        "Taxes",
        "Total",
        "Created at",
        "Lineitem quantity",
        "Lineitem name",
        "Lineitem price",
        "Lineitem sku",
        "Id",
    ),
)


def write_export(path: Path, rows: int) -> None:
    """An export of Shopify's form with two items an order."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows // 2):
            order = [
                f"#{number}",
                f"i{number}@example.com",
                "paid",
                "fulfilled",
                "2026-09-02 09:00:00 +0200",
                "EUR",
            ]
            order += ["20.00", "4.90", "3.98", "24.90", "2026-09-01 09:00:00 +0200"]
            writer.writerow([*order, 1, "Mug", "10.00", "MUG", 5_000_000_000 + number])
            writer.writerow([f"#{number}", order[1], *[""] * 9, 1, "Plate", "10.00", "PLATE", ""])


def measure_import(rows: int) -> dict[str, float]:
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder, "export.csv")
        write_export(export, rows)
        before = resource.getrusage(resource.RUSAGE_SELF)
        with Path(folder, "out").open("w") as out:
            call_command("import_orders", str(export), verbosity=0, stdout=out)
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_us_per_row": 1e6 * seconds / rows, "megabytes": after.ru_maxrss / 1024}


def fill(count: int, account: int) -> None:
    """So many orders, of which the account has `ACCOUNT_ORDERS` and guests two each."""
    from django.db import connection

    from orders.models import Order

    is_postgresql = connection.vendor == "postgresql"
    number = f"CAST({FIRST_NUMBER} + i AS text)"
    start = "timestamptz '2020-01-01 00:00Z' + i * interval '1 second'"
    values = {
        "number": f"'#' || {number}",
        "key": number,
        "short_key": number,
        "tracking": f"'TRACK' || {number}",
        "tracking_key": f"'TRACK' || {number}",
        "phone_key": number,
        "email": "'g' || (i / 2) || '@example.com'",
        "customer": f"CASE WHEN i <= {ACCOUNT_ORDERS} THEN {account} END",
        "status": "'shipped'",
        "ordered_at": start if is_postgresql else "datetime('2020-01-01', '+' || i || ' seconds')",
    }
    fields = [field for field in Order._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    selected = ", ".join(values.get(field.name, "NULL" if field.null else "''") for field in fields)
    series = f"WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {count})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{series} INSERT INTO {Order._meta.db_table} ({columns}) SELECT {selected} FROM series"
        )
        cursor.execute("ANALYZE")


def measure_lookups(count: int, user: Any) -> dict[str, tuple[float, float, int]]:
    """By what is asked: the median ms, those of this process's CPU, and the number of queries."""
    from django.apps import apps

    from orders.tools import lookup_order, my_orders
    from supportbot.assistant.tools import Customer, ToolContext

    chat = apps.get_model("conversations", "Conversation").objects.create(guest_key="bench")
    guest = ToolContext(chat.pk, chat.visitor.key, None, "turn:1")
    dealer = ToolContext(chat.pk, f"user:{user.pk}", Customer(user.pk, user.email, "Dealer"), "turn:1")
    spread = [ACCOUNT_ORDERS + 1 + step * (count - ACCOUNT_ORDERS) // LOOKUPS for step in range(LOOKUPS)]
    own = [1 + step * min(count, ACCOUNT_ORDERS) // LOOKUPS for step in range(LOOKUPS)]

    def ask(context: Any, written: str, place: int, **contact: str) -> Callable[[], Any]:
        def look_up() -> None:
            found = lookup_order(context, written.format(FIRST_NUMBER + place), **contact)
            if "order_id" not in found:
                raise LookupError(f"{written}, {place}, {contact}")

        return look_up

    def guess(place: int) -> Callable[[], Any]:
        return lambda: lookup_order(guest, f"#{FIRST_NUMBER + place}", f"g{place}@example.com")

    asked = {
        "a guest's order by its number": [
            ask(guest, "#{}", i, email=f"g{i // 2}@example.com") for i in spread
        ],
        "the same in a sentence": [
            ask(guest, "my order {} is late", i, email=f"g{i // 2}@example.com") for i in spread
        ],
        "by its tracking number": [ask(guest, "TRACK{}", i, email=f"g{i // 2}@example.com") for i in spread],
        "by the telephone number": [ask(guest, "#{}", i, phone=str(FIRST_NUMBER + i)) for i in spread],
        "that of somebody else": [guess(i) for i in spread],
        "of an account with 10,000": [ask(dealer, "#{}", i) for i in own],
        "its ten newest": [lambda: my_orders(dealer)] * 10,
    }
    return {what: _time_calls(calls) for what, calls in asked.items()}


def _time_calls(calls: list[Callable[[], Any]]) -> tuple[float, float, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from orders.models import FailedLookup

    with CaptureQueriesContext(connection) as queries:
        calls[0]()
    times, cpu_times = [], []
    for call in calls:
        FailedLookup.objects.all().delete()  # or they would soon be too many
        start, cpu_start = perf_counter(), process_time()
        call()
        cpu_times.append(1000 * (process_time() - cpu_start))
        times.append(1000 * (perf_counter() - start))
    return median(times), median(cpu_times), len(queries)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    options = parser.parse_args()
    django.setup()
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.create(username="dealer", email="dealer@example.com")
    imported = measure_import(options.rows)
    fill(options.orders, user.pk)
    print(json.dumps({"import": imported, "lookups": measure_lookups(options.orders, user)}))


if __name__ == "__main__":
    main()
