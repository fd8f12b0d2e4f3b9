"""Whoever breaks things: named faults, drawn by a seed."""

import asyncio
import signal
from collections import Counter
from random import Random
from time import monotonic

from . import points
from .servers import Server
from .stage import Stage

# Between two kills now and then something milder.
MILDER = ("freeze", "end", "cut_pages", "reset_pages", "darken_pages", "cut_model", "stall_model")


class Nemesis:
    def __init__(self, stage: Stage, seed: int) -> None:
        self.done: Counter[str] = Counter()
        self._stage = stage
        self._chance = Random(f"nemesis {seed}")
        stage.kill_points = iter(self._draw_point, None)

    async def kill(self, times: int, messages: int) -> None:
        """So many deaths, spread over so many messages. Between them come milder faults."""
        while (deaths := self._deaths()) < times:
            await self._until_said(messages * deaths // times, deaths)
            if self._chance.random() < 0.2:
                await self.play(self._chance.choice(MILDER))
            if self._deaths() == deaths:
                await self.play("kill")
                await self._stage.until(lambda deaths=deaths: self._deaths() > deaths, 60)
            else:
                self.done["died at a point"] += 1

    def _deaths(self) -> int:
        return self._stage.exit_codes.count(-signal.SIGKILL)

    async def play(self, name: str) -> None:
        self.done[name] += 1
        await getattr(self, f"_{name}")(self._chance.choice(self._stage.servers))
        self._stage.fault()

    async def _until_said(self, messages: int, deaths: int) -> None:
        """Until customers have said so much; sooner if a process died by itself, and not for ever."""
        deadline = monotonic() + 15
        while monotonic() < deadline and self._deaths() == deaths:
            if sum(len(customer.log.sent) for customer in self._stage.people) >= messages:
                await asyncio.sleep(self._chance.random() * 2)  # any moment is as good as any other
                return
            await asyncio.sleep(0.05)

    def _draw_point(self) -> str:
        """Where the process that starts now is to die; every third one lives until it is killed."""
        if self._chance.random() < 0.33:
            return ""
        return f"{self._chance.choice(points.names())}@{self._chance.randrange(1, 6)}"

    async def _kill(self, server: Server) -> None:
        await self._stage.until(lambda: server.is_running, 60)
        server.signal(signal.SIGKILL)

    async def _end(self, server: Server) -> None:
        ended = len(self._stage.exit_codes)
        server.signal(signal.SIGTERM)
        await self._stage.until(lambda: len(self._stage.exit_codes) > ended or not server.is_running, 60)

    async def _freeze(self, server: Server) -> None:
        """A machine that stands still for longer than a lease and then goes on as if nothing had been."""
        server.signal(signal.SIGSTOP)
        await asyncio.sleep(self._chance.choice((1, 5, 12)))
        server.signal(signal.SIGCONT)

    async def _cut_pages(self, server: Server) -> None:
        self._stage.doors[self._stage.servers.index(server)].cut()

    async def _reset_pages(self, server: Server) -> None:
        self._stage.doors[self._stage.servers.index(server)].reset()

    async def _darken_pages(self, server: Server) -> None:
        door = self._stage.doors[self._stage.servers.index(server)]
        door.darken()
        await asyncio.sleep(self._chance.random() * 8)
        door.lighten()

    async def _cut_model(self, server: Server) -> None:
        self._stage.upstream.cut()

    async def _stall_model(self, server: Server) -> None:
        self._stage.upstream.darken()
        await asyncio.sleep(self._chance.random() * 5)
        self._stage.upstream.lighten(forget=self._chance.random() < 0.5)
