"""What closed sockets leave is looked for when there is enough of it, and not with every one of them."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from supportbot.server import garbage
from supportbot.server.garbage import SocketCounts, collect_closed_sockets
from supportbot.server.process import process


@pytest.fixture
def collections(monkeypatch: pytest.MonkeyPatch) -> list[SocketCounts]:
    """What was counted at each time that all objects were looked at."""
    found: list[SocketCounts] = []
    monkeypatch.setattr(
        garbage, "gc", SimpleNamespace(collect=lambda: found.append(process.get(SocketCounts)))
    )
    monkeypatch.setitem(process._parts, SocketCounts, SocketCounts())
    monkeypatch.setattr(garbage, "MIN_CLOSED_SOCKETS", 3)
    monkeypatch.setattr(garbage, "DELAY_SECONDS", 0)
    return found


async def hold_socket(scope: dict[str, Any], receive: Any, _send: Any) -> None:
    await receive()
    if scope.get("fails"):
        raise ConnectionError


serve = collect_closed_sockets(hold_socket)


async def come() -> None:
    """What a socket receives: its end, at once."""


async def test_all_objects_are_looked_at_after_so_many_closed_sockets(collections: list[Any]) -> None:
    for _ in range(2):
        await serve({}, come, None)
    await asyncio.sleep(0.01)
    assert len(collections) == 0

    with pytest.raises(ConnectionError):
        await serve({"fails": True}, come, None)
    assert len(collections) == 0  # something may still refer to it
    await asyncio.sleep(0.01)

    assert collections == [SocketCounts(open_count=0, closed_count=0)]


async def test_while_many_are_open_as_many_must_have_been_closed(collections: list[Any]) -> None:
    over = asyncio.Event()
    opened = [asyncio.create_task(serve({}, over.wait, None)) for _ in range(5)]
    await asyncio.sleep(0)
    for _ in range(4):
        await serve({}, come, None)
    await asyncio.sleep(0.01)
    assert len(collections) == 0

    await serve({}, come, None)
    await asyncio.sleep(0.01)
    assert len(collections) == 1

    over.set()
    await asyncio.gather(*opened)
