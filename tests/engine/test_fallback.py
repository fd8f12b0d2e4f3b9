"""Several models in a row: the customer is answered by the first one that can, and nobody hears two of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from pydantic import BaseModel

from supportbot.assistant import deadlines
from supportbot.assistant.backends import fallback, timeouts
from supportbot.assistant.backends.chat import ChatBackend
from supportbot.assistant.backends.fallback import FallbackBackend, ModelState
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.limits import Limits
from supportbot.assistant.messages import Answer, Message, TextDelta, Thinking, Waiting
from tests.provider import CUT, HOLD, STALL, Provider, Think, nobody_listens, wire

from .desk import Desk


@pytest.fixture
def second() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
async def row(provider: Provider, second: Provider) -> AsyncIterator[FallbackBackend]:
    """Two models, the second of which is asked when the first does not answer."""
    backend = FallbackBackend([model(provider.url, "first"), model(second.url, "second")])
    yield backend
    await backend.aclose()


def model(url: str, name: str = "grok-scripted") -> ChatBackend:
    return ChatBackend(api_key="key", base_url=url, model=name)


@pytest.fixture
def desk(row: FallbackBackend) -> Desk:
    return Desk(row)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass without waiting for it."""
    now = [1000.0]
    monkeypatch.setattr(fallback, "monotonic", lambda: now[0])

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    return pass_by


async def test_the_first_one_answers_when_it_can(provider, second, desk):
    provider.say("Hello from the first.")

    assert await desk.ask("Hi") == "Hello from the first."
    assert second.requests == []


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_the_second_one_answers_when_the_first_refuses(provider, second, desk, status):
    for _attempt in range(2 if status in (429, 500, 503) else 1):
        provider.fail(status)
    second.say("Hello from the second.")

    assert await desk.ask("Hi") == "Hello from the second."
    assert second.requests[0].body["model"] == "second"


async def test_what_the_first_one_counted_in_vain_is_told_with_what_came_in_the_end(provider, second, desk):
    counted = wire.event({"model": "grok-scripted", "choices": [], "usage": wire.USAGE})
    provider.play(counted, CUT)
    second.say("Hello from the second.")

    await desk.ask("Hi")

    requests = desk.answers[0].list_requests()
    assert [request.usage for request in requests] == [wire.USAGE] * 2

    provider.play(counted, CUT)
    second.play(counted, CUT)
    with pytest.raises(ModelError) as caught:
        await desk.ask("Hi")

    assert [request.usage for request in caught.value.discarded] == [wire.USAGE] * 2


async def test_the_second_one_answers_when_the_first_is_not_there(second):
    second.say("Hello.")
    with nobody_listens() as url:
        row = FallbackBackend([model(url), model(second.url)])

        assert await Desk(row).ask("Hi") == "Hello."
        await row.aclose()


async def test_the_second_one_answers_when_the_first_is_silent(provider, second):
    provider.say("Warm.")
    provider.play(STALL)
    second.say("Hello.")
    first = model(provider.url)
    assert await Desk(first).ask("Hi") == "Warm."
    row = FallbackBackend([first, model(second.url)], first_token=1.0)

    assert await Desk(row).ask("Hi") == "Hello."

    await provider.until(lambda each: each.open_streams == 0)
    await row.aclose()


@pytest.mark.parametrize("end", [CUT, STALL], ids=["breaks off", "falls silent"])
async def test_the_second_one_answers_when_the_first_has_thought_and_then_says_nothing(provider, second, end):
    provider.say("Warm.")
    provider.play(Think("Hm."), end)
    second.say("Hello.")
    first = model(provider.url)
    assert await Desk(first).ask("Hi") == "Warm."
    row = FallbackBackend([first, model(second.url)], stall=0.3)

    assert await Desk(row).ask("Hi") == "Hello."

    await row.aclose()


async def test_the_second_one_sees_the_whole_conversation_and_the_tools(provider, second, desk):
    provider.call("lookup_order", order_id="ORD-123")
    provider.say("It has shipped.")
    await desk.ask("Where is ORD-123?")
    provider.fail(401)
    second.say("In two days.")

    await desk.ask("And when will it come?")

    roles = [message["role"] for message in second.requests[0].messages]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert [tool["name"] for tool in second.requests[0].tools] == ["lookup_order", "create_ticket"]


async def test_the_second_one_is_asked_for_words_alone_where_the_first_would_be(provider, second, desk):
    provider.fail(401)
    second.say("Hello.")
    desk.set_limits(rounds=0)

    await desk.ask("Hi")

    assert second.requests[0].tool_choice == "none"


