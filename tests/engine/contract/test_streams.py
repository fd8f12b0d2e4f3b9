"""Streams as servers send them: whatever frames them, ends them or stands in their place, the answer is whole.

Framing: openai/openai-python#3819, assistant-ui/assistant-ui#6954 (a byte order mark); openai/openai-node#2725,
earendil-works/pi#9047, google-gemini/gemini-cli#29059 (no blank line at the end). Reasons:
huggingface/text-generation-inference#2344, mistralai/client-python#123, vespa-engine/vespa#33327, qualcomm/GenieX#1243,
sgl-project/sglang#3912, ollama/ollama#4357; suhaibbinyounis/github-copilot-api-vscode#100, tensorzero/tensorzero#2078
(one with every chunk). Signs of life that are no comments: mnfst/llm-gateway#2053, betalgo/openai#472,
caozhiyuan/copilot-api#88, omnigent-ai/omnigent#1474, router-for-me/CLIProxyAPI#4691.
Thoughts and recordings: langfuse/langfuse-python#1831, openai/openai-node#1991 (the words are a transcript).
Content in parts: vercel/ai#8072, BerriAI/litellm#16272, Arize-ai/openinference#3761.
"""

import asyncio
import json
from typing import Any

import pytest

from supportbot.assistant.backends import timeouts
from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import Thinking
from tests.engine.desk import Desk
from tests.engine.failing import fails
from tests.provider import HOLD, STALL, Drip, Piece, Provider, wire
from tests.provider.server import plain

from .wires import WIRES, Wire

TEXT = "Not before Monday."
WORDS = wire.words(TEXT)
WHOLE = [*WORDS, *wire.ending()]
MESSAGE = {"role": "assistant", "content": TEXT}


@pytest.fixture
def spoken() -> Wire:
    return WIRES["chat"]


def reason(name: Any) -> list[bytes]:
    return [*WORDS, wire.chunk({}, name), wire.DONE]


def flagged(text: str) -> bytes:
    """A piece of a thought as Gemini's server sends it."""
    return wire.chunk({"content": text, "extra_content": {"google": {"thought": True}}})


STREAMS: dict[str, list[bytes]] = {
    "a byte order mark": [b"\xef\xbb\xbf" + WHOLE[0], *WHOLE[1:]],
    "a byte order mark by itself": [b"\xef", b"\xbb\xbf", *WHOLE],
    "CR alone": [each.replace(b"\n", b"\r") for each in WHOLE],
    "CR alone, byte by byte": wire.sliced([each.replace(b"\n", b"\r") for each in WHOLE], 1),
    "no blank line at the end": [*WORDS, wire.chunk({}, "stop")[:-1]],
    "no line end at the end": [*WORDS, wire.chunk({}, "stop")[:-2]],
    "[DONE] without a line end": [*WORDS, wire.DONE.strip()],
    "a comment first": [b": OPENROUTER PROCESSING\n\n", *WHOLE],
    "[DONE] and no reason": [*WORDS, wire.DONE],
    "a reason that is empty": reason(""),
    "a reason of its own": reason("aliens"),
    "eos_token": reason("eos_token"),
    "STOP": reason("STOP"),
    "end_turn": reason("end_turn"),
    "an object for a reason": reason({"type": "stop", "matched": 2}),
    "a reason with every chunk": [
        wire.chunk({"content": word}, "stop") for word in ("Not ", "before ", "Monday.")
    ],
    "words after a reason": [
        wire.chunk({"content": "Not "}, "stop"),
        wire.text("before Monday."),
        *wire.ending(),
    ],
    "words in parts": [
        wire.chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]}),
        wire.chunk({"content": [{"type": "text", "text": "Not "}, {"type": "text", "text": "before "}]}),
        wire.chunk({"content": ["Monday."]}),
        *wire.ending(),
    ],
    "a refusal in words": [
        wire.chunk({"refusal": "Not "}),
        wire.chunk({"refusal": "before Monday."}),
        *wire.ending(),
    ],
    "a message at the end again": [
        *WORDS,
        wire.event({"choices": [{"message": MESSAGE, "finish_reason": "stop"}]}),
    ],
    "a comment in the place of data": [b"data: : OPENROUTER PROCESSING\n\n", *WHOLE],
    "pings with words": [
        b"event: ping\ndata: 2024-02-14 10:11:12\n\n",
        *WHOLE[:2],
        b"event: ping\ndata: ping\n\n",
        *WHOLE[2:],
    ],
    "pings with nothing": [
        b'event: ping\ndata: ""\n\n',
        b"event: keepalive\ndata: null\n\n",
        b"data:\n\n",
        *WHOLE,
    ],
    "pings as objects": [
        wire.event({"type": "keepalive"}),
        *WHOLE[:2],
        wire.event({"type": "ping"}),
        *WHOLE[2:],
    ],
    "every field of the standard": [b":\n\nid: 7\nevent: message\nretry: 9\n" + each for each in WHOLE],
    "the name of the field twice": [b"data: " + each for each in WHOLE],
    "white space around [DONE]": [*WORDS, wire.chunk({}, "stop"), b"data:   [DONE]  \r\n\r\n"],
    "[DONE] without a field": [*WORDS, b"[DONE]\n\n"],
    "the name of an event that says it": [*WORDS, b"event: done\ndata: {}\n\n"],
    "an error that is none": [
        wire.event({"code": 0, "message": "Success", "sid": "x"}),
        *(wire.chunk({"content": each}, error={"code": 0, "message": ""}) for each in ("Not ", "before ")),
        wire.event(
            {"choices": [{"delta": {"content": "Monday."}, "error": {"code": "200", "message": "success"}}]}
        ),
        *wire.ending(),
    ],
    "[DONE] as JSON text": [*WORDS, wire.chunk({}, "stop"), b'data: "[DONE]"\n\n'],
    "messages in the place of pieces": [
        *(
            wire.event({"choices": [{"message": {"content": each}}]})
            for each in ("Not ", "before ", "Monday.")
        ),
        *wire.ending(),
    ],
    "all so far as messages": [
        *(
            wire.event({"choices": [{"message": {"content": each}}]})
            for each in ("Not ", "Not before ", TEXT)
        ),
        *wire.ending(),
    ],
    "an object for content": [
        *(wire.chunk({"content": {"type": "text", "text": each}}) for each in ("Not ", "before ", "Monday.")),
        *wire.ending(),
    ],
    "reasons with the name of the field": reason("FinishReason.STOP"),
    "thoughts that are flagged": [flagged("Hm. "), flagged("A date."), *WHOLE],
    "thoughts that are flagged, and marked": [
        flagged("<thought>Hm."),
        wire.text("</thought>\n"),
        *WHOLE,
    ],
    "the words of a recording": [
        wire.chunk({"audio": {"id": "a", "transcript": "Not before "}}),
        wire.chunk({"audio": {"transcript": "Monday."}}),
        wire.chunk({"audio": {"data": "AAAA"}}),
        *wire.ending(),
    ],
    "a recording beside its words": [
        *(
            wire.chunk({"content": each, "audio": {"transcript": each}})
            for each in ("Not ", "before ", "Monday.")
        ),
        *wire.ending(),
    ],
    "other choices": [
        wire.event({"choices": [{"index": 1, "delta": {"content": "Well"}}]}),
        *WHOLE,
    ],
}


