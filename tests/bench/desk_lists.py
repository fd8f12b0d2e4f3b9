"""How long staff wait for each of their lists, with a little and with a year of conversations behind them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any

from tests.servers import postgresql
from tests.servers.programs import find

from .browser import get
from .desk_pages import ALL_PAGES, COUNTED_PAGES
from .machine import PROJECT, manage
from .plan import Plan
from .report import Table
from .systems import Model, scripted_model, supportbot, supportbot_environment

FEW = 200
PROMISED_MS, PROMISED_QUERIES = 300, 10
# Of the pages that count over many rows, with a year of 10,000 conversations.
PROMISED_COUNTED_MS, PROMISED_COUNTED_QUERIES = 500, 15


@contextmanager
def databases(plan: Plan, name: str) -> Iterator[dict[str, str]]:
    """An empty database of each kind that is there: what it is called, and its address."""
    addresses = {"SQLite": f"sqlite:///{plan.data / name}.sqlite3"}
    if find("initdb") is None:
        print("PostgreSQL is not installed, so nothing is measured on it.")
        yield addresses
        return
    with postgresql() as cluster:
        yield addresses | {"PostgreSQL": cluster.create(name)}


def lists(plan: Plan) -> Iterator[Table]:
    """The time to the whole of each list, and the number of its queries."""
    with scripted_model(plan.data, plan.script) as model:
        measured = {number: measure(plan, model, number) for number in (FEW, plan.listed)}
    for database, few in measured[FEW].items():
        many = measured[plan.listed][database]
        table = Table(
            f"A list of the desk on {database}",
            (f"{FEW:,} conversations", f"{plan.listed:,} conversations"),
        )
        for page, (ms, _count) in few.items():
            table.add(page, "ms", ms, many[page][0])
        lists = [page for page in many if page not in COUNTED_PAGES]
        table.notes += _describe_slowest(few, many, lists, PROMISED_MS, PROMISED_QUERIES)
        table.notes += _describe_slowest(
            few, many, [*COUNTED_PAGES], PROMISED_COUNTED_MS, PROMISED_COUNTED_QUERIES
        )
        yield table


def _describe_slowest(
    few: "Measured", many: "Measured", pages: list[str], promised_ms: int, promised_queries: int
) -> list[str]:
    slowest = max(pages, key=lambda page: many[page][0])
    queries = max(each[page][1] for each in (few, many) for page in pages)
    return [
        f"slowest: {slowest}, {many[slowest][0]:.0f} ms; promised are {promised_ms} ms",
        f"at most {queries} queries a page; promised are {promised_queries}",
    ]


Measured = dict[str, tuple[float, int]]


def measure(plan: Plan, model: Model, conversations: int) -> dict[str, Measured]:
    """By database and page: the median ms until all of it is there, and the number of its queries."""
    name = f"desk-{conversations}"
    found: dict[str, Measured] = {}
    with databases(plan, name) as addresses:
        for database, address in addresses.items():
            # Its folder is the server's, whatever the database.
            place = plan.data / f"{name}-{database}.sqlite3"
            environment = supportbot_environment(place) | {"DATABASE_URL": address}
            manage("migrate", "--verbosity", "0", environment=environment)
            made = run_module("tests.bench.filled_desk", environment, "--conversations", str(conversations))
            queries = run_module("tests.bench.desk_pages", environment)
            with supportbot(model, place, environment={"DATABASE_URL": address}) as server:
                times = time_pages(server.url.rstrip("/"), made["staff"], 5 * plan.rounds)
            found[database] = {page: (ms, queries[page][0]) for page, ms in times.items()}
            for page, (ms, count) in found[database].items():
                plan.note_numbers("desk", f"{database}, {conversations:,}: {page}", ms=ms, queries=count)
    return found


def time_pages(url: str, staff: Mapping[str, dict[str, str]], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {}
    for _ in range(rounds + 1):
        for name, pages in ALL_PAGES.items():
            for page, path in pages.items():
                start = perf_counter()
                get(url + path, staff[name])
                times.setdefault(page, []).append(1000 * (perf_counter() - start))
    return {page: median(each[1:]) for page, each in times.items()}  # the first warms the server up


def run_module(module: str, environment: Mapping[str, str], *words: str) -> Any:
    """What a module of the bench prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)
