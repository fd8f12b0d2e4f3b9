"""A change as the frames that bring it to a page: in pieces when it is long, the oldest change first.

After each piece it is known up to where a page lacks nothing, so one that stops reading in between, or whose line
breaks, gets the rest and not all of it again.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from supportbot.server.backpressure import MAX_SENT_BYTES

from ..turns import TurnChange
from .audiences import Audience

# Rendering more turns than this takes long enough to be done beside the event loop.
MAX_TURNS_ON_EVENT_LOOP = 3


@dataclass(frozen=True, slots=True)
class ChangeFrame:
    """A piece of a change, as each audience is shown it, by the audience's key.

    A page at `previous_revision` or later is at `revision` after it.
    """

    html: Mapping[str, str]
    previous_revision: int
    revision: int


def render_frames(change: TurnChange, audiences: Collection[Audience]) -> list[ChangeFrame]:
    """The frames of a change, for each audience. A turn that is longer than a frame may be has one to itself."""
    turns = {audience.key: audience.render_turns(change) for audience in audiences}
    rest = {audience.key: audience.render_rest(change) for audience in audiences}
    frames: list[ChangeFrame] = []
    revision = change.previous_revision
    pieces = list(
        _split_turns(change, [max(map(_count_bytes, each)) for each in zip(*turns.values(), strict=True)])
    )
    for piece, complete_revision in pieces or [([], change.revision)]:
        html = {key: "".join(rendered[index] for index in piece) for key, rendered in turns.items()}
        is_last = len(frames) + 1 >= len(pieces)
        if is_last:
            html = {key: html[key] + rest[key] for key in html}
        reached = change.revision if is_last else max(revision, complete_revision)
        frames.append(ChangeFrame(html, revision, reached))
        revision = reached
    return frames


async def render_frames_beside(change: TurnChange, audiences: Collection[Audience]) -> list[ChangeFrame]:
    """The same for a change of any length, without holding up the event loop."""
    if len(change.turns) <= MAX_TURNS_ON_EVENT_LOOP:
        return render_frames(change, audiences)
    return await asyncio.to_thread(render_frames, change, audiences)


def _split_turns(change: TurnChange, sizes: list[int]) -> Iterator[tuple[list[int], int]]:
    """The indices of the turns that go together, and the revision up to which nothing is lacking after them.

    Pieces follow the revisions; within a piece turns keep their order.
    """
    revisions = [turn.row.revision for turn in change.turns]
    piece: list[int] = []
    size = 0
    for index in sorted(range(len(sizes)), key=revisions.__getitem__):
        if piece and size + sizes[index] > MAX_SENT_BYTES:
            # Another turn may have this very revision, and be in the next piece.
            yield sorted(piece), min(revisions[piece[-1]], revisions[index] - 1)
            piece, size = [], 0
        piece.append(index)
        size += sizes[index]
    if piece:
        yield sorted(piece), change.revision


def _count_bytes(html: str) -> int:
    return len(html.encode())
