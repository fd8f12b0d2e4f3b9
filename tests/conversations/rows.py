"""Waiting for what is stored: no event tells of it, so this looks again until it is as it should be."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def until(state: Callable[[], Awaitable[Any]], timeout: float = 10) -> Any:
    """Ask the database again until it answers with something, such as `Turn.objects.filter(state="done").aexists`."""
    async with asyncio.timeout(timeout):
        while not (found := await state()):  # noqa: ASYNC110 - the database calls nobody back
            await asyncio.sleep(0.01)
    return found
