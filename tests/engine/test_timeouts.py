"""However a model keeps silent, the customer waits as long as was promised and hardly longer."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic

import pytest

from supportbot.assistant.backends import transport
from supportbot.assistant.backends.chat import ChatBackend
from supportbot.assistant.deadlines import LimitedWaits, TurnClock
from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.limits import Limits
from supportbot.assistant.messages import Part, TextDelta
from tests.provider import STALL, Drip, wire

from .desk import Desk
from .failing import START, fails

SECONDS = 1.5
LIMITS = {
    "no first token": ("first_token", ErrorCode.NO_FIRST_TOKEN, (STALL,)),
    "a stall": ("stall", ErrorCode.STALLED, (START, STALL)),
    "no end": ("turn", ErrorCode.TOO_LONG, (START, Drip(wire.text("and on ")))),
}


@pytest.mark.parametrize(("limit", "code", "pieces"), LIMITS.values(), ids=LIMITS)
async def test_a_limit_is_kept_within_a_tenth(provider, desk, limit, code, pieces):
    """B14, B15: measured from the last thing that came; the usual limits differ from these only in length."""
    provider.say("Hello.")
    await desk.ask("Hello")
    desk.set_limits(**{limit: SECONDS})
    provider.play(*pieces)
    began = monotonic()

    error = await fails(desk)

    assert error.code == code
    assert SECONDS <= monotonic() - began < SECONDS * 1.1 + 0.1
    assert len(provider.requests) == 2


@contextmanager
def nobody_accepts() -> Iterator[str]:
    """The address of a server that is too busy to take a connection: it is neither taken nor refused."""
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[Desk]:
    backend = ChatBackend(api_key="key", base_url=url, model="grok-scripted")
    yield Desk(backend)
    await backend.aclose()


@pytest.fixture
def quick(monkeypatch):
    """Connecting may take five seconds; here it is a tenth of that."""
    assert transport.CONNECT_SECONDS == 5
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.5)


@pytest.mark.usefixtures("quick")
async def test_a_server_that_takes_no_connection_is_given_up_twice():
    """B14: neither taken nor refused, as behind a firewall."""
    with nobody_accepts() as url:
        async with asking(url) as desk:
            began = monotonic()

            error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.UNREACHABLE, True)
    assert 0.5 <= monotonic() - began < 0.5 * 2 + 1.2  # the second try comes up to a second later


@pytest.mark.usefixtures("quick")
async def test_a_server_that_does_not_speak_tls_is_unreachable(provider):
    async with asking(provider.url.replace("http", "https")) as desk:
        error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.UNREACHABLE, True)


async def test_a_name_that_does_not_exist_is_a_wrong_address():
    async with asking("http://no-such-model.invalid/v1") as desk, asyncio.timeout(20):
        error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.NO_MODEL, False)


async def test_a_turn_that_is_cancelled_twice_ends_as_one_that_was_cancelled():
    """As by a stop and by a message that joins the turn: the model's stream takes a moment to close."""

    async def begin_slowly() -> AsyncGenerator[Part]:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.02)
        yield TextDelta("")

    async def read() -> None:
        async for _part in TurnClock(Limits()).limit_parts(begin_slowly()):
            pass

    reading = asyncio.create_task(read())
    for _ in range(2):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading


async def wait_within(waits: LimitedWaits, seconds: float, awaitable: Awaitable[str]) -> str:
    with waits.limit_wait(asyncio.get_running_loop().time() + seconds):
        return await awaitable


async def test_of_many_waits_each_has_its_own_limit(monkeypatch):
    """One timer serves them all: it goes off within a later wait, and that goes on to its own limit."""
    timers = []
    loop = asyncio.get_running_loop()
    call_at = loop.call_at
    monkeypatch.setattr(loop, "call_at", lambda *args, **kw: timers.append(args[0]) or call_at(*args, **kw))
    waits = LimitedWaits()
    for _ in range(100):
        assert await wait_within(waits, 0.2, asyncio.sleep(0, "word")) == "word"
    assert len(timers) == 1
    assert await wait_within(waits, 5, asyncio.sleep(0.25, "late")) == "late"

    began = monotonic()
    for seconds in (0.05, 0.1):
        with pytest.raises(TimeoutError):
            await wait_within(waits, seconds, asyncio.Future())

    assert 0.15 <= monotonic() - began < 1
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_who_is_cancelled_within_a_wait_is_cancelled_though_its_limit_is_over():
    waits = LimitedWaits()
    task = asyncio.create_task(wait_within(waits, 0, hold_on_to_cancellation()))
    await asyncio.sleep(0.02)  # the limit is over, and what is waited for does not end at once

    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()


async def hold_on_to_cancellation() -> str:
    try:
        await asyncio.Future()
    finally:
        await asyncio.sleep(0.05)
    return ""


async def test_a_timer_that_goes_off_between_two_waits_cancels_nothing():
    waits = LimitedWaits()
    await wait_within(waits, 0.01, asyncio.sleep(0, ""))

    await asyncio.sleep(0.03)

    assert await wait_within(waits, 1, asyncio.sleep(0.01, "word")) == "word"
