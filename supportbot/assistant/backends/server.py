"""A model server behind the OpenAI SDK: the SDK's clients, streams read at low cost, and its errors as `ModelError`.

A stream is decoded without the SDK's objects, which cost more than all else that is done to a token. When the process
is busy, it is read with pauses, in which tokens gather. The SDK's authentication, retries and errors stay in use.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from email.utils import parsedate_to_datetime
from math import inf
from typing import Any

import httpx2
import openai
from pydantic import BaseModel
from pydantic_core import to_json

from ..deadlines import cancel_task
from ..errors import ErrorCode, ModelError
from . import timeouts
from .accumulator import AnswerAccumulator
from .pacing import get_pacer
from .provider_errors import describe_endpoint, error_from_event, error_from_status
from .sse import SSEParser
from .stream_parts import StreamPart, StreamReporter, finish_stream
from .transport import BODY_EXTENSION, PausableBody, PausableTransport, UnknownHostError

XAI_BASE_URL = "https://api.x.ai/v1"
MAX_RETRY_AFTER_SECONDS = 5.0  # a customer is not kept waiting longer for a second attempt
SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


class ModelServer:
    """One model at one address."""

    def __init__(
        self,
        api_key: str,
        base_url: str,
        model: str,
        transport: httpx2.AsyncBaseTransport | None = None,
        whole_answer_seconds: float | None = None,
    ) -> None:
        """`whole_answer_seconds` is for what is not streamed, where it takes longer than usual."""
        self.is_thought_first = False  # whether its last answers began with a thought that no mark had opened
        self._url = base_url
        self._endpoint = describe_endpoint(model, base_url)
        self._api_key = api_key
        self._transport = transport
        self._whole_answer_seconds = whole_answer_seconds
        # In another event loop than that in which it was first used, a client fails with RuntimeError.
        self._clients: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}

    async def stream_answer(
        self,
        path: str,
        body: Mapping[str, Any],
        accumulator: AnswerAccumulator,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[StreamPart]:
        """Post the request and yield the text as it arrives. At the end `accumulator` holds the whole answer.

        Raises `ModelError`.
        """
        parser = SSEParser()
        async with self._open_stream(path, body, accumulator, headers) as response:
            reporter, pacer = StreamReporter(accumulator), get_pacer()
            pausable: PausableBody | None = response.extensions.get(BODY_EXTENSION)
            # What is not compressed need not go through the layers of a response, which decode it.
            reads = aiter(response.aiter_bytes() if pausable is None or pausable.is_encoded else pausable)
            async with aclosing(TrailerReader(reads, accumulator)) as trailer:
                while True:
                    data = await (trailer.read_piece() if accumulator.is_finished else anext(reads, None))
                    if data is None:
                        break
                    events = parser.feed(data) if data else []
                    if parser.is_web_page:
                        raise self._build_page_error()
                    parts = reporter.list_parts(accumulator.add_events(events) if events else "")
                    # The first words come at once, and then there is a pause between two reads. It begins before they
                    # are passed on: until they are stored, each word behind them would be read by itself.
                    has_begun = accumulator.written.text or reporter.is_reasoning
                    if has_begun and pausable is not None and not accumulator.is_finished:
                        pacer.begin_pause(pausable)
                    for part in parts:
                        yield part
        for part in finish_stream(accumulator, parser.flush_events()):
            yield part
        if accumulator.written.text:  # a model that thinks aloud without a mark before it does so again
            self.is_thought_first = accumulator.written.is_thought_first

    @asynccontextmanager
    async def _open_stream(
        self,
        path: str,
        body: Mapping[str, Any],
        accumulator: AnswerAccumulator,
        headers: Mapping[str, str] | None,
    ) -> AsyncIterator[httpx2.Response]:
        """Post the request, and give its response. Within the block, errors of the SDK raise `ModelError`.

        What fails behind a complete answer ends the block and no more.
        """
        try:
            # Not chat.completions.create(), which transforms the whole history according to its types first. The SDK
            # would also take several times as long to encode it.
            stream = await self.get_client().post(
                path,
                content=to_json(body),
                options={"headers": headers or {}},
                cast_to=object,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            async with stream:
                with get_pacer().count_reader():
                    yield stream.response
        except openai.APIError as error:
            raise self._convert_error(error) from None  # its text may quote the customer
        except httpx2.HTTPError as error:
            if not accumulator.is_finished:
                raise ModelError(ErrorCode.CUT, type(error).__name__) from error

    async def post_request(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Post a request whose answer is wanted whole. Returns its body. Raises `ModelError`."""
        async with self.guard_request() as client:
            options: Any = {"headers": headers or {}}
            response = await client.post(path, body=body, options=options, cast_to=httpx2.Response)
            self._require_model_server(response)
            return response.content

    @asynccontextmanager
    async def guard_request(self) -> AsyncIterator[openai.AsyncOpenAI]:
        """The SDK's client, for one request that is not streamed.

        Within the block, a request that takes too long, and every error of the SDK, raise `ModelError`.
        """
        try:
            async with asyncio.timeout(self._whole_answer_seconds or timeouts.WHOLE_ANSWER_SECONDS):
                yield self.get_client()
        except TimeoutError:
            raise ModelError(ErrorCode.NO_FIRST_TOKEN, f"no whole answer in time, {self._endpoint}") from None
        except openai.APIError as error:
            raise self._convert_error(error) from None  # its text may quote the customer
        except httpx2.HTTPError as error:
            raise ModelError(ErrorCode.CUT, type(error).__name__) from error

    async def aclose(self) -> None:
        """Close the connections of the running event loop. The next request opens new ones."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    def get_client(self) -> openai.AsyncOpenAI:
        """The client of the running event loop, made on first use."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients = {each: client for each, client in self._clients.items() if not each.is_closed()}
            timeout = httpx2.Timeout(None)  # the tool-calling loop has its own deadlines
            hooks = {"response": [_refuse_long_retry]}
            http = openai.DefaultAsyncHttpx2Client(
                transport=self._transport or PausableTransport(), timeout=timeout, event_hooks=hooks
            )
            self._clients[loop] = openai.AsyncOpenAI(
                api_key=self._api_key
                or "none",  # the SDK refuses to work without a key; some servers need none
                base_url=self._url,
                # Without these two the SDK sends OPENAI_ORG_ID and OPENAI_PROJECT_ID to any server.
                organization="",
                project="",
                max_retries=1,
                timeout=timeout,
                http_client=http,
            )
        return self._clients[loop]

    def _require_model_server(self, response: httpx2.Response) -> None:
        """Raises `ModelError` for a web page."""
        if response.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/html":
            raise self._build_page_error()

    def _build_page_error(self) -> ModelError:
        """The error for a web page: the address is that of a site, or of a proxy's notice."""
        detail = f"a web page instead of an answer, {self._endpoint}"
        return ModelError(ErrorCode.NO_MODEL, detail, retry=False)

    def _convert_error(self, error: openai.APIError) -> ModelError:
        if isinstance(error, openai.APIConnectionError):
            if isinstance(error.__cause__, UnknownHostError):
                return ModelError(ErrorCode.NO_MODEL, f"there is no such host, {self._endpoint}", retry=False)
            return ModelError(ErrorCode.UNREACHABLE, f"{type(error).__name__}, {self._endpoint}")
        if not isinstance(error, openai.APIStatusError):
            return error_from_event(error.body)
        detail = f"status {error.status_code}, request {error.request_id}, {self._endpoint}"
        return error_from_status(error.status_code, error.body, detail)


