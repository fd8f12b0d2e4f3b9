"""The waiting list: who waits for a person, oldest first, and who has what. Loaded once for all pages of a process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber

from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.realtime.desk_feed import subscribe_desk, unsubscribe_desk
from supportbot.conversations.web.script_data import list_person_requests
from supportbot.server.executors import on_database_thread
from supportbot.server.outages import log_task_failure
from supportbot.server.process import process

from ..models import Mention

logger = logging.getLogger(__name__)

MAX_ROWS = 100  # of each list that somebody sees
# Changes that come within this time are shown together.
GATHER_SECONDS = 0.1
REFRESH_SECONDS = 20.0

Owner = Conversation.Owner


@dataclass(frozen=True)
class Board:
    """The lists of these members of staff, each of them cut for itself.

    `waiting_count`, `taken_counts` and `newest_waiting` are of all, also beyond the rows that are listed.

    `newest_waiting` is when the last of them began to, in milliseconds: a later time means that somebody new waits.
    """

    staff_ids: frozenset[int]
    waiting: list[Any]
    taken: list[Any]
    waiting_count: int
    taken_counts: dict[int | None, int]  # by who has them
    newest_waiting: int
    mentions: list[Mention]  # in notes that they have not looked at, the newest first

    def list_taken_by(self, staff_id: int) -> list[Any]:
        return [row for row in self.taken if row.assignee_id == staff_id][:MAX_ROWS]

    def list_unanswered(self, staff_id: int) -> list[Any]:
        """Those of theirs in which the customer has written last."""
        return [row for row in self.list_taken_by(staff_id) if row.last_role == Message.Role.CUSTOMER]

    def list_mentions_of(self, staff_id: int) -> list[Mention]:
        return [mention for mention in self.mentions if mention.staff_id == staff_id]

    def list_taken_by_others(self, staff_id: int) -> list[Any]:
        return [row for row in self.taken if row.assignee_id != staff_id][:MAX_ROWS]

    def count_taken_by(self, staff_id: int) -> int:
        return self.taken_counts.get(staff_id, 0)

    def count_taken_by_others(self, staff_id: int) -> int:
        return sum(self.taken_counts.values()) - self.count_taken_by(staff_id)


Listener = Callable[[Board], Awaitable[None]]


@dataclass
class BoardState:
    """The pages of this process that show the board, whose each is, what they show, and the task that keeps it so."""

    listeners: dict[Listener, int] = field(default_factory=dict)
    board: Board | None = None
    has_changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


async def subscribe_board(listener: Listener, staff_id: int) -> None:
    """Call this person's listener with the board as it is, after each change, and now and then."""
    state = process.get(BoardState)
    state.listeners[listener] = staff_id
    await subscribe_desk(_note_change)
    if state.task is None or state.task.done():
        state.has_changed.set()
        state.task = asyncio.create_task(_keep_up_to_date(state), name="waiting list")
    elif state.board is not None and staff_id in state.board.staff_ids:
        await _show_board(state.board, listener)
    else:
        state.has_changed.set()


async def unsubscribe_board(listener: Listener) -> None:
    state = process.get(BoardState)
    state.listeners.pop(listener, None)
    if not state.listeners:
        if state.task is not None:
            state.task.cancel()
        state.task = state.board = None
        await unsubscribe_desk(_note_change)


def get_shown_board(staff_id: int) -> Board | None:
    """What another page of this person shows; it asks the database for nothing."""
    board = process.get(BoardState).board
    return board if board and staff_id in board.staff_ids else None


@on_database_thread(repeat=True)
def load_board(staff_ids: Collection[int]) -> Board:
    """What these members of staff see. Five queries, however many conversations there are."""
    rows = Conversation.objects.select_related("user", "assignee").annotate(
        last_text=_last_message("text", ~Q(text__in=list_person_requests())),  # whoever waits has pressed it
        last_role=_last_message("role"),
        last_at=_last_message("created"),
    )
    waiting = list(rows.filter(owner=Owner.WAITING).order_by("waiting_since")[:MAX_ROWS])
    everybody = Conversation.objects.filter(owner=Owner.WAITING).aggregate(
        count=Count("pk"), newest=Max("waiting_since")
    )
    newest = everybody["newest"]
    chosen, taken_counts = _choose_taken(staff_ids)
    taken = list(rows.filter(owner=Owner.HUMAN, pk__in=chosen).order_by("-updated"))
    newest_ms = int(newest.timestamp() * 1000) if newest else 0
    mentions = _list_mentions(staff_ids)
    return Board(frozenset(staff_ids), waiting, taken, everybody["count"], taken_counts, newest_ms, mentions)


def _choose_taken(staff_ids: Collection[int]) -> tuple[set[int], dict[int | None, int]]:
    """The newest that each of these has, and the newest that others have: no one's many crowd out another's few.

    And how many each has in all.
    """
    place = Window(RowNumber(), partition_by=F("assignee"), order_by=F("updated").desc())
    count = Window(Count("pk"), partition_by=F("assignee"))
    ranked = Conversation.objects.filter(owner=Owner.HUMAN).annotate(place=place, count=count)
    newest = ranked.filter(place__lte=MAX_ROWS).order_by("-updated")
    rows = list(newest.values_list("pk", "assignee", "count"))
    owners = [(pk, owner) for pk, owner, _ in rows]
    chosen: set[int] = set()
    for staff_id in staff_ids:
        chosen.update(pk for pk, owner in owners if owner == staff_id)
        chosen.update([pk for pk, owner in owners if owner != staff_id][:MAX_ROWS])
    return chosen, {owner: count for _, owner, count in rows}


def _list_mentions(staff_ids: Collection[int]) -> list[Mention]:
    """What these have not looked at, of each the newest."""
    place = Window(RowNumber(), partition_by=F("staff"), order_by=F("pk").desc())
    unread = Mention.objects.filter(staff__in=staff_ids, is_unread=True).annotate(place=place)
    newest = unread.filter(place__lte=MAX_ROWS).order_by("-pk")
    return list(newest.select_related("note__conversation__user"))


def _last_message(column: str, *conditions: Q) -> Subquery:
    """A column of the last message of the customer or the team, of those that fulfil the conditions."""
    said = Message.objects.filter(*conditions, conversation=OuterRef("pk"), role__in=Message.PEOPLE)
    return Subquery(said.order_by("-seq").values(column)[:1])


async def _note_change(_conversation_id: int) -> None:
    process.get(BoardState).has_changed.set()


async def _keep_up_to_date(state: BoardState) -> None:
    """Load the board once for all pages. Changes may get lost between processes, so it is also done unasked."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(REFRESH_SECONDS):
                await state.has_changed.wait()
        await asyncio.sleep(GATHER_SECONDS)
        state.has_changed.clear()  # what changes from here on is loaded again
        try:
            state.board = await load_board(frozenset(state.listeners.values()))
        except Exception as error:  # noqa: BLE001 - it is loaded again, whatever was the matter
            log_task_failure(logger, "The waiting list", error)
            continue
        for listener, staff_id in tuple(state.listeners.items()):
            if staff_id in state.board.staff_ids:  # who came meanwhile has it loaded again
                await _show_board(state.board, listener)


async def _show_board(board: Board, listener: Listener) -> None:
    """A page to which it cannot be shown keeps it from no other one."""
    try:
        await listener(board)
    except Exception as error:  # noqa: BLE001
        log_task_failure(logger, "A page's waiting list", error)
