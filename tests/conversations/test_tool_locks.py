"""A tool takes the database's lock when it writes, not when it begins, and loses it when its time is over."""

import asyncio
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.assistant.messages import ToolCall as Asked
from supportbot.assistant.tools import Effect, Registry, Tool, ToolContext, tool
from supportbot.conversations.models import Conversation, TokenBudget, ToolCall
from supportbot.conversations.turns import store_requested_calls, submit_message
from supportbot.conversations.worker.tool_execution import execute_tool
from supportbot.server import tool_transactions
from supportbot.server.executors import on_database_thread, run_in_tool_thread
from supportbot.server.tool_transactions import ToolTransaction
from tickets.models import Ticket

from .rows import until

CALL = Asked("c1", "play", "{}")
ASKED = Answer(Said("assistant", "", (CALL,)), "tool_calls")
TIMEOUT_SECONDS = 0.4
PROMPT_SECONDS = 2.0  # much less than the thirty that a writer waits for another one

FREE_CONNECTIONS = 15  # of the pool's sixteen; the test itself has one

only_postgresql = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no pool")
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has many writers")
Script = Callable[["Play", ToolContext], None]


class Play:
    """A tool that does what a test says, up to a moment at which it hangs, and goes on when the test lets it."""

    def __init__(self) -> None:
        self.hangs, self.go_on, self.is_over = threading.Event(), threading.Event(), threading.Event()
        self.caught: list[str] = []

    def hang(self) -> None:
        self.hangs.set()
        assert self.go_on.wait(20), "nobody let the tool go on"

    def build_tool(self, script: Script, effect: Effect = "write", timeout: float = 20.0) -> Tool:
        @tool(effect=effect, timeout=timeout)
        def play(ctx: ToolContext) -> dict[str, Any]:
            """Do as the test says."""
            try:
                script(self, ctx)
                return {"played": True}
            except Exception as error:
                self.caught.append(type(error).__name__)
                raise
            finally:
                self.is_over.set()

        return play


@pytest.fixture
def play() -> Play:
    return Play()


@pytest.fixture
async def run(play, transactional_db, chat, monkeypatch):
    """Has a turn call the tool that plays a script. Returns the task that waits for its result."""
    tasks: list[asyncio.Task[Any]] = []

    async def run(script: Script, **options: Any) -> asyncio.Task[Any]:
        tools = Registry([play.build_tool(script, **options)])
        monkeypatch.setattr(apps.get_app_config("conversations"), "tools", tools)
        lease = (await submit_message(chat.pk, "Hello", "a1")).lease
        await store_requested_calls(lease, ASKED)
        tasks.append(asyncio.create_task(execute_tool(replace(lease, pending_calls=()), CALL)))
        return tasks[0]

    yield run
    play.go_on.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    for thread in [each for each in threading.enumerate() if each.name == "tool"]:
        await asyncio.to_thread(thread.join, 20)


def write(name: str) -> None:
    Ticket.objects.create(issue=name)


async def others_may_write() -> bool:
    """Whether somebody else's transaction is stored, and at once."""
    job = on_database_thread()(transaction.atomic(TokenBudget.objects.create))
    try:
        async with asyncio.timeout(PROMPT_SECONDS):
            await job(scope=f"others {secrets.token_hex(4)}", day="2026-01-01")
    except TimeoutError:
        return False
    return True


async def issues() -> set[str]:
    return {issue async for issue in Ticket.objects.values_list("issue", flat=True)}


def hang_at_once(play: Play, _ctx: ToolContext) -> None:
    play.hang()
    write("written")


def hang_after_reading(play: Play, _ctx: ToolContext) -> None:
    assert not Ticket.objects.filter(issue="written").exists()
    play.hang()
    write("written")


def hang_after_a_transaction_that_read(play: Play, _ctx: ToolContext) -> None:
    list(Ticket.objects.all())
    list(Conversation.objects.values_list("pk"))
    play.hang()
    with transaction.atomic():
        write("written")


@pytest.mark.parametrize(
    "script", [hang_at_once, hang_after_reading, hang_after_a_transaction_that_read], ids=lambda s: s.__name__
)
@pytest.mark.parametrize("effect", ["write", "irreversible"])
async def test_others_may_write_until_it_writes_itself(run, play, script, effect):
    task = await run(script, effect=effect)
    await asyncio.to_thread(play.hangs.wait, 20)

    assert await others_may_write()

    play.go_on.set()
    assert (await task).outcome == "done"
    assert await issues() == {"written"}


def read_a_locked_row(play: Play, ctx: ToolContext) -> None:
    Conversation.objects.select_for_update(of=("self",), no_key=True).get(pk=ctx.conversation)
    play.hang()


def lock_by_the_model(play: Play, ctx: ToolContext) -> None:
    """By a statement that is built once, which others have run without a tool before."""
    Conversation.objects.lock(ctx.conversation)
    play.hang()


def lock_in_an_inner_transaction(play: Play, ctx: ToolContext) -> None:
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=ctx.conversation)
        play.hang()


