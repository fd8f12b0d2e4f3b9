"""What a provider sends beside words and calls goes back to it whole, and to nobody else; ids are what each accepts.

Gemini's signatures: THU-MAIC/OpenMAIC#1556, QwenLM/qwen-code#1187, Chevey339/kelivo#639, pydantic/pydantic-ai#3881.
Reasoning: langchain-ai/langchain#34166, continuedev/continue#9720, earendil-works/pi#3636 (DeepSeek),
anomalyco/opencode#16318, bytedance/deer-flow#3043 (Kimi), OpenHands/software-agent-sdk#1464 (DeepSeek R1 refuses it).
Ids: anomalyco/opencode#1680, langchain-ai/langchain#24668 (Mistral), vybestack/llxprt-code#713 (Kimi wants its own),
jundot/omlx#1997 (a server that refuses what it gave).
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from supportbot.assistant.backends import load_backend
from supportbot.assistant.messages import Message, ProviderFields
from tests.engine.desk import SYSTEM, Desk
from tests.provider import Provider, wire
from tests.provider.server import Request

from .wires import WIRES, Wire

LOOK = {"name": "lookup_order", "arguments": '{"order_id": "ORD-123"}'}
SIGNATURE = {"google": {"thought_signature": "c2ln"}}


@pytest.fixture
def spoken() -> Wire:
    return WIRES["chat"]


@pytest.fixture
def providers() -> Iterator[Callable[[], Provider]]:
    """Starts further providers."""
    with ExitStack() as running:
        yield lambda: running.enter_context(Provider())


def call_piece(call_id: str = "a", **fields: Any) -> bytes:
    return wire.chunk(
        {"tool_calls": [{"index": 0, "id": call_id, "type": "function", "function": LOOK, **fields}]}
    )


def think(**fields: Any) -> bytes:
    return wire.chunk({"role": "assistant", **fields})


def get_calls(request: Request) -> list[dict[str, Any]]:
    return [call for message in request.sent for call in message.get("tool_calls") or ()]


def refuse(provider: Provider, text: str) -> None:
    provider.fail(400, json.dumps({"error": {"code": 400, "message": text}}).encode())


FIELDS = {
    "a signature": (
        [call_piece(extra_content=SIGNATURE)],
        {"extra_content": SIGNATURE},
        {},
    ),
    "a signature within the function": (
        [
            wire.chunk(
                {"tool_calls": [{"index": 0, "id": "a", "function": {**LOOK, "thought_signature": "c2ln"}}]}
            )
        ],
        {"function": {**LOOK, "thought_signature": "c2ln"}},
        {},
    ),
    "reasoning in pieces": (
        [think(reasoning_content="I have "), think(reasoning_content="to look."), call_piece()],
        {},
        {"reasoning_content": "I have to look."},
    ),
    "reasoning in details": (
        [
            think(reasoning_details=[{"type": "reasoning.text", "text": "I have ", "index": 0}]),
            think(
                reasoning_details=[{"type": "reasoning.text", "text": "to.", "index": 0, "signature": "s"}]
            ),
            think(reasoning_details=[{"type": "reasoning.encrypted", "data": "x", "index": 1}]),
            call_piece(),
        ],
        {},
        {
            "reasoning_details": [
                {"type": "reasoning.text", "text": "I have to.", "index": 0, "signature": "s"},
                {"type": "reasoning.encrypted", "data": "x", "index": 1},
            ]
        },
    ),
    "thoughts in parts of the content": (
        [
            think(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]),
            think(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "."}]}]),
            call_piece(),
        ],
        {},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]},
    ),
    "a field that nobody knows yet": ([think(mood={"of": [1]}), call_piece()], {}, {"mood": {"of": [1]}}),
}


@pytest.mark.parametrize(("events", "of_call", "of_message"), FIELDS.values(), ids=FIELDS)
async def test_what_came_with_a_call_goes_back_with_it_for_good(
    provider: Provider, desk: Desk, events: list[bytes], of_call: dict[str, Any], of_message: dict[str, Any]
):
    provider.play(*events, *wire.ending("tool_calls"))
    for _turn in range(2):
        provider.say("It has shipped.")

    await desk.ask("Where is ORD-123?")
    stored = [message.provider_fields for message in desk.history if message.tool_calls]
    assert ProviderFields.from_json(json.loads(json.dumps(stored[0].as_json()))) == stored[0]
    await desk.ask("Thank you")

    for request in provider.requests[1:]:
        (called,) = [message for message in request.sent if message.get("tool_calls")]
        assert called["tool_calls"] == [{"id": "a", "type": "function", "function": LOOK, **of_call}]
        assert {name: called[name] for name in of_message} == of_message


async def test_a_number_that_comes_with_each_piece_does_not_go_back(provider: Provider, desk: Desk):
    """Together's `token_id` is of the piece."""
    provider.play(think(content="Hello.", token_id=358), *wire.ending())
    provider.say("It has shipped.")

    await desk.ask("Hi")
    await desk.ask("Where is ORD-123?")

    assert provider.requests[1].sent[2] == {"role": "assistant", "content": "Hello."}


async def test_another_model_is_not_sent_it(provider: Provider, desk: Desk, spoken: Wire):
    provider.play(
        think(reasoning_content="Hm."), call_piece(extra_content=SIGNATURE), *wire.ending("tool_calls")
    )
    provider.say("It has shipped.")
    await desk.ask("Where is ORD-123?")

    other = spoken.connect(provider, model="other")
    desk.backend = other
    provider.say("You are welcome.")
    await desk.ask("Thank you")

    assert "signature" not in str(provider.requests[-1].sent)
    assert "reasoning_content" not in str(provider.requests[-1].sent)
    assert get_calls(provider.requests[-1])[0]["id"] != "a"
    await other.aclose()


