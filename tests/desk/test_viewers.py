"""The desk names who else looks at a conversation, and nobody who no longer does."""

import pytest

from supportbot.desk.live import viewers
from supportbot.server.process import process

CHAT = 7


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(viewers, "monotonic", clock)
    return clock


@pytest.fixture
async def told(clock: Clock) -> list[list[str]]:
    """What a page of this process, which Anna reads, was told of who looks."""
    told: list[list[str]] = []

    async def listen() -> None:
        told.append(viewers.list_viewers(CHAT))

    await viewers.subscribe_viewers(CHAT, listen)
    await viewers.announce_viewer(CHAT, "annas", "Anna")
    return told


async def say_again(clock: Clock, page_key: str, name: str, times: int) -> None:
    for _ in range(times):
        clock.now += viewers.VIEWER_INTERVAL_SECONDS
        await viewers.announce_viewer(CHAT, page_key, name)


async def test_a_colleague_whose_process_has_died_is_named_no_longer(clock, told):
    await viewers.announce_viewer(CHAT, "sams", "Sam")
    assert told == [["Anna"], ["Anna", "Sam"]]

    await say_again(clock, "annas", "Anna", times=3)

    assert told[2:] == [["Anna"]], "once"
    assert process.get(viewers.Viewers).pages[CHAT].keys() == {"annas"}, "nothing of it is kept"


async def test_a_colleague_who_comes_back_is_named_again(clock, told):
    await viewers.announce_viewer(CHAT, "sams", "Sam")
    await say_again(clock, "annas", "Anna", times=3)
    await viewers.announce_viewer(CHAT, "sams", "Sam")
    assert told[-1] == ["Anna", "Sam"]


async def test_of_two_pages_of_a_colleague_one_is_enough(clock, told):
    """And a page that says again that it is there is no news."""
    await viewers.announce_viewer(CHAT, "sams", "Sam")
    await viewers.announce_viewer(CHAT, "sams-phone", "Sam")
    for _ in range(4):
        await say_again(clock, "annas", "Anna", times=1)
        await viewers.announce_viewer(CHAT, "sams-phone", "Sam")
    assert told == [["Anna"], ["Anna", "Sam"]]
    await viewers.announce_viewer(CHAT, "sams-phone", "")
    assert told[-1] == ["Anna"]


async def test_of_a_conversation_that_nobody_looks_at_nothing_is_kept(clock, told):
    await viewers.announce_viewer(CHAT, "annas", "")
    assert CHAT not in process.get(viewers.Viewers).pages
