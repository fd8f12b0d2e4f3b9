"""The pause between two reads of a stream follows the load: none with room, and under load it does not swing."""

import asyncio

import pytest

from supportbot.assistant.backends.pacing import (
    BUSY_LOAD,
    CHECK_SECONDS,
    MAX_PAUSE_SECONDS,
    MIN_PAUSE_SECONDS,
    SHORT_PAUSE_SECONDS,
    Pacer,
    _pacers,
    compute_load,
    compute_pause,
    get_pacer,
)

TOKEN_SECONDS = 0.02
CHECKS = 100


class Process:
    """Chats on one core, each with a token every 20 ms: what they use at a pause shows in the load two checks later."""

    def __init__(self, read_us: float = 85, token_us: float = 12, turn_ms: float = 7) -> None:
        self._read, self._token, self._turn = read_us / 1e6, token_us / 1e6, turn_ms / 1e3
        self._pauses = [0.0] * 3

    def run(self, chats: int, checks: int = CHECKS) -> list[float]:
        """The pauses after each check."""
        for _ in range(checks):
            reads = chats / max(TOKEN_SECONDS, self._pauses[-3])
            tokens = chats / TOKEN_SECONDS
            load = reads * self._read + tokens * self._token + tokens / 200 * self._turn
            self._pauses.append(compute_pause(self._pauses[-1], min(1.0, load)))
        return self._pauses[-checks:]


@pytest.mark.parametrize("chats", [1, 10, 25])
def test_no_word_waits_while_there_is_room(chats: int) -> None:
    assert Process().run(chats) == [0.0] * CHECKS


@pytest.mark.parametrize("chats", [60, 80])
def test_with_more_to_do_the_pauses_are_so_short_that_nobody_notices(chats: int) -> None:
    pauses = Process().run(chats)

    assert max(pauses) == pauses[-1] == SHORT_PAUSE_SECONDS


@pytest.mark.parametrize("chats", [120, 150, 200, 500, 2000])
@pytest.mark.parametrize("read_us", [40, 85, 200])
def test_under_load_the_pause_comes_to_rest(chats: int, read_us: float) -> None:
    pauses = Process(read_us).run(chats)

    assert SHORT_PAUSE_SECONDS <= pauses[-1] <= MAX_PAUSE_SECONDS
    assert max(pauses[-20:]) < 1.05 * min(pauses[-20:])
    assert max(pauses) < 1.3 * pauses[-1]


def test_more_load_than_the_process_bears_brings_the_longest_pause_within_two_seconds() -> None:
    assert Process().run(2000, round(2 / CHECK_SECONDS))[-1] == MAX_PAUSE_SECONDS


def test_when_the_load_is_gone_no_word_waits_within_two_seconds() -> None:
    process = Process()
    process.run(500)

    assert process.run(5, round(2 / CHECK_SECONDS))[-1] == 0.0


def test_a_single_stall_makes_no_long_pause() -> None:
    pause = compute_pause(0.0, compute_load(elapsed_seconds=CHECK_SECONDS + 0.3, cpu_seconds=0.3))

    assert pause < SHORT_PAUSE_SECONDS
    assert compute_pause(pause, 0.05) < pause


@pytest.mark.parametrize(
    ("lag_seconds", "cpu_part", "load"),
    [(0, 0, 0), (0, 0.3, 0.3), (0.05, 0, 0.5), (0.08, 0.3, 0.8), (0.01, 0.7, 0.7), (5, 0, 1), (0, 1.7, 1)],
)
def test_the_load_is_the_processors_or_the_lag_of_the_loop(
    lag_seconds: float, cpu_part: float, load: float
) -> None:
    elapsed = CHECK_SECONDS + lag_seconds

    assert compute_load(elapsed, cpu_part * elapsed) == pytest.approx(load)


def test_the_pause_is_none_or_worth_a_timer() -> None:
    loads = [number / 50 for number in range(51)]
    pauses = [0.0, MIN_PAUSE_SECONDS, 0.02, SHORT_PAUSE_SECONDS, 0.1, MAX_PAUSE_SECONDS]
    changed = [compute_pause(pause, load) for pause in pauses for load in loads]

    assert all(pause == 0 or MIN_PAUSE_SECONDS <= pause <= MAX_PAUSE_SECONDS for pause in changed)
    assert compute_pause(SHORT_PAUSE_SECONDS, BUSY_LOAD) == SHORT_PAUSE_SECONDS


async def test_pauses_that_begin_together_end_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pacer = get_pacer()
    pacer.pause_seconds = 0.03
    ended: list[int] = []
    wake_ups = count_calls(monkeypatch, Pacer, "_end_pauses")

    async def wait(number: int) -> None:
        await pacer.await_pause()
        ended.append(number)

    waiting = [asyncio.create_task(wait(number)) for number in range(50)]
    await asyncio.sleep(0)
    waiting[7].cancel()
    await asyncio.wait(waiting)

    assert ended == [number for number in range(50) if number != 7]
    assert len(wake_ups) <= 2  # one, unless a slot ended between two of them


async def test_nothing_is_checked_while_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportbot.assistant.backends.pacing.CHECK_SECONDS", 0.001)
    checks = count_calls(monkeypatch, Pacer, "_check")
    pacer = get_pacer()
    with pacer.count_reader(), pacer.count_reader():
        while len(checks) < 3:  # noqa: ASYNC110 - there is nothing to be told by
            await asyncio.sleep(0.001)
        pacer.pause_seconds = 0.1

    while pacer.pause_seconds:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    number = len(checks)
    await asyncio.sleep(0.02)

    assert len(checks) == number
    assert get_pacer() is pacer


def test_no_pacer_outlives_its_event_loop() -> None:
    """What waits for the end of a pause holds its loop, so the loop of a pacer does not go by itself."""

    async def leave_pacer() -> tuple[Pacer, asyncio.AbstractEventLoop]:
        return get_pacer(), asyncio.get_running_loop()

    first, _loop = asyncio.run(leave_pacer())
    assert first in _pacers.values()

    _second, _other_loop = asyncio.run(leave_pacer())
    assert first not in _pacers.values()


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[None]:
    """A list that grows by one with every call."""
    calls: list[None] = []
    original = getattr(owner, name)

    def call(*args: object) -> object:
        calls.append(None)
        return original(*args)

    monkeypatch.setattr(owner, name, call)
    return calls