async def test_when_words_were_heard_already_nobody_else_begins_anew(provider, second, desk):
    provider.play(*provider.say("It left our").pieces[:3], CUT)
    provider._script.popleft()

    with pytest.raises(ModelError) as failure:
        await desk.ask("Where is it?")

    assert failure.value.code == ErrorCode.CUT
    assert second.requests == []


async def test_what_is_wrong_with_the_request_is_not_tried_elsewhere(provider, second, desk):
    provider.find_too_long()

    with pytest.raises(ModelError) as failure:
        await desk.ask("Hi")

    assert failure.value.code == ErrorCode.CONTEXT_TOO_LONG
    assert second.requests == []


async def test_when_all_are_down_it_says_so(provider, second, desk):
    provider.fail(401)
    second.fail(403)

    with pytest.raises(ModelError) as failure:
        await desk.ask("Hi")

    assert failure.value.code == ErrorCode.KEY_REFUSED


async def test_one_that_fails_again_and_again_is_left_alone_and_then_tried_once(
    provider, second, desk, clock
):
    second.otherwise(lambda request: second.say("Second."))
    for _ in range(fallback.FAILURE_THRESHOLD):
        provider.fail(401)
        await desk.ask("Hi")
    asked = len(provider.requests)

    assert await desk.ask("Hi") == "Second."
    assert len(provider.requests) == asked, "it is left alone"

    clock(fallback.OPEN_SECONDS)
    provider.fail(401)
    assert await desk.ask("Hi") == "Second."
    assert len(provider.requests) == asked + 1, "one request tries it"
    await desk.ask("Hi")
    assert len(provider.requests) == asked + 1, "and it is left alone again"

    clock(fallback.OPEN_SECONDS)
    provider.say("First.")
    assert await desk.ask("Hi") == "First."
    provider.say("First again.")
    assert await desk.ask("Hi") == "First again."


async def test_when_the_only_one_is_left_alone_nobody_waits_for_it(provider, clock):
    row = FallbackBackend([model(provider.url)])
    for _ in range(fallback.FAILURE_THRESHOLD):
        provider.fail(401)
        with pytest.raises(ModelError):
            await Desk(row).ask("Hi")
    asked = len(provider.requests)

    with pytest.raises(ModelError) as failure:
        await Desk(row).ask("Hi")

    assert (failure.value.code, failure.value.retry) == (ErrorCode.DOWN, True)
    assert len(provider.requests) == asked
    await row.aclose()


async def test_requests_that_a_model_does_not_take_do_not_close_it_to_others(provider, second, desk):
    """One customer's photos, to a model that sees none."""
    second.otherwise(lambda request: second.say("Second."))
    for _ in range(2 * fallback.FAILURE_THRESHOLD):
        provider.fail(422)
        await desk.ask("What is on this photo?")

    provider.say("First.")
    assert await desk.ask("Hi") == "First."


async def test_as_soon_as_one_that_was_left_alone_speaks_it_is_there_for_everybody(
    provider, second, desk, clock
):
    second.otherwise(lambda request: second.say("Second."))
    for _ in range(fallback.FAILURE_THRESHOLD):
        provider.fail(401)
        await desk.ask("Hi")
    clock(fallback.OPEN_SECONDS)
    provider.play(*provider.say("I am back.").pieces[:3], HOLD)
    provider._script.popleft()
    slow = asyncio.create_task(desk.ask("Hi"))
    await provider.until(lambda each: each.open_streams == 1)

    async def answered_by_the_first() -> bool:
        provider.otherwise(lambda request: provider.say("First."))
        return await desk.ask("Hi") == "First."

    async with asyncio.timeout(5):
        while not await answered_by_the_first():
            pass
    slow.cancel()


async def test_failures_long_ago_do_not_count(provider, second, desk, clock):
    second.otherwise(lambda request: second.say("Second."))
    for _ in range(2 * fallback.FAILURE_THRESHOLD):
        provider.fail(401)
        await desk.ask("Hi")
        clock(fallback.FAILURE_WINDOW_SECONDS / 2)

    assert len(provider.requests) == 2 * fallback.FAILURE_THRESHOLD


class Mood(BaseModel):
    mood: str


async def test_typed_answers_go_the_same_way(provider, second, row):
    provider.fail(401)
    second.fill(mood="happy")

    parsed = await row.parse("How do they feel?", [Message("user", "I am happy!")], Mood)

    assert parsed.value == Mood(mood="happy")


async def test_a_typed_answer_that_never_comes_is_another_models_chance(provider, second, row, monkeypatch):
    monkeypatch.setattr(timeouts, "WHOLE_ANSWER_SECONDS", 1.0)
    provider.ignore()
    second.fill(mood="happy")

    parsed = await row.parse("How do they feel?", [Message("user", "I am happy!")], Mood)

    assert parsed.value == Mood(mood="happy")


