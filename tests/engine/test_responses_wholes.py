"""The events of the Responses API as other servers than OpenAI's send them: in wholes alone, or with other ids.

Wholes: ogx-ai/ogx#5309 (only some events), vllm-project/vllm#30223 (no output at the end). Ids and places:
vllm-project/vllm#23218, vllm-project/vllm#47916, BerriAI/litellm#21331. Signs of life: router-for-me/CLIProxyAPI#4691.
"""

import json
from typing import Any

import pytest

from supportbot.assistant.errors import ErrorCode
from tests.engine.desk import Desk
from tests.engine.failing import fails
from tests.engine.responses_events import completed, event, said
from tests.provider import Provider, wire

TEXT = "Not before Monday."
ORDER = '{"order_id": "ORD-123"}'
OTHER = '{"order_id": "ORD-9"}'


@pytest.fixture
def spoken() -> str:
    return "responses"


def delta(text: str, item: str = "m", place: int | None = 0) -> bytes:
    return event("response.output_text.delta", item_id=item, output_index=place, delta=text)


def done(item: dict[str, Any], place: int | None = 0) -> bytes:
    return event("response.output_item.done", output_index=place, item=item)


def added(item: dict[str, Any], place: int | None = 0) -> bytes:
    return event("response.output_item.added", output_index=place, item={**item, "arguments": ""})


def arguments(text: str, item: str, place: int | None = 0) -> bytes:
    return event("response.function_call_arguments.delta", item_id=item, output_index=place, delta=text)


def nameless(name: str, **data: Any) -> bytes:
    return f"event: response.{name}\ndata: {json.dumps(data)}\n\n".encode()


def message(text: str, identity: str) -> dict[str, Any]:
    return {**said(text), "id": identity}


WORDS = [delta("Not "), delta("before "), delta("Monday.")]
LOOK = {"type": "function_call", "id": "f1", "call_id": "a", "name": "lookup_order", "arguments": ORDER}
SECOND = {**LOOK, "id": "f2", "call_id": "b", "arguments": OTHER}

TEXTS: dict[str, list[bytes]] = {
    "no output at the end": [*WORDS, completed()],
    "the response is its last event": [
        *WORDS,
        event("response.completed", id="r", status="completed", output=[]),
    ],
    "an error that names none": [
        *WORDS,
        event("response.completed", response={"id": "r", "error": {"code": None, "message": None}}),
    ],
    "a thought beside the words": [
        completed(
            {**said(TEXT), "content": [{"type": "reasoning_text", "text": "Hm."}, *said(TEXT)["content"]]}
        )
    ],
    "the output is null": [*WORDS, event("response.completed", response={"id": "r", "output": None})],
    "only the end of the text": [event("response.output_text.done", text=TEXT), completed()],
    "only the end of the part": [
        event("response.content_part.done", part={"type": "output_text", "text": TEXT}),
        completed(),
    ],
    "every end": [
        *WORDS,
        event("response.output_text.done", item_id="m", output_index=0, text=TEXT),
        event("response.content_part.done", item_id="m", output_index=0, part={"text": TEXT}),
        done(message(TEXT, "m")),
        completed(message(TEXT, "m")),
    ],
    "every end, with other ids": [
        *WORDS,
        event("response.output_text.done", item_id="n", output_index=1, text=TEXT),
        done(message(TEXT, "o"), 2),
        completed(message(TEXT, "p")),
    ],
    "only a refusal's end": [event("response.refusal.done", refusal=TEXT), completed()],
    "[DONE] and no end": [*WORDS, wire.DONE],
    "an end of another name": [*WORDS, event("response.done", response={"id": "r", "status": "completed"})],
    "signs of life": [event("keepalive"), *WORDS[:1], event("ping"), *WORDS[1:], completed()],
    "types as names of events alone": [
        *(nameless("output_text.delta", delta=each) for each in ("Not ", "before ", "Monday.")),
        nameless("completed", response={"id": "r", "status": "completed", "output": []}),
    ],
    "items without a type": [
        event("response.output_item.added", output_index=0, item={"id": "m", "role": "assistant"}),
        *WORDS,
        completed({"role": "assistant", "content": [{"type": "output_text", "text": TEXT}]}),
    ],
    "two messages, whole": [completed(said("Not before "), said("Monday."))],
    "two messages, the second whole": [
        delta("Not before ", "m1"),
        done(message("Not before ", "m1")),
        done(message("Monday.", "m2"), 1),
        completed(message("Not before ", "m1"), message("Monday.", "m2")),
    ],
}


