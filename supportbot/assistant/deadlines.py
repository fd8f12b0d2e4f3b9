"""How long a model may take: to begin, between two pieces, and for a whole turn."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from typing import Any, cast

from .errors import ErrorCode, ModelError
from .limits import Limits
from .messages import Part, Waiting

# A server that is given longer than this to begin is one of one's own, which may have to load its model first.
LOADING_SECONDS = 60.0


class LimitedWaits:
    """Waits one after the other, each with a limit, as by `asyncio.timeout_at`, but with one timer for all of them.

    There is one for each word, and to set and clear a timer takes as long as to decode the word. So the timer stays as
    it was set, and is set anew when it goes off within a wait that has a later limit.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._limit = 0.0
        self._task: asyncio.Task[Any] | None = None  # while it waits
        self._cancels = 0  # of the task, before it began to wait
        self._is_over = False

    def limit_wait(self, limit: float) -> "LimitedWaits":
        """The block in which the task waits. At the limit it is cancelled there, and `TimeoutError` is raised."""
        self._limit = limit
        return self

    def __enter__(self) -> None:
        task = self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancels = task.cancelling()
        if self._timer is None or self._timer_at > self._limit:
            self._set_timer()

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        task, self._task = self._task, None
        if self._is_over and task is not None:
            self._is_over = False
            # Others may have cancelled the task as well: that is not ours to keep from them.
            if task.uncancel() <= self._cancels and isinstance(error, asyncio.CancelledError):
                raise TimeoutError from None

    def close(self) -> None:
        """There will be no more waits."""
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self) -> None:
        self.close()
        self._timer, self._timer_at = self._loop.call_at(self._limit, self._check_limit), self._limit

    def _check_limit(self) -> None:
        self._timer = None
        if self._task is None:
            return  # the next wait sets it
        if self._loop.time() < self._limit:
            self._set_timer()
        else:
            self._is_over = True
            self._task.cancel()


class TurnClock:
    """The time that is left for one turn. It begins when this is made."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._now = asyncio.get_running_loop().time
        self._deadline = self._now() + limits.turn
        self._may_load = limits.first_token > LOADING_SECONDS

    async def limit_parts(self, stream: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
        """Pass the parts of a message on. Raises `ModelError` with the code of the limit that one exceeds."""
        async with aclosing(stream):
            async with aclosing(self._await_first_part(stream)) as parts:
                async for part in parts:
                    yield part
            with closing(LimitedWaits()) as waits:
                while True:
                    began = self._now()
                    limit = min(began + self._limits.stall, self._deadline)
                    try:
                        with waits.limit_wait(limit):
                            following = await anext(stream, None)
                    except TimeoutError:
                        is_turn_over = limit == self._deadline
                        raise ModelError(ErrorCode.TOO_LONG if is_turn_over else ErrorCode.STALLED) from None
                    if following is None:
                        return
                    if self._may_load and isinstance(following, Waiting):
                        self._deadline += self._now() - began  # for the next model, after one that had begun
                    yield following

    async def _await_first_part(self, stream: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
        """The first part, and before it that it is waited for, if that takes long.

        The time in which a server loads its model is not taken from the turn. A request is never given up and sent
        anew meanwhile: Ollama would begin to load from the start.
        """
        began = self._now()
        limit = began + self._limits.first_token
        limit = limit if self._may_load else min(limit, self._deadline)
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
            await cancel_task(first)
        if self._may_load:
            self._deadline += self._now() - began
        if (part := first.result()) is not None:
            yield part


async def cancel_task(task: asyncio.Future[Any]) -> None:
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
