"""Events of the Responses API as a server may send them, right or wrong."""

from typing import Any

from tests.provider import Piece, wire
from tests.provider.responses import Telling


def told(*parts: Piece) -> list[bytes]:
    return [piece for piece in Telling("resp_9", {}).stream(parts) if isinstance(piece, bytes)]


def event(kind: str, **fields: Any) -> bytes:
    return wire.event({"type": kind, "sequence_number": 1, **fields})


def completed(*output: dict[str, Any], **fields: Any) -> bytes:
    return event(
        "response.completed", response={"id": "r", "status": "completed", "output": output, **fields}
    )


def said(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
