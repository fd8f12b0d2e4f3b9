"""When open files run out, sockets are refused with a word, and pages, styles and messages go on."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import pytest
import websockets

from tests.servers import Site
from tests.servers.fixtures import NewSite

from .visitor import Visitor

pytestmark = pytest.mark.usefixtures("begins_with_nothing")

LIMIT = 192
ROOM = LIMIT - LIMIT // 4
MOST_WAITING = 32  # with half a request, at this limit


@pytest.fixture
def site(new_site: NewSite):
    with new_site(VISITOR_SOCKETS="1000") as site:
        resource.prlimit(site.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        yield site


async def get_page(visitor: Visitor, site: Site) -> None:
    """The page, a style of it and what a load balancer asks."""
    for path in ("/", "/static/chat/chat.css", "/readyz"):
        assert (await visitor.get(site, path)).status_code == 200, path


@asynccontextmanager
async def half_requests(site: Site, count: int) -> AsyncIterator[None]:
    """So many connections with half a request each, once the server has given up those that are too many."""
    address = urlsplit(site.url)
    lines = [await asyncio.open_connection(address.hostname, address.port) for _ in range(count)]
    for _, writer in lines:
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    ends = [asyncio.create_task(reader.read()) for reader, _ in lines]
    waiting = set(ends)
    while len(waiting) > MOST_WAITING:
        _ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    yield
    for end in ends:
        end.cancel()
    for _, writer in lines:
        writer.close()


async def test_more_sockets_than_there_is_room_for_leave_the_site_working(
    site: Site, visitor: Visitor
) -> None:
    path = await visitor.begin(site)
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        windows = [await stack.enter_async_context(visitor.window(site, path)) for _ in range(LIMIT)]
        refused = [window for window in windows if await is_closed(window)]

        assert {window._socket.close_code for window in refused} == {4503}
        assert ROOM - 60 <= len(windows) - len(refused) <= ROOM
        await get_page(visitor, site)
        async with half_requests(site, LIMIT):
            await get_page(visitor, site)
            await windows[0].say("Where is my order?")
            await windows[0].until_ended("done")

    async with visitor.window(site, path) as window:  # there is room again
        await window.ping()


async def is_closed(window) -> bool:
    try:
        await window.ping()
    except websockets.ConnectionClosed:
        return True
    return False
