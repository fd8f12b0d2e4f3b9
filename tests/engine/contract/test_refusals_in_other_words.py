"""Refusals in words that are not OpenAI's: what can be asked otherwise is, and the rest is told for what it is.

Gemma at Google: CherryHQ/cherry-studio#3242, 0xPlaygrounds/rig#788, BoundaryML/baml#2109 (within OpenRouter's).
OpenRouter: evalstate/fast-agent#122, zed-industries/zed#36094. vLLM: BerriAI/litellm#32237 (in a stream with status
200).
"""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from supportbot.assistant.backends.dialect import Dialect
from supportbot.assistant.backends.provider_errors import RefusedRequest, error_from_status
from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import Message, ToolCall, ToolStarted
from tests.engine.desk import SYSTEM, Desk
from tests.provider import Call, Provider, wire
from tests.provider.server import Request

from .wires import WIRES

GEMMA = "Developer instruction is not enabled for models/gemma-3-27b-it"
WITHIN = {
    "message": "Provider returned error",
    "code": 400,
    "metadata": {"raw": json.dumps({"error": GEMMA})},
}
EXTRA = {
    "type": "extra_forbidden",
    "loc": ["body", "stream_options"],
    "msg": "Extra inputs are not permitted",
}


def has_system(request: Request) -> bool:
    return bool(request.sent[0]["role"] == "system")


UNWANTED: dict[str, tuple[str, int, Any]] = {
    "a developer's instruction": ("system", 400, {"error": {"message": GEMMA}}),
    "the same within a router's error": ("system", 400, {"error": WITHIN}),
    "two roles alone": ("system", 400, {"error": "Only user and assistant roles are supported!"}),
    "a value": ("system", 400, {"error": "'messages[0].role' does not support 'system' with this model."}),
    "messages": ("system", 400, {"error": "This model doesn't support system messages"}),
    "a role": ("system", 422, {"error": "Unknown role: system"}),
    "camel case": (
        "reasoning_effort",
        400,
        {"error": "Argument not supported on this model: reasoningEffort"},
    ),
    "thinking": ("reasoning_effort", 400, {"error": {"message": '"qwen2.5" does not support thinking'}}),
    "three roles alone": (
        "system",
        400,
        {"error": {"message": "Only user, assistant and tool roles are supported, got system."}},
    ),
    "a value that is none": ("system", 422, {"error": "'system' is not one of ['user', 'assistant'] - role"}),
    "a role that is not valid": (
        "system",
        400,
        {"error": {"message": "Role 'system' is not supported here"}},
    ),
    "a budget": ("reasoning_effort", 400, {"error": "Thinking budget is not supported for this model."}),
    "a level": ("reasoning_effort", 400, {"error": "Thinking level is not supported for this model."}),
    "a value of Ollama's": (
        "reasoning_effort",
        400,
        {"error": 'think value "low" is not supported for this model'},
    ),
    "Gemini's field": ("reasoning_effort", 400, {"error": "Invalid value at 'thinkingConfig.thinkingLevel'"}),
    "an effort": ("reasoning_effort", 400, {"error": "This model does not support the effort parameter."}),
    "what must be": (
        "reasoning_effort",
        400,
        {"error": "Reasoning is mandatory for this endpoint and cannot be set."},
    ),
    "options of a stream": (
        "stream_options",
        400,
        {"error": "Stream options are not supported, nor is include_usage."},
    ),
    "a place in the body": ("stream_options", 422, {"detail": [EXTRA]}),
    "a stream to whom OpenAI has not verified": (
        "stream",
        400,
        {"error": {"message": "Your organization must be verified to stream this model.", "param": "stream"}},
    ),
    "Llama's stream at Bedrock": (
        "stream",
        400,
        {"detail": "ValidationException: This model doesn't support tool use in streaming mode."},
    ),
    "a value of OpenAI's": (
        "system",
        400,
        {"error": {"message": "Invalid value: 'system'. Supported values are: 'user' and 'assistant'."}},
    ),
    "a limit that is not known": ("max_tokens", 400, {"error": "max_tokens is not a recognized parameter"}),
    "a stream that must be none": ("stream", 400, {"error": "`stream` must be false when using tools"}),
    "a stream with tools": ("stream", 400, {"error": {"message": "Cannot use tools with stream"}}),
}


