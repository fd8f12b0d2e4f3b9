"""A backend puts a conversation to one kind of model. What only one provider does stays in its own file."""

from collections.abc import AsyncGenerator, Sequence
from importlib import import_module
from typing import Any, Protocol

from ..messages import Message, ParsedAnswer, Part, ResponseModel
from ..tools import Tool

BACKENDS = {
    "chat": ".chat:ChatBackend",
    "responses": ".responses:ResponsesBackend",
    "xai": ".xai:XaiBackend",
    # Not a part of the engine: imported by its name when somebody asks for it.
    "demo": "supportbot.demo.backend:DemoBackend",
}


class Backend(Protocol):
    def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        """Ask the model: text as it comes, then one `Answer`, always last.

        `conversation` is a stable name by which a provider may keep its cache warm. With `may_call` False the
        tools are only listed, for a history in which they were called. Raises `ModelError`; closing the generator
        or cancelling its task closes the connection to the provider.
        """
        ...

    async def parse(
        self,
        system: str,
        messages: Sequence[Message],
        response_model: type[ResponseModel],
        *,
        conversation: str = "",
    ) -> ParsedAnswer[ResponseModel]:
        """Ask for a typed answer: the model fills in `response_model`. Raises `ModelError`, also for an invalid one."""
        ...

    async def forget(self, handles: Sequence[str]) -> None:
        """Delete what the provider keeps under these handles; what it does not know any more is no error."""
        ...

    async def aclose(self) -> None:
        """Close the connections that were kept open in this event loop. It may be used again."""
        ...


def load_backend(name: str, **options: Any) -> Backend:
    """The backend of that name, imported on first use. Raises ValueError for a name that is none."""
    if name not in BACKENDS:
        raise ValueError(f"There is no backend {name!r}, only {', '.join(BACKENDS)}.")
    module, _, attribute = BACKENDS[name].partition(":")
    backend: Backend = getattr(import_module(module, __name__), attribute)(**options)
    return backend
