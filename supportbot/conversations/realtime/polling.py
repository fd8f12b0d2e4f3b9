"""What a page is shown that no socket reaches, and that asks again and again: the frames of a socket, all at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supportbot.server.backpressure import SocketWriter
from supportbot.server.process import process

from .. import turns
from .audiences import Audience
from .broadcast import Watchers
from .connections import PageConnection
from .fragments import render_blocks, render_revision
from .markdown import measure_finished_blocks


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
    """The answer's text, from this process or as it is stored; empty if the page shows it already.

    What is stored may be less than what another process has shown. With nothing stored all of it was withdrawn, for the
    first words are stored before anybody sees them.
    """
    if answer.message_id is None:
        return ""
    stream = process.get(Watchers).streams.get(conversation_id)
    if stream is not None:
        is_news = stream.message_id == answer.message_id and stream.length != shown_chars
        return stream.build_snapshot_frame() if is_news else ""
    is_withdrawn = not answer.text and shown_chars > 0
    if len(answer.text) <= shown_chars and not is_withdrawn:
        return ""
    finished = measure_finished_blocks(answer.text)
    blocks, rest = answer.text[:finished], answer.text[finished:]
    return render_blocks(answer.message_id, blocks, rest, len(answer.text), swap="true")


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