@pytest.mark.parametrize(("unwanted", "status", "body"), UNWANTED.values(), ids=UNWANTED)
async def test_what_a_server_does_not_want_is_left_out(unwanted: str, status: int, body: Any):
    with Provider() as provider:
        backend = WIRES["chat"].connect(provider, effort="low")

        def answer(request: Request) -> None:
            is_refused = has_system(request) if unwanted == "system" else unwanted in request.body
            if is_refused:
                provider.fail(status, json.dumps(body).encode())
            else:
                provider.say("Hello.")

        provider.otherwise(answer)
        provider._answer = lambda request, wrong: Provider._answer(provider, request, "")  # type: ignore[method-assign]

        assert await Desk(backend).ask("Hi") == "Hello."
        assert len(provider.requests) == 2
        await backend.aclose()


@pytest.mark.parametrize(
    "words",
    [
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "jinja2.exceptions.TemplateError: Conversations must begin with a user prompt",
    ],
)
def test_a_template_that_counts_the_system_text_as_a_turn_gets_it_within_a_message(words: str):
    dialect = Dialect()
    body = {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]}

    while dialect.learn_refusal(words, dialect.adapt_request(body)):
        pass

    assert dialect.adapt_request(body)["messages"] == [{"role": "user", "content": "Be kind.\n\nHi"}]


def test_a_parameter_in_other_words_is_no_field_of_a_message():
    """OpenRouter sends `reasoning` with an answer, and wants it back."""
    dialect = Dialect()
    thought = {"role": "assistant", "content": "Hi", "reasoning": "Hm."}
    body = {"reasoning_effort": "low", "messages": [{"role": "user", "content": "Hi"}, thought]}

    assert dialect.learn_refusal("Thinking budget is not supported for this model.", body)

    assert dialect.adapt_request(body) == {"messages": body["messages"]}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"message": "Invalid content: 'My stream is not supported'"}}),
        (400, {"error": {"message": "Could not read the body, as the stream was not complete."}}),
        (400, {"error": {"message": "Parameter parallel_tool_calls must be false when streaming."}}),
        (400, {"error": {"message": "Parameter logprobs must be false in stream mode."}}),
        (
            500,
            {
                "error": {
                    "message": "Failed to parse input at pos 2: <tool_call>Films: streaming is unavailable"
                }
            },
        ),
        (
            500,
            {
                "error": {
                    "message": "Failed to parse tool call arguments as JSON; last read: 'No stream is allowed'"
                }
            },
        ),
    ],
)
def test_words_that_are_not_about_streams_themselves_turn_them_off_for_nobody(status: int, body: Any):
    dialect, refusal = Dialect(), error_from_status(status, body, "refused")
    said = "My stream is not supported" if "My stream" in str(body) else "Where is it?"
    request = {"stream": True, "messages": [{"role": "user", "content": said}]}

    assert isinstance(refusal, RefusedRequest)
    assert not dialect.learn_refusal(refusal.text, request)


IDS = (
    "Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40",
    "messages.2.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    "messages.3.content.0.tool_result.tool_use_id: String should match pattern",
    "Tool call id was call_abc but must be a-z, A-Z, 0-9, with a length of 9.",
    "Invalid tool_call_id",
)


@pytest.mark.parametrize("words", IDS)
def test_ids_that_a_server_does_not_want_are_made_anew(words: str):
    dialect = Dialect()
    call = {"id": "call_abcdefghijklmnop", "type": "function", "function": {"name": "a", "arguments": "{}"}}
    body = {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}

    assert dialect.learn_refusal(words, body)

    [message] = dialect.adapt_request(body)["messages"]
    assert len(message["tool_calls"][0]["id"]) == 9
    assert message["content"] is None


