"""Staff who watch an answer are sent all of its words, in a few frames, and in order with all else."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from supportbot.conversations.realtime.fragments import build_delta_frame
from supportbot.desk.live import connection
from supportbot.desk.live.connection import DeskConnection
from supportbot.desk.live.fragments import get_staff_audience

WORDS = [f"word{number} " for number in range(100)]


class Writer:
    """A page's line that keeps what was sent."""

    is_full = False

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, frame: str) -> bool:
        await asyncio.sleep(0)  # others may go on meanwhile
        self.sent.append(frame)
        return True

    def texts(self) -> list[tuple[str, int, str]]:
        deltas = [json.loads(frame)["delta"] for frame in self.sent if frame.startswith("{")]
        return [(delta["message"], delta["offset"], delta["text"]) for delta in deltas]


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def open_page(writer: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], DeskConnection]:
    def build(interval_seconds: float) -> DeskConnection:
        monkeypatch.setattr(connection, "TEXT_INTERVAL_SECONDS", interval_seconds)
        page = DeskConnection(1, 1, writer, get_staff_audience())
        page._buffered = None  # the stored state was loaded
        return page

    return build


async def stream(page: DeskConnection, message: int = 7) -> str:
    offset = 0
    for word in WORDS:
        await page.deliver(build_delta_frame(message, offset, word))
        offset += len(word)
    return "".join(WORDS)


async def test_the_first_word_comes_at_once_and_the_others_together(open_page, writer):
    page = open_page(0.05)
    await page.deliver(build_delta_frame(7, 0, WORDS[0]))
    assert writer.texts() == [("7", 0, WORDS[0])]

    text = await stream(page)
    async with asyncio.timeout(5):
        while not writer.texts()[-1][2].endswith(WORDS[-1]):  # noqa: ASYNC110 - the line calls nobody back
            await asyncio.sleep(0.01)

    assert len(writer.sent) < 10
    shown = ""
    for _message, offset, piece in writer.texts():
        assert offset <= len(shown)
        shown = shown[:offset] + piece
    assert shown == text


async def test_what_replaces_the_text_comes_behind_it(open_page, writer):
    page = open_page(60)
    text = await stream(page)
    await page.deliver("<div id=turn-1></div>")
    await stream(page, message=8)
    await page.deliver("<div id=turn-2></div>")

    kinds = [frame.partition(" ")[0] for frame in writer.sent]
    assert [kind for kind in kinds if kind == "<div"] == ["<div"] * 2
    assert writer.sent[-1] == "<div id=turn-2></div>"
    of_first = [
        frame for frame in writer.sent[: writer.sent.index("<div id=turn-1></div>")] if frame[0] == "{"
    ]
    assert "".join(json.loads(frame)["delta"]["text"] for frame in of_first) == text


async def test_a_page_that_is_closed_is_sent_nothing_more(open_page, writer):
    page = open_page(0.02)
    await stream(page)
    known = len(writer.sent)
    page.close()
    await asyncio.sleep(0.05)

    assert len(writer.sent) == known
