"""What an import takes, and how long customers wait for an order, with a few and with very many of them."""

from collections.abc import Iterator

from .desk_lists import databases, run_module
from .machine import manage
from .plan import Plan
from .report import Table
from .systems import supportbot_environment

FEW_ORDERS, FEW_ROWS = 20_000, 2_000
PROMISED_MS = 14  # a third of what it took to find one of an account's 10,000 orders


def orders(plan: Plan) -> Iterator[Table]:
    """The CPU of an import for each row, and the time of each way to look an order up."""
    measured = {
        (count, rows): measure_orders(plan, count, rows)
        for count, rows in ((FEW_ORDERS, FEW_ROWS), (plan.orders, plan.imported_rows))
    }
    few, many = measured.values()
    for database, found in few.items():
        imports, lookups = found["import"], found["lookups"]
        table = Table(f"Import on {database}", (f"{FEW_ROWS:,} rows", f"{plan.imported_rows:,} rows"))
        for what, unit, name in (("CPU a row", "us", "cpu_us_per_row"), ("memory", "MB", "megabytes")):
            table.add(what, unit, imports[name], many[database]["import"][name])
        yield table
        table = Table(f"Look-up on {database}", (f"{FEW_ORDERS:,} orders", f"{plan.orders:,} orders"))
        for what, (ms, cpu_ms, _queries) in lookups.items():
            # On a machine with other work the CPU is what tells, of this process: SQLite's work is in it.
            many_ms, many_cpu_ms, _many_queries = many[database]["lookups"][what]
            table.add(what, "ms", ms, many_ms)
            table.add(f"{what}, CPU", "ms", cpu_ms, many_cpu_ms)
        table.notes.append(f"of an account with 10,000 are promised {PROMISED_MS} ms")
        yield table


def measure_orders(plan: Plan, count: int, rows: int) -> dict[str, dict[str, dict[str, float]]]:
    """By database: what an import took, and each look-up."""
    found = {}
    name = f"orders-{count}-{rows}"
    with databases(plan, name) as addresses:
        for database, address in addresses.items():
            place = plan.data / f"{name}-{database}.sqlite3"
            environment = supportbot_environment(place) | {"DATABASE_URL": address}
            manage("migrate", "--verbosity", "0", environment=environment)
            words = ("--orders", str(count), "--rows", str(rows))
            found[database] = run_module("tests.bench.filled_orders", environment, *words)
            for what, (ms, cpu_ms, queries) in found[database]["lookups"].items():
                title = f"{database}, {count:,}: {what}"
                plan.note_numbers("orders", title, ms=ms, cpu_ms=cpu_ms, queries=queries)
            plan.note_numbers("orders", f"{database}, {rows:,} rows", **found[database]["import"])
    return found
