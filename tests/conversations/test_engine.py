"""Which key goes to which server."""

import pytest

from supportbot.conversations import engine

XAI = ["", "https://api.x.ai/v1", "https://eu-west-1.api.x.ai/v1", "api.x.ai", "eu-west-1.api.x.ai:443"]
OTHERS = [
    "http://127.0.0.1:11434/v1",
    "https://api.x.ai.evil.example/v1",
    "https://max.ai",
    "http://x.ai@evil.example",
]


def keys(settings, **changed):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_api_key": "", **changed})
    return engine._options("chat")["api_key"]


@pytest.mark.parametrize("address", XAI)
def test_the_key_of_xai_goes_to_xai(settings, address):
    assert keys(settings, llm_base_url=address, xai_api_key="xai-key") == "xai-key"


@pytest.mark.parametrize("address", OTHERS)
def test_the_key_of_xai_goes_nowhere_else(settings, address):
    assert keys(settings, llm_base_url=address, xai_api_key="xai-key") == ""
    assert keys(settings, llm_base_url=address, xai_api_key="xai-key", llm_api_key="their-key") == "their-key"
