"""A backend sends a conversation to one kind of model. What only one provider does stays in the file of its backend."""

from collections.abc import AsyncGenerator, Sequence
from importlib import import_module
from typing import Any, Protocol

from ..messages import Message, ParsedAnswer, Part, ResponseModel
from ..tools import Tool

BACKENDS = {
    "chat": ".chat:ChatBackend",
    "responses": ".responses:ResponsesBackend",
    "xai": ".xai:XaiBackend",
    # Not a part of the engine, which must not import it: it is found by its name, as any other could be.
    "demo": "supportbot.demo.backend:DemoBackend",
}


class Backend(Protocol):
    """What the tool-calling loop needs of a model. All methods but `aclose` raise `ModelError`."""

    def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        """Ask the model: yields text as it arrives, and one `Answer` as the last part.

        `conversation` is a stable name of the conversation, by which some providers find their cache. With `may_call`
        False the model may not call the tools; they are sent all the same, as the history may hold calls of them.
        Closing the generator or cancelling its task closes the connection to the provider.
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
        """Ask for a typed answer: the model fills in `response_model`. One that is not valid is an error too."""
        ...

    async def forget(self, handles: Sequence[str]) -> None:
        """Delete what the provider has stored under these handles. One that it no longer knows is no error."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop. The backend may be used again: it opens new ones."""
        ...


def load_backend(name: str, **options: Any) -> Backend:
    """Make the backend of that name, whose module is imported on first use.

    Raises ValueError for an unknown name, and ImportError when a package that the backend needs is not installed.
    """
    if name not in BACKENDS:
        raise ValueError(f"There is no backend {name!r}, only {', '.join(BACKENDS)}.")
    module, _, attribute = BACKENDS[name].partition(":")
    backend: Backend = getattr(import_module(module, __name__), attribute)(**options)
    return backend
