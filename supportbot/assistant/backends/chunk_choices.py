"""The choices of a chunk of a chat completions stream, in the places where servers put them."""

from collections.abc import Mapping
from typing import Any


def list_choices(chunk: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All choices. Some servers send one without a list, null in place of one, or Ollama's own message and `done`."""
    choices = chunk.get("choices")
    if not choices and isinstance(chunk.get("message"), Mapping) and "done" in chunk:
        return [{"delta": chunk["message"]}]
    found = [choices] if isinstance(choices, Mapping) else choices or ()
    return [each for each in found if each is not None]


def get_piece(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a choice brings of the message. What a tool has answered is no word of the model's."""
    piece = choice.get("delta") or {}
    return {} if piece.get("role") in ("tool", "function") else piece