@pytest.mark.parametrize("wire_name", ["chat", "responses"])
async def test_keywords_of_schemas_that_a_server_does_not_know_are_left_out(wire_name: str):
    """BerriAI/litellm#14330, Laisky/one-api#60, adolfousier/opencrabs#99 (Gemini)."""
    words = (
        'Invalid JSON payload received. Unknown name "additionalProperties" at '
        "'tools[0].function_declarations[0].parameters': Cannot find field."
    )
    with WIRES[wire_name].provider() as provider:
        backend = WIRES[wire_name].connect(provider)
        provider.otherwise(
            lambda request: (
                provider.fail(400, json.dumps([{"error": {"message": words}}]).encode())
                if "additionalProperties" in json.dumps(request.body["tools"])
                else provider.say("Hello.")
            )
        )

        assert await Desk(backend).ask("Hi") == "Hello."
        assert len(provider.requests) == 2
        assert "order_id" in json.dumps(provider.requests[-1].body["tools"])
        await backend.aclose()


CALLS = (ToolCall("ours12345", "lookup_order", "{}"), ToolCall("ours67890", "lookup_order", "{}"))
CALLED = [
    Message("user", "Both?"),
    Message("assistant", "", CALLS),
    *(Message("tool", '{"status": "shipped"}', tool_call_id=call.id) for call in CALLS),
]
BURST = [Message("user", "Hi"), Message("user", "Where is it?")]


def has_burst(sent: list[dict[str, Any]]) -> bool:
    roles = [message["role"] for message in sent]
    return any(before == after == "user" for before, after in itertools.pairwise(roles))


def has_several_calls(sent: list[dict[str, Any]]) -> bool:
    return any(len(message.get("tool_calls") or ()) > 1 for message in sent)


def lacks_words(sent: list[dict[str, Any]]) -> bool:
    return any(not message["content"] for message in sent)


def has_null(sent: list[dict[str, Any]]) -> bool:
    return any(message["content"] is None for message in sent)


ORDERS = {
    "two messages of the customer": ("Conversation roles must alternate user/assistant", has_burst, BURST),
    "the same in other words": ("Cannot have 2 or more user messages in a row", has_burst, BURST),
    "Perplexity's words": (
        "After the (optional) system message(s), user or tool message(s) should alternate with assistant "
        "message(s).",
        has_burst,
        BURST,
    ),
    "two calls": ("This model only supports single tool-calls at once!", has_several_calls, CALLED),
    "a call without a word": (
        "all messages must have non-empty content except for the optional final assistant message",
        lacks_words,
        CALLED,
    ),
    "a blank": (
        "The text field in the ContentBlock object at messages.2.content.0 is blank. Add text to the text field",
        lacks_words,
        CALLED,
    ),
    "xAI's words": ("Each message must have at least one content element.", lacks_words, CALLED),
    "null": (
        "Failed to deserialize the JSON body into the target type: messages[2]: data did not match any variant of "
        "untagged enum MessageBody at line 1 column 900",
        has_null,
        CALLED,
    ),
    "the same, and no null": ("Message content cannot be empty", lacks_words, CALLED),
}


@pytest.mark.parametrize(("words", "is_wrong", "history"), ORDERS.values(), ids=ORDERS)
async def test_a_conversation_that_a_server_does_not_take_is_put_in_another_form(
    words: str, is_wrong: Callable[[list[dict[str, Any]]], bool], history: list[Message]
):
    """vllm-project/vllm#6862, google/adk-python#1373: the chat templates of Mistral's models, Gemma's and Llama's."""
    with Provider() as provider:
        backend = WIRES["chat"].connect(provider)
        provider._answer = lambda request, wrong: Provider._answer(provider, request, "")  # type: ignore[method-assign]
        provider.otherwise(
            lambda request: (
                provider.fail(400, json.dumps({"error": {"message": words}}).encode())
                if is_wrong(request.sent)
                else provider.say("Hello.")
            )
        )

        parts = [part async for part in backend.stream(SYSTEM, history, [])]

        assert parts[-1].message.text == "Hello."
        sent = provider.requests[-1].sent
        assert all(str(message.text) in str(sent) for message in history)
        asked = [call["id"] for message in sent for call in message.get("tool_calls") or ()]
        assert asked == [message["tool_call_id"] for message in sent if message["role"] == "tool"]
        assert len(asked) == sum(len(message.tool_calls) for message in history)
        await backend.aclose()


