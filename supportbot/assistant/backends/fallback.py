"""Several models in a row: when one cannot answer and has not said anything yet, the next one is asked.

One that fails again and again is left alone for a while, so that nobody waits for it; then one request tries it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from time import monotonic

from ..messages import Form, Message, ModelError, Parsed, Part, TextDelta, Thinking
from ..tools import Tool
from . import Backend

FAILURES, WITHIN, REST = 5, 30.0, 30.0  # so many, in so many seconds, and then so many without being asked
AWAY = ("unreachable", "down", "busy", "key_refused", "no_first_token", "provider_error")
# What another model may do better: also take a request that this one does not.
ELSEWHERE = (*AWAY, "request_refused")

SILENCE = TextDelta("")
LEFT_ALONE = "all models are left alone after failures"


class Candidate:
    """One of the models, and how it did lately."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._left_alone_until = 0.0

    @property
    def is_open(self) -> bool:
        return monotonic() >= self._left_alone_until

    def try_again(self) -> None:
        """It is asked once more; nobody else asks it until that went well."""
        if self._left_alone_until:
            self._left_alone_until = monotonic() + REST

    def speaks(self) -> None:
        """It is there for everybody, while whoever tried it is still being answered."""
        self._left_alone_until = 0.0

    def failed(self) -> None:
        now = monotonic()
        self._failures.append(now)
        if len(self._failures) == FAILURES and now - self._failures[0] < WITHIN:
            self._left_alone_until = now + REST

    def answered(self) -> None:
        self._failures.clear()
        self._left_alone_until = 0.0


class FallbackBackend:
    def __init__(self, backends: Sequence[Backend], *, first_token: float = 20.0) -> None:
        """`first_token` is how many seconds all of them together have to say something."""
        self._candidates = [Candidate(backend) for backend in backends]
        # A little less than its share, so that it is this backend that notices and not the loop above it.
        self._patience = 0.95 * first_token / len(self._candidates)

    async def stream(
        self, system: str, messages: Sequence[Message], tools: Sequence[Tool], *, conversation: str = ""
    ) -> AsyncGenerator[Part]:
        failure = ModelError("down", LEFT_ALONE)
        for candidate in self._in_order():
            has_spoken = False
            asked = candidate.backend.stream(system, messages, tools, conversation=conversation)
            try:
                async with aclosing(asked) as parts:
                    part = await self._first(parts)
                    while part is not None:
                        if not (has_spoken or isinstance(part, Thinking) or part == SILENCE):
                            has_spoken = True
                            candidate.speaks()
                        yield part
                        part = await anext(parts, None)
                candidate.answered()
                return
            except ModelError as error:
                self._note(candidate, error)
                if has_spoken or error.code not in ELSEWHERE:
                    raise
                failure = error
        raise failure

    async def parse(
        self, system: str, messages: Sequence[Message], form: type[Form], *, conversation: str = ""
    ) -> Parsed[Form]:
        failure = ModelError("down", LEFT_ALONE)
        for candidate in self._in_order():
            try:
                parsed = await candidate.backend.parse(system, messages, form, conversation=conversation)
            except ModelError as error:
                self._note(candidate, error)
                if error.code not in ELSEWHERE:
                    raise
                failure = error
            else:
                candidate.answered()
                return parsed
        raise failure

    async def forget(self, handles: Sequence[str]) -> None:
        for candidate in self._candidates:  # each knows its own handles
            await candidate.backend.forget(handles)

    async def aclose(self) -> None:
        for candidate in self._candidates:
            await candidate.backend.aclose()

    async def _first(self, parts: AsyncGenerator[Part]) -> Part | None:
        try:
            async with asyncio.timeout(self._patience):
                return await anext(parts, None)
        except TimeoutError:
            raise ModelError("no_first_token") from None

    def _in_order(self) -> Iterator[Candidate]:
        for candidate in self._candidates:
            if candidate.is_open:
                candidate.try_again()
                yield candidate

    def _note(self, candidate: Candidate, error: ModelError) -> None:
        if error.code in AWAY:
            candidate.failed()
        else:
            candidate.answered()  # it lives
