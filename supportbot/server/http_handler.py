"""Django's handler of HTTP requests, on threads that are kept, with their connections to the database.

Django's own runs each middleware that knows both ways on the event loop, which goes to a thread and back a dozen times
a request, and that thread and its connection are new ones for each request. Both cost more than the page itself.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, TypeVar

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections, connections
from django.http import FileResponse
from django.urls import set_script_prefix

from .process import process

T = TypeVar("T")

FINISH_SECONDS = 5.0  # that the requests have which a process is at when it ends

# As many as are at work at once on a busy site. On SQLite each has the files of its connection open.
MAX_IDLE_THREADS = 8


@dataclass
class RequestThreads:
    """The threads of this process that wait for a request, the one that was used last at the end.

    There is no limit to those that are at work: while one waits for SQLite's lock, or for a password's hash, nobody
    else's page waits for it.
    """

    idle: list[ThreadPoolExecutor] = field(default_factory=list)

    async def run_function(self, function: Callable[..., T], *args: Any) -> T:
        """Await a function on one of the threads. What it raises is raised here."""
        thread = self.idle.pop() if self.idle else ThreadPoolExecutor(1, "request")
        work: Any = sync_to_async(self._run_on_thread, thread_sensitive=False, executor=thread)
        result: T = await work(thread, function, *args)
        return result

    def _run_on_thread(self, thread: ThreadPoolExecutor, function: Callable[..., T], *args: Any) -> T:
        try:
            return function(*args)
        finally:
            # Whoever takes the thread from here on waits until this has returned.
            if not _has_leftovers() and len(self.idle) < MAX_IDLE_THREADS:
                self.idle.append(thread)
            else:
                connections.close_all()
                thread.shutdown(wait=False)


@dataclass
class OpenRequests:
    """The ends of the requests that this process is answering."""

    ends: set[asyncio.Future[None]] = field(default_factory=set)


async def finish_requests() -> None:
    """Wait until every request is answered, for `FINISH_SECONDS` at the most: a form that was sent is not cut off."""
    ends = process.get(OpenRequests).ends
    with suppress(TimeoutError):
        async with asyncio.timeout(FINISH_SECONDS):
            while ends:
                await asyncio.wait(ends)


def _has_leftovers() -> bool:
    """Whether something that was begun on a connection of this thread was not ended, which the next must not meet."""
    return any(
        each.in_atomic_block or each.execute_wrappers or each.run_on_commit
        for each in connections.all(initialized_only=True)
    )


class ThreadedHandler(ASGIHandler):
    """Runs all middlewares and the view of a request in a row, on one thread.

    A view that is a coroutine runs on the event loop, and what it does to the database on that thread. When its browser
    goes away it is cancelled.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def read_body(self, receive: Any) -> Any:
        """As Django does, but what comes in one piece, as Daphne sends it, needs no file that may go to a disk."""
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            return BytesIO(message.get("body", b""))

        first = [message]

        async def receive_again() -> Any:
            return first.pop() if first else await receive()

        return await super().read_body(receive_again)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        ends, end = process.get(OpenRequests).ends, asyncio.get_running_loop().create_future()
        ends.add(end)
        try:
            await self._handle_request(scope, receive, send)
        finally:
            ends.discard(end)
            end.set_result(None)

    async def _handle_request(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            set_script_prefix(get_script_prefix(scope))
            answer = asyncio.create_task(self._answer(scope, body, send))
            departure = asyncio.create_task(self.listen_for_disconnect(receive))
            await asyncio.wait([answer, departure], return_when=asyncio.FIRST_COMPLETED)
            departure.cancel()
            answer.cancel()  # which does nothing when it has ended
            for error in await asyncio.gather(answer, departure, return_exceptions=True):
                if isinstance(error, Exception) and not isinstance(error, RequestAborted):
                    raise error

    async def _answer(self, scope: dict[str, Any], body: Any, send: Any) -> None:
        response = await process.get(RequestThreads).run_function(self._respond, scope, body)
        if response.closed:
            await self.send_response(response, send)
            return
        # Whatever such a stream does to the database is done on a thread of its own, which ends with it.
        async with ThreadSensitiveContext():
            try:
                await self.send_response(response, send)
            finally:
                await sync_to_async(response.close)()

    def _respond(self, scope: dict[str, Any], body: Any) -> Any:
        """The response to a request. It is closed, unless it is a stream that the event loop makes."""
        signals.request_started.send(sender=type(self), scope=scope)
        try:
            request, refusal = self.create_request(scope, body)
            response: Any = refusal if request is None else self.get_response(request)
        except BaseException:
            signals.request_finished.send(sender=type(self))
            raise
        response._handler_class = type(self)
        if response.streaming and response.is_async:
            close_old_connections()  # the stream ends on another thread, which looks after its own
            return response
        try:
            if response.streaming:
                _read_stream(response)
        finally:
            if response.status_code >= 500:
                connections.close_all()  # whatever was the matter with them
            response.close()
        return response


def _read_stream(response: Any) -> None:
    """Read all that a response will send, as Django does too with what does not come from the event loop."""
    if isinstance(response, FileResponse):
        response.block_size = ThreadedHandler.chunk_size
    parts = list(response.streaming_content)

    async def stream_parts() -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    response.streaming_content = stream_parts()
