"""The engine as this installation's settings want it: its backends, made once in a process, and its limits."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from supportbot.assistant.backends import Backend, load_backend
from supportbot.assistant.backends.fallback import FallbackBackend
from supportbot.assistant.loop import Limits

_made: dict[str, Backend] = {}


def backend(name: str) -> Backend:
    if name not in _made:
        _made[name] = new_backend(name)
    return _made[name]


def new_backend(name: str) -> Backend:
    """One of its own, which the caller closes. Behind a model stand those that answer when it does not."""
    first = load_backend(name, **_options(name))
    if name in ("demo", "handover"):
        return first
    others = [_fallback(name, entry) for entry in settings.ENVIRONMENT.llm_fallback]
    return FallbackBackend([first, *others], first_token=settings.ENVIRONMENT.llm_first_token_seconds)


def _fallback(name: str, entry: str) -> Backend:
    """The backend of `model`, or of `model@address`, which is a server of chat completions."""
    model, _, address = entry.partition("@")
    if not address:
        return load_backend(name, **_options(name) | {"model": model})
    key = settings.ENVIRONMENT.llm_fallback_api_key
    return load_backend("chat", **_options("chat") | {"model": model, "base_url": address, "api_key": key})


def backend_of(handle: str) -> Backend:
    """The backend that wrote this handle, which begins with its name."""
    return backend(handle.partition(":")[0])


async def close() -> None:
    """Close the connections that the backends keep, and forget them."""
    while _made:
        await _made.popitem()[1].aclose()


def limits() -> Limits:
    env = settings.ENVIRONMENT
    return Limits(
        first_token=env.llm_first_token_seconds,
        stall=env.llm_stall_seconds,
        turn=env.turn_seconds,
        rounds=env.turn_tool_rounds,
        calls=env.turn_tool_calls,
        window=env.llm_window_tokens,
        messages=env.llm_window_messages,
    )


def _options(name: str) -> dict[str, Any]:
    env = settings.ENVIRONMENT
    if name == "demo":
        return {"words_per_second": env.demo_words_per_second}
    if name == "handover":
        return {}
    options = {
        "api_key": env.llm_api_key or (env.xai_api_key if _is_of_xai(env.llm_base_url) else ""),
        "model": env.llm_model,
        "max_tokens": env.llm_max_tokens,
        "effort": env.llm_reasoning_effort,
    }
    return options | ({"base_url": env.llm_base_url} if env.llm_base_url else {})


def _is_of_xai(address: str) -> bool:
    """Whether the key of xAI may be shown there. An address of the xai backend may come without a scheme."""
    if not address:
        return True  # it is where backends go by themselves
    host = urlsplit(f"//{address.rpartition('://')[2]}").hostname or ""
    return f".{host}".endswith(".x.ai")
