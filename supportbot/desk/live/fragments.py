"""What the socket of a live conversation sends."""

import re
from collections.abc import Sequence

from django.conf import settings

from supportbot.conversations.realtime.audiences import Audience

from ..fragments import render_fragment
from ..models import Note
from .facts import Facts

AGE = re.compile(r'<span class="age">[^<]*</span>')


def get_staff_audience() -> Audience:
    """Staff see what the customer sees, with what the assistant looked up and who wrote."""
    return Audience("staff", settings.LANGUAGE_CODE, "desk/live/_turn.html", "desk/live/_owner.html")


def render_note(note: Note, staff_id: int) -> str:
    """A note, as this member of staff sees it: their own they can delete."""
    return render_fragment("desk/live/_note.html", note=note, staff_id=staff_id, oob=True)


def render_note_ids(last_note: int, left: Sequence[int]) -> str:
    """Which notes are left of those up to the last one: the page takes the others away."""
    return render_fragment("desk/live/_note_ids.html", last_note=last_note, note_ids=left, oob=True)


def render_viewers(names: Sequence[str]) -> str:
    """The colleagues who look at the same conversation."""
    return render_fragment("desk/live/_viewers.html", names=names, oob=True)


def render_facts(facts: Facts) -> str:
    """Who the customer is, and why they wait."""
    return render_fragment("desk/live/_facts.html", facts=facts, oob=True)


def is_same_part(html: str, shown: str) -> bool:
    """Whether two renderings of a part say the same, but for how long ago something was."""
    return AGE.sub("", html) == AGE.sub("", shown)
