"""Who looks at a conversation, and what each of them is shown of a change."""

import asyncio
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from ..turns import TurnChange
from .fragments import render_notice, render_owner, render_turn

# Rendering more turns than this takes long enough to be done beside the event loop.
MAX_TURNS_ON_EVENT_LOOP = 3


@dataclass(frozen=True, slots=True)
class Audience:
    """Those who are shown the same: by the same templates, in the same language."""

    name: str
    language: str
    turn_template: str = "chat/_turn.html"
    owner_template: str = "chat/_owner_frame.html"

    @property
    def key(self) -> str:
        """How other processes call this audience."""
        return f"{self.name}:{self.language}"

    def render_change(self, change: TurnChange) -> str:
        """The HTML of all turns that changed. It reads nothing from the database."""
        with translation.override(self.language):
            html = "".join(
                render_turn(turn.row, turn.messages, template=self.turn_template) for turn in change.turns
            )
            if change.owner is not None:
                html += render_owner(change.owner, template=self.owner_template)
            if change.duplicate_client_id:
                html += render_notice("", change.duplicate_client_id)
        return html

    async def render_many(self, change: TurnChange) -> str:
        """The same for a change of any length, without holding up the event loop."""
        if len(change.turns) <= MAX_TURNS_ON_EVENT_LOOP:
            return self.render_change(change)
        return await asyncio.to_thread(self.render_change, change)


def get_customer_audience() -> Audience:
    return Audience("customer", settings.LANGUAGE_CODE)
