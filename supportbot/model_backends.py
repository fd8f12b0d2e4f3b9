"""The engine's backends as this installation's settings want them, made once in a process, and its limits."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from supportbot.assistant.backends import Backend, load_backend
from supportbot.assistant.backends.fallback import FallbackBackend, ModelState
from supportbot.assistant.limits import Limits
from supportbot.server.process import process

REMOTE_FIRST_TOKEN_SECONDS = 20.0
LOCAL_FIRST_TOKEN_SECONDS = 300.0
LOCAL_DOMAINS = (".local", ".internal", ".lan", ".localhost", ".home.arpa")
# A server that does not keep to LLM_MAX_TOKENS is not read any further.
MAX_CHARS_PER_TOKEN, MIN_ANSWER_CHARS = 16, 4_000
MAX_LABEL_CHARS = 200
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass
class OpenBackends:
    """The backends of this process, by name."""

    by_name: dict[str, Backend] = field(default_factory=dict)


def get_backend(name: str) -> Backend:
    """The process's own backend of that name, made on first use."""
    backends = process.get(OpenBackends).by_name
    if name not in backends:
        backends[name] = create_backend(name)
    return backends[name]


def create_backend(name: str) -> Backend:
    """One of its own, which the caller closes. Behind a model stand those that answer when it does not."""
    first = load_backend(name, **_build_options(name))
    if name == "demo":
        return first
    others = [_create_fallback(name, entry) for entry in settings.ENVIRONMENT.llm_fallback]
    return FallbackBackend(
        [first, *others],
        first_token=_list_first_token_seconds(),
        stall=settings.ENVIRONMENT.llm_stall_seconds,
    )


def _create_fallback(name: str, entry: str) -> Backend:
    """The backend of `model`, or of `model@address`, which is a server of chat completions."""
    model, _, address = entry.partition("@")
    if not address:
        return load_backend(name, **_build_options(name) | {"model": model})
    own: dict[str, Any] = {"model": model, "base_url": address, "api_key": _choose_fallback_api_key(address)}
    if is_local_address(address):
        own["whole_answer_seconds"] = LOCAL_FIRST_TOKEN_SECONDS
    return load_backend("chat", **_build_options("chat") | own)


def list_model_labels(name: str) -> list[str]:
    """What staff read of each of the models that stand in for each other: none where there is but one."""
    env = settings.ENVIRONMENT
    if name == "demo" or not env.llm_fallback:
        return []
    entries = [(env.llm_model, "@", env.llm_base_url), *(each.partition("@") for each in env.llm_fallback)]
    return [_describe_model(model, address or env.llm_base_url) for model, _, address in entries]


def list_model_states(name: str) -> dict[str, ModelState]:
    """What this process knows of each of those models, by its label."""
    backend = process.get(OpenBackends).by_name.get(name)
    states = backend.model_states if isinstance(backend, FallbackBackend) else ()
    return dict(zip(list_model_labels(name), states, strict=False))


def get_backend_for_handle(handle: str) -> Backend:
    """The backend that wrote this handle, which begins with its name."""
    return get_backend(handle.partition(":")[0])


async def close_backends() -> None:
    """Close the connections that the backends keep, and forget them."""
    backends = process.get(OpenBackends).by_name
    while backends:
        await backends.popitem()[1].aclose()


def get_limits() -> Limits:
    env = settings.ENVIRONMENT
    return Limits(
        first_token=sum(_list_first_token_seconds()),
        stall=env.llm_stall_seconds,
        turn=env.turn_seconds,
        rounds=env.turn_tool_rounds,
        calls=env.turn_tool_calls,
        window=env.llm_window_tokens,
        messages=env.llm_window_messages,
        answer_chars=max(MIN_ANSWER_CHARS, MAX_CHARS_PER_TOKEN * env.llm_max_tokens),
        answer_calls=max(Limits().answer_calls, env.turn_tool_calls),
    )


def _list_first_token_seconds() -> list[float]:
    """How long each of the models may take to begin. A server of one's own may have to load its model first."""
    env = settings.ENVIRONMENT
    addresses = [env.llm_base_url, *(each.partition("@")[2] or env.llm_base_url for each in env.llm_fallback)]
    if env.llm_first_token_seconds is not None:
        return [env.llm_first_token_seconds / len(addresses)] * len(addresses)
    share = REMOTE_FIRST_TOKEN_SECONDS / len(addresses)
    return [LOCAL_FIRST_TOKEN_SECONDS if is_local_address(each) else share for each in addresses]


def is_local_address(address: str) -> bool:
    """Whether a server stands on this machine or in this network."""
    host = _split_address(address).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(LOCAL_DOMAINS))


def _build_options(name: str) -> dict[str, Any]:
    env = settings.ENVIRONMENT
    if name == "demo":
        return {"words_per_second": env.demo_words_per_second}
    options = {
        "api_key": _choose_api_key(),
        "model": env.llm_model,
        "max_tokens": env.llm_max_tokens,
        "effort": env.llm_reasoning_effort,
    }
    if name != "xai" and is_local_address(env.llm_base_url):
        options["whole_answer_seconds"] = LOCAL_FIRST_TOKEN_SECONDS
    return options | ({"base_url": env.llm_base_url} if env.llm_base_url else {})


def _choose_api_key() -> str:
    """The key for LLM_BASE_URL. That of another server is for xAI's only where somebody wrote xAI's address there."""
    env = settings.ENVIRONMENT
    if not env.llm_base_url:
        return env.xai_api_key
    return (env.xai_api_key if _is_xai_address(env.llm_base_url) else "") or env.llm_api_key


def _choose_fallback_api_key(address: str) -> str:
    env = settings.ENVIRONMENT
    if _is_xai_address(address):
        return env.xai_api_key
    is_same = bool(env.llm_base_url) and _parse_origin(address) == _parse_origin(env.llm_base_url)
    return env.llm_fallback_api_key or (env.llm_api_key if is_same else "")


def _describe_model(model: str, address: str) -> str:
    """The model, and its server where somebody named one: without a user or a password, which are secrets."""
    parts = _split_address(address)
    port = f":{parts.port}" if parts.port else ""
    return (f"{model} ({parts.hostname}{port})" if parts.hostname else model)[:MAX_LABEL_CHARS]


def _is_xai_address(address: str) -> bool:
    """Whether the key of xAI may be shown there."""
    return f".{_split_address(address).hostname or ''}".endswith(".x.ai")


def _parse_origin(address: str) -> tuple[str, str | None, int | None]:
    parts = _split_address(address)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


def _split_address(address: str) -> SplitResult:
    """An address of the xai backend may come without a scheme."""
    return urlsplit(address if re.match(r"\w+://", address) else f"//{address}")
