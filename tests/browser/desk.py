"""The desk as a member of staff sees and uses it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Locator, Page, expect

from tests.servers import Site
from tests.site.visitor import Visitor, Window

from .chat import Chat


class Desk:
    """One open page of one member of staff."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.page: Page = chat.page
        self.site = chat.site
        self.box = self.page.get_by_role("textbox", name="Your message")
        self.log = self.page.locator("#log")
        self.notes = self.page.locator("#log [data-note]")
        self.owner = self.page.locator("#owner")

    async def sign_in(self, name: str) -> None:
        """Sign in, and look at the waiting list."""
        await self.page.goto(f"{self.site.url}/admin/login/?next=/admin/desk/")
        await self.page.get_by_label("Username").fill(name)
        await self.page.get_by_label("Password").fill(name)
        await self.page.get_by_role("button", name="Log in").click()
        await expect(self.page.locator("#desk-bar[data-connection=open]")).to_be_visible()

    async def open_list(self) -> None:
        await self.page.goto(f"{self.site.url}/admin/desk/")
        await expect(self.page.locator("#desk-bar[data-connection=open]")).to_be_visible()

    async def open(self, number: int) -> None:
        """The live page of the conversation with this number."""
        await self.page.goto(f"{self.site.url}/admin/conversations/conversation/{number}/change/")
        await self.is_live()

    async def take(self, number: int) -> None:
        await self.open(number)
        await self.press("Take over")
        await expect(self.page.locator("#chat[data-mine]")).to_be_visible()

    async def another_tab(self) -> "Desk":
        """A second tab of the same browser."""
        return Desk(Chat(await self.page.context.new_page(), self.site, self.chat.watch))

    def waiting(self, name: str) -> Locator:
        return self.page.locator("#board [data-owner=waiting]").filter(has_text=name)

    async def take_from_list(self, name: str) -> None:
        await self.waiting(name).get_by_role("button", name="Take over").click()
        await self.page.wait_for_url(re.compile(r"/conversation/\d+/change/"))
        await self.is_live()

    async def open_from_list(self, name: str) -> None:
        await self.page.locator("#board").get_by_role("link").filter(has_text=name).first.click()
        await self.is_live()

    async def listen(self, region: str = "spoken") -> None:
        """Write down from now on what screen readers are given to read there."""
        await self.page.evaluate(
            """region => {
                window.heard = [];
                const hear = (records) => records.forEach(({ addedNodes }) =>
                    addedNodes.forEach(({ textContent }) => heard.push(textContent)));
                new MutationObserver(hear).observe(document.getElementById(region), { childList: true });
            }""",
            region,
        )

    async def heard(self, words: str) -> list[str]:
        """Wait until these words are read; returns all that was."""
        await self.page.wait_for_function("words => heard.includes(words)", arg=words)
        said: list[str] = await self.page.evaluate("heard")
        return said

    async def is_live(self) -> None:
        await expect(self.page.locator("#chat[data-connection=open]")).to_be_visible()

    async def reply(self, text: str) -> None:
        await self.choose("Reply")
        await self.box.fill(text)
        await self.box.press("Enter")

    async def note(self, text: str) -> None:
        await self.choose("Internal note")
        await self.box.fill(text)
        await self.box.press("Enter")

    async def choose(self, mode: str) -> None:
        await self.page.locator(".modes").get_by_text(mode, exact=True).click()

    async def press(self, words: str) -> None:
        await self.page.get_by_role("button", name=words, exact=True).click()


class Waiting:
    """A customer without a browser, who has asked for a person."""

    def __init__(self, number: int, window: Window) -> None:
        self.number = number
        self.window = window

    async def say(self, text: str) -> None:
        await self.window.say(text)


@asynccontextmanager
async def waiting_customer(site: Site) -> AsyncIterator[Waiting]:
    visitor = Visitor()
    path = await visitor.begin(site)
    async with visitor.window(site, path) as window:
        await window.send(action="person", client_id="p1")
        await window.until(lambda window: window.said("system"))
        yield Waiting(site.find_conversation(path), window)
        await window.send(action="cancel_person")  # unless somebody has it now: then it is refused
        await window.ping()
