"""Several models in a row: when one cannot answer and has not said anything yet, the next one is asked.

One that fails again and again is left alone for a while, so that nobody waits for it; then one request tries it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from time import monotonic

from ..messages import Form, Message, ModelError, Parsed, Part, TextDelta, Thinking
from ..tools import Tool
from . import Backend

logger = logging.getLogger(__name__)

FAILURES, WITHIN, REST = 5, 30.0, 30.0  # so many, in so many seconds, and then so many without being asked
AWAY = ("unreachable", "down", "busy", "key_refused", "no_model", "no_first_token", "provider_error")
# Of a model that has thought and then not said a word.
BROKEN_OFF = ("stalled", "cut", "malformed")
# What another model may do better: also take a request that this one does not.
ELSEWHERE = (*AWAY, *BROKEN_OFF, "request_refused")

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
    def __init__(
        self, backends: Sequence[Backend], *, first_token: float = 20.0, stall: float = 15.0
    ) -> None:
        """`first_token` is how many seconds all of them together have to show a sign of life, `stall` how many
        one that thinks may then be silent.
        """
        self._candidates = [Candidate(backend) for backend in backends]
        # A little less than its share, so that it is this backend that notices and not the loop above it.
        self._patience = 0.95 * first_token / len(self._candidates)
        self._stall = 0.95 * stall

    async def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        failure = ModelError("down", LEFT_ALONE)
        for candidate in self._in_order():
            lives = has_spoken = False
            asked = candidate.backend.stream(
                system, messages, tools, conversation=conversation, may_call=may_call
            )
            try:
                async with aclosing(asked) as parts:
                    while part := await (anext(parts, None) if has_spoken else self._next(parts, lives)):
                        lives = True
                        if not (has_spoken or isinstance(part, Thinking) or part == SILENCE):
                            has_spoken = True
                            candidate.speaks()
                        yield part
                candidate.answered()
                return
            except ModelError as error:
                self._note(candidate, error, has_spoken)
                if has_spoken or error.code not in ELSEWHERE:
                    raise
                failure = error
            if lives:
                yield SILENCE  # so that whoever waits for a part begins to wait anew
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

    async def _next(self, parts: AsyncGenerator[Part], lives: bool) -> Part | None:
        """The next part of a model that has not spoken yet, in its time. Later on the loop above looks after that."""
        try:
            async with asyncio.timeout(self._stall if lives else self._patience):
                return await anext(parts, None)
        except TimeoutError:
            raise ModelError("stalled" if lives else "no_first_token") from None

    def _in_order(self) -> Iterator[Candidate]:
        for candidate in self._candidates:
            if candidate.is_open:
                candidate.try_again()
                yield candidate

    def _note(self, candidate: Candidate, error: ModelError, has_spoken: bool = False) -> None:
        if len(self._candidates) > 1 and not has_spoken:
            logger.warning("A model of the row did not answer: %s (%s)", error.code, error)
        if error.code in AWAY or (error.code in BROKEN_OFF and not has_spoken):
            candidate.failed()
        else:
            candidate.answered()  # it lives
