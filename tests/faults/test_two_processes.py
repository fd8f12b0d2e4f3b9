"""Two processes on PostgreSQL, with Redis and without: a process or a store may go away under running answers."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from time import monotonic, monotonic_ns

import httpx2
import pytest

from tests.servers import postgresql

from .conftest import QUICK
from .customer import Customer
from .grounds import on_postgresql
from .outages import Redis, Restarts, redis
from .servers import Server
from .stage import Stage

pytestmark = pytest.mark.xdist_group("two processes")

NewStage = Callable[..., AbstractAsyncContextManager[Stage]]

# What carries messages between the processes: Redis, unless it is taken away.
REDIS: dict[str, str] = {}
POSTGRESQL = {"REDIS_URL": ""}


@pytest.fixture(scope="module")
def redis_store() -> Iterator[Redis]:
    with redis(Redis) as store:
        yield store


@pytest.fixture(scope="module")
def restarts() -> Iterator[Restarts]:
    with postgresql() as cluster, Restarts(cluster) as restarts:
        yield restarts


@pytest.fixture(scope="module")
def database(restarts: Restarts, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with its tables and nothing in them."""
    address = restarts.cluster.create("shop")
    Server(tmp_path_factory.mktemp("migrate"), address).manage("migrate", "--verbosity", "0")
    return "shop"


@pytest.fixture
def new_stage(restarts: Restarts, redis_store: Redis, database: str, tmp_path: Path) -> NewStage:
    """Makes a stage with two servers and an empty database."""
    copy = restarts.cluster.create(f"run-{monotonic_ns()}", template=database)
    return partial(on_postgresql, copy, redis_store.url, tmp_path, **QUICK)


async def test_the_other_process_takes_over_when_one_is_killed_in_mid_answer(new_stage: NewStage) -> None:
    """B1, B9: also a message that waits in line behind the cut answer is answered there."""
    async with new_stage(**POSTGRESQL) as stage:
        customers = await stage.customers(6)
        stage.upstream.delay = 0.1
        asked = [await customer.say("p") for customer in customers]
        await asyncio.gather(*(customer.when_it_streams() for customer in customers))
        late = [await customer.say("t") for customer in customers]
        await asyncio.gather(*(_is_taken(customer) for customer in customers))

        stage.servers[0].signal(signal.SIGKILL)

        stage.upstream.delay = 0.01
        for customer, *said in zip(customers, asked, late, strict=True):
            for client_id in said:
                await customer.until_ended(client_id)
        await stage.prove()


async def test_redis_may_go_away_and_come_back_empty(new_stage: NewStage, redis_store: Redis) -> None:
    """B28: the chat goes on by the database, and is quick again afterwards."""
    async with new_stage() as stage:
        customers = await stage.customers(4)
        for customer in customers:
            await customer.page.until(lambda page: page.is_open)
        stage.upstream.delay = 0.1
        asked = [await customer.say("w") for customer in customers]
        await asyncio.gather(*(customer.when_it_streams() for customer in customers))

        await asyncio.to_thread(redis_store.stop)
        asked += [await customer.say("t") for customer in customers]
        for customer, client_id in zip(customers * 2, asked, strict=True):
            assert await customer.until_ended(client_id) == "done"
        await asyncio.to_thread(redis_store.start)

        for customer in customers:
            assert await customer.until_ended(await customer.say("p")) == "done"
        await stage.prove()


async def test_a_page_that_opens_while_redis_is_away_is_quick_again_when_it_is_back(
    new_stage: NewStage, redis_store: Redis
) -> None:
    """B28: without a reload or a new connection, and with no traceback in the log."""
    async with new_stage() as stage:
        await asyncio.to_thread(redis_store.stop)
        (customer,) = await stage.customers(1)
        here, there = [await customer.open(door) for door in stage.doors]
        for page in (here, there):
            await page.until(lambda page: page.is_open)
        assert await customer.until_ended(await customer.say("p", here), page=there) == "done"
        connects = customer.log.connects
        await asyncio.to_thread(redis_store.start)
        await stage.until(lambda: all("Other processes are in reach again" in log for log in _logs(stage)))

        # A second is less than what the look at the database takes that finds what was lost.
        stage.upstream.delay = 0.2
        await customer.say("p", here)
        await customer.when_it_streams(page=here)
        await customer.when_it_streams(page=there, seconds=1)

        await stage.prove()
        assert customer.log.connects == connects
        for log in _logs(stage):
            assert "Traceback" not in log
            assert log.count("Other processes are out of reach") == 1


@pytest.mark.parametrize(
    ("how", "transport"),
    [(signal.SIGINT, REDIS), (signal.SIGQUIT, POSTGRESQL)],
    ids=["in order", "as in a crash, without Redis"],
)
async def test_postgresql_may_be_restarted_under_running_answers(
    new_stage: NewStage, restarts: Restarts, how: signal.Signals, transport: dict[str, str]
) -> None:
    """B27: answers pause and go on, and no process has to be started again."""
    async with new_stage(**transport) as stage:
        customers = await stage.customers(6)
        stage.upstream.delay = 0.1
        asked = [await customer.say("w") for customer in customers]
        await asyncio.gather(*(customer.when_it_streams() for customer in customers))

        await asyncio.to_thread(restarts.restart, how)

        asked += [await customer.say("t") for customer in customers]
        for customer, client_id in zip(customers * 2, asked, strict=True):
            assert await customer.until_ended(client_id) == "done"
        await stage.prove()
        assert stage.exit_codes == []


