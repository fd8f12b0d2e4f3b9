"""What is stored is stored in few commits, each on its own, and a database that is away for a moment is waited for."""

import asyncio
import sqlite3
import threading
from concurrent.futures import wait

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, transaction

from supportbot.conversations.models import Message, TokenBudget
from supportbot.server import executors, group_commit
from supportbot.server.executors import (
    on_database_thread,
    run_in_tool_thread,
)
from supportbot.server.group_commit import GroupCommit

from .rows import until

MANY = 50
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has many writers")


@pytest.fixture
def commits(monkeypatch):
    """How many transactions were committed or tried together, by their sizes."""
    together, sizes = group_commit._run_in_one_transaction, []

    def counted(functions):
        sizes.append(len(functions))
        return together(functions)

    monkeypatch.setattr(group_commit, "_run_in_one_transaction", counted)
    return sizes


class Line:
    """A group commit whose thread is kept busy until all that a test gives it stands in line."""

    def __init__(self):
        self._group, self._free = GroupCommit(), threading.Event()
        self._busy = self._group.submit(lambda: self._free.wait(20))

    def run(self, *functions):
        futures = [self._group.submit(function) for function in functions]
        self._free.set()
        wait([self._busy, *futures], timeout=20)
        self._group.submit(connections.close_all).result(20)
        return futures


@transaction.atomic
def note(scope: str) -> str:
    TokenBudget.objects.create(scope=scope, day="2026-01-01")
    return scope


@transaction.atomic
def note_and_fail(scope: str) -> None:
    note(scope)
    raise ValueError(scope)


def noted() -> set[str]:
    return set(TokenBudget.objects.values_list("scope", flat=True))


@only_sqlite
def test_what_has_gathered_is_committed_together(transactional_db, commits):
    futures = Line().run(*[lambda n=n: note(str(n)) for n in range(MANY)])

    assert [future.result() for future in futures] == [str(n) for n in range(MANY)]
    assert len(noted()) == MANY
    assert len(commits) < 5


@only_sqlite
def test_what_fails_takes_nobody_along(transactional_db, commits):
    good, bad, last = Line().run(lambda: note("good"), lambda: note_and_fail("bad"), lambda: note("last"))

    assert (good.result(), last.result(), noted()) == ("good", "last", {"good", "last"})
    assert isinstance(bad.exception(), ValueError)
    assert max(commits) >= 2


@only_sqlite
def test_when_the_common_commit_fails_each_is_done_for_itself(transactional_db, commits):
    tries = []

    def break_the_first_time():
        tries.append(1)
        if len(tries) == 1:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")  # as a full disk does
            raise OperationalError("database or disk is full")
        return note("second")

    futures = Line().run(lambda: note("first"), break_the_first_time, lambda: note("third"))

    assert [future.result() for future in futures] == ["first", "second", "third"]
    assert noted() == {"first", "second", "third"}


@only_sqlite
def test_what_nobody_waits_for_any_more_is_not_done(transactional_db):
    group, free = GroupCommit(), threading.Event()
    group.submit(lambda: free.wait(20))
    unwanted = group.submit(lambda: note("unwanted"))

    assert unwanted.cancel()
    free.set()
    group.submit(connections.close_all).result(20)

    assert noted() == set()


async def test_an_error_is_told_to_whoever_asked(transactional_db):
    with pytest.raises(ValueError, match="bad"):
        await on_database_thread()(note_and_fail)("bad")


async def test_a_database_that_comes_back_is_waited_for(transactional_db):
    tries = []

    def away_at_first():
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("the connection is lost")
        return note("at last")

    assert await on_database_thread(repeat=True)(away_at_first)() == "at last"
    assert len(tries) == 3


async def test_what_is_wrong_for_good_is_not_tried_again(transactional_db):
    tries = []

    def wrong():
        tries.append(1)
        raise DatabaseError("no such thing")

    with pytest.raises(DatabaseError):
        await on_database_thread(repeat=True)(wrong)()
    assert len(tries) == 1


