"""The ASGI application: Django for HTTP, Channels for the socket, and an end of the process that loses nothing."""

import asyncio
import os
import sys

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportbot.settings")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - these need the apps to be loaded
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from supportbot.conversations.worker import housekeeping, runner  # noqa: E402
from supportbot.server.backpressure import backpressure_middleware  # noqa: E402
from supportbot.server.request_limits import limit_request_bodies  # noqa: E402
from supportbot.urls import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": limit_request_bodies(http),
        "websocket": backpressure_middleware(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)


LAST_SECONDS = 5.0  # for what was cancelled to come to its end


async def _end() -> None:
    await runner.drain()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=LAST_SECONDS)


def _under_daphne() -> None:
    """Begin with the loop and end before it does.

    Daphne has no ASGI lifespan, and leaves tasks pending that crash CPython 3.11 at exit. "before"
    shutdown is the last time at which they can still be awaited.
    """
    from twisted.internet import defer, reactor

    # Not callWhenRunning: that comes before the event loop itself runs.
    reactor.callLater(0, housekeeping.ensure_running)  # type: ignore[arg-type]
    end = lambda: defer.Deferred.fromFuture(asyncio.ensure_future(_end()))  # noqa: E731
    # Twisted declares its interface without self, which mypy takes for a missing argument.
    reactor.addSystemEventTrigger("before", "shutdown", end)  # type: ignore[arg-type]


if "daphne.server" in sys.modules:
    _under_daphne()