@pytest.mark.parametrize("pieces", STREAMS.values(), ids=STREAMS)
async def test_a_stream_is_read_to_its_end_however_it_is_framed_and_ended(
    provider: Provider, desk: Desk, pieces: list[Piece]
):
    provider.play(*pieces)

    assert await desk.ask("When?") == TEXT
    assert (desk.history[-1].text, desk.answers[-1].finish_reason) == (TEXT, "stop")


@pytest.mark.parametrize(
    "name",
    [
        "length",
        "max_tokens",
        "MAX_TOKENS",
        "model_length",
        "FinishReason.MAX_TOKENS",
        "max_output_tokens_reached",
        "time_limit",
    ],
)
async def test_out_of_tokens_has_many_names(provider: Provider, desk: Desk, name: str):
    provider.play(*reason(name))

    await desk.ask("When?")

    assert desk.answers[-1].finish_reason == "length"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("content_filter", ErrorCode.FILTERED),
        ("SAFETY", ErrorCode.FILTERED),
        ("sensitive", ErrorCode.FILTERED),
        ("content-filter", ErrorCode.FILTERED),
        ("FINISH_REASON_SAFETY", ErrorCode.FILTERED),
        ("content_filter: PROHIBITED_CONTENT", ErrorCode.FILTERED),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", ErrorCode.PROVIDER_ERROR),
        ("UNEXPECTED_TOOL_CALL", ErrorCode.PROVIDER_ERROR),
        ("server_error", ErrorCode.PROVIDER_ERROR),
        ("error", ErrorCode.PROVIDER_ERROR),
        ("insufficient_system_resource", ErrorCode.PROVIDER_ERROR),
        ("engine_overloaded", ErrorCode.PROVIDER_ERROR),
        ("MODEL_ARMOR", ErrorCode.FILTERED),
        ("MISSING_THOUGHT_SIGNATURE", ErrorCode.PROVIDER_ERROR),
        ("malformed_model_output", ErrorCode.PROVIDER_ERROR),
    ],
)
async def test_a_filter_and_a_broken_server_are_no_end(
    provider: Provider, desk: Desk, name: str, code: ErrorCode
):
    provider.play(*reason(name))

    assert (await fails(desk)).code == code


WHOLE_BODIES: dict[str, Any] = {
    "a completion": {"choices": [{"message": MESSAGE, "finish_reason": "stop"}], "model": "m"},
    "without a reason": {"choices": [{"message": MESSAGE}]},
    "with a thought": {"choices": [{"message": {**MESSAGE, "content": f"<think>Hm.</think>{TEXT}"}}]},
}


