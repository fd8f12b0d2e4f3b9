"""A backend puts a conversation to one kind of model. What only one provider does stays in its own file."""

from collections.abc import AsyncGenerator, Sequence
from importlib import import_module
from typing import Any, Protocol

from ..messages import Answer, Message, TextDelta
from ..tools import Tool

BACKENDS = {
    "chat": ".chat:ChatBackend",
    "demo": ".demo:DemoBackend",
    "handover": ".handover:HandoverBackend",
}


class Backend(Protocol):
    def stream(
        self, system: str, messages: Sequence[Message], tools: Sequence[Tool], *, conversation: str = ""
    ) -> AsyncGenerator[TextDelta | Answer]:
        """Ask the model: text as it comes, then one `Answer`, always last.

        `conversation` is a stable name by which a provider may keep its cache warm. Raises `ModelError`;
        closing the generator or cancelling its task closes the connection to the provider.
        """
        ...


def load_backend(name: str, **options: Any) -> Backend:
    """The backend of that name, imported on first use. Raises KeyError for a name that is none."""
    module, _, attribute = BACKENDS[name].partition(":")
    backend: Backend = getattr(import_module(module, __name__), attribute)(**options)
    return backend