REASONS = [
    (400, "Function calling is not enabled for models/gemma-3-27b-it", ErrorCode.MISCONFIGURED),
    (400, "Prompt tokens limit exceeded: 12000 > 8000.", ErrorCode.CONTEXT_TOO_LONG),
    (400, "The total number of tokens in the input exceeds the model limit", ErrorCode.CONTEXT_TOO_LONG),
    (400, "Total tokens of image and text exceed max message tokens", ErrorCode.CONTEXT_TOO_LONG),
    (429, "Request too large for gpt-4o on tokens per min (TPM): Limit 30000", ErrorCode.CONTEXT_TOO_LONG),
    (403, "token quota is not enough, token remain quota: $0.01", ErrorCode.NO_CREDIT),
    (403, "用户额度不足, 剩余额度: ¥0.00", ErrorCode.NO_CREDIT),
    (403, "该令牌额度已用尽", ErrorCode.NO_CREDIT),
    (403, 'Your input was flagged for "violence". No credits were charged.', ErrorCode.FILTERED),
    (400, "Violated guardrail policy", ErrorCode.FILTERED),
    (400, "litellm.ContentPolicyViolationError: no", ErrorCode.FILTERED),
    (451, "the content you provided is blocked: censorship_blocked", ErrorCode.FILTERED),
    (403, "Your newly created team doesn't have any credits yet.", ErrorCode.NO_CREDIT),
    (400, "Guardrail raised an exception", ErrorCode.FILTERED),
    (400, "Model 'gpt-9' is not supported", ErrorCode.NO_MODEL),
    (404, "This is not a chat model and thus not supported here", ErrorCode.NO_MODEL),
    (400, "Failed to extract 1 image(s).", ErrorCode.MESSAGE_REFUSED),
    (400, "unknown variant `image_url`, expected `text`", ErrorCode.MISCONFIGURED),
    (400, "messages: text content blocks must be non-empty", ErrorCode.MISCONFIGURED),
]


@pytest.mark.parametrize(("status", "words", "code"), REASONS)
def test_a_refusal_in_other_words_is_told_for_what_it_is(status: int, words: str, code: ErrorCode):
    assert error_from_status(status, {"error": {"message": words}}, "").code == code


async def test_a_router_without_a_server_that_forbids_tools_gets_none_in_the_last_round():
    body = {
        "error": {"message": "No endpoints found that support the provided 'tool_choice' value.", "code": 404}
    }
    with Provider() as provider:
        backend = WIRES["chat"].connect(provider)
        provider.otherwise(
            lambda request: (
                provider.fail(404, json.dumps(body).encode())
                if request.tool_choice == "none"
                else provider.say("Hello.")
            )
        )
        desk = Desk(backend)
        desk.set_limits(rounds=0)

        assert await desk.ask("Hi") == "Hello."
        await backend.aclose()


async def test_a_refusal_with_status_200_is_learnt_from_too():
    error = {"object": "error", "message": "Extra inputs are not permitted: stream_options", "code": 400}
    with Provider() as provider:
        backend = WIRES["chat"].connect(provider)
        provider.otherwise(
            lambda request: (
                provider.play(wire.event({"error": error}), wire.DONE)
                if "stream_options" in request.body
                else provider.say("Hello.")
            )
        )

        assert await Desk(backend).ask("Hi") == "Hello."
        await backend.aclose()


async def test_what_came_before_a_refusal_is_no_part_of_the_answer_after_it():
    """A server that finds out what it does not take while it writes a call: the call is made once, and whole."""
    error = {"object": "error", "message": "Extra inputs are not permitted: stream_options", "code": 400}
    half_a_call = {
        "index": 0,
        "id": "a",
        "function": {"name": "create_ticket", "arguments": '{"issue": "Half '},
    }
    ticket = Call("create_ticket", {"issue": "The lamp is broken", "priority": "low"})
    with Provider() as provider:
        backend = WIRES["chat"].connect(provider)
        provider.play(wire.chunk({"tool_calls": [half_a_call]}), wire.event({"error": error}))
        provider.play(*wire.calls([ticket]), *wire.ending("tool_calls"))
        provider.say("It is open.")
        desk = Desk(backend)

        assert await desk.ask("My lamp is broken") == "It is open."

        calls = [event.call for event in desk.events if isinstance(event, ToolStarted)]
        assert [(call.name, json.loads(call.arguments)) for call in calls] == [
            ("create_ticket", {"issue": "The lamp is broken", "priority": "low"})
        ]
        await backend.aclose()
