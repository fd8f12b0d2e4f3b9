"""The chat as a customer sees and uses it, and a watch over what a customer does not see."""

import re
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Locator, Page, expect

from tests.servers import Site

TICKET = re.compile(r"TKT-\d{5,}")


class Watch:
    """Notes what must not happen in a browser: errors, violations of the policy, dialogs, requests to elsewhere."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.seen: list[str] = []
        self.ignored: set[str] = set()  # what the console says because of how a test is made
        self.warnings = 0  # how often somebody was asked whether to leave a page, and did
        self._own = (site.url, site.url.replace("http", "ws", 1), "data:", "blob:")
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.seen.append(f"error: {error.error}"))
        context.on("dialog", self._answer)
        context.on("request", lambda request: self._ask(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and message.text not in self.ignored:
            self.seen.append(f"{message.type}: {message.text}")

    async def _answer(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":
            self.warnings += 1
            await dialog.accept()
        else:
            self.seen.append(f"dialog: {dialog.message}")
            await dialog.dismiss()

    def _ask(self, url: str) -> None:
        if not url.startswith(self._own):
            self.seen.append(f"a request to {url}")


class Chat:
    """One open page of one customer."""

    def __init__(self, page: Page, site: Site, watch: Watch) -> None:
        self.page = page
        self.site = site
        self.watch = watch
        self.box = page.get_by_role("textbox", name="Your message")
        self.customer = page.locator("[data-role=customer]")
        self.assistant = page.locator("[data-role=assistant]")
        self.system = page.locator("[data-role=system]")
        self.tools = page.locator("[data-tool]")
        self.turns = page.locator("[data-turn]")

    async def open(self, path: str = "/") -> None:
        await self.page.goto(f"{self.site.url}{path}")
        await self.connected()

    async def reload(self) -> None:
        await self.page.reload()
        await self.connected()

    async def connected(self) -> None:
        await expect(self.page.locator("#chat[data-connection=open]")).to_be_visible()

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.site.url)

    async def another_tab(self) -> "Chat":
        """The same conversation in a second tab of the same browser."""
        tab = Chat(await self.page.context.new_page(), self.site, self.watch)
        await tab.open(self.path)
        return tab

    async def say(self, text: str) -> None:
        """Write it and send it, with Enter or, on a phone, with the button."""
        await self.box.fill(text)
        if await self.page.evaluate("matchMedia('(hover: hover)').matches"):
            await self.box.press("Enter")
        else:
            await self.page.get_by_role("button", name="Send").tap()

    async def ask(self, text: str) -> str:
        """Say something, wait for the end of the answer and return its words."""
        turns = await self.turns.count()
        await self.say(text)
        await expect(self.turns).to_have_count(turns + 1)
        await self.ended()
        return await self.answer.locator(".text").inner_text()

    async def ended(self, state: str = "done") -> None:
        """The newest turn has ended so."""
        await expect(self.turns.last).to_have_attribute("data-state", state)

    @property
    def answer(self) -> Locator:
        return self.assistant.last

    async def menu(self, words: str) -> None:
        """Choose a point of the menu."""
        await self.page.get_by_label("Menu").click()
        await self.page.locator(".menu nav").get_by_text(words, exact=True).click()

    async def click_as_in_safari(self) -> None:
        """From now on a button that is clicked gets no focus."""
        await self.page.evaluate(
            """() => document.addEventListener("mousedown", (event) => {
                if (event.target.closest("button")) event.preventDefault();
            })"""
        )

    async def sign_in(self, name: str) -> None:
        await self.menu("Sign in")
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_label("Password").fill(name)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.connected()

    async def transcript(self) -> list[dict[str, Any]]:
        """The messages array of the conversation, as it can be downloaded."""
        response = await self.page.request.get(f"{self.site.url}{self.path}transcript.json")
        messages: list[dict[str, Any]] = (await response.json())["messages"]
        return messages


class Somebody:
    """Makes customers: each call gives one with a browser profile of its own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._watches: list[Watch] = []

    async def __call__(self, site: Site, name: str = "", **options: Any) -> Chat:
        """Somebody on the site's front page, signed in if a name is given."""
        chat = await self.away(site, **options)
        await chat.open()
        if name:
            await chat.sign_in(name)
        return chat

    async def away(self, site: Site, **options: Any) -> Chat:
        """Somebody whose browser shows nothing yet."""
        context = await self._browser.new_context(**{"viewport": {"width": 1100, "height": 800}, **options})
        watch = Watch(context, site)
        self._contexts.append(context)
        self._watches.append(watch)
        return Chat(await context.new_page(), site, watch)

    async def leave(self) -> None:
        for context in self._contexts:
            await context.close()
        seen = [each for watch in self._watches for each in watch.seen]
        assert not seen, seen


async def find_traces(page: Page, *words: str) -> list[str]:
    """Those of the words that are still on the page, shown or not, or in what its tab has stored."""
    kept = await page.evaluate("document.documentElement.outerHTML + JSON.stringify(sessionStorage)")
    return [word for word in words if word in kept]
