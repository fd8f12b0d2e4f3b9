"""Several models, in order of preference: when one fails before it has said a word, the next one is asked.

A model that fails again and again is not asked for a while, so that customers do not wait for it. This is the circuit
breaker pattern (Michael Nygard, “Release It!”): a closed circuit lets requests through, an open one does not, and a
half-open one lets a single request through to see whether the model has recovered.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import monotonic

from ..deadlines import cancel_task
from ..discarded import carry_discarded
from ..errors import ERROR_TRAITS, ErrorCode, ModelError
from ..messages import Message, ParsedAnswer, Part, ResponseModel, TextDelta, Thinking, Waiting
from ..tools import Tool
from . import Backend

logger = logging.getLogger(__name__)

# So many failures within so many seconds open the circuit for so many seconds.
FAILURE_THRESHOLD = 5
FAILURE_WINDOW_SECONDS = 30.0
OPEN_SECONDS = 30.0
# These may be of one request alone, such as a customer's photos to a model that sees none. So many in a row are of all.
DOUBTFUL_REFUSALS = (ErrorCode.REQUEST_REFUSED, ErrorCode.MISCONFIGURED)
REFUSAL_THRESHOLD = 3
# The share of a time limit that is used here, so that the loop above does not give the whole turn up first.
TIMEOUT_SHARE = 0.95
KEEP_ALIVE = TextDelta("")
ALL_OPEN_DETAIL = "no model is asked for a while, as all of them have failed"


@dataclass
class ModelState:
    """What is known of one of the models: whether it ever answered, and why it refuses whatever it is asked."""

    has_answered: bool = False
    refusal: ErrorCode | None = None
    refusals_in_a_row: int = 0

    def note_answer(self) -> None:
        self.has_answered, self.refusal, self.refusals_in_a_row = True, None, 0

    def note_error(self, code: ErrorCode) -> None:
        """Note a refusal that lasts until somebody changes the settings, if it is one."""
        if not (ERROR_TRAITS[code].is_permanent or code in DOUBTFUL_REFUSALS):
            return
        self.refusals_in_a_row += 1
        is_of_request = code in DOUBTFUL_REFUSALS and self.has_answered
        if not is_of_request or self.refusals_in_a_row >= REFUSAL_THRESHOLD:
            self.refusal = code


class CircuitBreaker:
    """One of the models, and whether it may be asked."""

    def __init__(self, backend: Backend, first_token_seconds: float) -> None:
        self.backend = backend
        self.first_token_seconds = first_token_seconds
        self.state = ModelState()
        self._failures: deque[float] = deque(maxlen=FAILURE_THRESHOLD)
        self._open_until = 0.0

    @property
    def allows_requests(self) -> bool:
        return monotonic() >= self._open_until

    def half_open(self) -> None:
        """Let one request through, if the circuit was open. Until that brings text, others find it open again."""
        if self._open_until:
            self._open_until = monotonic() + OPEN_SECONDS

    def close(self) -> None:
        """Let all requests through, as soon as one brings text."""
        self._open_until = 0.0

    def record_failure(self) -> None:
        now = monotonic()
        self._failures.append(now)
        if len(self._failures) == FAILURE_THRESHOLD and now - self._failures[0] < FAILURE_WINDOW_SECONDS:
            self._open_until = now + OPEN_SECONDS

    def record_success(self) -> None:
        self.state.note_answer()
        self._failures.clear()
        self._open_until = 0.0


class FallbackBackend:
    def __init__(
        self, backends: Sequence[Backend], *, first_token: float | Sequence[float] = 20.0, stall: float = 15.0
    ) -> None:
        """The limits of the tool-calling loop, in seconds.

        All models together have `first_token` to give a sign of life, or each one its own; a model that reasons may
        then be silent for `stall`.
        """
        shares = (
            [first_token / len(backends)] * len(backends)
            if isinstance(first_token, int | float)
            else first_token
        )
        self._breakers = [
            CircuitBreaker(backend, TIMEOUT_SHARE * share)
            for backend, share in zip(backends, shares, strict=True)
        ]
        self._stall_seconds = TIMEOUT_SHARE * stall

    async def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        failure = ModelError(ErrorCode.DOWN, ALL_OPEN_DETAIL)  # the last one, with what was discarded by all
        was_alive = False  # one of the models before: since then the loop above counts from part to part
        for breaker in self._iter_available():
            is_alive = has_spoken = False
            stream = breaker.backend.stream(
                system, messages, tools, conversation=conversation, may_call=may_call
            )
            if failure.discarded:
                stream = carry_discarded(stream, failure.discarded)
            try:
                async with aclosing(stream) as parts:
                    early_parts = self._read_beginning(parts, breaker.first_token_seconds, was_alive)
                    async with aclosing(early_parts):
                        async for part in early_parts:
                            is_alive = is_alive or not isinstance(part, Waiting)
                            if has_spoken := not _is_sign_of_life(part):
                                breaker.close()
                            yield part
                    # Once the model speaks, the limits of the loop above are enough.
                    async for part in parts:
                        yield part
                breaker.record_success()
                return
            except ModelError as error:
                self._record_error(breaker, error, has_spoken)
                if has_spoken or not ERROR_TRAITS[error.code].allows_fallback:
                    raise
                failure = error
            if is_alive:
                was_alive = True
                yield KEEP_ALIVE  # the loop above begins to count its `stall` anew for the next model
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
        for breaker in self._iter_available():
            try:
                parsed = await breaker.backend.parse(
                    system, messages, response_model, conversation=conversation
                )
            except ModelError as error:
                error.discarded = (*failure.discarded, *error.discarded)
                self._record_error(breaker, error)
                if not ERROR_TRAITS[error.code].allows_fallback:
                    raise
                failure = error
            else:
                breaker.record_success()
                return replace(parsed, discarded=(*failure.discarded, *parsed.discarded))
        raise failure

    @property
    def model_states(self) -> Sequence[ModelState]:
        """Of each of the models, in their order."""
        return [breaker.state for breaker in self._breakers]

    async def forget(self, handles: Sequence[str]) -> None:
        for breaker in self._breakers:  # each finds its own handles among these
            await breaker.backend.forget(handles)

    async def aclose(self) -> None:
        for breaker in self._breakers:
            await breaker.backend.aclose()

    async def _read_beginning(
        self, parts: AsyncGenerator[Part], first_token_seconds: float, was_alive: bool
    ) -> AsyncGenerator[Part]:
        """The parts of a model up to its first words, within the limits for these.

        Raises `ModelError` when they take too long.
        """
        first = asyncio.ensure_future(anext(parts, None)) if was_alive else None
        if first is not None:
            async with aclosing(self._iter_waits(first, first_token_seconds)) as waits:
                async for wait in waits:
                    yield wait
        is_alive = False
        while part := await self._await_early_part(
            first or anext(parts, None), first_token_seconds, is_alive
        ):
            is_alive, first = True, None
            yield part
            if not _is_sign_of_life(part):
                return

    async def _iter_waits(
        self, first: "asyncio.Future[Part | None]", first_token_seconds: float
    ) -> AsyncGenerator[Waiting]:
        """Until a model gives its first part, now and then that it is waited for, so that nobody above gives it up.

        Raises `ModelError` when it takes too long.
        """
        now = asyncio.get_running_loop().time
        limit = now() + first_token_seconds
        try:
            while not first.done():
                await asyncio.wait({first}, timeout=max(0, min(self._stall_seconds / 2, limit - now())))
                if first.done():
                    return
                if now() >= limit:
                    raise ModelError(ErrorCode.NO_FIRST_TOKEN)
                yield Waiting()
        finally:
            await cancel_task(first)

    async def _await_early_part(
        self, part: Awaitable[Part | None], first_token_seconds: float, is_alive: bool
    ) -> Part | None:
        """The next part of a model that has not spoken yet, None at the end.

        Raises `ModelError` when it takes too long: another limit counts after the first sign of life.
        """
        try:
            async with asyncio.timeout(self._stall_seconds if is_alive else first_token_seconds):
                return await part
        except TimeoutError:
            raise ModelError(ErrorCode.STALLED if is_alive else ErrorCode.NO_FIRST_TOKEN) from None

    def _iter_available(self) -> Iterator[CircuitBreaker]:
        for breaker in self._breakers:
            if breaker.allows_requests:
                breaker.half_open()
                yield breaker

    def _record_error(self, breaker: CircuitBreaker, error: ModelError, has_spoken: bool = False) -> None:
        if len(self._breakers) > 1 and not has_spoken:
            logger.warning("One of the models did not answer: %s (%s)", error.code, error)
        breaker.state.note_error(error.code)
        traits = ERROR_TRAITS[error.code]
        if error.code in DOUBTFUL_REFUSALS:
            return
        if traits.is_outage or (traits.is_broken_off and not has_spoken):
            breaker.record_failure()
        else:
            breaker.record_success()  # the model works; this request is the problem


def _is_sign_of_life(part: Part) -> bool:
    """Whether this says no more than that the model is being waited for."""
    return isinstance(part, Thinking | Waiting) or part == KEEP_ALIVE
