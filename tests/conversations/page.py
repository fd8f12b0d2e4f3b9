"""A customer's browser: cookies, requests, and sockets whose frames it applies as the page's script does."""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.test import Client

from supportbot.asgi import application
from supportbot.conversations.models import Conversation
from supportbot.conversations.web.beginning import ensure_begun

from .markup import Element, parse

HOST = "testserver"
ORIGIN = f"http://{HOST}"


class Browser:
    """Somebody's browser, signed in or not. `languages` are what its owner reads, as in Accept-Language."""

    def __init__(self, user: User | None = None, languages: str = "") -> None:
        self.client = Client(headers={"accept-language": languages})
        self._languages = languages
        if user is not None:
            self.client.force_login(user)

    def begin(self) -> Conversation:
        """Open the chat, and return the conversation that it leads to, which begins now."""
        return self._begin_at(self.client.get("/").headers["location"])

    def begin_another(self) -> Conversation:
        """Press “New conversation”, and begin it."""
        return self._begin_at(self.client.post("/new/").headers["location"])

    def look(self) -> str:
        """Open the chat and say nothing. Returns the address of the page."""
        address: str = self.client.get("/", follow=True).redirect_chain[-1][0]
        return address

    def _begin_at(self, address: str) -> Conversation:
        new = Conversation(public_id=UUID(address.split("/")[2]))
        found = Conversation.objects.filter(public_id=new.public_id).first()
        return found or ensure_begun(get_user(self.client), self.client.session, new)

    def headers(self, *origins: str, host: str = HOST) -> list[tuple[bytes, bytes]]:
        cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in self.client.cookies.items())
        named = [
            ("host", host),
            ("cookie", cookies),
            ("accept-language", self._languages),
            *(("origin", origin) for origin in origins),
        ]
        return [(name.encode(), value.encode()) for name, value in named]

    async def open(self, conversation: Conversation, seen: int | None = None) -> "Page":
        """Connect a page's socket and wait until it is accepted, whatever comes after."""
        query = "" if seen is None else f"?seen={seen}"
        return await self.connect(f"{conversation.get_absolute_url()}{query}")

    async def connect(self, address: str) -> "Page":
        """The same by the address of the page."""
        page = Page(f"/ws{address}", self.headers(ORIGIN))
        assert await page.connect()
        return page


