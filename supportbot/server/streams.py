"""What a response sends piece by piece, each read on a thread: of a plain iterator Django would hold all at first."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar

from asgiref.sync import sync_to_async

Piece = TypeVar("Piece")


async def read_on_thread(pieces: Iterator[Piece]) -> AsyncIterator[Piece]:
    read_next: Any = sync_to_async(next)
    while (piece := await read_next(pieces, None)) is not None:
        yield piece
