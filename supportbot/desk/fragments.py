"""What the desk's sockets send: HTML fragments from templates/desk, which the page swaps in by their ids."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from supportbot.conversations.realtime.audiences import Audience
from supportbot.languages import use_site_language

from .board import Board
from .facts import Facts
from .models import Note

AGE = re.compile(r'<span class="age">[^<]*</span>')


def get_staff_audience() -> Audience:
    """Staff see what the customer sees, with what the assistant looked up and who wrote."""
    return Audience("staff", settings.LANGUAGE_CODE, "desk/_turn.html", "desk/_owner.html")


def render_note(note: Note) -> str:
    return _render("desk/_note.html", note=note, oob=True)


def render_viewers(names: Sequence[str]) -> str:
    """The colleagues who look at the same conversation."""
    return _render("desk/_viewers.html", names=names, oob=True)


def render_facts(facts: Facts) -> str:
    """Who the customer is, and why they wait."""
    return _render("desk/_facts.html", facts=facts, oob=True)


def is_same_part(html: str, shown: str) -> bool:
    """Whether two renderings of a part say the same, but for how long ago something was."""
    return AGE.sub("", html) == AGE.sub("", shown)


def render_counts(board: Board, staff_id: int) -> str:
    """For the header of every page: who waits, and which of this person's own are unanswered, or given to them."""
    unanswered = board.list_unanswered(staff_id)
    # Who was taken over since, with what they had written before, has not written to this person yet.
    written = [row for row in unanswered if row.taken_at is None or row.last_at > row.taken_at]
    assigned = [row for row in board.list_taken_by(staff_id) if row.assigned_at]
    return _render(
        "desk/_counts.html",
        count=board.waiting_count,
        newest=board.newest_waiting,
        unanswered_count=len(unanswered),
        written=_join_moments((row.pk, row.last_at) for row in written),
        assigned=_join_moments((row.pk, row.assigned_at) for row in assigned),
    )


def _join_moments(moments: Iterable[tuple[int, datetime]]) -> str:
    """Of each conversation when it was, for the page's script: “12:1764500000000 15:1764500004000”."""
    return " ".join(f"{pk}:{int(moment.timestamp() * 1000)}" for pk, moment in moments)


def render_board(board: Board, staff_id: int, can_answer: bool) -> str:
    """The lists, as one member of staff sees them."""
    return _render(
        "desk/_board.html",
        waiting=board.waiting,
        waiting_count=board.waiting_count,
        mine=board.list_taken_by(staff_id),
        mine_count=board.count_taken_by(staff_id),
        others=board.list_taken_by_others(staff_id),
        others_count=board.count_taken_by_others(staff_id),
        can_answer=can_answer,
    )


def render_presence(is_here: bool) -> str:
    """The switch between here and away, as it is stored."""
    return _render("desk/_presence.html", is_here=is_here)


def render_opening(address: str) -> str:
    """The page goes to this address: a conversation that was taken over from the list."""
    return _render("desk/_opening.html", address=address)


def render_pong(client_id: str = "") -> str:
    """The line is alive, and what was sent before the ping with this id has been handled."""
    return _render("desk/_pong.html", handled=client_id)


def _render(template: str, **context: Any) -> str:
    with use_site_language():
        return render_to_string(template, context)
