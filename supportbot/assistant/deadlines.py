"""How long a model may take: to begin, between two pieces, and for a whole turn."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from .errors import ErrorCode, ModelError
from .limits import Limits
from .messages import Part, Waiting

# A server that is given longer than this to begin is one of one's own, which may have to load its model first.
LOADING_SECONDS = 60.0


class TurnClock:
    """The time that is left for one turn. It begins when this is made."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._now = asyncio.get_running_loop().time
        self._deadline = self._now() + limits.turn

    async def limit_parts(self, stream: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
        """Pass the parts of a message on. Raises `ModelError` with the code of the limit that one exceeds."""
        async with aclosing(stream):
            async with aclosing(self._await_first_part(stream)) as parts:
                async for part in parts:
                    yield part
            while True:
                limit = min(self._now() + self._limits.stall, self._deadline)
                try:
                    async with asyncio.timeout_at(limit):
                        part = await anext(stream)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    is_turn_over = limit == self._deadline
                    raise ModelError(ErrorCode.TOO_LONG if is_turn_over else ErrorCode.STALLED) from None
                yield part

    async def _await_first_part(self, stream: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
        """The first part, and before it that it is waited for, if that takes long.

        The time in which a server loads its model is not taken from the turn. A request is never given up and sent
        anew meanwhile: Ollama would begin to load from the start.
        """
        began = self._now()
        is_loading = self._limits.first_token > LOADING_SECONDS
        limit = began + self._limits.first_token
        limit = limit if is_loading else min(limit, self._deadline)
        first = asyncio.ensure_future(anext(stream, None))
        try:
            if limit - began > self._limits.notice:
                await asyncio.wait({first}, timeout=self._limits.notice)
                if not first.done():
                    yield Waiting()
            await asyncio.wait({first}, timeout=max(0, limit - self._now()))
            if not first.done():
                is_turn_over = limit == self._deadline
                raise ModelError(ErrorCode.TOO_LONG if is_turn_over else ErrorCode.NO_FIRST_TOKEN)
        finally:
            await _cancel_task(first)
        if is_loading:
            self._deadline += self._now() - began
        if (part := first.result()) is not None:
            yield part


async def _cancel_task(task: asyncio.Future[Part | None]) -> None:
    """Cancel a task and wait for its end, also when this is cancelled meanwhile: its stream is closed behind it."""
    is_cancelled = False
    task.cancel()
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled:
        raise asyncio.CancelledError