@only_sqlite
@pytest.mark.parametrize(
    "script",
    [read_a_locked_row, lock_by_the_model, lock_in_an_inner_transaction],
    ids=lambda s: s.__name__,
)
async def test_what_it_locks_by_select_for_update_nobody_else_changes(run, play, script, monkeypatch):
    monkeypatch.setattr("tests.conversations.test_tool_locks.PROMPT_SECONDS", 0.2)
    task = await run(script)
    await asyncio.to_thread(play.hangs.wait, 20)

    assert not await others_may_write()

    play.go_on.set()
    assert (await task).outcome == "done"
    await until(TokenBudget.objects.filter(scope__startswith="others").aexists)


def hang_after_writing(play: Play, _ctx: ToolContext) -> None:
    write("first")
    play.hang()
    write("second")


def hang_in_an_inner_transaction(play: Play, _ctx: ToolContext) -> None:
    with transaction.atomic():
        write("first")
        play.hang()
        write("second")


def swallow_every_error(play: Play, _ctx: ToolContext) -> None:
    write("first")
    play.hang()
    for name in ("second", "third"):
        try:
            write(name)
        except Exception as error:
            play.caught.append(type(error).__name__)


def work_in_the_database(play: Play, _ctx: ToolContext) -> None:
    """A single statement that takes for ever."""
    write("first")
    sleeping = "SELECT pg_sleep(20)"
    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with connection.cursor() as cursor:
        cursor.execute(counting if connection.vendor == "sqlite" else sleeping)
        cursor.fetchall()


@pytest.mark.parametrize(
    "script",
    [hang_after_writing, hang_in_an_inner_transaction, swallow_every_error, work_in_the_database],
    ids=lambda s: s.__name__,
)
@pytest.mark.parametrize("effect", ["write", "irreversible", "read"])
async def test_when_its_time_is_over_its_lock_is_free_and_what_it_writes_is_refused(
    run, play, script, effect, caplog
):
    task = await run(script, effect=effect, timeout=TIMEOUT_SECONDS)

    result = await task
    assert result.outcome == "timed_out"
    assert await others_may_write()

    play.go_on.set()
    await asyncio.to_thread(play.is_over.wait, 20)
    # A tool that reads has no transaction of its own: what it wrote in time is stored.
    kept_in_time = effect == "read" and script is not hang_in_an_inner_transaction
    assert await issues() == ({"first"} if kept_in_time else set())
    assert set(play.caught) == {"ToolTimeOver"}
    assert not [each for each in caplog.records if each.levelname == "ERROR"]  # nothing has failed
    assert (await ToolCall.objects.aget()).state == "timed_out"


async def test_one_that_is_stopped_frees_its_lock_at_once(run, play):
    task = await run(hang_after_writing)
    await asyncio.to_thread(play.hangs.wait, 20)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await others_may_write()
    play.go_on.set()
    await asyncio.to_thread(play.is_over.wait, 20)
    assert await issues() == set()


@only_sqlite
async def test_it_waits_for_another_writer_no_longer_than_its_time(run, play):
    held, free = threading.Event(), threading.Event()

    @transaction.atomic
    def hold() -> None:
        TokenBudget.objects.create(scope="holder", day="2026-01-01")
        held.set()
        free.wait(20)

    task = await run(hang_at_once, timeout=TIMEOUT_SECONDS)
    await asyncio.to_thread(play.hangs.wait, 20)
    holding = asyncio.create_task(on_database_thread()(hold)())
    await asyncio.to_thread(held.wait, 20)
    play.go_on.set()

    async with asyncio.timeout(PROMPT_SECONDS):
        await asyncio.to_thread(play.is_over.wait, 20)

    free.set()
    await holding
    assert (await task).outcome in ("timed_out", "failed")
    assert await issues() == set()


@only_postgresql
async def test_hung_tools_do_not_use_up_the_connections_of_all(transactional_db):
    hanging, go_on = threading.Semaphore(0), threading.Event()

    def occupy(work: ToolTransaction) -> None:
        with work.attach_to_thread(), transaction.atomic():
            write("too late")
            hanging.release()
            go_on.wait(20)

    works = [ToolTransaction(TIMEOUT_SECONDS) for _ in range(FREE_CONNECTIONS)]
    tools = [asyncio.create_task(run_in_tool_thread(occupy, work)) for work in works]
    for _ in works:
        await asyncio.to_thread(hanging.acquire, timeout=10)
    assert not await others_may_write()

    for work in works:
        await asyncio.to_thread(work.end_now)
    await until(TokenBudget.objects.filter(scope__startswith="others").aexists)

    go_on.set()
    await asyncio.gather(*tools, return_exceptions=True)
    assert await issues() == set()


async def test_a_database_that_does_not_answer_does_not_hold_up_who_ends_a_tool(
    transactional_db, monkeypatch
):
    monkeypatch.setattr(tool_transactions, "END_TIMEOUT_SECONDS", 0.2)
    stuck, go_on = threading.Event(), threading.Event()
    work = ToolTransaction(20.0)

    def hang_in_a_statement(*_args: Any) -> None:
        stuck.set()
        go_on.wait(20)

    def occupy() -> None:
        with connection.execute_wrapper(hang_in_a_statement), work.attach_to_thread():
            Ticket.objects.count()

    tool_call = asyncio.create_task(run_in_tool_thread(occupy))
    await asyncio.to_thread(stuck.wait, 20)

    async with asyncio.timeout(PROMPT_SECONDS):
        await asyncio.to_thread(work.end_now)

    go_on.set()
    await asyncio.gather(tool_call, return_exceptions=True)