@pytest.mark.parametrize("call_id", ["functions.lookup_order:0", "x" * 3000, "call_0"])
async def test_a_provider_gets_its_own_ids_back_however_long(provider: Provider, desk: Desk, call_id: str):
    provider.play(call_piece(call_id), *wire.ending("tool_calls"))
    provider.say("It has shipped.")

    await desk.ask("ORD-123?")

    assert get_calls(provider.requests[1])[0]["id"] == call_id
    assert provider.requests[1].sent[-1]["tool_call_id"] == call_id
    ours = [call.id for message in desk.history for call in message.tool_calls]
    assert all(re.fullmatch(r"[a-zA-Z0-9]{9}", each) for each in ours)


def play_gemini(provider: Provider, request: Request) -> None:
    """Refuses calls without a signature, as Gemini 3 does."""
    if any("thought_signature" not in str(call) for call in get_calls(request)):
        refuse(provider, "Function call is missing a thought_signature in functionCall parts.")
    elif request.sent[-1]["role"] == "user":
        provider.play(call_piece("function-call-123", extra_content=SIGNATURE), *wire.ending("tool_calls"))
    else:
        provider.say("It has shipped.")


def play_mistral(provider: Provider, request: Request) -> None:
    """Refuses ids that are not of its form, and fields that it does not know."""
    calls = get_calls(request)
    if any(not re.fullmatch(r"[a-zA-Z0-9]{9}", call["id"]) for call in calls):
        refuse(provider, f"Tool call id was {calls[0]['id']} but must be a-z, A-Z, 0-9, with a length of 9.")
    elif any(set(call) - {"id", "type", "function"} for call in calls):
        refuse(provider, "Extra inputs are not permitted")
    elif request.sent[-1]["role"] == "user":
        provider.play(call_piece("D681PevKs"), *wire.ending("tool_calls"))
    else:
        provider.say("It has shipped.")


async def test_a_conversation_goes_from_gemini_to_mistral_and_back_in_the_midst_of_its_calls(providers):
    """A turn begins at the one and goes on, with a call whose result is there, at the other; each answers each time."""
    servers = []
    for play, model in ((play_gemini, "gemini-3"), (play_mistral, "mistral-large")):
        server = providers()
        server.otherwise(lambda request, play=play, server=server: play(server, request))
        servers.append(load_backend("chat", api_key="k", base_url=server.url, model=model))
    gemini, mistral = servers
    desk = Desk(gemini)

    for first, second in ((gemini, mistral), (mistral, gemini), (gemini, gemini)):
        desk.backend = first
        assert await desk.ask("Where is ORD-123?") == "It has shipped."
        desk.backend = second
        del desk.history[-1]  # the turn broke off after its call
        parts = [part async for part in second.stream(SYSTEM, desk.history, [])]
        desk.history.append(parts[-1].message)
        assert parts[-1].message.text == "It has shipped."
    for backend in servers:
        await backend.aclose()


def needs_reasoning(provider: Provider, request: Request) -> None:
    called = [message for message in request.sent if message.get("tool_calls")]
    if any(not message.get("reasoning_content") for message in called):
        refuse(provider, "The `reasoning_content` in the thinking mode must be passed back to the API.")
    else:
        provider.say("It has shipped.")


def refuses_reasoning(provider: Provider, request: Request) -> None:
    if "reasoning_content" in str(request.sent):
        refuse(provider, "property 'messages.1.reasoning_content' is unsupported")
    else:
        provider.say("It has shipped.")


def quotes_reasoning(provider: Provider, request: Request) -> None:
    """As Mistral's server does: the thought that it quotes has the words of other refusals."""
    thoughts = [message["reasoning_content"] for message in request.sent if "reasoning_content" in message]
    if thoughts:
        place = ["body", "messages", 2, "assistant", "reasoning_content"]
        said = {"type": "extra_forbidden", "loc": place, "msg": "Extra inputs are not permitted"}
        provider.fail(422, json.dumps({"detail": [{**said, "input": thoughts[0]}]}).encode())
    else:
        provider.say("It has shipped.")


def refuses_own_ids(provider: Provider, request: Request) -> None:
    if any(len(call["id"]) != 9 for call in get_calls(request)):
        refuse(provider, "Tool call id was x but must be a-z, A-Z, 0-9, with a length of 9")
    else:
        provider.say("It has shipped.")


@pytest.mark.parametrize(
    ("play", "events"),
    [
        (needs_reasoning, [call_piece()]),
        (refuses_reasoning, [think(reasoning_content="Hm."), call_piece()]),
        (quotes_reasoning, [think(reasoning_content="The number is required, or missing."), call_piece()]),
        (refuses_own_ids, [call_piece("call_49c89af0")]),
    ],
)
async def test_what_a_server_wants_otherwise_is_asked_once_and_then_known(
    provider: Provider, desk: Desk, play: Callable[[Provider, Request], None], events: list[bytes]
):
    provider.play(*events, *wire.ending("tool_calls"))
    provider.otherwise(lambda request: play(provider, request))

    assert await desk.ask("ORD-123?") == "It has shipped."
    assert len(provider.requests) == 3
    await desk.ask("Thank you")
    assert len(provider.requests) == 4


def test_an_array_of_a_program_keeps_its_own_fields():
    array = {"role": "assistant", "content": "Hm", "reasoning_content": "Well."}

    message = Message.from_chat(array)

    assert message.provider_fields is not None
    assert message.provider_fields.message == {"reasoning_content": "Well."}
