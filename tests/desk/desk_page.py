"""What a member of staff sees of a conversation, and of the waiting list, kept up to date by the frames that come."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from supportbot.conversations.models import Conversation
from tests.conversations.markup import Element
from tests.conversations.page import ORIGIN, Browser, Page


class DeskPage(Page):
    """A page of the desk: the parts that it shows, by their ids, besides turns and notices."""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        super().__init__(path, headers)
        self.parts: dict[str, Element] = {}

    def _swap(self, element: Element) -> None:
        super()._swap(element)
        self.parts[element["id"]] = element

    async def act(self, action: str, **frame: Any) -> str:
        """Press a button. Returns the id that the frame was sent with."""
        client_id = secrets.token_hex(8)
        await self.request(action=action, client_id=client_id, **frame)
        return client_id

    @property
    def owner(self) -> tuple[str, str]:
        """Who has the conversation, and what the page says about that."""
        shown = self.parts["owner"]
        return shown["data-owner"], " ".join(shown.text.split())

    @property
    def notes(self) -> list[str]:
        found = [part for name, part in self.parts.items() if name.startswith("note-")]
        return [note.classed("text")[0].text for note in found]

    async def owned_by(self, owner: str) -> None:
        await self.until(lambda page: "owner" in page.parts and page.owner[0] == owner)

    async def shows(self, part: str, state: Callable[[Element], Any]) -> Element:
        """Wait until a part of the page is in this state."""
        await self.until(lambda page: part in page.parts and state(page.parts[part]))
        return self.parts[part]

    async def closed(self) -> int | None:
        """Wait until the server closes the socket, and return its code."""
        async with asyncio.timeout(10):
            while self.close_code is None:
                await self._next()
        return self.close_code


async def open_desk(browser: Browser, conversation: Conversation, query: str = "") -> DeskPage:
    """The live page of a conversation."""
    return await _open(browser, f"/ws/desk/c/{conversation.pk}/{query}")


async def open_feed(browser: Browser, query: str = "?board=1") -> DeskPage:
    """The page with the waiting list."""
    return await _open(browser, f"/ws/desk/{query}")


async def _open(browser: Browser, path: str) -> DeskPage:
    page = DeskPage(path, browser.headers(ORIGIN))
    assert await page.connect()
    return page
