"""Requests whose answers were of no use are counted with the answer, or with the error, that comes in the end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from .errors import ModelError
from .messages import Answer, Part
from .usage import RequestUsage


async def carry_discarded(
    parts: AsyncGenerator[Part], discarded: tuple[RequestUsage, ...]
) -> AsyncGenerator[Part]:
    """Pass an answer's parts on. Its `Answer`, or the `ModelError` that it ends with, has these requests too."""
    try:
        async with aclosing(parts):
            async for part in parts:
                if isinstance(part, Answer):
                    yield replace(part, discarded=(*discarded, *part.discarded))
                else:
                    yield part
    except ModelError as error:
        error.discarded = (*discarded, *error.discarded)
        raise
