"""The ASGI application: Django for HTTP, Channels for the socket, and an end of the process that loses nothing."""

import asyncio
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportbot.settings")
django.setup(set_prefix=False)

# These need the apps, which django.setup loads.
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from supportbot.conversations.worker import housekeeping, runner
from supportbot.server.backpressure import backpressure_middleware
from supportbot.server.client_address import remember_client_address
from supportbot.server.content_types import refuse_unreadable_types
from supportbot.server.cookie_names import adopt_plain_cookies
from supportbot.server.garbage import collect_closed_sockets
from supportbot.server.http_handler import ThreadedHandler, finish_requests
from supportbot.server.open_files import refuse_sockets_beyond_limit
from supportbot.server.outage_responses import close_sockets_in_outages
from supportbot.server.request_limits import limit_request_bodies
from supportbot.urls import websocket_urlpatterns

CANCELLATION_SECONDS = 5.0  # in which tasks that were cancelled must end


async def refuse_socket(_scope: Any, receive: Any, send: Any) -> None:
    """At an address that has none. Channels alone would take it for a fault of ours."""
    await receive()
    await send({"type": "websocket.close"})


# Channels takes an ASGI application in the place of a view.
sockets = URLRouter([*websocket_urlpatterns, re_path("", refuse_socket)])  # type: ignore[arg-type, list-item]
application = ProtocolTypeRouter(
    {
        "http": remember_client_address(
            limit_request_bodies(refuse_unreadable_types(adopt_plain_cookies(ThreadedHandler())))
        ),
        "websocket": collect_closed_sockets(
            remember_client_address(
                backpressure_middleware(
                    refuse_sockets_beyond_limit(adopt_plain_cookies(close_sockets_in_outages(sockets)))
                )
            )
        ),
    }
)


async def _shut_down() -> None:
    """Drain the runner, answer the requests that have come, then end every other task of the loop."""
    await runner.drain()
    await finish_requests()
    await runner.close_connections()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=CANCELLATION_SECONDS)


def _hook_into_daphne() -> None:
    """Start the housekeeping with the event loop, and shut down before the loop stops.

    Daphne has no ASGI lifespan (https://github.com/django/daphne/issues/264), and leaves tasks pending that crash
    CPython 3.11 at exit. The phase "before" of Twisted's shutdown is the last in which they can be awaited.
    """
    # Late: importing it installs a reactor, and Daphne chooses which.
    from twisted.internet import defer, reactor

    # Not callWhenRunning: that comes before the event loop itself runs.
    reactor.callLater(0, housekeeping.ensure_running)  # type: ignore[arg-type]

    def start_shutdown() -> defer.Deferred[None]:
        return defer.Deferred.fromFuture(asyncio.ensure_future(_shut_down()))

    # Twisted declares its interface without self, which mypy takes for a missing argument.
    reactor.addSystemEventTrigger("before", "shutdown", start_shutdown)  # type: ignore[arg-type]


if "daphne.server" in sys.modules:
    _hook_into_daphne()
