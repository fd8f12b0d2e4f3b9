"""A customer at a browser: a conversation, some pages of it, and what this one does there all day."""

import asyncio
from contextlib import suppress
from random import Random

import httpx2

from . import script
from .history import CustomerLog
from .page import Page
from .proxy import Proxy

ENDED = ("done", "stopped", "failed", "interrupted")


class Customer:
    def __init__(self, number: int, doors: list[Proxy], chance: Random) -> None:
        self.log = CustomerLog(f"c{number}", "")
        self.pages: list[Page] = []
        self._doors = doors
        self._chance = chance
        self.cookies: dict[str, str] = {}
        self._path = ""
        self._said = 0
        self._tickets = 0

    @property
    def page(self) -> Page:
        return self.pages[0]

    async def begin(self) -> Page:
        """Open the front page, which leads to a conversation."""
        self._path = (await self._get("/")).url.path
        self.log.conversation = self._path.split("/")[2].replace("-", "")
        return await self.open()

    async def open(self, door: Proxy | None = None) -> Page:
        """Open another page of the conversation, maybe one that always goes through this door."""
        page = Page([door] if door else self._doors, self._path, self.cookies, self.log, self._chance)
        page.screen.load((await self._get(self._path)).text)
        page.open()
        self.pages.append(page)
        return page

    async def reload(self, page: Page) -> Page:
        """The same tab anew: what it showed is gone, what it had not sent yet is not."""
        await page.close()
        self.log.came_late += page.screen.came_late
        self.pages.remove(page)
        fresh = await self.open()
        self.pages.insert(0, self.pages.pop())
        fresh.tab = page.tab
        fresh.outbox |= page.outbox
        for client_id in page.outbox:
            await fresh._post(client_id)
        return fresh

    async def leave(self) -> None:
        for page in self.pages:
            await page.close()
            self.log.came_late += page.screen.came_late

    async def say(self, kind: str = "", page: Page | None = None) -> str:
        self._said += 1
        return await (page or self.page).say(script.message(self.log.name, self._said, kind or self._kind()))

    def state_of(self, client_id: str, page: Page | None = None) -> str:
        """How the turn stands that this message belongs to, as the page shows it."""
        text = self.log.sent[client_id]
        sections = (page or self.page).screen.turns.values()
        said = (each for each in sections if text in [script.plain(b.text) for b in each.bubbles.values()])
        return next((section.state for section in said), "")

    async def until_ended(self, client_id: str, seconds: float = 45, page: Page | None = None) -> str:
        chosen = page or self.page
        await chosen.until(lambda _: self.state_of(client_id, chosen) in ENDED, seconds)
        return self.state_of(client_id, chosen)

    async def live(self, messages: int) -> None:
        """A day at the chat: ask, wait or not, say two things in a row, stop, try again, reload, open a tab."""
        while self._said < messages:
            client_id = await self.say()
            whim = self._chance.random()
            if whim < 0.2 and self._said < messages:
                client_id = await self.say("p")
            elif whim < 0.3:
                with suppress(TimeoutError):
                    await self.when_it_streams(2)
                await self.reload(self.page)
            elif whim < 0.35:
                with suppress(TimeoutError):
                    await self.when_it_streams(2)
                await self.page.send(action="stop")
            elif whim < 0.4 and len(self.pages) < 3:
                await self.open()
            # A customer who hears nothing for that long writes again.
            with suppress(TimeoutError):
                state = await self.until_ended(client_id, self._chance.choice((0.5, 20, 20, 20)))
                if state != "done" and self._chance.random() < 0.8:
                    await self.try_again(client_id)

    async def try_again(self, client_id: str) -> None:
        await self.page.send(action="retry", turn=max(self.page.screen.turns))
        await self.page.until(lambda _: self.state_of(client_id) == "done", 15)

    async def when_it_streams(self, seconds: float = 15, page: Page | None = None) -> None:
        def is_streaming(page: Page) -> bool:
            return any(each.status == "streaming" and each.text for each in page.screen.shown())

        await (page or self.page).until(is_streaming, seconds)

    def _kind(self) -> str:
        kind = self._chance.choice("ppppootwwtb")
        if kind in script.TICKETS:
            self._tickets += 1
        return kind if self._tickets <= 3 or kind not in script.TICKETS else "p"

    async def _get(self, path: str) -> httpx2.Response:
        """Get a page, and try until it comes, as anybody would."""
        async with asyncio.timeout(60):
            while True:
                with suppress(httpx2.HTTPError):
                    url = f"{self._chance.choice(self._doors).url}{path}"
                    async with httpx2.AsyncClient(
                        follow_redirects=True, cookies=self.cookies, timeout=5, trust_env=False, verify=False
                    ) as client:
                        response = await client.get(url)
                    if response.status_code == 200:
                        self.cookies |= {each.name: each.value or "" for each in client.cookies.jar}
                        return response
                await asyncio.sleep(0.1)
