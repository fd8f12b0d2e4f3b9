"""A model server behind the OpenAI SDK: the SDK's clients, streams read at low cost, and its errors as `ModelError`.

Reading the model's stream is most of what a streamed token costs the server. So a stream is read with pauses, in which
several tokens gather, and decoded without the SDK's objects. The SDK's authentication, retries and errors stay in use.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import openai
from pydantic import BaseModel, ValidationError

from ..errors import ErrorCode, ModelError
from ..messages import TextDelta, Thinking
from . import timeouts
from .accumulator import MALFORMED_DATA_ERRORS, AnswerAccumulator
from .parse_errors import build_invalid_answer_error
from .provider_errors import describe_endpoint, error_from_event, error_from_status
from .sse import SSEParser
from .transport import PacedTransport

XAI_BASE_URL = "https://api.x.ai/v1"
MAX_RETRY_AFTER_SECONDS = 5.0  # a customer is not kept waiting longer for a second attempt
# The pause between two reads of one stream grows with the number of streams that this process reads.
UNPACED_STREAMS = 4
PAUSE_SECONDS_PER_STREAM = 0.0033
MAX_PAUSE_SECONDS = 0.15


class ModelServer:
    """One model at one address."""

    def __init__(
        self, api_key: str, base_url: str, model: str, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._url = base_url
        self._endpoint = describe_endpoint(model, base_url)
        self._api_key = api_key
        self._transport = transport
        # In another event loop than that in which it was first used, a client fails with RuntimeError.
        self._clients: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}
        self._active_streams = 0

    async def stream_answer(
        self,
        path: str,
        body: Mapping[str, Any],
        accumulator: AnswerAccumulator,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[TextDelta | Thinking]:
        """Post the request and yield the text as it arrives. At the end `accumulator` holds the whole answer.

        Raises `ModelError`.
        """
        parser = SSEParser()
        now = asyncio.get_running_loop().time
        last_sign_of_life, is_reasoning = now(), False
        self._active_streams += 1
        try:
            # Not chat.completions.create(), which transforms the whole history according to its types first.
            stream = await self.get_client().post(
                path,
                body=body,
                options={"headers": headers or {}},
                cast_to=object,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            async with stream:
                reads = aiter(stream.response.aiter_bytes())
                while data := await (_read_trailer(reads) if accumulator.is_finished else anext(reads, b"")):
                    text = accumulator.add_events(events) if (events := parser.feed(data)) else ""
                    if accumulator.has_reasoned and not is_reasoning:
                        last_sign_of_life, is_reasoning = now(), True
                        yield Thinking()
                    if text or (events and now() - last_sign_of_life > timeouts.KEEP_ALIVE_SECONDS):
                        last_sign_of_life = now()
                        yield TextDelta(text)
                    if (accumulator.text or is_reasoning) and not accumulator.is_finished:
                        await asyncio.sleep(self._compute_pause())
        except openai.APIError as error:
            raise self._convert_error(error) from None  # its text may quote the customer
        except httpx2.HTTPError as error:
            if not accumulator.is_finished:
                raise ModelError(ErrorCode.CUT, type(error).__name__) from error
        finally:
            self._active_streams -= 1

    def _compute_pause(self) -> float:
        """Seconds to wait between two reads of one stream.

        With few streams there is no pause, and so no lag. With many, each read brings more tokens, which share its
        cost.
        """
        paced_streams = max(0, self._active_streams - UNPACED_STREAMS)
        return min(MAX_PAUSE_SECONDS, paced_streams * PAUSE_SECONDS_PER_STREAM)

    @asynccontextmanager
    async def guard_request(
        self, response_model: type[BaseModel] | None = None
    ) -> AsyncIterator[openai.AsyncOpenAI]:
        """The SDK's client, for one request that is not streamed.

        Within the block, a request that takes more than `WHOLE_ANSWER_SECONDS`, and every error of the SDK, raise
        `ModelError`. Errors of a typed answer name the fields of `response_model`.
        """
        try:
            async with asyncio.timeout(timeouts.WHOLE_ANSWER_SECONDS):
                yield self.get_client()
        except TimeoutError:
            raise ModelError(ErrorCode.NO_FIRST_TOKEN, f"no whole answer in time, {self._endpoint}") from None
        except openai.LengthFinishReasonError:
            raise ModelError(ErrorCode.INVALID, "out of tokens") from None
        except ValidationError as error:
            raise build_invalid_answer_error(error, response_model) from None
        except openai.ContentFilterFinishReasonError:
            raise ModelError(ErrorCode.DECLINED, "filtered", retry=False) from None
        except openai.APIError as error:
            raise self._convert_error(error) from None  # its text may quote the customer
        except httpx2.HTTPError as error:
            raise ModelError(ErrorCode.CUT, type(error).__name__) from error
        except MALFORMED_DATA_ERRORS as error:
            # The SDK does not validate a response, and fails over its shape only later.
            raise ModelError(ErrorCode.MALFORMED, f"unreadable body: {type(error).__name__}") from error

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
                transport=self._transport or PacedTransport(), timeout=timeout, event_hooks=hooks
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

    def _convert_error(self, error: openai.APIError) -> ModelError:
        if isinstance(error, openai.APIConnectionError):
            return ModelError(ErrorCode.UNREACHABLE, f"{type(error).__name__}, {self._endpoint}")
        if not isinstance(error, openai.APIStatusError):
            return error_from_event(error.body)
        detail = f"status {error.status_code}, request {error.request_id}, {self._endpoint}"
        return error_from_status(error.status_code, error.body, detail)


async def _read_trailer(reads: AsyncIterator[bytes]) -> bytes:
    """Read on after the reason to finish, for a short time.

    Only the token counts may follow, and the end of the body, after which the connection can be used again.
    """
    try:
        async with asyncio.timeout(timeouts.TRAILER_SECONDS):
            return await anext(reads, b"")
    except TimeoutError:
        return b""


async def _refuse_long_retry(response: httpx2.Response) -> None:
    """Keep the SDK from waiting for a long `retry-after`, which it does for up to two minutes (openai 3.54).

    The customer is told at once that the model is busy.
    """
    retry_after = response.headers.get("retry-after", "0")
    if not retry_after.isdigit() or int(retry_after) > MAX_RETRY_AFTER_SECONDS:
        response.headers["x-should-retry"] = "false"
