"""The engine as this installation's settings want it: its backends, made once in a process, and its limits."""

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from supportbot.assistant.backends import Backend, load_backend
from supportbot.assistant.backends.fallback import FallbackBackend
from supportbot.assistant.loop import Limits

PORTS = {"http": 80, "https": 443}

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
    env = settings.ENVIRONMENT
    return FallbackBackend(
        [first, *others], first_token=env.llm_first_token_seconds, stall=env.llm_stall_seconds
    )


def _fallback(name: str, entry: str) -> Backend:
    """The backend of `model`, or of `model@address`, which is a server of chat completions."""
    model, _, address = entry.partition("@")
    if not address:
        return load_backend(name, **_options(name) | {"model": model})
    own = {"model": model, "base_url": address, "api_key": _key_of_fallback(address)}
    return load_backend("chat", **_options("chat") | own)


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
        "api_key": _key(),
        "model": env.llm_model,
        "max_tokens": env.llm_max_tokens,
        "effort": env.llm_reasoning_effort,
    }
    return options | ({"base_url": env.llm_base_url} if env.llm_base_url else {})


def _key() -> str:
    """The key for LLM_BASE_URL. That of another server is for xAI's only where somebody wrote xAI's address there."""
    env = settings.ENVIRONMENT
    if not env.llm_base_url:
        return env.xai_api_key
    return (env.xai_api_key if _is_of_xai(env.llm_base_url) else "") or env.llm_api_key


def _key_of_fallback(address: str) -> str:
    env = settings.ENVIRONMENT
    if _is_of_xai(address):
        return env.xai_api_key
    is_same = bool(env.llm_base_url) and _origin(address) == _origin(env.llm_base_url)
    return env.llm_fallback_api_key or (env.llm_api_key if is_same else "")


def _is_of_xai(address: str) -> bool:
    """Whether the key of xAI may be shown there."""
    return f".{_split(address).hostname or ''}".endswith(".x.ai")


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = _split(address)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def _split(address: str) -> SplitResult:
    """An address of the xai backend may come without a scheme."""
    return urlsplit(address if re.match(r"\w+://", address) else f"//{address}")
