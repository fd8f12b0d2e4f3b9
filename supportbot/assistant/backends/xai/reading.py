"""Reads the chunks of an answer over gRPC."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import grpc
from xai_sdk.proto import chat_pb2

from ...deadlines import cancel_task
from ...errors import ErrorCode, ModelError
from .. import timeouts
from ..pacing import get_pacer
from .wire import XaiAccumulator

Call = grpc.aio.UnaryStreamCall[Any, Any]


async def gather_texts(call: Call, accumulator: XaiAccumulator) -> AsyncGenerator[str]:
    """The text of each chunk; when this process is busy, of all chunks that come within a pause.

    gRPC gives out single chunks, so they are read meanwhile, and what is saved is all that is done with a text.
    """
    pacer, now = get_pacer(), asyncio.get_running_loop().time
    gathered, due_at = "", 0.0
    reading: asyncio.Future[str | None] | None = None
    try:
        while True:
            reading = asyncio.ensure_future(_read_text(call, accumulator)) if gathered else None
            if reading is not None:
                await asyncio.wait({reading}, timeout=max(0, due_at - now()))
                if not reading.done() or reading.exception() is not None:
                    yield gathered
                    gathered, due_at = "", now() + pacer.pause_seconds
            text = await (reading or _read_text(call, accumulator))
            if text is None:
                break
            # What comes with a withdrawal begins anew.
            gathered = text if accumulator.written.is_withdrawn else gathered + text
            if not gathered or now() >= due_at or accumulator.written.is_withdrawn:
                yield gathered
                gathered, due_at = "", now() + pacer.pause_seconds
    finally:
        if reading is not None:
            await cancel_task(reading)
    if gathered:
        yield gathered


async def _read_text(call: Call, accumulator: XaiAccumulator) -> str | None:
    chunk = await _read_chunk(call, accumulator)
    return None if chunk is None else accumulator.add_chunk(chunk)


async def _read_chunk(call: Call, accumulator: XaiAccumulator) -> chat_pb2.GetChatCompletionChunk | None:
    """The next chunk, None at the end. When the answer is finished, only its token counts may follow, for a while."""
    try:
        async with asyncio.timeout(timeouts.TRAILER_SECONDS if accumulator.is_finished else None):
            chunk = await call.read()
    except TimeoutError:
        return None
    except asyncio.CancelledError:
        # gRPC raises this too when the channel is closed, which is no wish to cancel this task.
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            raise ModelError(ErrorCode.CUT, "the channel was closed") from None
        raise
    return None if chunk is grpc.aio.EOF else chunk
