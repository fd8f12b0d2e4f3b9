"""A server that does not take a request as it is gets another one, and what cannot be mended is told for what it is.

Parameters: anomalyco/opencode#4698, earendil-works/pi#596, openai/openai-python#2296 (`stream_options`);
vercel/ai#7863, labring/aiproxy#337, elkimek/get-based#114 (`max_tokens`). Last rounds:
wazuh/wazuh-dashboard-plugins#8863 (Groq answers 400 to a call with `tool_choice: none`), MiniMax-AI/MiniMax-M2.7#45 and
softwaremill/sttp-ai#529 (it is passed over).
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from supportbot.assistant.backends import Backend
from supportbot.assistant.backends.provider_errors import error_from_status
from supportbot.assistant.backends.refusal_reasons import describe_reason
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Message, ToolCall
from tests.engine.desk import SYSTEM, Desk
from tests.engine.failing import fails
from tests.provider import HOLD, Call, End, Provider, Say, wire
from tests.provider.server import Request

from .wires import WIRES, Wire

HTTP = [pytest.param(WIRES[name], id=name) for name in ("chat", "responses")]


@pytest.fixture(params=HTTP)
def spoken(request: pytest.FixtureRequest) -> Wire:
    return request.param


def refuse(provider: Provider, text: str, status: int = 400) -> None:
    provider.fail(status, json.dumps({"error": {"message": text}}).encode())


UNKNOWN = {
    "stream_options": "Validation error at #/stream_options: Extra inputs are not permitted",
    "max_tokens": "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
    "reasoning_effort": "Unrecognized request argument supplied: reasoning_effort",
    "max_output_tokens": "unknown field max_output_tokens",
    "reasoning": "property 'reasoning' is unsupported",
    "prompt_cache_key": "Unknown parameter: 'prompt_cache_key'.",
}


@pytest.mark.parametrize("status", [400, 422])
async def test_parameters_that_a_server_does_not_know_are_left_out_and_that_is_remembered(
    spoken: Wire, provider: Provider, status: int
):
    backend = spoken.connect(provider, effort="low")
    known: list[str] = []

    def answer(request: Request) -> None:
        unknown = next((name for name in UNKNOWN if name in request.body), None)
        if unknown:
            known.append(unknown)
            refuse(provider, UNKNOWN[unknown], status)
        else:
            provider.say("Hello.")

    provider.otherwise(answer)
    desk = Desk(backend)

    assert await desk.ask("Hi") == "Hello."
    refused = len(known)
    assert refused == len(set(known)) >= 2
    assert await desk.ask("Hi again") == "Hello."
    assert len(known) == refused, "nothing is refused twice"
    await backend.aclose()


@pytest.mark.parametrize("spoken", HTTP[:1], indirect=True)
async def test_a_limit_that_is_refused_by_its_name_goes_under_the_other_one(provider: Provider, desk: Desk):
    provider.otherwise(
        lambda request: (
            refuse(provider, UNKNOWN["max_tokens"])
            if "max_tokens" in request.body
            else provider.say("Hello.")
        )
    )

    await desk.ask("Hi")

    assert provider.requests[-1].body["max_completion_tokens"] == 2048


async def test_a_server_that_refuses_for_ever_is_not_asked_for_ever(provider: Provider, desk: Desk):
    provider.otherwise(lambda request: refuse(provider, "Unknown parameter: 'model'."))

    assert (await fails(desk)).code == ErrorCode.MISCONFIGURED
    assert len(provider.requests) == 1


def call_for_ever(provider: Provider, *, is_refused: bool) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        if request.tool_choice == "none" and is_refused:
            refuse(provider, "Tool choice is none, but model called a tool")
        elif request.tools:
            provider.call("lookup_order", order_id="ORD-123")
        else:
            provider.say("It left on Monday.")

    return answer


@pytest.mark.parametrize("is_refused", [True, False], ids=["it is refused", "it is passed over"])
async def test_the_last_round_is_without_tools_where_they_cannot_be_forbidden(
    provider: Provider, desk: Desk, is_refused: bool
):
    provider.otherwise(call_for_ever(provider, is_refused=is_refused))
    desk.set_limits(rounds=2)

    assert await desk.ask("Where is ORD-123?") == "It left on Monday."
    assert len(desk.results) == 2
    first = len(provider.requests)
    assert await desk.ask("Again?") == "It left on Monday."
    assert len(provider.requests) - first == first - 1, "it is remembered"


@pytest.mark.parametrize("spoken", HTTP, indirect=True)
@pytest.mark.parametrize(
    "written",
    [
        '<function=lookup_order{"order_id": "ORD-123"}</function>',
        'lookup_order{"order_id": "ORD-123"}</function>',
        '```\n{"tool_calls": [{"function": {"name": "lookup_order"}, "parameters": {"order_id": "ORD-123"}}]}\n```',
    ],
)
async def test_a_call_that_groq_cannot_read_is_read_here(provider: Provider, desk: Desk, written: str):
    error = {"message": "Failed to call a function.", "code": "tool_use_failed", "failed_generation": written}
    provider.fail(400, json.dumps({"error": error}).encode())
    provider.say("It has shipped.")

    assert await desk.ask("Where is ORD-123?") == "It has shipped."
    assert [result.outcome for result in desk.results] == ["done"]


@pytest.mark.parametrize("spoken", HTTP[:1], indirect=True)
async def test_words_that_were_shown_before_such_a_call_stay(provider: Provider, desk: Desk):
    error = {"message": "Failed to call a function.", "code": "tool_use_failed", "status_code": 400}
    words = "Let me look that up for you."
    written = words + '<function=lookup_order{"order_id": "ORD-123"}</function>'
    refusal = wire.event({"error": {**error, "failed_generation": written}})
    reply = provider.play(wire.chunk({"content": words}), HOLD, refusal)
    provider.say("It has shipped.")

    asking = asyncio.create_task(desk.ask("Where is ORD-123?"))
    await desk.text_received.wait()
    reply.release()

    assert await asking == f"{words}It has shipped."
    assert [message.text for message in desk.history if message.tool_calls] == [words]


async def test_words_beside_a_call_too_many_are_the_answer_when_there_are_no_others(
    provider: Provider, desk: Desk
):
    looking = Call("lookup_order", {"order_id": "ORD-123"}, "")
    provider.otherwise(lambda request: provider.calls(looking, text="It has shipped."))
    desk.set_limits(rounds=0)

    assert await desk.ask("Where is ORD-123?") == "It has shipped."
    assert not desk.history[-1].tool_calls


class Note(BaseModel):
    mood: Literal["happy", "angry"]


ASKED = [Message("user", "I am furious!")]
FILLED = '{"mood": "angry"}'


@pytest.mark.parametrize(
    "said",
    [
        f"```json\n{FILLED}\n```",
        f"<think>She is furious.</think>\n{FILLED}",
        f"She is furious.</think>{FILLED}",
        f"Here it is:\n\n```\n{FILLED}\n```\nAnything else?",
        f"Sure! {FILLED}",
    ],
)
async def test_a_typed_answer_may_have_a_fence_or_a_thought_around_it(
    provider: Provider, backend: Backend, said: str
):
    provider.play(Say(said), End())

    assert (await backend.parse(SYSTEM, ASKED, Note)).value.mood == "angry"


def get_format(request: Request) -> str:
    form = request.body.get("response_format") or (request.body.get("text") or {}).get("format") or {}
    return str(form.get("type") or "words")


@pytest.mark.parametrize("known", ["json_object", "words"])
async def test_a_typed_answer_is_asked_for_in_the_best_way_that_the_server_knows(
    provider: Provider, backend: Backend, known: str
):
    """DeepSeek knows JSON mode alone, others not even that."""

    def answer(request: Request) -> None:
        kind = get_format(request)
        if kind == "json_schema" or (known == "words" and kind != "words"):
            refuse(provider, f"This response_format type {kind} is unavailable now")
        else:
            assert '"mood"' in str(request.sent[0]["content"]), "the schema in words"
            provider.play(Say(FILLED), End())

    provider.otherwise(answer)

    assert (await backend.parse(SYSTEM, ASKED, Note)).value.mood == "angry"
    count = len(provider.requests)
    await backend.parse(SYSTEM, ASKED, Note)
    assert len(provider.requests) == count + 1


async def test_a_server_that_passes_a_schema_over_is_told_it_in_words(provider: Provider, backend: Backend):
    provider.play(Say("The customer is angry."), End())
    provider.play(Say(FILLED), End())

    assert (await backend.parse(SYSTEM, ASKED, Note)).value.mood == "angry"


REASONS: list[tuple[int, Any, ErrorCode]] = [
    (402, "Insufficient Balance", ErrorCode.NO_CREDIT),
    (400, "Your credit balance is too low to access the Anthropic API.", ErrorCode.NO_CREDIT),
    (
        429,
        {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}},
        ErrorCode.NO_CREDIT,
    ),
    (403, "Your team has used all available credits", ErrorCode.NO_CREDIT),
    (429, "Rate limit reached for requests", ErrorCode.BUSY),
    (429, "You exceeded your current quota, check billing details. retryDelay: 7s", ErrorCode.BUSY),
    (400, "API key not valid. Please pass a valid API key.", ErrorCode.KEY_REFUSED),
    (404, "404 page not found", ErrorCode.NO_MODEL),
    (405, "Method Not Allowed", ErrorCode.NO_MODEL),
    (400, "The model `gpt-9` does not exist", ErrorCode.NO_MODEL),
    (400, "The model grok-9 is currently not available in your region.", ErrorCode.NO_MODEL),
    (400, "The model grok-9 is currently not available in your country.", ErrorCode.NO_MODEL),
    (400, "The model grok-9 is currently unavailable for your team.", ErrorCode.NO_MODEL),
    (404, "The model grok-9 is currently not available in your region.", ErrorCode.NO_MODEL),
    (400, "The model grok-9 is currently not available. Try again.", ErrorCode.DOWN),
    (404, "The model grok-9 is temporarily unavailable", ErrorCode.DOWN),
    (404, "The model grok-9 is temporarily unavailable for maintenance", ErrorCode.DOWN),
    (400, "The model grok-9 is currently unavailable for maintenance", ErrorCode.DOWN),
    (400, "The model is currently unavailable on our servers due to high demand", ErrorCode.DOWN),
    (404, "Error loading model 'grok-9': file not found", ErrorCode.NO_MODEL),
    (404, "model grok-9 not found while loading model", ErrorCode.NO_MODEL),
    (400, '"auto" tool choice requires --enable-auto-tool-choice', ErrorCode.MISCONFIGURED),
    (400, "registry.ollama.ai/library/gemma2 does not support tools", ErrorCode.MISCONFIGURED),
    (500, "tools param requires --jinja flag", ErrorCode.MISCONFIGURED),
    (422, "temperature: Input should be less than or equal to 1: validation error", ErrorCode.MISCONFIGURED),
    (400, "Could not process image", ErrorCode.MESSAGE_REFUSED),
    (400, "data_inspection_failed: Input data may contain inappropriate content.", ErrorCode.FILTERED),
    (400, "no", ErrorCode.REQUEST_REFUSED),
    (500, "Internal server error", ErrorCode.DOWN),
    (404, "No endpoints found that support tool use. To learn more, visit: …", ErrorCode.MISCONFIGURED),
    (404, "No endpoints found that support image input", ErrorCode.MISCONFIGURED),
    (404, "No endpoints found for nobody/model-1.", ErrorCode.NO_MODEL),
    (400, "The model is not multimodal. Please remove image inputs.", ErrorCode.MISCONFIGURED),
    (400, "ThrottlingException: Too many requests, please wait before trying again.", ErrorCode.BUSY),
    (429, "余额不足或无可用资源包,请充值。", ErrorCode.NO_CREDIT),
    (400, "您的账户已欠费，请充值后重试", ErrorCode.NO_CREDIT),
    (429, "您当前使用该API的并发数过高，请降低并发", ErrorCode.BUSY),
    (400, "系统检测到输入或生成内容可能包含不安全或敏感内容", ErrorCode.FILTERED),
    (400, "模型不存在，请检查模型代码。", ErrorCode.NO_MODEL),
    (400, "Prompt 超长", ErrorCode.CONTEXT_TOO_LONG),
    (400, "身份验证失败。", ErrorCode.KEY_REFUSED),
]


@pytest.mark.parametrize(("status", "body", "code"), REASONS)
def test_a_refusal_is_told_for_what_it_is(status: int, body: Any, code: ErrorCode):
    error = error_from_status(status, body, "")

    assert (error.code, error.retry) == (code, code in (ErrorCode.BUSY, ErrorCode.DOWN))


def test_the_log_has_the_reason_and_none_of_the_customers_words_or_keys():
    body = {
        "error": {"message": "Invalid value for 'stream_options': Alice lives at Domstraße 1, key sk-abc123"}
    }

    reason = describe_reason(body)

    assert reason.startswith("Invalid value for 'stream_options'")
    assert not {"Alice", "lives", "Domstraße", "sk-abc123"} & set(reason.split())


async def test_what_a_server_says_of_itself_is_in_the_error(provider: Provider, desk: Desk):
    refuse(provider, "Insufficient Balance", 402)

    assert "Insufficient Balance" in str(await fails(desk))


CALL = ToolCall("ours12345", "lookup_order", "{}")
STRICT: dict[str, tuple[str, Callable[[list[dict[str, Any]]], bool], list[Message]]] = {
    "no system role": (
        "System role not supported",
        lambda sent: sent[0]["role"] == "system",
        [Message("user", "Hi")],
    ),
    "an answer after a tool": (
        "Unexpected role 'user' after role 'tool'",
        lambda sent: sent[-2]["role"] == "tool",
        [
            Message("user", "Hi"),
            Message("assistant", "", (CALL,)),
            Message("tool", "{}", tool_call_id=CALL.id),
            Message("user", "Well?"),
        ],
    ),
    "customer and assistant by turns": (
        "Conversation roles must alternate user/assistant/user/assistant",
        lambda sent: [each["role"] for each in sent[-3:-1]] == ["assistant", "assistant"],
        [
            Message("user", "Hi"),
            Message("assistant", "Yes?"),
            Message("assistant", "Well?"),
            Message("user", "Hm"),
        ],
    ),
    "no null": (
        "messages.2.content: Input should be a valid string",
        lambda sent: any(each["role"] == "assistant" and each["content"] is None for each in sent),
        [
            Message("user", "Hi"),
            Message("assistant", "", (CALL,)),
            Message("tool", "{}", tool_call_id=CALL.id),
        ],
    ),
}


@pytest.mark.parametrize(("text", "is_wrong", "history"), STRICT.values(), ids=STRICT)
async def test_the_order_that_a_server_wants_is_learnt(
    text: str, is_wrong: Callable[[list[dict[str, Any]]], bool], history: list[Message]
):
    with Provider() as provider:
        backend = WIRES["chat"].connect(provider)
        provider._answer = lambda request, wrong: Provider._answer(provider, request, "")  # type: ignore[method-assign]
        provider.otherwise(
            lambda request: refuse(provider, text) if is_wrong(request.sent) else provider.say("Hello.")
        )

        parts = [part async for part in backend.stream(SYSTEM, history, [])]

        assert parts[-1].message.text == "Hello."
        assert len(provider.requests) == 2
        await backend.aclose()


async def test_a_model_error_of_a_typed_answer_is_the_last_one(provider: Provider, backend: Backend):
    provider.otherwise(lambda request: refuse(provider, "response_format is not supported"))

    with pytest.raises(ModelError) as caught:
        await backend.parse(SYSTEM, ASKED, Note)

    assert caught.value.code == ErrorCode.MISCONFIGURED
    assert len(provider.requests) == 3
