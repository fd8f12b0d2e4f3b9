"""Which key goes to which server."""

from contextlib import aclosing

import pytest

from supportbot import model_backends
from supportbot.assistant.messages import Message

XAI = ["", "https://api.x.ai/v1", "https://eu-west-1.api.x.ai/v1", "api.x.ai", "eu-west-1.api.x.ai:443"]
OTHERS = [
    "http://127.0.0.1:11434/v1",
    "https://api.x.ai.evil.example/v1",
    "https://max.ai",
    "http://x.ai@evil.example",
    "https://evil.example/v1?from=https://api.x.ai",
]


NO_KEYS = {"xai_api_key": "", "llm_api_key": "", "llm_fallback_api_key": "", "llm_base_url": ""}


def keys(settings, **changed):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=NO_KEYS | changed)
    return model_backends._build_options("chat")["api_key"]


def fallback_keys(settings, address, **changed):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=NO_KEYS | changed)
    return model_backends._choose_fallback_api_key(address)


@pytest.mark.parametrize("address", XAI)
def test_the_key_of_xai_goes_to_xai(settings, address):
    assert keys(settings, llm_base_url=address, xai_api_key="xai-key") == "xai-key"


@pytest.mark.parametrize("address", OTHERS)
def test_the_key_of_xai_goes_nowhere_else(settings, address):
    assert keys(settings, llm_base_url=address, xai_api_key="xai-key") == ""
    assert keys(settings, llm_base_url=address, xai_api_key="xai-key", llm_api_key="their-key") == "their-key"


@pytest.mark.parametrize("address", XAI)
def test_a_key_that_was_left_from_another_server_does_not_replace_that_of_xai(settings, address):
    assert keys(settings, llm_base_url=address, xai_api_key="xai-key", llm_api_key="left-key") == "xai-key"


def test_a_key_of_another_server_goes_to_xai_only_where_its_address_is_named(settings):
    assert keys(settings, llm_api_key="left-key") == ""
    assert keys(settings, llm_api_key="my-key", llm_base_url="https://api.x.ai/v1") == "my-key"


def test_grok_as_a_fallback_gets_the_key_of_xai_and_no_other(settings):
    others = {"llm_base_url": "http://127.0.0.1:11434/v1", "llm_api_key": "a", "llm_fallback_api_key": "b"}

    assert fallback_keys(settings, "https://api.x.ai/v1", xai_api_key="xai-key", **others) == "xai-key"
    assert fallback_keys(settings, "https://api.x.ai/v1", **others) == ""


@pytest.mark.parametrize("address", [address for address in OTHERS if "://" in address])
def test_a_fallback_elsewhere_gets_its_own_key_and_never_that_of_xai(settings, address):
    assert fallback_keys(settings, address, xai_api_key="xai-key") == ""
    assert (
        fallback_keys(settings, address, xai_api_key="xai-key", llm_fallback_api_key="their-key")
        == "their-key"
    )


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://llm.example/other/v1", "my-key"),
        ("https://LLM.example:443/v1", "my-key"),
        ("https://llm.example:8443/v1", ""),
        ("http://llm.example/v1", ""),
        ("https://other.example/v1", ""),
    ],
)
def test_a_fallback_on_the_first_server_gets_its_key(settings, address, key):
    first = {"llm_base_url": "https://llm.example/v1", "llm_api_key": "my-key"}

    assert fallback_keys(settings, address, **first) == key
    assert fallback_keys(settings, address, **first, llm_fallback_api_key="their-key") == "their-key"


async def test_a_fallback_is_sent_the_key_that_is_its_own(settings, provider):
    changed = {"llm_base_url": provider.url, "xai_api_key": "xai-key", "llm_api_key": "my-key"}
    changed |= {"llm_fallback": (f"qwen3@{provider.url}",), "llm_fallback_api_key": "their-key"}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changed)
    provider.fail(401)
    provider.say("Hello.")
    backend = model_backends.create_backend("chat")

    async with aclosing(backend.stream("Be kind.", [Message("user", "Hi")], [])) as parts:
        said = [part async for part in parts]
    await backend.aclose()

    assert said
    sent = [request.headers["authorization"] for request in provider.requests]
    assert sent == ["Bearer my-key", "Bearer their-key"]


OLLAMA = "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize(
    ("changed", "seconds"),
    [
        ({"llm_base_url": "https://llm.example.com/v1"}, [20]),
        ({"llm_base_url": OLLAMA}, [300]),
        ({"llm_base_url": "http://ollama:11434/v1"}, [300]),
        ({"llm_base_url": "http://192.168.7.2:8000/v1"}, [300]),
        ({"llm_base_url": "http://gpu.local/v1"}, [300]),
        ({"llm_base_url": "https://llm.example.com/v1", "llm_fallback": (f"qwen3@{OLLAMA}",)}, [10, 300]),
        ({"llm_base_url": OLLAMA, "llm_first_token_seconds": 30.0}, [30]),
        ({"llm_fallback": ("grok-4.5",)}, [10, 10]),
    ],
)
def test_a_server_of_ones_own_may_take_minutes_to_begin(settings, changed, seconds):
    usual = {"llm_first_token_seconds": None, "llm_fallback": ()}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=NO_KEYS | usual | changed)

    assert model_backends._list_first_token_seconds() == seconds
    assert model_backends.get_limits().first_token == sum(seconds)
