"""What the socket of every page in admin sends."""

from collections.abc import Iterable
from datetime import datetime

from ..fragments import render_fragment
from .board import Board


def render_counts(board: Board, staff_id: int) -> str:
    """For the header of every page: who waits, which of this person's own are unanswered, and what mentions them."""
    unanswered = board.list_unanswered(staff_id)
    # Who was taken over since, with what they had written before, has not written to this person yet.
    written = [row for row in unanswered if row.taken_at is None or row.last_at > row.taken_at]
    assigned = [row for row in board.list_taken_by(staff_id) if row.assigned_at]
    mentions = board.list_mentions_of(staff_id)
    return render_fragment(
        "desk/waiting_list/_counts.html",
        count=board.waiting_count,
        newest=board.newest_waiting,
        unanswered_count=len(unanswered),
        written=_join_moments((row.pk, row.last_at) for row in written),
        assigned=_join_moments((row.pk, row.assigned_at) for row in assigned),
        mention_count=len(mentions),
        mentioned=_join_moments((each.note.conversation_id, each.note.created) for each in mentions),
    )


def _join_moments(moments: Iterable[tuple[int, datetime]]) -> str:
    """Of each conversation when it was, for the page's script: “12:1764500000000 15:1764500004000”."""
    return " ".join(f"{pk}:{int(moment.timestamp() * 1000)}" for pk, moment in moments)


def render_board(board: Board, staff_id: int, can_answer: bool) -> str:
    """The lists, as one member of staff sees them."""
    return render_fragment(
        "desk/waiting_list/_board.html",
        waiting=board.waiting,
        waiting_count=board.waiting_count,
        mine=board.list_taken_by(staff_id),
        mine_count=board.count_taken_by(staff_id),
        others=board.list_taken_by_others(staff_id),
        others_count=board.count_taken_by_others(staff_id),
        mentions=board.list_mentions_of(staff_id),
        can_answer=can_answer,
    )


def render_presence(is_here: bool) -> str:
    """The switch between here and away, as it is stored."""
    return render_fragment("desk/waiting_list/_presence.html", is_here=is_here)


def render_opening(address: str) -> str:
    """The page goes to this address: a conversation that was taken over from the list."""
    return render_fragment("desk/waiting_list/_opening.html", address=address)


def render_pong(client_id: str = "") -> str:
    """The line is alive, and what was sent before the ping with this id has been handled."""
    return render_fragment("desk/waiting_list/_pong.html", handled=client_id)
