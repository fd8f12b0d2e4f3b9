"""Marks the engine's sentences for translation, which whoever shows them does: the engine itself needs no Django."""

from typing import Protocol


class LazyText(Protocol):
    """A text that becomes a `str` when it is read, in the language of its reader, such as `gettext_lazy` returns."""

    def __str__(self) -> str: ...


def gettext_noop(message: str) -> str:
    """Return `message` as it is. `makemessages` collects what stands in a call of this name."""
    return message
