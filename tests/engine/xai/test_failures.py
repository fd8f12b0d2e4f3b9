"""Every status and every end of a stream that gRPC knows, told as the engine's errors."""

import asyncio
import sys
from asyncio.subprocess import PIPE

import grpc
import pytest
from xai_sdk.proto import chat_pb2, sample_pb2

from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Message
from tests.engine.desk import SYSTEM
from tests.engine.failing import assert_next_turn_works, fails
from tests.provider import CUT, HOLD, RESET, STALL, Say

Status = grpc.StatusCode
CODES = {
    Status.UNAUTHENTICATED: ErrorCode.KEY_REFUSED,
    Status.PERMISSION_DENIED: ErrorCode.KEY_REFUSED,
    Status.RESOURCE_EXHAUSTED: ErrorCode.BUSY,
    Status.UNAVAILABLE: ErrorCode.DOWN,
    Status.DEADLINE_EXCEEDED: ErrorCode.DOWN,
    Status.INTERNAL: ErrorCode.DOWN,
    Status.UNKNOWN: ErrorCode.DOWN,
    Status.ABORTED: ErrorCode.DOWN,
    Status.CANCELLED: ErrorCode.DOWN,
    Status.DATA_LOSS: ErrorCode.DOWN,
    Status.INVALID_ARGUMENT: ErrorCode.REQUEST_REFUSED,
    Status.NOT_FOUND: ErrorCode.NO_MODEL,
    Status.FAILED_PRECONDITION: ErrorCode.REQUEST_REFUSED,
    Status.OUT_OF_RANGE: ErrorCode.REQUEST_REFUSED,
    Status.ALREADY_EXISTS: ErrorCode.REQUEST_REFUSED,
    Status.UNIMPLEMENTED: ErrorCode.REQUEST_REFUSED,
}


def test_there_is_no_other_status():
    assert {*CODES, Status.OK} == set(Status)


@pytest.mark.parametrize("status", CODES, ids=lambda status: status.name)
async def test_every_status_is_told_by_its_code_and_without_the_providers_words(provider, desk, status):
    provider.otherwise(lambda request: provider.fail(status, "alice wrote: my card is 4111 1111"))

    error = await fails(desk)

    assert error.code == CODES[status]
    assert error.retry is (CODES[status] in (ErrorCode.BUSY, ErrorCode.DOWN))
    assert "4111 1111" not in f"{error!r} {error.__cause__!r}"
    assert error.__suppress_context__


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (Status.INVALID_ARGUMENT, "Incorrect API key provided: xa***ey.", ErrorCode.KEY_REFUSED),
        (
            Status.INVALID_ARGUMENT,
            "Failed to start sampling: [input_too_large] Current message (9 tokens) exceeds budget (8 tokens)",
            ErrorCode.CONTEXT_TOO_LONG,
        ),
        (
            Status.INVALID_ARGUMENT,
            "This model's maximum prompt length is 131072 but the request contains 136973 tokens.",
            ErrorCode.CONTEXT_TOO_LONG,
        ),
        (
            Status.PERMISSION_DENIED,
            "Content violates usage guidelines. Failed check: SAFETY",
            ErrorCode.FILTERED,
        ),
    ],
)
async def test_xais_words_tell_apart_what_has_one_status(provider, desk, status, words, code):
    provider.otherwise(lambda request: provider.fail(status, words))

    error = await fails(desk)

    assert (error.code, error.retry) == (code, False)


@pytest.mark.parametrize("status", [Status.UNAVAILABLE, Status.RESOURCE_EXHAUSTED, Status.INTERNAL])
async def test_it_tries_twice_and_no_more(provider, desk, status):
    provider.otherwise(lambda request: provider.fail(status, "Later."))

    await fails(desk)

    assert len(provider.requests) == 2


def ending(reason: int) -> chat_pb2.GetChatCompletionChunk:
    output = chat_pb2.CompletionOutputChunk(finish_reason=reason)
    return chat_pb2.GetChatCompletionChunk(id="resp-x", outputs=[output])


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (sample_pb2.REASON_TIME_LIMIT, ErrorCode.CUT),
        (sample_pb2.REASON_MAX_CONTEXT, ErrorCode.CONTEXT_TOO_LONG),
        (sample_pb2.REASON_INVALID, ErrorCode.CUT),
    ],
)
async def test_an_answer_that_was_broken_off_is_not_taken_for_a_whole_one(provider, backend, reason, code):
    provider.play(ending(reason))
    parts = backend.stream(SYSTEM, [Message("user", "Hi")], [])

    with pytest.raises(ModelError) as caught:
        assert not [part async for part in parts]

    assert caught.value.code == code


async def test_an_answer_that_filled_the_context_is_shown_as_far_as_it_came(provider, desk):
    provider.play(Say("Once upon"), ending(sample_pb2.REASON_MAX_CONTEXT))

    assert await desk.ask("Tell me a story") == "Once upon"

    assert desk.answers[0].finish_reason == "length"


async def test_a_stream_whose_end_never_comes_is_whole_once_it_has_finished(provider, desk):
    provider.play(Say("All said."), ending(sample_pb2.REASON_STOP), STALL)

    assert await desk.ask("Hi") == "All said."

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)


async def test_an_answer_that_has_finished_is_whole_though_the_connection_then_breaks(provider, desk):
    provider.play(Say("All said."), ending(sample_pb2.REASON_STOP), CUT)

    assert await desk.ask("Hi") == "All said."


async def test_after_a_dropped_connection_the_next_turn_makes_a_new_one(provider, desk):
    reply = provider.play(Say("I "), HOLD, RESET)
    asking = asyncio.create_task(desk.ask("Hi"))
    await desk.text_received.wait()
    reply.release()

    with pytest.raises(ModelError) as caught:
        await asking

    assert caught.value.code == ErrorCode.CUT
    await assert_next_turn_works(provider, desk)


async def test_closing_the_backend_ends_a_running_answer_as_an_error_and_no_cancellation(
    provider, backend, desk
):
    provider.say("One two three", hold_after=1)
    asking = asyncio.create_task(desk.ask("Count"))
    await desk.text_received.wait()

    await backend.aclose()

    with pytest.raises(ModelError) as caught:
        await asking
    assert caught.value.code == ErrorCode.CUT


# In a process of its own: gRPC has one queue for a process, and in this one it still speaks of loops of earlier tests.
LEAVE_EARLY = """
import asyncio, logging, sys
from supportbot.assistant.backends.xai import XaiBackend
from supportbot.assistant.messages import Message

async def leave_early(url):
    backend = XaiBackend(api_key="xai-1", base_url=url, model="grok-scripted")
    parts = backend.stream("You help.", [Message("user", "Count")], [])
    await anext(parts)
    await parts.aclose()
    await asyncio.to_thread(sys.stdin.readline)
    await backend.aclose()

logging.basicConfig()
asyncio.run(leave_early(sys.argv[1]))
"""


async def test_leaving_an_answer_early_closes_the_call_and_says_nothing_in_the_log(provider):
    provider.say("One two three", hold_after=1)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LEAVE_EARLY, provider.url), stdin=PIPE, stderr=PIPE
    )

    await provider.until(lambda provider: provider.requests and provider.requests[0].closed_early)
    _output, log = await child.communicate(b"\n")

    assert (log.decode(), child.returncode) == ("", 0)
