"""How many files this process may have open: each socket is one, and so is whatever a page or a message needs.

The kernel gives a new file the lowest number that is free. So the number of a socket that was just accepted says how
many files are open, and nobody has to count them.
"""

from collections.abc import Callable
from typing import Any

from .backpressure import get_transport
from .close_codes import CLOSE_TRY_AGAIN

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None  # type: ignore[assignment]

# More than one process can serve, and few enough for the tables that the kernel keeps of them.
MAX_OPEN_FILES = 65_536
# Kept free of sockets, for pages, styles, photos, the database and the model; of a low limit a quarter.
RESERVED_FILES = 256
# Kept free of all connections, so that those that there are can be answered.
LAST_FILES = 64


def raise_file_limit() -> None:
    """Raise the soft limit to the hard one, as far as there is use for it. To be called once, at the start."""
    if resource is None:
        return
    wanted = find_reachable_limit()
    if get_file_limit() < wanted:
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def get_file_limit() -> int:
    """How many files this process may have open now."""
    if resource is None:
        return MAX_OPEN_FILES
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def find_reachable_limit() -> int:
    """How many files a process may have open after `raise_file_limit`."""
    if resource is None:
        return MAX_OPEN_FILES
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    return max(get_file_limit(), highest)


def count_socket_room(limit: int) -> int:
    """Of so many files, how many may be sockets of open pages."""
    return limit - min(RESERVED_FILES, limit // 4)


def is_short_of_files(transport: Any, *, for_socket: bool) -> bool:
    """Whether this connection, which was just accepted, is one too many."""
    get_number = getattr(transport, "fileno", None)
    if get_number is None:
        return False
    limit = get_file_limit()
    room = count_socket_room(limit) if for_socket else limit - min(LAST_FILES, limit // 16)
    return bool(get_number() >= room)


def refuse_sockets_beyond_limit(application: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an ASGI application: a socket for which there is no room is closed with a code that its page understands."""

    async def serve_if_room(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if not is_short_of_files(get_transport(send), for_socket=True):
            await application(scope, receive, send)
            return
        await receive()
        # Accepted first: a browser does not tell a page why a handshake was refused.
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": CLOSE_TRY_AGAIN})

    return serve_if_room
