"""What can happen between a page and the server: the network goes away, or the laptop falls asleep."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta

import psutil
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.faults.proxy import Proxy
from tests.servers import Site, wait_until

from .chat import Chat
from .chromium import launch_another

# The page makes a note of every line that it has lost. A reload would wipe all notes away.
KEEP_NOTES = """() => {
    const notes = document.documentElement.dataset, chat = document.getElementById("chat");
    notes.stays = "";
    const note = () => { if (chat.dataset.connection === "closed") notes.hasLostTheLine = ""; };
    new MutationObserver(note).observe(chat, { attributeFilter: ["data-connection"] });
}"""
BUSY = "Failed to load resource: the server responded with a status of 503 (Service Unavailable)"
# How Chromium and htmx complain of a line that broke or could not be had.
COMPLAINTS = ("WebSocket connection to", "htmx:wsError", "[object Event]", "Failed to load resource: net::")
HOUR = 3600  # in seconds


class Lines:
    """The lines that a page opens from now on. Each can die without a word, in one direction or in both."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._open: list[WebSocketRoute] = []
        self._mute: set[WebSocketRoute] = set()
        self._deaf: set[WebSocketRoute] = set()

    async def watch(self, pattern: str = "**/ws/**") -> None:
        # A page looks before it sends, at the route; the socket behind that may just be closing.
        self._chat.watch.ignored.add("WebSocket is already in CLOSING or CLOSED state.")
        await self._chat.page.route_web_socket(pattern, self._connect)
        await self._chat.page.clock.install()

    def _connect(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        self._open.append(route)
        route.on_message(lambda frame: None if route in self._mute else server.send(frame))
        server.on_message(lambda frame: None if route in self._deaf else route.send(frame))

    def die(self, *, still_reach_server: bool = False) -> None:
        """Nothing comes over those that are open; with `still_reach_server` what the page sends is handled."""
        self._deaf.update(self._open)
        if not still_reach_server:
            self._mute.update(self._open)

    async def end(self) -> None:
        """The newest one is closed, as a server that ends closes it."""
        await self._open[-1].close(code=1011)

    async def close(self) -> None:
        """The server is gone, and the page knows. It comes back when it is given the time."""
        await self.end()
        await expect(self._chat.page.locator("#chat[data-connection=closed]")).to_be_visible()

    async def come_back(self) -> None:
        """So much time passes that the page asks whether the line is alive, hears nothing and opens another one.

        That takes no longer where the device's clock is set back meanwhile.
        """
        before = len(self._open)
        await self._chat.page.clock.set_system_time(datetime.now(UTC) - timedelta(seconds=2 * HOUR))
        seconds = 0
        while len(self._open) == before:
            assert seconds < HOUR, "it waits for the clock"
            seconds += 2
            await self._chat.page.clock.run_for(2_000)
        await self._chat.connected()


class CutLine:
    """A page's line that can be cut: then none can be had until it is mended."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._open: list[WebSocketRoute] = []
        self._is_cut = False

    async def watch(self, pattern: str) -> None:
        await self._page.route_web_socket(pattern, self._connect)

    async def _connect(self, route: WebSocketRoute) -> None:
        if self._is_cut:
            await route.close(code=1011)
        else:
            route.connect_to_server()
            self._open.append(route)

    async def cut(self) -> None:
        self._is_cut = True
        for route in self._open:
            await route.close(code=1011)
        self._open.clear()

    def mend(self) -> None:
        self._is_cut = False


@asynccontextmanager
async def network(site: Site) -> AsyncIterator[tuple[Proxy, Site]]:
    """A network that can fail, and the site as it is reached through it."""
    async with Proxy(site.port) as proxy:
        reached = copy(site)
        reached.url = proxy.url
        yield proxy, reached


async def loses_its_first_line(chat: Chat) -> None:
    """The line that the page opens next leads nowhere, and the one after it to the server."""
    leads = iter([False, True])

    def connect(route: WebSocketRoute) -> None:
        if next(leads):
            route.connect_to_server()

    await chat.page.route_web_socket("**/ws/**", connect)


async def note_lines(chat: Chat) -> list[WebSocketRoute]:
    """The lines that this browser opens from now on: over each a test can send what the server would."""
    lines: list[WebSocketRoute] = []

    def connect(route: WebSocketRoute) -> None:
        route.connect_to_server()
        lines.append(route)

    # A page looks before it sends, at the route; the socket behind that may just be closing.
    chat.watch.ignored.add("WebSocket is already in CLOSING or CLOSED state.")
    await chat.page.context.route_web_socket("**/ws/**", connect)
    return lines


async def goes_dark(proxy: Proxy, seconds: float, *, is_forgotten: bool) -> None:
    """A black hole for so long. Then TCP goes on where it was, or the connections are dead for ever."""
    proxy.darken()
    await asyncio.sleep(seconds)  # the fault itself takes so long, nothing is waited for
    proxy.lighten(forget=is_forgotten, tell=False)


async def keep_notes(page: Page) -> None:
    await page.evaluate(KEEP_NOTES)


async def notices(page: Page, seconds: float) -> None:
    """It has not been reloaded, and notices in time that its line is dead, or already has."""
    lost = page.locator("html[data-stays][data-has-lost-the-line]")
    await expect(lost).to_have_count(1, timeout=1000 * seconds)


async def has_healed(chat: Chat) -> None:
    """The end of a test in which the line broke: connected, never reloaded, and nothing else was complained of."""
    await chat.connected()
    await expect(chat.page.locator("html[data-stays]")).to_have_count(1)
    await closes(chat)


async def closes(chat: Chat) -> None:
    """The page is closed, having complained of nothing but its line."""
    await chat.page.close()
    chat.watch.seen[:] = [each for each in chat.watch.seen if not any(words in each for words in COMPLAINTS)]


class Laptop:
    """A Chromium of its own, which can be put to sleep with all the processes that belong to it."""

    def __init__(self, browser: Browser, pid: int) -> None:
        self.browser = browser
        self._process = psutil.Process(pid)

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Nothing may be asked of its pages before it is awake again."""
        frozen = [self._process]
        self._process.suspend()  # first, so that it starts no others meanwhile
        try:
            for child in self._process.children(recursive=True):
                frozen.append(child)
                child.suspend()
            # A helper of the browser may end meanwhile.
            asleep = (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
            wait_until(lambda: all(process.status() in asleep for process in frozen))
            yield
        finally:
            for process in reversed(frozen):
                process.resume()


@asynccontextmanager
async def laptop(browser: Browser) -> AsyncIterator[Laptop]:
    async with await launch_another(browser.browser_type) as another:
        session = await another.new_browser_cdp_session()
        processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        (pid,) = [process["id"] for process in processes if process["type"] == "browser"]
        yield Laptop(another, pid)
