"""What goes to the Responses API, and what it is told when it has forgotten what it was to keep."""

import pytest

from supportbot.assistant.backends import load_backend
from supportbot.assistant.messages import Image, Message, ToolCall

from .desk import SYSTEM, create_ticket, lookup_order
from .responses_events import completed, event, said


@pytest.fixture
def spoken() -> str:
    return "responses"


async def test_the_request_says_which_model_tools_and_limits(provider):
    options = {"model": "grok-4.3", "max_tokens": 99, "effort": "low"}
    backend = load_backend("responses", api_key="xai-1", base_url=provider.url, **options)
    provider.say("Hello.")

    parts = backend.stream("Be kind.", [Message("user", "Hi")], [lookup_order], conversation="c7")
    assert [part async for part in parts][-1].message.text == "Hello."

    request = provider.requests[0]
    assert request.path == "/v1/responses"
    assert request.headers["authorization"] == "Bearer xai-1"
    function = lookup_order.as_chat()["function"]
    assert request.body == {
        "model": "grok-4.3",
        "max_output_tokens": 99,
        "reasoning": {"effort": "low"},
        "prompt_cache_key": "c7",
        "stream": True,
        "store": True,
        "tools": [{"type": "function", **function, "strict": False}],
        "input": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
    }
    await backend.aclose()


async def test_every_kind_of_message_is_an_item_of_its_own(provider, backend):
    call = ToolCall("ours12345", "lookup_order", '{"order_id": "ORD-123"}')
    asked = [
        Message("user", "Look.", images=(Image("https://techcorp.example/box.png", "low"),)),
        Message("assistant", "One moment.", (call,)),
        Message("tool", '{"status": "shipped"}', tool_call_id="ours12345"),
    ]
    provider.say("It has shipped.")

    _parts = [part async for part in backend.stream(SYSTEM, asked, [create_ticket])]

    picture = {"type": "input_image", "image_url": "https://techcorp.example/box.png", "detail": "low"}
    assert provider.requests[0].body["store"] is False
    assert provider.requests[0].body["input"] == [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": [{"type": "input_text", "text": "Look."}, picture]},
        {"role": "assistant", "content": "One moment."},
        {
            "type": "function_call",
            "call_id": "ours12345",
            "name": "lookup_order",
            "arguments": '{"order_id": "ORD-123"}',
        },
        {"type": "function_call_output", "call_id": "ours12345", "output": '{"status": "shipped"}'},
    ]


async def test_the_next_request_holds_the_id_and_the_new_words_alone(provider, desk):
    provider.say("Hello.")
    provider.say("Yes.")

    await desk.ask("Hi")
    await desk.ask("Are you there?")

    (identity, _later) = provider.stored
    body = provider.requests[1].body
    assert body["previous_response_id"] == identity
    assert body["input"] == [{"role": "user", "content": "Are you there?"}]
    assert "instructions" not in body


@pytest.mark.parametrize("words", ["xai", "openai"])
async def test_an_unknown_id_is_understood_in_the_words_of_every_provider(provider, desk, words):
    provider.unknown_as = words
    provider.say("Hello.")
    await desk.ask("Hi")
    provider.forget_all()
    provider.say("Yes.")

    assert await desk.ask("Are you there?") == "Yes."

    assert [len(request.sent) for request in provider.requests] == [2, 1, 4]


@pytest.mark.parametrize(
    "message",
    [
        "Previous response with id 'x' not found.",
        "Response with id 'resp_x' not found.",
        "Item with id 'fc_x' not found. Items are not persisted when `store` is set to false.",
        "No tool output found for function call call_x.",
    ],
)
async def test_an_id_that_is_found_unknown_in_the_stream_is_said_anew_too(provider, desk, message):
    provider.say("Hello.")
    await desk.ask("Hi")
    provider.play(event("error", code="invalid_request_error", message=message))
    provider.say("Yes.")

    assert await desk.ask("Are you there?") == "Yes."

    assert provider.requests[-1].previous == ""


async def test_a_provider_that_says_it_did_not_store_is_believed(provider, desk):
    provider.play(completed(said("Hello."), store=False))

    assert await desk.ask("Hi") == "Hello."

    assert desk.history[-1] == Message("assistant", "Hello.")
