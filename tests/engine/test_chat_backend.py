"""What goes to the provider, and what is made of all the ways in which providers answer."""

import json

import httpx2
import pytest

from supportbot.assistant.backends import load_backend
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Message

from .desk import Desk, create_ticket, lookup_order


async def test_the_request_says_which_model_tools_and_limits(provider):
    backend = load_backend(
        "chat", api_key="xai-1", base_url=provider.url, model="grok-4.3", max_tokens=99, effort="low"
    )
    provider.say("Hello.")

    parts = backend.stream(
        "Be kind.", [Message("user", "Hi")], [lookup_order, create_ticket], conversation="c7"
    )
    assert [part async for part in parts][-1].message.text == "Hello."

    request = provider.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer xai-1"
    assert request.headers["x-grok-conv-id"] == "c7"
    assert request.body["tools"] == [lookup_order.as_chat(), create_ticket.as_chat()]
    rest = {key: value for key, value in request.body.items() if key not in ("tools", "messages")}
    assert rest == {
        "model": "grok-4.3",
        "max_tokens": 99,
        "reasoning_effort": "low",
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    await backend.aclose()


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ({}, "max_completion_tokens"),
        ({"base_url": "https://eu-west-1.api.x.ai/v1"}, "max_completion_tokens"),
        ({"base_url": "https://api.openai.com/v1"}, "max_completion_tokens"),
        ({"base_url": "https://shop.openai.azure.com/openai/v1"}, "max_completion_tokens"),
        ({"base_url": "http://127.0.0.1:11434/v1"}, "max_tokens"),  # Ollama passes over the other name
        ({"base_url": "https://max.ai/v1"}, "max_tokens"),
        ({"base_url": "https://x.ai.example/openai.com"}, "max_tokens"),
    ],
)
async def test_the_limit_of_an_answer_has_the_name_that_the_server_knows(address, name):
    sent = []

    def server(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content))
        return httpx2.Response(401)

    transport = httpx2.MockTransport(server)
    backend = load_backend("chat", api_key="k", model="m", max_tokens=99, transport=transport, **address)
    with pytest.raises(ModelError):
        await Desk(backend).ask("Hi")

    assert {key: value for key, value in sent[0].items() if key.startswith("max")} == {name: 99}
    await backend.aclose()


async def test_openai_settings_of_the_machine_do_not_reach_another_provider(monkeypatch, provider, desk):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    provider.say("Hello.")

    await desk.ask("Hi")

    assert "secret" not in str(provider.requests[0].headers)


@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
async def test_a_passing_trouble_is_not_noticed(provider, desk, status):
    provider.fail(status)
    provider.say("Here I am.")

    assert await desk.ask("Hello?") == "Here I am."
    assert len(provider.requests) == 2


@pytest.mark.parametrize("wait", ["0", "0.1", "Wed, 21 Oct 2015 07:28:00 GMT"])
async def test_a_server_that_says_when_is_asked_again_then(provider, desk, wait):
    provider.fail(429, retry_after=wait)
    provider.say("Here I am.")

    assert await desk.ask("Hello?") == "Here I am."


@pytest.mark.parametrize(
    "headers",
    [{"retry_after": "60"}, {"retry_after": "Wed, 21 Oct 2099 07:28:00 GMT"}, {"retry_after_ms": "60000"}],
)
async def test_a_customer_is_not_kept_waiting_for_a_far_second_try(provider, desk, headers):
    provider.fail(429, **headers)
    desk.set_limits(first_token=5)

    with pytest.raises(ModelError) as caught:
        await desk.ask("Hello?")

    assert (caught.value.code, len(provider.requests)) == (ErrorCode.BUSY, 1)