async def test_one_is_not_waited_for_that_stays_away(transactional_db, monkeypatch):
    monkeypatch.setattr(executors, "RETRY_DEADLINE_SECONDS", 0.1)

    def away():
        raise OperationalError("the connection is lost")

    with pytest.raises(OperationalError):
        await on_database_thread(repeat=True)(away)()


@pytest.fixture
async def impatient(transactional_db):
    """SQLite that gives up at once when somebody else writes."""

    def timeout(milliseconds):
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")

    await on_database_thread()(timeout)(50)
    yield
    await on_database_thread()(timeout)(30_000)


class Writer:
    """Somebody else who holds the lock of the database."""

    def __enter__(self):
        self._connection = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, *_error):
        self._connection.execute("ROLLBACK")
        self._connection.close()


@only_sqlite
async def test_a_message_that_is_sent_meanwhile_is_taken_when_the_database_is_back(
    page, model, impatient, caplog
):
    model.say("Here I am.")
    with Writer():
        await page.say("Hello")
        await until(is_told(caplog))
        assert not await Message.objects.aexists()

    assert "Here I am." in (await page.settled("done")).text
    assert await Message.objects.acount() == 2


@only_sqlite
async def test_an_answer_that_streams_meanwhile_goes_on(page, model, impatient, caplog):
    reply = model.say("It has shipped and comes today.", hold_after=2)
    await page.say("Hello")
    await page.until(lambda page: page.turns and page.streamed() == "It has ")
    with Writer():
        reply.release()
        await page.until(lambda page: "today." in page.streamed())
        await until(is_told(caplog))

    assert "It has shipped and comes today." in (await page.settled("done")).text
    assert (await Message.objects.aget(role="assistant")).text == "It has shipped and comes today."


@only_sqlite
async def test_one_that_is_not_taken_in_time_is_refused_with_its_id(page, model, impatient, monkeypatch):
    monkeypatch.setattr("supportbot.server.executors.DATABASE_TIMEOUT_SECONDS", 0.2)
    with Writer():
        client_id = await page.say("Hello")
        notice = await page.refused()

    assert "try again in a moment" in notice.text
    assert notice["data-refused"] == client_id
    model.say("Here I am.")
    await page.say("Hello", client_id)
    # It may have been stored in the very moment of the refusal: then it is gone on with when its lease has run out.
    await page.until(lambda page: page.turns and page.last["data-state"] == "done", timeout=20)
    assert await Message.objects.filter(role="customer").acount() == 1


def is_told(caplog):
    async def told() -> bool:
        return "out of reach" in caplog.text

    return told


async def test_a_tool_has_a_thread_of_its_own(transactional_db):
    barrier = threading.Barrier(30)

    await asyncio.gather(*[run_in_tool_thread(barrier.wait, 20) for _ in range(30)])

    assert not barrier.broken


async def test_a_tool_that_hangs_does_not_keep_the_process_from_ending(transactional_db):
    begun, free = threading.Event(), threading.Event()

    def hang():
        begun.set()
        return free.wait(20)

    task = asyncio.create_task(run_in_tool_thread(hang))
    await asyncio.to_thread(begun.wait, 20)
    (thread,) = [each for each in threading.enumerate() if each.name == "tool"]

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert thread.daemon
    free.set()
    await asyncio.to_thread(thread.join, 20)


async def test_what_a_tool_raises_is_raised_where_it_is_waited_for(transactional_db):
    def broken():
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        await run_in_tool_thread(broken)


@only_sqlite
def test_others_who_want_to_write_are_let_in_between(transactional_db):
    group, enough = GroupCommit(), threading.Event()

    def write_on(number):
        note(f"{number}")
        if not enough.is_set():
            group.submit(lambda: write_on(number + 1000))

    for number in range(16):
        group.submit(lambda number=number: write_on(number))
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")

    enough.set()
    other.close()
    group.submit(connections.close_all).result(20)
