"""What a page is shown that no socket reaches, and that asks again and again: the frames of a socket, all at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supportbot.server.backpressure import SocketWriter
from supportbot.server.process import process

from .. import turns
from .answer_stream import StreamedText
from .audiences import Audience
from .broadcast import OpenStream, Watchers
from .connections import PageConnection
from .fragments import render_revision


@dataclass(frozen=True, slots=True)
class PageUpdate:
    """The frames that bring a page up to date, and whether more is to come soon. The last frame is the revision."""

    frames: list[str]
    is_active: bool


async def load_update(
    conversation_id: int, audience: Audience, seen: int, shown_chars: int, check: Callable[[], object]
) -> PageUpdate:
    """What a page lacks that lacks nothing up to the revision `seen`.

    Of the answer that is streaming it shows so many characters; -1 if it shows none. `check` is called before the
    database is read, on its thread.
    """
    answer = await turns.load_streaming_answer.run_after(check, conversation_id)
    if answer.revision == seen and (answer.message_id is None or shown_chars >= 0):
        frames = [_build_text_frame(conversation_id, answer, shown_chars), render_revision(seen)]
    else:
        frames = await _load_missed_frames(conversation_id, audience, seen, check)
    return PageUpdate([frame for frame in frames if frame], answer.is_active)


def _build_text_frame(conversation_id: int, answer: turns.StreamingAnswer, shown_chars: int) -> str:
    """The answer's text, from this process or as it is stored; empty if there is no more of it than the page shows."""
    if answer.message_id is None:
        return ""
    stream: OpenStream | None = process.get(Watchers).streams.get(conversation_id)
    if stream is None:
        stream = stored = StreamedText(answer.message_id)
        stored.append(answer.text)
    return stream.build_snapshot_frame() if stream.length > shown_chars else ""


async def _load_missed_frames(
    conversation_id: int, audience: Audience, seen: int, check: Callable[[], object]
) -> list[str]:
    """All that a socket would be sent when it opens."""
    frames: list[str] = []

    async def collect_frame(event: dict[str, Any]) -> None:
        frames.append(event["text"])

    page = PageConnection(conversation_id, SocketWriter(collect_frame), audience)
    await page.resync(seen, check)
    return [*frames, render_revision(page.revision)]
