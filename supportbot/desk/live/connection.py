"""An open page of the desk: it gets what the customer's page gets, the notes, and words some at a time."""

from collections.abc import Callable
from typing import Any

from supportbot.conversations.realtime.connections import PageConnection
from supportbot.conversations.realtime.gathered_text import GatheredText

from . import notes
from .fragments import render_note, render_note_ids

Check = Callable[[], object]

# Words of this time come in one frame: those who watch must cost little beside those who are answered.
TEXT_INTERVAL_SECONDS = 0.4


class DeskConnection(PageConnection):
    last_note = 0

    def __init__(self, staff_id: int, *args: Any) -> None:
        super().__init__(*args)
        self._staff_id = staff_id
        self.gathered_text = GatheredText(self._send, TEXT_INTERVAL_SECONDS)

    async def resync(self, since_revision: int, check: Check = lambda: None) -> None:
        await super().resync(since_revision, check)
        await self.send_new_notes()

    async def send_new_notes(self) -> None:
        newer = await notes.load_notes(self._conversation_id, self.last_note)
        for note in newer:
            if not await self.deliver(render_note(note, self._staff_id)):
                return  # the rest follows when the page reads again
            self.last_note = note.pk

    async def render_note_ids(self) -> str:
        """Empty while the page knows of no note."""
        if not self.last_note:
            return ""
        return render_note_ids(
            self.last_note, await notes.list_note_ids(self._conversation_id, self.last_note)
        )
