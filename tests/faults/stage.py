"""Where a run is played: servers behind proxies, the provider behind another, customers, and somebody who restarts.

async with Stage(servers, provider, seed=7) as stage:
    await stage.customers(5)
    ...                                       # customers talk, things fail
    history = await stage.calm_down()
assert not check(history)
"""

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from inspect import isawaitable
from random import Random
from time import monotonic
from types import TracebackType
from typing import Any, Self

from tests.provider import Provider

from . import database, script
from .checker import check
from .customer import Customer
from .history import History
from .proxy import Proxy
from .servers import Server

SETTLE_SECONDS = 60
PAGE_SECONDS = 15


class Stage:
    def __init__(
        self, servers: Sequence[Server], provider: Provider, upstream: Proxy, *, seed: int = 1
    ) -> None:
        self.servers = servers
        self.provider = provider
        self.upstream = upstream
        self.chance = Random(seed)
        self.doors = [Proxy(server.port) for server in servers]
        self.people: list[Customer] = []
        self.exit_codes: list[int] = []
        self.last_fault = monotonic()
        self.kill_points: Iterator[str] = iter(())
        self._stack = AsyncExitStack()
        self._watchmen: list[asyncio.Task[None]] = []
        self.is_calm = False

    async def __aenter__(self) -> Self:
        self.provider.otherwise(script.speak(self.provider))
        for proxy in self.doors:
            await self._stack.enter_async_context(proxy)
        await asyncio.gather(*(self.start(server) for server in self.servers))
        self._watchmen = [asyncio.create_task(self._keep_up(server)) for server in self.servers]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for task in self._watchmen:
            task.cancel()
        if error is not None:
            await self._tell_what_goes_on()
        await asyncio.gather(*(customer.leave() for customer in self.people))
        await asyncio.gather(*self._watchmen, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(server.end) for server in self.servers))
        await self._stack.aclose()

    async def _tell_what_goes_on(self) -> None:
        """For whoever has to find out why: where the servers stand, and what the pages show."""
        for server in self.servers:
            server.signal(signal.SIGUSR1)
        for customer in self.people:
            for page in customer.pages:
                states = {number: turn.state for number, turn in page.screen.turns.items()}
                print(customer.log.name, "open" if page.is_open else "shut", page.screen.seen, states)
        await asyncio.sleep(1)  # until it is written

    async def customers(self, count: int) -> list[Customer]:
        """New customers, each with an open page."""
        first = len(self.people) + 1
        new = [
            Customer(number, self.doors, Random(f"{self.chance.random()} {number}"))
            for number in range(first, first + count)
        ]
        self.people += new
        await asyncio.gather(*(customer.begin() for customer in new))
        return new

    async def start(self, server: Server) -> None:
        server.kill_at = "" if self.is_calm else next(self.kill_points, "")
        await asyncio.to_thread(server.start)

    def fault(self) -> None:
        """Something was broken just now."""
        self.last_fault = monotonic()

    async def _keep_up(self, server: Server) -> None:
        """Start the server again whenever it is gone, as a supervisor does."""
        while True:
            self.exit_codes.append(await server.gone(seconds=3600))
            self.fault()
            if server.kill_at and len(self.servers) == 1:
                # It died at its point. Nobody wants to wait for its leases, and nobody else has any.
                await asyncio.to_thread(database.end_leases, server)
            await self.start(server)

    def _check_watchmen(self) -> None:
        for task in self._watchmen:
            if task.done():
                task.result()

    async def calm_down(self) -> History:
        """No more faults: wait until nothing is going on, then write down what everybody has."""
        self.is_calm = True
        self.fault()  # the last one may be as late as this
        self.upstream.lighten()
        for door in self.doors:
            door.lighten()
        for server in self.servers:
            if server.kill_at and server.is_running:
                server.signal(signal.SIGKILL)  # so that it does not die later on
        for server in self.servers:
            await self.until(server.is_ready, 60)
        # When it does not come to that, the checker says what is missing.
        with suppress(TimeoutError):
            await self.until(self._is_settled, SETTLE_SECONDS)
        settled_after = monotonic() - self.last_fault
        with suppress(TimeoutError):
            await self.until(self._is_shown, PAGE_SECONDS)
        history = self._history(settled_after)
        history.logs = [server.log_text() for server in self.servers]
        history.secrets = self._secrets()
        return history

    async def prove(self) -> History:
        """The end of every run: nothing that a customer would miss."""
        history = await self.calm_down()
        assert not check(history), "\n".join(check(history))
        return history

    def _secrets(self) -> list[str]:
        keys = [server.environment[name] for server in self.servers for name in ("LLM_API_KEY", "SECRET_KEY")]
        return [*set(keys), *(cookie for customer in self.people for cookie in customer.cookies.values())]

    async def _is_settled(self) -> bool:
        waits = any(page.outbox for customer in self.people for page in customer.pages)
        return not waits and not await asyncio.to_thread(database.active_turns, self.servers[0])

    async def _is_shown(self) -> bool:
        history = await asyncio.to_thread(self._history, 0.0)
        return not check(history)

    async def until(self, state: Callable[[], Any], seconds: float = 30) -> None:
        """Wait for a state, which may be asked for asynchronously; not to reach it is an error."""
        async with asyncio.timeout(seconds):
            while True:
                self._check_watchmen()
                found = state()
                if await found if isawaitable(found) else found:
                    return
                await asyncio.sleep(0.02)

    def _history(self, settled_after: float) -> History:
        for customer in self.people:
            customer.log.pages = [page.screen.shown() for page in customer.pages]
        asked = [script.asked_of(request) for request in tuple(self.provider.requests)]
        return History(
            customers=[customer.log for customer in self.people],
            stored=database.read(self.servers[0]),
            asked=asked,
            refused=[*self.provider.rejected, *(["unscripted"] if self.provider.unscripted else [])],
            settled_after=settled_after,
        )
