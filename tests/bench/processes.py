"""Several processes of one site: what a token costs them and the stores between them, beside one process alone."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import psutil
from redis import Redis

from tests.servers import postgresql, redis
from tests.servers.programs import find

from .plan import Plan
from .report import Table
from .result import Result, medians
from .systems import Model, Server, scripted_model, supportbot

CHATS = 16  # of each process
TURNS = 2  # whole ones of each chat, so that both columns have the same to do
NUMBERS = (1, 2)
COLUMNS = ("one process", "two processes")
# Of which part of the chats there is a second page, at the other process where there are two.
SECOND_PAGES = {"one page of each": 0.0, "two pages of half of them": 0.5, "two pages of each": 1.0}


def processes(plan: Plan) -> Iterator[Table]:
    """What a token costs two processes and their stores, beside one: with Redis and without, and with second pages."""
    missing = [program for program in ("initdb", "postgres", "redis") if find(program) is None]
    if missing:
        print(f"processes: left out, because {', '.join(missing)} cannot be found")
        return
    for stores in ("PostgreSQL", "PostgreSQL and Redis"):
        yield _compare(plan, stores)


def _compare(plan: Plan, stores: str) -> Table:
    table = Table(f"Over {stores}, {CHATS} chats a process", COLUMNS)
    with scripted_model(plan.data, plan.script) as model, ExitStack() as stack:
        sites = [stack.enter_context(_serving(number, model, plan, "Redis" in stores)) for number in NUMBERS]
        for site in sites:
            site.warm_up()
        for what, part in SECOND_PAGES.items():
            _add_row(table, what, *(medians(each) for each in _measure(plan, stores, sites, what, part)))
    return table


def _measure(plan: Plan, stores: str, sites: list[Server], what: str, part: float) -> list[list[Result]]:
    found: list[list[Result]] = [[] for _ in sites]
    for _ in range(plan.rounds):
        for number, site, results in zip(NUMBERS, sites, found, strict=True):
            chats = number * CHATS
            result = site.measure(chats, turns=TURNS, second_pages=int(part * chats))
            results.append(plan.note("processes", f"{stores}, {number}, {what}", result))
    return found


def _add_row(table: Table, what: str, one: Result, two: Result) -> None:
    table.add(f"{what}: CPU a token", "us", one.cpu_us_per_token, two.cpu_us_per_token)
    table.add(f"{what}: missing tokens", "", one.missing, two.missing)
    if one.second_p99_ms < float("inf"):
        table.add(f"{what}: lag p99 on second pages", "ms", one.second_p99_ms, two.second_p99_ms)
    for column, result in zip(COLUMNS, (one, two), strict=True):
        if result.errors:
            table.notes.append(f"{what}, {column}: errors: {result.errors}")


@contextmanager
def _serving(number: int, model: Model, plan: Plan, with_redis: bool) -> Iterator[Server]:
    """So many processes of a site that has stores of its own, which are measured with them."""
    with ExitStack() as stack:
        cluster = stack.enter_context(postgresql())
        environment = {"DATABASE_URL": cluster.create("bench"), "REDIS_URL": ""}
        with cluster.connect() as connection:
            connection.execute("ALTER DATABASE bench SET synchronous_commit = on")  # as in earnest
            stores = [psutil.Process(connection.info.backend_pid).ppid()]
        if with_redis:
            environment["REDIS_URL"] = address = stack.enter_context(redis())
            stores.append(_find_redis(address))
        place = plan.data / f"processes-{urlsplit(model.url).port}-{number}.sqlite3"
        servers = [stack.enter_context(supportbot(model, place, environment)) for _ in range(number)]
        yield _join(servers, stores)


def _find_redis(address: str) -> int:
    with Redis.from_url(address) as client:
        told: Mapping[str, int] = client.info("server")
        return told["process_id"]


def _join(servers: list[Server], stores: list[int]) -> Server:
    """The servers as one that can be measured."""
    first, *others = servers
    pids = (*(each.pid for each in others), *stores)
    return replace(first, more_urls=tuple(each.url for each in others), more_pids=pids)
