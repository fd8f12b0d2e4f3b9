"""A model server as the OpenAI SDK talks to it: its client, its streams read leanly, its errors as ours.

A body is read in paced gulps and decoded without building the SDK's objects: reading the model is most of
what a streamed token costs, and the SDK's auth, retries and errors stay in use all the same.
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
MAX_RETRY_AFTER_SECONDS = 5.0  # seconds that a customer is kept waiting for a second try


class ModelServer:
    def __init__(
        self, api_key: str, base_url: str, model: str, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._url = base_url
        self._endpoint = describe_endpoint(model, base_url)
        self._api_key = api_key
        self._transport = transport
        # A client belongs to the event loop that it was made in.
        self._clients: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}
        self._active_streams = 0

    async def stream(
        self,
        path: str,
        body: Mapping[str, Any],
        accumulator: AnswerAccumulator,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[TextDelta | Thinking]:
        """Post the request and pass on what comes, as it comes. `accumulator` then has the whole answer."""
        events = SSEParser()
        now = asyncio.get_running_loop().time
        told, thinking = now(), False
        self._active_streams += 1
        try:
            # Not chat.completions.create(): it walks the whole history once more to check its types.
            answering = await self.get_client().post(
                path,
                body=body,
                options={"headers": headers or {}},
                cast_to=object,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            async with answering:
                reads = aiter(answering.response.aiter_bytes())
                while data := await (_read_trailer(reads) if accumulator.is_finished else anext(reads, b"")):
                    text = accumulator.add_events(chunks) if (chunks := events.feed(data)) else ""
                    if accumulator.has_reasoned and not thinking:
                        told, thinking = now(), True
                        yield Thinking()
                    if text or (chunks and now() - told > timeouts.KEEP_ALIVE_SECONDS):
                        told = now()
                        yield TextDelta(text)
                    if (accumulator.text or thinking) and not accumulator.is_finished:
                        await asyncio.sleep(self._compute_pause())
        except openai.APIError as error:
            raise self._convert_error(error) from None  # whose words may be the customer's
        except httpx2.HTTPError as error:
            if not accumulator.is_finished:
                raise ModelError(ErrorCode.CUT, type(error).__name__) from error
        finally:
            self._active_streams -= 1

    def _compute_pause(self) -> float:
        """Seconds between two reads of one stream: none when few run, so that light load has no lag.

        Under load each read brings more, so that its cost is shared by many tokens.
        """
        return min(0.15, max(0, self._active_streams - 4) * 0.0033)

    @asynccontextmanager
    async def guard_request(
        self, response_model: type[BaseModel] | None = None
    ) -> AsyncIterator[openai.AsyncOpenAI]:
        """The SDK's client, for one of its own calls: in time, and its errors become `ModelError`."""
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
            raise self._convert_error(error) from None  # whose words may be the customer's
        except httpx2.HTTPError as error:
            raise ModelError(ErrorCode.CUT, type(error).__name__) from error
        except MALFORMED_DATA_ERRORS as error:
            # The SDK takes whatever comes for what it expects, and stumbles over it later.
            raise ModelError(ErrorCode.MALFORMED, f"unreadable body: {type(error).__name__}") from error

    async def aclose(self) -> None:
        """Close the connections that were kept open in this event loop. It may be used again."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    def get_client(self) -> openai.AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients = {each: made for each, made in self._clients.items() if not each.is_closed()}
            # The loop above the backends has its own deadlines, so reads are not limited here.
            timeout = httpx2.Timeout(None)
            hooks = {"response": [_refuse_long_retry]}
            http = openai.DefaultAsyncHttpx2Client(
                transport=self._transport or PacedTransport(), timeout=timeout, event_hooks=hooks
            )
            # Blank, lest the SDK send OpenAI's identifiers from the environment to another server.
            self._clients[loop] = openai.AsyncOpenAI(
                api_key=self._api_key
                or "none",  # a server of one's own may need no key; the SDK insists on one
                base_url=self._url,
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
    """What comes after the reason to finish, if it comes soon.

    The answer owes only its token counts then, and the end of the body so that the connection can be used again.
    """
    try:
        async with asyncio.timeout(0.5):
            return await anext(reads, b"")
    except TimeoutError:
        return b""


async def _refuse_long_retry(response: httpx2.Response) -> None:
    """Keep the SDK from obeying a long `retry-after`: a customer had better read that the model is busy."""
    wait = response.headers.get("retry-after", "0")
    if not wait.isdigit() or int(wait) > MAX_RETRY_AFTER_SECONDS:
        response.headers["x-should-retry"] = "false"