@pytest.mark.parametrize("pieces", TEXTS.values(), ids=TEXTS)
async def test_words_are_said_once_in_whichever_events_they_come(
    provider: Provider, desk: Desk, pieces: list[bytes]
):
    provider.play(*pieces)

    assert await desk.ask("When?") == TEXT
    assert desk.history[-1].text == TEXT


@pytest.mark.parametrize(
    "pieces",
    [
        [completed(said("It has shipped."), said("Anything else?"))],
        [
            *(added(message("", "m1")), delta("It has ", "m1"), delta("shipped.", "m1")),
            done(message("It has shipped.", "m1")),
            *(added(message("", "m2")), delta("Anything ", "m2"), delta("else?", "m2")),
            completed(message("It has shipped.", "m1"), message("Anything else?", "m2")),
        ],
        [done(message("It has shipped.", "m1")), done(message("Anything else?", "m2"), 1), completed()],
    ],
    ids=["whole", "in pieces", "whole items"],
)
async def test_a_second_message_is_a_paragraph_of_its_own(
    provider: Provider, desk: Desk, pieces: list[bytes]
):
    provider.play(*pieces)

    assert await desk.ask("When?") == "It has shipped.\n\nAnything else?"


ONE, TWO = [ORDER], [ORDER, OTHER]
CALLS: dict[str, tuple[list[bytes], list[str]]] = {
    "one place for all": (
        [
            *(added(LOOK), arguments(ORDER, "f1"), done(LOOK)),
            *(added(SECOND), arguments(OTHER, "f2"), done(SECOND), completed()),
        ],
        TWO,
    ),
    "one place for all, by turns": (
        [added(LOOK), added(SECOND), arguments(OTHER, "f2"), arguments(ORDER, "f1"), completed()],
        TWO,
    ),
    "an end of the arguments that repeats none": (
        [
            *(added(LOOK), arguments(ORDER, "f1")),
            event("response.function_call_arguments.done", item_id="f1"),
            completed(),
        ],
        ONE,
    ),
    "arguments under another id": ([added(LOOK), arguments(ORDER, "x", None), completed(LOOK)], ONE),
    "another id at the end": (
        [added(LOOK), arguments(ORDER, "f1"), done(LOOK), completed({**LOOK, "id": "f7", "call_id": "z"})],
        ONE,
    ),
    "the second at the end alone": ([done(LOOK), completed(LOOK, SECOND)], TWO),
    "all at the end, without ids": (
        [completed(*({**each, "id": None, "call_id": None} for each in (LOOK, SECOND)))],
        TWO,
    ),
    "no place": ([added(LOOK, None), arguments(ORDER, "f1", None), done(LOOK, None), completed(LOOK)], ONE),
    "no call id": ([done({**LOOK, "call_id": None}), completed({**LOOK, "call_id": None})], ONE),
}


@pytest.mark.parametrize(("pieces", "called"), CALLS.values(), ids=CALLS)
async def test_calls_are_as_many_as_the_model_made(
    provider: Provider, desk: Desk, pieces: list[bytes], called: list[str]
):
    provider.play(*pieces)
    provider.say("It has shipped.")

    await desk.ask("Where are they?")

    calls = desk.answers[0].message.tool_calls
    assert [(call.name, call.arguments) for call in calls] == [("lookup_order", each) for each in called]


@pytest.mark.parametrize("reason", ["max_tokens", "length", "max_output_tokens"])
async def test_out_of_tokens_has_many_names(provider: Provider, desk: Desk, reason: str):
    response = {"id": "r", "status": "incomplete", "incomplete_details": {"reason": reason}, "output": []}
    provider.play(*WORDS, event("response.incomplete", response=response))

    await desk.ask("When?")

    assert desk.answers[-1].finish_reason == "length"


@pytest.mark.parametrize(
    ("kind", "response", "code"),
    [
        ("cancelled", {"status": "cancelled"}, ErrorCode.CUT),
        (
            "incomplete",
            {"status": "incomplete", "incomplete_details": {"reason": "content-filter"}},
            ErrorCode.FILTERED,
        ),
    ],
)
async def test_what_broke_off_is_no_answer(
    provider: Provider, desk: Desk, kind: str, response: dict[str, Any], code: ErrorCode
):
    provider.play(*WORDS, event(f"response.{kind}", response={"id": "r", "output": [], **response}))

    assert (await fails(desk)).code == code