class Page:
    """What an open page shows, kept up to date by the frames that its socket gets."""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        self.socket = WebsocketCommunicator(application, path, headers=headers)
        self.frames: list[str] = []
        self.deltas: list[Mapping[str, Any]] = []
        self.turns: dict[int, Element] = {}
        self.notices: list[Element] = []
        self.shown_owner: Element | None = None  # as far as the socket has said
        self.rating: Element | None = None
        self.gaps = 0
        self.complete = 0  # the revision up to which it lacks nothing
        self.close_code: int | None = None
        self._blocks: dict[str, list[Element]] = {}
        self._tails: dict[str, tuple[str, int]] = {}

    async def connect(self) -> bool:
        connected, _ = await self.socket.connect(timeout=10)
        return connected

    async def close(self) -> None:
        await self.socket.disconnect(timeout=10)

    # What the customer does.

    async def say(self, text: str, client_id: str | None = None) -> str:
        client_id = secrets.token_hex(8) if client_id is None else client_id
        await self.request(text=text, client_id=client_id)
        return client_id

    async def request(self, **frame: Any) -> None:
        await self.socket.send_to(json.dumps(frame))

    async def press(self, button: Element) -> None:
        """Click on a button that the server sent."""
        if button["value"] == "person":
            await self.request(action="person", client_id=secrets.token_hex(8))
        elif button["name"] == "action":
            await self.request(action=button["value"])
        else:
            await self.request(action=button["name"], turn=int(button["value"]))

    async def ask(self, text: str) -> Element:
        """Say something and wait for the end of its turn."""
        known = set(self.turns)
        await self.say(text)
        await self.until(lambda page: page.turns.keys() - known)
        return await self.settled()

    # What the page shows.

    @property
    def last(self) -> Element:
        return self.turns[max(self.turns)]

    @property
    def owner_state(self) -> str:
        return self.shown_owner["data-owner"] if self.shown_owner else ""

    def messages(self, role: str) -> list[Element]:
        """The messages of a role, in the order of the page."""
        turns = [turn for _number, turn in sorted(self.turns.items())]
        return [article for turn in turns for article in turn.all("article", data_role=role)]

    def button(self, words: str) -> Element | None:
        """The newest button of the turns with these words."""
        found = [
            each
            for _, turn in sorted(self.turns.items())
            for each in turn.all("button")
            if each.text == words
        ]
        return found[-1] if found else None

    def streamed(self) -> str:
        """The text of the answer that is streaming now: finished blocks, and what follows them."""
        (message,) = self._tails
        return "".join(block.text for block in self._blocks[message]) + self._tails[message][0]

    @property
    def has_words(self) -> bool:
        """Whether the answer that is streaming now has any, as they came or with the rest of its turn."""
        return any(tail for tail, _end in self._tails.values()) or any(self._blocks.values())

    # Waiting.

    async def until(self, state: Callable[["Page"], Any], timeout: float = 10) -> None:
        """Take frames until the page is in this state."""
        async with asyncio.timeout(timeout):
            while not state(self):
                await self._next()

    async def settled(self, state: str = "") -> Element:
        """Wait for the end of the newest turn."""
        wanted = {state} if state else {"done", "stopped", "failed", "interrupted"}
        await self.until(lambda page: page.turns and page.last["data-state"] in wanted)
        return self.last

    async def refused(self) -> Element:
        """Wait for the next notice."""
        known = len(self.notices)
        await self.until(lambda page: len(page.notices) > known)
        return self.notices[-1]

    async def take_all(self) -> None:
        """Take frames until no more come."""
        while not await self.is_quiet():
            await self._next()

    async def is_quiet(self) -> bool:
        """Whether nothing more comes after all that was sent so far."""
        return await self.socket.receive_nothing(timeout=0.05)

    async def _next(self) -> None:
        event = await self.socket.receive_output(timeout=10)
        if event["type"] == "websocket.close":
            self.close_code = event.get("code", 1000)
            return
        assert event["type"] == "websocket.send"
        self.frames.append(event["text"])
        if event["text"].startswith("{"):
            self._append(json.loads(event["text"])["delta"])
        else:
            for child in parse(event["text"]).children:
                if isinstance(child, Element):
                    self._swap(child)

    # The same that the page's script and htmx do.

    def _append(self, delta: Mapping[str, Any]) -> None:
        self.deltas.append(delta)
        tail, end = self._tails.get(delta["message"], ("", -1))
        if end < delta["offset"]:
            self.gaps += 1
            return
        new = delta["text"][end - delta["offset"] :]
        self._tails[delta["message"]] = (tail + new, end + len(new))

    def _swap(self, element: Element) -> None:
        name, _, number = element["id"].partition("-")
        match name:
            case "turn":
                self.turns[int(number)] = element
                self._blocks, self._tails = {}, {}
                self._find_streams()
            case "pulse":
                self.complete = max(self.complete, int(element["data-newest"]))
            case "owner":
                self.shown_owner = element
            case "rating":
                self.rating = element
            case "notice":
                self.notices.append(element)
            case "blocks" if element["hx-swap-oob"] == "beforeend":
                # A message that does not stream any more has no place for them, so htmx leaves them out.
                self.gaps += number not in self._blocks
                self._blocks.get(number, []).append(element)
            case "blocks":
                self._blocks[number] = [element]
            case "tail":
                self._tails[number] = (element.text, int(element["data-end"]))

    def _find_streams(self) -> None:
        for _, turn in sorted(self.turns.items()):
            for tail in turn.classed("tail"):
                number = tail["id"].partition("-")[2]
                self._blocks[number], self._tails[number] = [], (tail.text, int(tail["data-end"]))
