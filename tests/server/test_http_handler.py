"""A request has a thread to itself, which is kept for the next one with its connection and with nothing else of it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import OperationalError, connection, connections, transaction
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils import translation

from supportbot.server.http_handler import (
    MAX_IDLE_THREADS,
    OpenRequests,
    RequestThreads,
    ThreadedHandler,
    finish_requests,
)
from supportbot.server.process import process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]
WAIT_SECONDS = 20
MANY = 3 * MAX_IDLE_THREADS

gate = threading.Event()
departures: list[str] = []


def tell_thread(request: HttpRequest) -> HttpResponse:
    connection.ensure_connection()
    # On PostgreSQL the connections are those of a pool.
    kept = id(connection.connection) if connection.vendor == "sqlite" else ""
    return HttpResponse(f"{threading.get_ident()} {kept} {translation.get_language()}")


def wait_at_gate(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(gate.wait(WAIT_SECONDS)))


def leave_transaction_open(request: HttpRequest) -> HttpResponse:
    transaction.atomic().__enter__()
    User.objects.create(username="left in a transaction")
    return HttpResponse("begun")


def store_user(request: HttpRequest) -> HttpResponse:
    User.objects.create(username=request.GET["name"])
    return HttpResponse("stored")


def lose_connection(request: HttpRequest) -> HttpResponse:
    connection.ensure_connection()
    connection.connection.close()  # as when the database was restarted
    raise OperationalError


def speak_german(request: HttpRequest) -> HttpResponse:
    translation.activate("de")
    return tell_thread(request)


async def wait_for_long(request: HttpRequest) -> HttpResponse:
    try:
        await User.objects.acount()
        gate.set()
        await asyncio.sleep(WAIT_SECONDS)
    except asyncio.CancelledError:
        departures.append("noticed")
        raise
    return HttpResponse("ended")


async def count_users(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{await User.objects.acount()} users")


def stream_users(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(f"{name}," for name in User.objects.values_list("username", flat=True))


def send_file(request: HttpRequest) -> FileResponse:
    return FileResponse(Path(__file__).open("rb"))


async def stream_from_loop(request: HttpRequest) -> StreamingHttpResponse:
    async def count() -> AsyncIterator[str]:
        for number in range(3):
            yield f"{number} of {await User.objects.acount()},"

    return StreamingHttpResponse(count())


def stream_after_query(request: HttpRequest) -> StreamingHttpResponse:
    User.objects.count()
    connection.close_at = 0.0  # as of one that is not to be kept

    async def count() -> AsyncIterator[str]:
        yield "one"

    return StreamingHttpResponse(count())


urlpatterns = [
    path(f"{view.__name__}/", view)  # type: ignore[arg-type]
    for view in (
        *(tell_thread, wait_at_gate, leave_transaction_open, store_user, lose_connection, speak_german),
        *(wait_for_long, count_users, stream_users, send_file, stream_from_loop, stream_after_query),
    )
]


@pytest.fixture
def handler(settings: Any) -> Iterator[ThreadedHandler]:
    settings.MIDDLEWARE = ["supportbot.server.csp.ContentSecurityPolicyMiddleware"]
    gate.clear()
    departures.clear()
    yield ThreadedHandler()
    for thread in process.get(RequestThreads).idle:
        thread.submit(connections.close_all).result(WAIT_SECONDS)
        thread.shutdown()


async def ask(
    handler: ThreadedHandler, view: Any, query: str = "", leave: threading.Event | None = None
) -> bytes:
    """The body of the response. With `leave` the browser goes away when that is set."""
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/{view.__name__}/",
        "query_string": query.encode(),
        "headers": [(b"host", b"testserver")],
    }
    incoming.put_nowait({"type": "http.request", "body": b""})
    asked = asyncio.create_task(handler(scope, incoming.get, send))
    if leave is not None:
        await asyncio.to_thread(leave.wait, WAIT_SECONDS)
        incoming.put_nowait({"type": "http.disconnect"})
    async with asyncio.timeout(WAIT_SECONDS):
        await asked
    return b"".join(message.get("body", b"") for message in sent)


async def test_the_next_request_has_the_same_thread_and_connection(handler):
    answers = {await ask(handler, tell_thread) for _request in range(3)}

    assert len(answers) == 1


async def test_what_a_request_was_about_is_not_what_the_next_one_is_about(handler):
    german = await ask(handler, speak_german)
    next_one = await ask(handler, tell_thread)

    assert german.removesuffix(b" de") == next_one.removesuffix(b" en")


async def test_a_transaction_that_was_left_open_is_rolled_back_and_met_by_nobody(handler):
    await ask(handler, leave_transaction_open)
    await ask(handler, store_user, "name=afterwards")

    assert await ask(handler, stream_users) == b"afterwards,"


async def test_a_connection_that_died_is_replaced(handler):
    for _time in range(2):
        assert b"our fault" in await ask(handler, lose_connection)
        assert await ask(handler, count_users) == b"0 users"


async def test_a_page_that_waits_holds_up_nobody_and_few_threads_are_kept(handler):
    waiting = [asyncio.create_task(ask(handler, wait_at_gate)) for _request in range(MANY)]

    assert await ask(handler, count_users) == b"0 users"
    gate.set()

    assert await asyncio.gather(*waiting) == [b"True"] * MANY
    assert len(process.get(RequestThreads).idle) == MAX_IDLE_THREADS


async def begin_request(handler: ThreadedHandler) -> asyncio.Task[bytes]:
    asked = asyncio.create_task(ask(handler, wait_at_gate))
    while not process.get(OpenRequests).ends:  # noqa: ASYNC110 - each turn of the loop brings it nearer
        await asyncio.sleep(0)
    return asked


async def test_what_was_sent_when_the_process_is_asked_to_end_is_answered(handler):
    asked = await begin_request(handler)
    end = asyncio.create_task(finish_requests())
    done, _pending = await asyncio.wait([end], timeout=0.05)
    assert not done

    gate.set()

    await end
    assert await asked == b"True"


async def test_a_request_that_does_not_end_holds_the_end_of_the_process_up_for_a_moment_only(
    handler, monkeypatch
):
    monkeypatch.setattr("supportbot.server.http_handler.FINISH_SECONDS", 0.01)
    asked = await begin_request(handler)

    await finish_requests()

    assert not asked.done()
    gate.set()
    await asked


async def test_a_coroutine_whose_browser_goes_away_is_cancelled(handler):
    assert await ask(handler, wait_for_long, leave=gate) == b""

    assert departures == ["noticed"]
    assert await ask(handler, count_users) == b"0 users"


@pytest.mark.parametrize(
    ("view", "body"),
    [
        (stream_users, b"a,b,"),
        (stream_from_loop, b"0 of 2,1 of 2,2 of 2,"),
        (send_file, Path(__file__).read_bytes()),
    ],
    ids=["rows", "from the event loop", "a file"],
)
async def test_a_stream_comes_whole(handler, view, body, recwarn):
    await ask(handler, store_user, "name=a")
    await ask(handler, store_user, "name=b")

    assert await ask(handler, view) == body
    assert not [
        str(warning.message) for warning in recwarn if "StreamingHttpResponse" in str(warning.message)
    ]


async def test_a_stream_leaves_no_connection_with_the_thread_of_its_request(handler):
    assert await ask(handler, stream_after_query) == b"one"

    (thread,) = process.get(RequestThreads).idle
    assert thread.submit(lambda: connection.connection).result(WAIT_SECONDS) is None


async def test_every_request_begins_and_ends_once_on_its_thread(handler):
    seen: list[tuple[str, int]] = []

    def note_start(**_details: Any) -> None:
        seen.append(("start", threading.get_ident()))

    def note_end(**_details: Any) -> None:
        seen.append(("end", threading.get_ident()))

    request_started.connect(note_start)
    request_finished.connect(note_end)
    try:
        thread = int((await ask(handler, tell_thread)).split()[0])
        await ask(handler, stream_users)
    finally:
        request_started.disconnect(note_start)
        request_finished.disconnect(note_end)

    assert seen == [("start", thread), ("end", thread)] * 2