def build_strict_schema(response_model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a typed answer as OpenAI wants it: all fields required, and no others."""
    function = openai.pydantic_function_tool(response_model)["function"]
    return {"name": function["name"], "schema": function["parameters"], "strict": True}


class TrailerReader:
    """Reads what may follow a complete answer: the token counts, or words after all, and the end of the body.

    After its end the connection can be used again, but it is awaited for a while only.
    """

    def __init__(self, reads: AsyncIterator[bytes], accumulator: AnswerAccumulator) -> None:
        self._reads = reads
        self._accumulator = accumulator
        self._now = asyncio.get_running_loop().time
        self._began = 0.0  # to wait
        self._waiting: asyncio.Future[bytes | None] | None = None

    async def read_piece(self) -> bytes | None:
        """The next piece; an empty one now and then while nothing comes, and None when nothing more is awaited."""
        if self._waiting is None:
            self._waiting, self._began = asyncio.ensure_future(anext(self._reads, None)), self._now()
        rest = self._began + self._accumulator.trailer_seconds - self._now()
        await asyncio.wait({self._waiting}, timeout=max(0, min(rest, timeouts.KEEP_ALIVE_SECONDS)))
        if not self._waiting.done():
            return b"" if rest > 0 else None
        data, self._waiting = self._waiting.result(), None
        return data

    async def aclose(self) -> None:
        """Nothing more is read."""
        if self._waiting is not None:
            await cancel_task(self._waiting)


async def _refuse_long_retry(response: httpx2.Response) -> None:
    """Keep the SDK from waiting for a long `retry-after`, or one in milliseconds, which it does for up to two minutes
    (openai 3.54).

    The customer is told at once that the model is busy.
    """
    for name, per_second in (("retry-after", 1), ("retry-after-ms", 1000)):
        if _read_wait(response.headers.get(name, "0")) / per_second > MAX_RETRY_AFTER_SECONDS:
            response.headers["x-should-retry"] = "false"


def _read_wait(retry_after: str) -> float:
    """How long to wait, given as a number or as the time when it is over; infinite for anything else."""
    if SECONDS.fullmatch(retry_after):
        return float(retry_after)
    try:
        return parsedate_to_datetime(retry_after).timestamp() - time.time()
    except (ValueError, OverflowError):
        return inf
