"""Several models in a row: when one cannot answer and has not said anything yet, the next one is asked.

One that fails again and again is left alone for a while, so that nobody waits for it; then one request tries it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from time import monotonic

from ..errors import ERROR_TRAITS, ErrorCode, ModelError
from ..messages import Message, ParsedAnswer, Part, ResponseModel, TextDelta, Thinking
from ..tools import Tool
from . import Backend

logger = logging.getLogger(__name__)

FAILURE_THRESHOLD, FAILURE_WINDOW_SECONDS, OPEN_SECONDS = (
    5,
    30.0,
    30.0,
)  # so many, in so many seconds, and then so many without being asked
KEEP_ALIVE = TextDelta("")
ALL_OPEN_DETAIL = "all models are left alone after failures"


class CircuitBreaker:
    """One of the models, and how it did lately."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._failures: deque[float] = deque(maxlen=FAILURE_THRESHOLD)
        self._open_until = 0.0

    @property
    def allows_requests(self) -> bool:
        return monotonic() >= self._open_until

    def half_open(self) -> None:
        """It is asked once more; nobody else asks it until that went well."""
        if self._open_until:
            self._open_until = monotonic() + OPEN_SECONDS

    def close(self) -> None:
        """It is there for everybody, while whoever tried it is still being answered."""
        self._open_until = 0.0

    def record_failure(self) -> None:
        now = monotonic()
        self._failures.append(now)
        if len(self._failures) == FAILURE_THRESHOLD and now - self._failures[0] < FAILURE_WINDOW_SECONDS:
            self._open_until = now + OPEN_SECONDS

    def record_success(self) -> None:
        self._failures.clear()
        self._open_until = 0.0


class FallbackBackend:
    def __init__(
        self, backends: Sequence[Backend], *, first_token: float = 20.0, stall: float = 15.0
    ) -> None:
        """`first_token` is how many seconds all of them together have to show a sign of life, `stall` how many
        one that thinks may then be silent.
        """
        self._breakers = [CircuitBreaker(backend) for backend in backends]
        # A little less than its share, so that it is this backend that notices and not the loop above it.
        self._first_token_seconds = 0.95 * first_token / len(self._breakers)
        self._stall_seconds = 0.95 * stall

    async def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        failure = ModelError(ErrorCode.DOWN, ALL_OPEN_DETAIL)
        for candidate in self._iter_available():
            lives = has_spoken = False
            asked = candidate.backend.stream(
                system, messages, tools, conversation=conversation, may_call=may_call
            )
            try:
                async with aclosing(asked) as parts:
                    while part := await (anext(parts, None) if has_spoken else self._read_part(parts, lives)):
                        lives = True
                        if not (has_spoken or isinstance(part, Thinking) or part == KEEP_ALIVE):
                            has_spoken = True
                            candidate.close()
                        yield part
                candidate.record_success()
                return
            except ModelError as error:
                self._record_error(candidate, error, has_spoken)
                if has_spoken or not ERROR_TRAITS[error.code].allows_fallback:
                    raise
                failure = error
            if lives:
                yield KEEP_ALIVE  # so that whoever waits for a part begins to wait anew
        raise failure

    async def parse(
        self,
        system: str,
        messages: Sequence[Message],
        response_model: type[ResponseModel],
        *,
        conversation: str = "",
    ) -> ParsedAnswer[ResponseModel]:
        failure = ModelError(ErrorCode.DOWN, ALL_OPEN_DETAIL)
        for candidate in self._iter_available():
            try:
                parsed = await candidate.backend.parse(
                    system, messages, response_model, conversation=conversation
                )
            except ModelError as error:
                self._record_error(candidate, error)
                if not ERROR_TRAITS[error.code].allows_fallback:
                    raise
                failure = error
            else:
                candidate.record_success()
                return parsed
        raise failure

    async def forget(self, handles: Sequence[str]) -> None:
        for candidate in self._breakers:  # each knows its own handles
            await candidate.backend.forget(handles)

    async def aclose(self) -> None:
        for candidate in self._breakers:
            await candidate.backend.aclose()

    async def _read_part(self, parts: AsyncGenerator[Part], lives: bool) -> Part | None:
        """The next part of a model that has not spoken yet, in its time. Later on the loop above looks after that."""
        try:
            async with asyncio.timeout(self._stall_seconds if lives else self._first_token_seconds):
                return await anext(parts, None)
        except TimeoutError:
            raise ModelError(ErrorCode.STALLED if lives else ErrorCode.NO_FIRST_TOKEN) from None

    def _iter_available(self) -> Iterator[CircuitBreaker]:
        for candidate in self._breakers:
            if candidate.allows_requests:
                candidate.half_open()
                yield candidate

    def _record_error(self, candidate: CircuitBreaker, error: ModelError, has_spoken: bool = False) -> None:
        if len(self._breakers) > 1 and not has_spoken:
            logger.warning("A model of the row did not answer: %s (%s)", error.code, error)
        traits = ERROR_TRAITS[error.code]
        if traits.is_outage or (traits.is_broken_off and not has_spoken):
            candidate.record_failure()
        else:
            candidate.record_success()  # it lives
