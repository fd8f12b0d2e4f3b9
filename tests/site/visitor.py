"""A visitor without a browser: gets pages by HTTP and keeps a window on a conversation over a real socket."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import websockets

from tests.conversations.markup import Element, parse
from tests.servers import Site

WAIT_SECONDS = 20


class Visitor:
    """One cookie jar, on whichever process it is used."""

    def __init__(self) -> None:
        self._cookies: dict[str, str] = {}

    async def get(self, site: Site, path: str = "/") -> httpx2.Response:
        async with self._build_client(follow_redirects=True) as client:
            response = await client.get(f"{site.url}{path}")
            self._cookies |= {each.name: each.value or "" for each in client.cookies.jar}
        return response

    async def post(self, site: Site, path: str, **data: str) -> None:
        """Send a form of this page."""
        await self.get(site, "/accounts/login/")
        form = {**data, "csrfmiddlewaretoken": self._cookies["csrftoken"]}
        async with self._build_client() as client:
            response = await client.post(f"{site.url}{path}", data=form)
            self._cookies |= {each.name: each.value or "" for each in client.cookies.jar}
        assert response.status_code == 302, response.text

    async def sign_in(self, site: Site, name: str) -> None:
        """As one of the demo shop's people."""
        await self.post(site, "/accounts/login/", username=name, password=name)

    async def post_by_script(
        self, site: Site, path: str, headers: dict[str, str], **body: Any
    ) -> httpx2.Response:
        """Send a form as a page's script does, with the token of the page."""
        token = {"X-CSRFToken": self._cookies["csrftoken"]}
        async with self._build_client(timeout=60) as client:
            return await client.post(f"{site.url}{path}", headers={**token, **headers}, **body)

    async def begin(self, site: Site) -> str:
        """Open the front page; returns the path of the conversation that it leads to."""
        return (await self.get(site)).url.path

    @asynccontextmanager
    async def window(self, site: Site, path: str, *, may_resync: bool = False) -> AsyncIterator["Window"]:
        """Open a conversation. A window that `may_resync` asks for the stored state when a piece of text is missing.

        Any other one takes that for a fault of the server.
        """
        address = f"{site.url.replace('http', 'ws', 1)}/ws{path}"
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        async with websockets.connect(
            address, origin=websockets.Origin(site.url), additional_headers={"Cookie": cookie}
        ) as socket:
            yield Window(socket, may_resync)

    def _build_client(
        self, *, follow_redirects: bool = False, timeout: float = WAIT_SECONDS
    ) -> httpx2.AsyncClient:
        # Without certificates: the address is plain HTTP, and loading them stops all other visitors of the test.
        return httpx2.AsyncClient(
            cookies=self._cookies, verify=False, follow_redirects=follow_redirects, timeout=timeout
        )


class Window:
    """What a page would show of a conversation, kept up to date by what comes."""

    def __init__(self, socket: websockets.ClientConnection, may_resync: bool) -> None:
        self._socket = socket
        self._may_resync = may_resync
        self._turns: dict[int, Element] = {}
        self._texts: dict[str, str] = {}
        self.notices: list[str] = []
        self.parts: dict[str, Element] = {}  # by their ids
        self.deltas = 0

    async def say(self, text: str, client_id: str = "") -> None:
        await self.send(text=text, client_id=client_id or secrets.token_hex(8))

    async def send(self, **frame: Any) -> None:
        await self._socket.send(json.dumps(frame))

    async def close_code(self) -> int | None:
        """Wait until the server closes the socket."""
        async with asyncio.timeout(WAIT_SECONDS):
            await self._socket.wait_closed()
        return self._socket.close_code

    async def ping(self) -> None:
        """Ask whether the line is alive, and wait for the answer."""
        await self.send(action="ping")
        while 'id="pulse"' not in await self._socket.recv(decode=True):
            pass

    async def until(self, state: Callable[["Window"], Any]) -> None:
        """Take frames until what is shown is as it should be."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not state(self):
                frame = await self._socket.recv(decode=True)
                if frame.startswith("{"):
                    await self._append(frame)
                else:
                    self._show(frame)

    async def until_ended(self, state: str) -> None:
        """Take frames until the newest turn has ended so."""
        await self.until(lambda window: window._turns and window.newest["data-state"] == state)

    @property
    def newest(self) -> Element:
        """The newest turn."""
        return self._turns[max(self._turns)]

    @property
    def turn(self) -> int:
        return int(self.newest["data-turn"])

    @property
    def answer(self) -> str:
        """What the assistant has said last."""
        return next(reversed(self.said("assistant")), "")

    def said(self, role: str) -> list[str]:
        """All that was said in a role, in order."""
        turns = [turn for _number, turn in sorted(self._turns.items())]
        articles = [article for turn in turns for article in turn.all("article", data_role=role)]
        return [self._texts[article["data-message"]].strip() for article in articles]

    async def _append(self, frame: str) -> None:
        delta = json.loads(frame)["delta"]
        shown = self._texts[delta["message"]]
        if delta["offset"] > len(shown):
            assert self._may_resync, "a piece of text is missing"
            await self.send(action="resync")
            return
        self._texts[delta["message"]] = shown + delta["text"][len(shown) - delta["offset"] :]
        self.deltas += 1

    def _show(self, html: str) -> None:
        for element in parse(html).children:
            if not isinstance(element, Element):
                continue
            self.parts[element["id"]] = element
            name, _, number = element["id"].partition("-")
            match name:
                case "turn":
                    self._turns[int(number)] = element
                    for article in element.all("article"):
                        self._texts[article["data-message"]] = "".join(
                            each.text for each in article.classed("text")
                        )
                case "tail":
                    self._texts[number] = element.text
                case "blocks":
                    assert not element.text.strip(), "these tests stream single paragraphs"
                case "notice":
                    self.notices.append(element.text.strip())
