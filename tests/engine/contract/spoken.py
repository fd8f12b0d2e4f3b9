"""What is heard of a text that a model says in pieces of some size, and what it calls."""

import json
from typing import Any

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from supportbot.assistant.backends.output_text import SpokenText
from tests.engine.desk import create_ticket, lookup_order
from tests.provider import wire


def hear_answer(said: str, size: int) -> str:
    spoken, text = SpokenText(), ""
    for start in range(0, len(said), size):
        piece = spoken.read_text(said[start : start + size])
        text = piece if spoken.answer.is_withdrawn else text + piece
        spoken.answer.is_withdrawn = False
    rest = spoken.flush_text()
    return rest if spoken.answer.is_withdrawn else text + rest


def read_calls(said: str, size: int) -> tuple[str, list[tuple[str, Any]]]:
    """What is shown, and the calls with their arguments."""
    accumulator, shown = ChatAccumulator(tools=[lookup_order, create_ticket]), ""
    pieces = [said[start : start + size] for start in range(0, len(said), size)]
    for event in [*(wire.chunk({"content": piece}) for piece in pieces), *wire.ending()]:
        text = accumulator.add_events([event.removeprefix(b"data: ").strip()])
        shown = text if accumulator.written.take_withdrawal() else shown + text
    shown += accumulator.finish_text()
    calls = accumulator.build_answer().message.tool_calls
    return shown, [(call.name, json.loads(call.arguments)) for call in calls]
