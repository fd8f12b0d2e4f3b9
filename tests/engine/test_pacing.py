"""The pause between two reads of a stream follows the load: none with room, and under load it does not swing."""

import asyncio

import pytest

from supportbot.assistant.backends.pacing import (
    CHECK_SECONDS,
    FIRST_LOOK_TICKS,
    LEAST_LONG_PAUSE_SECONDS,
    MAX_PAUSE_SECONDS,
    MEAN_PIECES,
    SHORT_PAUSE_SECONDS,
    Pacer,
    Pause,
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
            pause = self._pauses[-3]
            is_short = pause == SHORT_PAUSE_SECONDS
            reads = chats / (2 * TOKEN_SECONDS if is_short else max(TOKEN_SECONDS, pause))
            tokens = chats / TOKEN_SECONDS
            load = reads * self._read + tokens * self._token + tokens / 200 * self._turn
            self._pauses.append(compute_pause(self._pauses[-1], min(1.0, load)))
        return self._pauses[-checks:]


@pytest.mark.parametrize("chats", [1, 10, 25])
def test_no_word_waits_while_there_is_room(chats: int) -> None:
    assert Process().run(chats) == [0.0] * CHECKS


@pytest.mark.parametrize("chats", [50, 60, 80])
def test_with_more_to_do_the_pauses_are_so_short_that_nobody_notices(chats: int) -> None:
    pauses = Process().run(chats)

    assert set(pauses[CHECKS // 5 :]) == {SHORT_PAUSE_SECONDS}


@pytest.mark.parametrize("chats", [40, 50, 100, 120, 200, 500, 2000])
@pytest.mark.parametrize("read_us", [40, 85, 200])
def test_under_load_the_pause_comes_to_rest(chats: int, read_us: float) -> None:
    pauses = Process(read_us).run(chats)

    assert max(pauses[-20:]) <= 1.05 * min(pauses[-20:])
    assert max(pauses) < 1.5 * max(pauses[-1], LEAST_LONG_PAUSE_SECONDS)


def test_a_process_with_room_for_half_as_much_still_takes_pauses_before_it_is_full() -> None:
    """Long pauses begin while there is something left, and are no longer than that demands."""
    pauses = [Process().run(chats)[-1] for chats in (100, 130, 200, 300)]

    assert pauses == sorted(pauses)
    assert SHORT_PAUSE_SECONDS <= pauses[0] < pauses[-1] == MAX_PAUSE_SECONDS


def test_more_load_than_the_process_bears_brings_the_longest_pause_within_two_seconds() -> None:
    assert Process().run(2000, round(2 / CHECK_SECONDS))[-1] == MAX_PAUSE_SECONDS


def test_when_the_load_is_gone_no_word_waits_within_two_seconds() -> None:
    process = Process()
    process.run(500)

    assert process.run(5, round(2 / CHECK_SECONDS))[-1] == 0.0


def test_a_single_stall_makes_no_long_pause() -> None:
    pause = compute_pause(0.0, compute_load(elapsed_seconds=CHECK_SECONDS + 0.3, cpu_seconds=0.3))

    assert pause == SHORT_PAUSE_SECONDS
    assert compute_pause(pause, 0.05) == 0.0


@pytest.mark.parametrize(
    ("lag_seconds", "cpu_part", "load"),
    [(0, 0, 0), (0, 0.3, 0.3), (0.05, 0, 0.5), (0.08, 0.3, 0.8), (0.01, 0.7, 0.7), (5, 0, 1), (0, 1.7, 1)],
)
def test_the_load_is_the_processors_or_the_lag_of_the_loop(
    lag_seconds: float, cpu_part: float, load: float
) -> None:
    elapsed = CHECK_SECONDS + lag_seconds

    assert compute_load(elapsed, cpu_part * elapsed) == pytest.approx(load)


def test_the_pause_is_none_or_short_or_worth_a_tick() -> None:
    loads = [number / 50 for number in range(51)]
    pauses = [0.0, SHORT_PAUSE_SECONDS, LEAST_LONG_PAUSE_SECONDS, 0.1, MAX_PAUSE_SECONDS]
    changed = {compute_pause(pause, load) for pause in pauses for load in loads}

    assert all(LEAST_LONG_PAUSE_SECONDS <= pause <= MAX_PAUSE_SECONDS for pause in changed - set(pauses[:2]))


class Stream:
    """A body whose socket holds what a test puts into it; a read takes all of it. The numbers are of bytes."""

    def __init__(self, surplus: float = -1, waiting: int = 0, piece_bytes: int = 200) -> None:
        self.pauses = 0
        self.piece_bytes = piece_bytes
        self.surplus_pieces = surplus
        self.pair_ticks = 0
        self.is_paused = False
        self.waiting = waiting
        self.read = asyncio.Event()

    def pause_reading(self) -> None:
        self.is_paused = True
        self.pauses += 1

    def resume_reading(self) -> None:
        self.is_paused = False
        self.read.set()

    def count_waiting_bytes(self) -> int:
        return self.waiting


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows by one with each tick at which pauses may end."""
    return count_calls(monkeypatch, Pacer, "_end_pauses")


def may_end(stream: Stream, began: int, tick: int) -> bool:
    """Whether a short pause of a stream may, which began at that tick and is not over by the clock."""
    return Pause(stream, began, latest=1).may_end(tick, 0)


def test_in_a_short_pause_a_stream_is_read_when_a_second_piece_has_come() -> None:
    stream = Stream(piece_bytes=205)
    assert not may_end(stream, 100, 102)

    stream.waiting = 230  # a longer one
    assert not may_end(stream, 100, 103)
    assert not may_end(stream, 100, 104)

    stream.waiting = 430
    assert may_end(stream, 100, 104)


def test_the_first_time_one_piece_is_enough_and_tells_how_long_a_piece_is() -> None:
    stream = Stream(0, piece_bytes=0)
    assert not may_end(stream, 100, 102)
    stream.waiting = 200
    assert may_end(stream, 100, 103)

    assert not may_end(stream, 110, 112)


def test_more_than_half_of_the_words_wait_for_no_other_though_the_process_is_late_now_and_then() -> None:
    stream, pieces = Stream(0, piece_bytes=0), 0
    for read in range(200):
        stream.waiting = 600 if read % 5 == 4 else 200
        while not may_end(stream, 0, 4):
            stream.waiting += 200
        pieces += stream.waiting // 200

    assert pieces / 200 == pytest.approx(MEAN_PIECES, abs=0.02)


def test_pieces_that_become_longer_are_read_in_pairs_again() -> None:
    stream = Stream(waiting=500)
    assert may_end(stream, 100, 102)

    for _ in range(100):
        may_end(stream, 110, 112)
    stream.surplus_pieces = -1

    assert not may_end(stream, 120, 122)
    stream.waiting = 1000
    assert may_end(stream, 120, 124)


def test_several_pieces_in_the_place_of_one_are_not_taken_for_a_long_one() -> None:
    stream = Stream(0, waiting=600)
    assert may_end(stream, 100, 105)

    stream.surplus_pieces, stream.waiting = -1, 400
    assert may_end(stream, 110, 114)


def test_a_stream_is_not_asked_long_before_it_had_two_pieces_the_last_time() -> None:
    stream = Stream()
    assert Pause(stream, 100, latest=1).get_first_look() == 100 + FIRST_LOOK_TICKS

    stream.waiting = 400
    assert may_end(stream, 100, 104)
    assert Pause(stream, 110, latest=1).get_first_look() == 113

    assert may_end(stream, 110, 113)  # it has become faster
    assert Pause(stream, 120, latest=1).get_first_look() == 122


@pytest.mark.parametrize("waiting", [0, 200])
async def test_a_short_pause_ends_though_nothing_more_comes(waiting: int) -> None:
    """A word must not wait for one that is slow, and that a connection was closed is noticed only by reading."""
    pacer, stream = Pacer(), Stream()
    pacer.pause_seconds = SHORT_PAUSE_SECONDS
    stream.waiting = waiting
    pacer.begin_pause(stream)

    await asyncio.wait_for(stream.read.wait(), 1)


async def test_long_pauses_end_together(ticks: list[None]) -> None:
    pacer = Pacer()
    pacer.pause_seconds = 0.08
    streams = [Stream() for _ in range(50)]
    for stream in streams:
        pacer.begin_pause(stream)
        pacer.begin_pause(stream)  # as when more was read before the pause had begun

    await asyncio.gather(*(stream.read.wait() for stream in streams))

    assert {stream.pauses for stream in streams} == {1}
    assert len(ticks) <= 2  # one, unless a tick came between two of them


async def test_with_room_there_is_no_pause() -> None:
    stream = Stream()

    get_pacer().begin_pause(stream)

    assert not stream.is_paused


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