@pytest.mark.parametrize(
    "seconds", [5.0, pytest.param(60.0, marks=pytest.mark.long)], ids=["a moment", "a minute"]
)
async def test_pages_are_honest_while_postgresql_is_away_and_come_back_by_themselves(
    new_stage: NewStage, restarts: Restarts, seconds: float
) -> None:
    """B27, B30: whatever is asked for meanwhile gets a page in plain words, and no log has a traceback.

    Answers that run in one of the processes go on, though none of their leases could be renewed for longer than it
    lasts.
    """
    async with new_stage() as stage:
        customers = await stage.customers(3)
        stage.upstream.delay = 0.5
        asked = [await customer.say("p") for customer in customers]
        await asyncio.gather(*(customer.when_it_streams() for customer in customers))

        await asyncio.to_thread(restarts.stop)
        try:
            answers = await _load_pages_for(stage, customers, seconds)
        finally:
            await asyncio.to_thread(restarts.start)
        stage.upstream.delay = 0.01
        back_at = monotonic()
        while not {status for status, *_ in await _load_pages(stage, customers)} <= {200}:
            assert monotonic() - back_at < 15

        for customer, client_id in zip(customers, asked, strict=True):
            assert await customer.until_ended(client_id) == "done"
            assert await customer.until_ended(await customer.say("p")) == "done"
        await stage.prove()
        assert stage.exit_codes == []
    print(f"{len(answers)} pages, the slowest after {max(took for *_, took in answers):.1f} s")
    assert {(status, is_honest) for status, is_honest, _took in answers} == {(503, True)}
    assert max(took for *_, took in answers) < 12  # five seconds of waiting, and a busy machine
    for log in _logs(stage):
        assert "Traceback" not in log


async def _load_pages_for(
    stage: Stage, customers: list[Customer], seconds: float
) -> list[tuple[int, bool, float]]:
    ends_at = monotonic() + seconds
    answers: list[tuple[int, bool, float]] = []
    while monotonic() < ends_at:
        answers += await _load_pages(stage, customers)
    return answers


async def _load_pages(stage: Stage, customers: list[Customer]) -> list[tuple[int, bool, float]]:
    """Load some pages at once, by each of the processes: the status, whether it is an honest outage, and seconds."""

    async def load(door: str, path: str, customer: Customer) -> tuple[int, bool, float]:
        began = monotonic()
        async with httpx2.AsyncClient(
            cookies=customer.cookies, timeout=30, trust_env=False, follow_redirects=True
        ) as client:
            response = await client.get(f"{door}{path}", headers={"Accept": "text/html"})
        is_honest = (
            "this page tries again by itself" in response.text.lower() and "Retry-After" in response.headers
        )
        return response.status_code, is_honest, monotonic() - began

    paths = ("/", "/conversations/", "/accounts/login/", "/admin/", customers[0]._path)
    return await asyncio.gather(
        *(load(door.url, path, customers[0]) for door in stage.doors for path in paths)
    )


async def test_no_connection_is_used_again_that_died_with_postgresql(
    new_stage: NewStage, restarts: Restarts
) -> None:
    """B27: many pages have been asked for at once, so the processes keep many connections."""
    async with new_stage() as stage:
        (customer,) = await stage.customers(1)

        async def pages(count: int) -> list[int]:
            async with httpx2.AsyncClient(cookies=customer.cookies, timeout=30, trust_env=False) as client:
                asked = [
                    client.get(f"{door.url}/conversations/") for door in stage.doors for _ in range(count)
                ]
                return [response.status_code for response in await asyncio.gather(*asked)]

        await pages(24)
        await asyncio.to_thread(restarts.restart, signal.SIGQUIT)
        await stage.until(lambda: all("The database is out of reach" in log for log in _logs(stage)))
        assert await customer.until_ended(await customer.say("p")) == "done"

        assert set(await pages(24)) == {200}
        await stage.prove()


@pytest.mark.parametrize(
    ("share", "transport"),
    [("1", REDIS), ("0.3", POSTGRESQL)],
    ids=["all", "some, without Redis"],
)
async def test_every_page_is_right_in_the_end_whatever_of_their_messages_is_lost(
    new_stage: NewStage, share: str, transport: dict[str, str]
) -> None:
    """B29: 30 % or all of what one process tells the other is lost."""
    async with new_stage(FAULT_MESSAGES=share, **transport) as stage:
        customers = await stage.customers(3)
        for customer in customers:
            for door in stage.doors:
                await customer.open(door)

        await asyncio.gather(*(customer.live(4) for customer in customers))

        await stage.prove()


async def test_processes_are_restarted_in_turn_and_nobody_has_to_send_anything_twice(
    new_stage: NewStage,
) -> None:
    """B3: an orderly restart of each process, while six customers talk without a pause."""
    async with new_stage(DRAIN_SECONDS="1") as stage:
        customers = await stage.customers(6)
        is_over = asyncio.Event()

        async def talk(customer: Customer) -> None:
            while not is_over.is_set():
                await customer.until_ended(await customer.say("p"))

        talking = asyncio.gather(*map(talk, customers))
        for number, server in enumerate(stage.servers, start=1):
            server.signal(signal.SIGTERM)
            await stage.until(lambda number=number: len(stage.exit_codes) == number)
            await stage.until(server.is_ready)
        is_over.set()
        await talking

        history = await stage.prove()
        assert stage.exit_codes == [0, 0]
    assert not [each.refused for each in history.customers if each.refused]


def _logs(stage: Stage) -> list[str]:
    return [server.log_text() for server in stage.servers]


async def _is_taken(customer: Customer) -> None:
    await customer.page.until(lambda page: not page.outbox)
