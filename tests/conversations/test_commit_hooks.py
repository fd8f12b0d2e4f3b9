"""What an app does after a commit may fail: the commit stands, nothing is done twice, and others go on."""

import asyncio
from contextlib import suppress

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from supportbot.server import group_commit
from supportbot.server.executors import on_database_thread, run_in_tool_thread

from .test_executors import Line, note, noted, only_sqlite

SECRET = "alice@example.com"
ERRORS = [
    ZeroDivisionError,
    DatabaseError,
    OperationalError,
    InterfaceError,
    asyncio.CancelledError,
    SystemExit,
]


class App:
    """An app that notes something, and calls somebody else after the commit."""

    def __init__(self, error: type[BaseException] = ValueError) -> None:
        self._error = error
        self.runs: list[str] = []
        self.calls: list[str] = []

    def call(self, name: str) -> None:
        self.calls.append(name)
        raise self._error(SECRET)

    @transaction.atomic
    def write(self, name: str) -> str:
        self.runs.append(name)
        note(f"{name} {len(self.runs)}")
        transaction.on_commit(lambda: self.call(name))
        return name

    @transaction.atomic
    def write_in_vain(self, name: str) -> str:
        self.write(name)
        raise ValueError(name)

    @transaction.atomic
    def write_partly(self, name: str) -> str:
        with suppress(ValueError):
            self.write_in_vain("not " + name)
        return self.write(name)


@only_sqlite
@pytest.mark.parametrize("error", ERRORS)
def test_a_hook_that_raises_repeats_nothing_and_others_go_on(transactional_db, error, caplog):
    app, line = App(error), Line()

    futures = line.run(lambda: app.write("a"), lambda: app.write("b"), lambda: app.write("c"))

    assert [future.result(0) for future in futures] == app.runs == app.calls == ["a", "b", "c"]
    assert noted() == {"a 1", "b 2", "c 3"}
    assert error.__name__ in caplog.text
    assert SECRET not in caplog.text


@only_sqlite
def test_hooks_of_what_was_rolled_back_are_not_called(transactional_db):
    app, line = App(), Line()

    good, bad, partly = line.run(
        lambda: app.write("good"), lambda: app.write_in_vain("bad"), lambda: app.write_partly("partly")
    )

    assert (good.result(0), partly.result(0), str(bad.exception(0))) == ("good", "partly", "bad")
    assert app.calls == ["good", "partly"]


@only_sqlite
@pytest.mark.parametrize("error", [InterfaceError, AttributeError, SystemExit])
def test_a_common_commit_that_fails_in_an_unknown_way_does_not_end_the_thread(
    transactional_db, monkeypatch, error
):
    def commit_together(functions):
        raise error("whatever")

    monkeypatch.setattr(group_commit, "_run_in_one_transaction", commit_together)
    line = Line()

    futures = line.run(lambda: note("first"), lambda: note("second"))

    assert all(future.exception(0) for future in futures)
    assert line.run(lambda: note("alone"))[0].result(0) == "alone"


@pytest.mark.parametrize("error", ERRORS)
async def test_of_a_transaction_alone_the_result_is_kept_and_it_is_not_run_again(transactional_db, error):
    app = App(error)

    assert await on_database_thread(repeat=True)(app.write)("a") == "a"
    assert await on_database_thread(repeat=True)(app.write_partly)("b") == "b"

    assert (app.runs, app.calls) == (["a", "not b", "b"], ["a", "b"])


@pytest.mark.parametrize("error", ERRORS)
async def test_a_tool_whose_commit_stands_has_done_what_it_did(transactional_db, error):
    app = App(error)

    assert await run_in_tool_thread(app.write, "a") == "a"

    assert app.calls == ["a"]


async def test_what_cannot_be_called_is_refused_as_ever(transactional_db):
    with pytest.raises(TypeError, match="callable"):
        await on_database_thread()(transaction.on_commit)("not a function")


async def test_one_outside_of_a_transaction_is_called_at_once(transactional_db):
    app = App()

    await on_database_thread()(transaction.on_commit)(lambda: app.call("now"))

    assert app.calls == ["now"]
