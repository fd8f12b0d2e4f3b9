"""Who looks at a conversation, and what each of them is shown of a change."""

from dataclasses import dataclass

from django.utils import translation

from supportbot.languages import get_known_language

from ..turns import TurnChange
from .fragments import render_notice, render_owner, render_reload, render_turn

CUSTOMER = "customer"


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

    def render_turns(self, change: TurnChange) -> list[str]:
        """The HTML of each turn that changed. It reads nothing from the database."""
        with translation.override(self.language):
            return [
                render_turn(turn.row, turn.messages, template=self.turn_template) for turn in change.turns
            ]

    def render_rest(self, change: TurnChange) -> str:
        """The HTML of what changed besides turns."""
        with translation.override(self.language):
            html = (
                render_owner(change.owner, template=self.owner_template) if change.owner is not None else ""
            )
            if change.duplicate_client_id:
                html += render_notice("", change.duplicate_client_id)
            if change.lacks_turns:
                html += render_reload(change.previous_revision)
        return html


def get_customer_audience(language: str = "") -> Audience:
    return Audience(CUSTOMER, get_known_language(language))