async def test_a_model_that_its_server_does_not_know_is_left_alone_like_a_refused_key(provider, second, desk):
    second.otherwise(lambda request: second.say("Second."))
    for _ in range(fallback.FAILURE_THRESHOLD):
        provider.fail(404)
        await desk.ask("Hi")

    assert await desk.ask("Hi") == "Second."
    assert len(provider.requests) == fallback.FAILURE_THRESHOLD


async def test_a_conversation_whose_answers_two_models_kept_is_forgotten_by_both(provider, second, row):
    await row.forget(["responses:0123:abcd:resp_1"])  # of neither of them

    assert provider.requests == second.requests == []


@pytest.mark.parametrize(
    ("codes", "refusal"),
    [
        ([ErrorCode.NO_CREDIT], ErrorCode.NO_CREDIT),
        ([ErrorCode.MISCONFIGURED], ErrorCode.MISCONFIGURED),
        ([ErrorCode.DOWN, ErrorCode.BUSY, ErrorCode.STALLED], None),
        ([None, ErrorCode.KEY_REFUSED], ErrorCode.KEY_REFUSED),
        ([None, ErrorCode.KEY_REFUSED, None], None),
        ([None, ErrorCode.MISCONFIGURED, ErrorCode.REQUEST_REFUSED], None),
        ([None, *[ErrorCode.MISCONFIGURED] * 3], ErrorCode.MISCONFIGURED),
        ([None, *[ErrorCode.MISCONFIGURED, None] * 3], None),
    ],
)
def test_a_model_refuses_everything_when_it_says_so_or_has_never_answered_otherwise(codes, refusal):
    state = ModelState()

    for code in codes:
        state.note_error(code) if code else state.note_answer()

    assert state.refusal == refusal


async def test_each_of_the_models_has_its_own_state(provider, second, row, desk):
    provider.fail(401)
    second.say("Hello.")

    await desk.ask("Hi")

    assert [(state.refusal, state.has_answered) for state in row.model_states] == [
        (ErrorCode.KEY_REFUSED, False),
        (None, True),
    ]


class Played:
    """A model that gives these parts, after pauses of so many seconds, and fails with errors."""

    def __init__(self, *parts: object) -> None:
        self._parts = parts

    async def stream(self, *_args: object, **_options: object) -> AsyncIterator[object]:
        for part in self._parts:
            if isinstance(part, float):
                await asyncio.sleep(part)
            elif isinstance(part, ModelError):
                raise part
            else:
                yield part


@pytest.mark.parametrize("sign", [Thinking(), TextDelta("")])
async def test_the_next_model_has_its_own_time_to_begin_though_the_one_before_had_begun(monkeypatch, sign):
    """It may be one's own, which has to be loaded first: that takes longer than a pause, and than a turn."""
    monkeypatch.setattr(deadlines, "LOADING_SECONDS", 1.0)
    answer = Answer(Message("assistant", "Hello."), "stop")
    row = [Played(sign, ModelError(ErrorCode.DOWN)), Played(0.5, TextDelta("Hello."), answer)]
    desk = Desk(
        FallbackBackend(row, first_token=[0.1, 5.0], stall=0.1),
        Limits(first_token=5.1, stall=0.1, turn=0.3, notice=5.0),
    )

    assert await desk.ask("Hi") == "Hello."

    assert Waiting() in desk.events


async def test_the_next_model_is_given_up_when_its_own_time_is_over():
    row = [Played(Thinking(), ModelError(ErrorCode.DOWN)), Played(60.0)]
    desk = Desk(FallbackBackend(row, first_token=[0.1, 0.2], stall=0.1), Limits(stall=5.0))

    with pytest.raises(ModelError) as caught:
        await desk.ask("Hi")

    assert caught.value.code == ErrorCode.NO_FIRST_TOKEN


class SlowToClose:
    """A model that never begins, and whose stream takes a moment to close."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()

    async def stream(self, *_args: object, **_options: object) -> AsyncIterator[object]:
        self.is_asked.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.02)
        yield Thinking()


async def test_a_turn_that_is_cancelled_twice_while_the_next_model_is_waited_for_ends_as_one_that_was_cancelled():
    """As by a stop and by a message that joins the turn: “asynchronous generator is already running” is no end."""
    second = SlowToClose()
    row = FallbackBackend([Played(Thinking(), ModelError(ErrorCode.DOWN)), second])
    asking = asyncio.create_task(Desk(row).ask("Hi"))
    await second.is_asked.wait()

    for _ in range(2):
        asking.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        await asking
