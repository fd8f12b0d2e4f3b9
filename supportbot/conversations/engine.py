"""The engine as this installation's settings want it: its backends, made once in a process, and its limits."""

from typing import Any

from django.conf import settings

from supportbot.assistant.backends import Backend, load_backend
from supportbot.assistant.loop import Limits

_made: dict[str, Backend] = {}


def backend(name: str) -> Backend:
    if name not in _made:
        _made[name] = load_backend(name, **_options(name))
    return _made[name]


async def close() -> None:
    """Close the connections that the backends keep, and forget them."""
    while _made:
        _name, made = _made.popitem()
        if aclose := getattr(made, "aclose", None):
            await aclose()


def limits() -> Limits:
    env = settings.ENVIRONMENT
    return Limits(
        first_token=env.llm_first_token_seconds,
        stall=env.llm_stall_seconds,
        turn=env.turn_seconds,
        rounds=env.turn_tool_rounds,
        calls=env.turn_tool_calls,
        window=env.llm_window_tokens,
    )


def _options(name: str) -> dict[str, Any]:
    env = settings.ENVIRONMENT
    if name == "demo":
        return {"words_per_second": env.demo_words_per_second}
    if name == "handover":
        return {}
    return {
        "api_key": env.llm_api_key or env.xai_api_key,
        "base_url": env.llm_base_url or "https://api.x.ai/v1",
        "model": env.llm_model,
        "max_tokens": env.llm_max_tokens,
        "effort": env.llm_reasoning_effort,
    }
