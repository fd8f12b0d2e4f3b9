"""One open page of a customer: keeps a socket, comes back whenever it ends, and sends its outbox again."""

import asyncio
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import websockets
from websockets.exceptions import ConnectionClosed, WebSocketException

from . import script
from .history import CustomerLog
from .proxy import Proxy
from .screen import Screen

PING_SECONDS = 2.0  # the page's own is longer: here nobody wants to wait for it
SILENCE_SECONDS = 6.0
CANNOT_COME_BACK = 4404


class Page:
    """Behaves as the scripts in static/chat do. `outbox` is what the server has not acknowledged yet."""

    def __init__(
        self, doors: list[Proxy], path: str, cookies: dict[str, str], log: CustomerLog, chance: Random
    ) -> None:
        self._doors = doors
        self._path = path
        self._cookies = cookies
        self._log = log
        self._chance = chance
        self.tab = chance.getrandbits(32)
        self.screen = Screen()
        self.outbox: dict[str, str] = {}
        self._socket: websockets.ClientConnection | None = None
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._resynced = 0.0
        self.heard = 0.0
        self.close_codes: list[int | None] = []

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def open(self) -> None:
        self._task = asyncio.create_task(self._stay(), name=f"page of {self._log.name}")

    async def close(self) -> None:
        """The tab is closed, from one moment to the next."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._socket = None

    async def say(self, text: str, client_id: str = "") -> str:
        client_id = client_id or secrets.token_hex(8)
        self._log.sent[client_id] = self.outbox[client_id] = text
        self._log.tabs[client_id] = self.tab
        await self._post(client_id)
        return client_id

    async def send(self, **frame: Any) -> None:
        """Send a frame if there is a line; what comes of it shows."""
        if self._socket is not None:
            try:
                await self._socket.send(json.dumps(frame))
            except WebSocketException:
                self._socket = None

    async def until(self, state: Callable[["Page"], Any], seconds: float = 30) -> None:
        """Wait until the page shows something."""
        async with self._changed:
            async with asyncio.timeout(seconds):
                await self._changed.wait_for(lambda: state(self))

    async def _post(self, client_id: str) -> None:
        await self.send(text=self.outbox[client_id], client_id=client_id)

    async def _stay(self) -> None:
        tries = 0
        while not self.close_codes or self.close_codes[-1] != CANNOT_COME_BACK:
            try:
                async with self._connect() as socket:
                    tries, self._socket = 0, socket
                    self._log.connects += 1
                    await self._note()
                    for client_id in list(self.outbox):
                        await self._post(client_id)
                    with suppress(ConnectionClosed):
                        await self._listen(socket)
                self.close_codes.append(socket.close_code)
            except (OSError, TimeoutError, EOFError, WebSocketException):
                tries += 1
            finally:
                self._socket = None
            await self._note()
            # Spread out, as the page does it, but in seconds that a test can wait.
            await asyncio.sleep(0.05 + self._chance.random() * min(2.0, 0.2 * 2**tries))

    def _connect(self, open_timeout: float = 5) -> websockets.connect:
        door = self._chance.choice(self._doors)
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return websockets.connect(
            f"{door.url.replace('http', 'ws', 1)}/ws{self._path}?seen={self.screen.seen}",
            origin=websockets.Origin(door.url),
            additional_headers={"Cookie": cookies},
            open_timeout=open_timeout,
            close_timeout=0.2,
            ping_interval=None,
            proxy=None,
        )

    async def _listen(self, socket: websockets.ClientConnection) -> None:
        now = asyncio.get_running_loop().time
        self.heard = asked = now()
        while now() - self.heard < SILENCE_SECONDS:
            try:
                async with asyncio.timeout_at(asked + PING_SECONDS):
                    await self._take(await socket.recv(decode=True))
                self.heard = now()
            except TimeoutError:
                await socket.send(json.dumps({"action": "ping"}))
                asked = now()
                for client_id in [each for each in self.outbox if each in self._log.refused]:
                    await self._post(client_id)  # the customer presses «Try again»

    async def _take(self, frame: str) -> None:
        owners = set(script.OWNER.findall(frame)) - set(self._log.owners_seen)
        self._log.owners_seen += sorted(owners)
        if not self.screen.apply(frame):
            await self._resync()
        self._observe()
        await self._note()

    async def _resync(self) -> None:
        if asyncio.get_running_loop().time() - self._resynced > 1:
            self._resynced = asyncio.get_running_loop().time()
            await self.send(action="resync", seen=self.screen.seen)

    def _observe(self) -> None:
        for client_id in self.screen.client_ids & self.outbox.keys():
            del self.outbox[client_id]
            self._log.acknowledged.append(client_id)
        for client_id in self.screen.refused:
            if client_id in self.outbox and client_id not in self._log.refused:
                self._log.refused.append(client_id)
        self.screen.refused.clear()
        for shown in self.screen.shown():
            if shown.role == "assistant" and shown.text:
                texts = self._log.observed.setdefault(shown.message, [])
                if texts[-1:] != [shown.text]:
                    texts.append(shown.text)

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()
