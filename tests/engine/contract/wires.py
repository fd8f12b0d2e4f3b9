"""The backends that the suite plays over, each with the scripted provider that speaks its wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from supportbot.assistant.backends import Backend, load_backend
from tests.provider import Provider, Script, grpc, responses, wire


@dataclass(frozen=True, slots=True)
class Wire:
    """`provider` makes one that is not running yet, `address` says how a backend finds a running one.

    `usage` are the token counts that it gives, and `keeps_state` says whether it stores conversations.
    """

    backend: str
    provider: Callable[[], Script]
    address: Callable[[Any], Mapping[str, Any]]
    usage: Mapping[str, Any] = field(default_factory=dict)
    keeps_state: bool = False

    def connect(self, provider: Script, **options: Any) -> Backend:
        usual = {"api_key": "key-of-the-shop", "model": "grok-scripted"}
        return load_backend(self.backend, **{**usual, **self.address(provider), **options})


def _http(provider: Any) -> Mapping[str, Any]:
    return {"base_url": provider.url}


WIRES = {
    "chat": Wire("chat", Provider, _http, wire.USAGE),
    "responses": Wire("responses", Provider, _http, responses.USAGE, keeps_state=True),
    "xai": Wire("xai", grpc.GrpcProvider, _http, grpc.USAGE, keeps_state=True),
}
