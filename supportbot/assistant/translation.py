"""Marks the engine's sentences for translation, which whoever shows them does: the engine itself needs no Django."""


def gettext_noop(message: str) -> str:
    """Return `message` as it is. `makemessages` collects what stands in a call of this name."""
    return message
