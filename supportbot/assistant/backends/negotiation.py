"""Requests to a server whose dialect is learnt as it refuses them: each is sent again without what was refused."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from ..errors import ModelError
from ..messages import Answer, TextDelta
from .accumulator import AnswerAccumulator
from .dialect import Dialect
from .provider_errors import RefusedRequest
from .server import ModelServer
from .stream_parts import StreamPart
from .typed_answers import names_format

MAX_ATTEMPTS = 6  # a server may have to refuse a few things, one after the other


class NegotiatedServer(ModelServer):
    """A model server, and what was learnt of the requests that it takes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._dialect = Dialect()

    async def stream_negotiated(
        self,
        path: str,
        body: Mapping[str, Any],
        begin_answer: Callable[[], AnswerAccumulator],
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[StreamPart | Answer]:
        """Stream an answer as `stream_answer` does, in the dialect of the server, and then the whole of it.

        `begin_answer` makes what each attempt is put together in: a stream that ends in a refusal leaves nothing.
        Raises `ModelError`.
        """
        for attempt in range(MAX_ATTEMPTS):
            accumulator = begin_answer()
            adapted = self._dialect.adapt_request(body)
            has_spoken = False
            try:
                async with aclosing(self.stream_answer(path, adapted, accumulator, headers)) as parts:
                    async for part in parts:
                        has_spoken = has_spoken or (isinstance(part, TextDelta) and part.text != "")
                        yield part
                self._dialect.note_answer(adapted, has_calls=accumulator.has_calls)
                answer = accumulator.build_answer()
                break
            except RefusedRequest as refusal:
                is_last = has_spoken or attempt == MAX_ATTEMPTS - 1
                if is_last or not self._dialect.learn_refusal(refusal.text, adapted):
                    answer = _read_calls(refusal, begin_answer(), accumulator.written.text)
                    break
            except ModelError as error:
                error.discarded = accumulator.list_counted_requests()
                raise
        yield answer

    async def post_negotiated(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> bytes:
        """The body of an answer that is wanted whole. Raises `ModelError`.

        What is refused about the form of a typed answer is left to the caller.
        """
        for _attempt in range(MAX_ATTEMPTS - 1):
            adapted = self._dialect.adapt_request(body)
            try:
                return await self.post_request(path, adapted, headers)
            except RefusedRequest as refusal:
                if names_format(refusal.text) or not self._dialect.learn_refusal(refusal.text, adapted):
                    raise
        return await self.post_request(path, self._dialect.adapt_request(body), headers)


def _read_calls(refusal: RefusedRequest, accumulator: AnswerAccumulator, text: str) -> Answer:
    """The answer with the text that was shown by then, and the calls that the server could not read itself.

    Raises the refusal if there are none.
    """
    accumulator.add_written(refusal.written)
    answer = accumulator.build_answer()
    if not answer.message.tool_calls:
        raise refusal
    return replace(answer, message=replace(answer.message, text=text))