@pytest.mark.parametrize("body", WHOLE_BODIES.values(), ids=WHOLE_BODIES)
@pytest.mark.parametrize("indent", [None, 2])
async def test_a_whole_answer_in_place_of_a_stream_is_one(
    provider: Provider, desk: Desk, body: Any, indent: int | None
):
    provider.add(plain(200, json.dumps(body, indent=indent).encode()))

    assert await desk.ask("When?") == TEXT


ERRORS: dict[str, tuple[Any, ErrorCode]] = {
    "error": ({"error": {"message": "boom"}}, ErrorCode.PROVIDER_ERROR),
    "error as text": ({"error": "boom"}, ErrorCode.PROVIDER_ERROR),
    "with a status": ({"error": {"message": "Overloaded", "code": 503}}, ErrorCode.DOWN),
    "with a status as text": ({"error": {"message": "Slow down", "code": "429"}}, ErrorCode.BUSY),
    "in a choice": ({"choices": [{"error": {"code": 502, "message": "x"}, "delta": {}}]}, ErrorCode.DOWN),
    "the object itself": ({"object": "error", "message": "boom", "code": 400}, ErrorCode.REQUEST_REFUSED),
    "detail": ({"detail": "boom"}, ErrorCode.PROVIDER_ERROR),
    "behind its last words": (
        {
            "choices": [{"delta": {}, "finish_reason": "stop"}],
            "base_resp": {"status_code": 1027, "status_msg": "new_sensitive"},
        },
        ErrorCode.FILTERED,
    ),
    "in a field of Groq's": (
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "x_groq": {"error": "over capacity"}},
        ErrorCode.PROVIDER_ERROR,
    ),
    "a status of Mistral's": ({"object": "error", "message": "x", "raw_status_code": 503}, ErrorCode.DOWN),
    "a number and words": ({"error_code": 110, "error_msg": "Invalid access token"}, ErrorCode.KEY_REFUSED),
    "a title and a status": ({"title": "Too Many Requests", "status": 429}, ErrorCode.BUSY),
    "Claude's": ({"error": {"type": "overloaded_error", "message": "Overloaded"}}, ErrorCode.BUSY),
    "base_resp": ({"base_resp": {"status_code": 1004, "status_msg": "no"}}, ErrorCode.PROVIDER_ERROR),
    "away for a while": ({"error": {"message": "The model is currently not available"}}, ErrorCode.DOWN),
    "no credit": ({"error": {"message": "Insufficient Balance"}}, ErrorCode.NO_CREDIT),
    "a wrong key": ({"error": {"message": "Invalid API key", "code": 401}}, ErrorCode.KEY_REFUSED),
    "a list": ([{"error": {"code": 400, "message": "API key not valid."}}], ErrorCode.KEY_REFUSED),
}


@pytest.mark.parametrize(("error", "code"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("place", ["event", "error event", "body"])
async def test_an_error_is_found_in_all_its_places(
    provider: Provider, desk: Desk, error: Any, code: ErrorCode, place: str
):
    body = json.dumps(error).encode()
    if place == "body":
        provider.add(plain(200, body))
    else:
        provider.play((b"event: error\n" if place == "error event" else b"") + b"data: " + body + b"\n\n")

    assert (await fails(desk)).code == code


@pytest.mark.parametrize("kind", [b"text/html; charset=utf-8", b"text/plain"])
async def test_a_web_page_is_a_wrong_address(provider: Provider, desk: Desk, kind: bytes):
    page = plain(200, b"\n<!DOCTYPE html><html>Welcome</html>")
    page.head = page.head.replace(b"application/json", kind)
    provider.add(page)

    assert (await fails(desk)).code == ErrorCode.NO_MODEL


async def test_a_stream_that_is_called_a_web_page_is_a_stream(provider: Provider, desk: Desk):
    page = plain(200, b"".join(WHOLE))
    page.head = page.head.replace(b"application/json", b"text/html")
    provider.add(page)

    assert await desk.ask("When?") == TEXT


async def test_comments_are_signs_of_life(provider: Provider, warm_desk: Desk):
    """OpenRouter sends them while it waits for the model behind it."""
    provider.play(Drip(wire.COMMENT, every=0.05))
    warm_desk.set_limits(first_token=0.8, stall=0.8, turn=1.4)

    assert (await fails(warm_desk)).code == ErrorCode.TOO_LONG


async def test_what_follows_the_reason_is_awaited_for_a_while(
    provider: Provider, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    """xiaoyu-work/claw-os#14 and agentjido/req_llm#781: the count of the tokens comes late."""
    monkeypatch.setattr(timeouts, "USAGE_SECONDS", 0.3)
    reply = provider.play(*WORDS, wire.chunk({}, "stop"), HOLD, wire.ending()[1], STALL)
    asking = asyncio.create_task(desk.ask("When?"))
    await provider.until(lambda provider: reply.held)
    reply.release()

    assert await asking == TEXT
    assert desk.answers[-1].usage["total_tokens"] == wire.USAGE["total_tokens"]


async def test_thoughts_in_parts_are_told(provider: Provider, desk: Desk):
    provider.play(*STREAMS["words in parts"])

    await desk.ask("When?")

    assert Thinking() in desk.events
