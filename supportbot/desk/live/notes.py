"""Internal notes: written and deleted in one transaction with their audit event, and sorted in between the turns."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from supportbot.audit.recording import record_event
from supportbot.conversations.models import Conversation, Turn
from supportbot.server.executors import on_database_thread

from ..models import AUTHOR_NAME_MAX_CHARS, Mention, Note
from .mentions import find_mentioned

MAX_RESENT_NOTES = 200


@on_database_thread(repeat=True)
@transaction.atomic
def add_note(conversation_id: int, staff: Any, text: str, client_id: str) -> None:
    """Store a note, and whom it mentions besides its author. The same `client_id` is stored once."""
    conversation = Conversation.objects.lock(conversation_id)
    if client_id and Note.objects.filter(conversation=conversation, client_id=client_id).exists():
        return
    note = Note.objects.create(
        conversation=conversation,
        author=staff,
        author_name=(staff.get_full_name() or staff.get_username())[:AUTHOR_NAME_MAX_CHARS],
        text=text,
        client_id=client_id or None,
        after_turn=conversation.turns.order_by("-pk").values_list("pk", flat=True).first() or 0,
    )
    mentioned = sorted(find_mentioned(text) - {staff.pk})
    Mention.objects.bulk_create(Mention(note=note, staff_id=staff_id) for staff_id in mentioned)
    record_event("noted", staff=staff, conversation_id=conversation_id)


@on_database_thread(repeat=True)
@transaction.atomic
def delete_note(conversation_id: int, staff: Any, note_id: int) -> None:
    """Delete a note of their own. One of somebody else stays."""
    deleted, _rows = Note.objects.filter(pk=note_id, conversation=conversation_id, author=staff).delete()
    if deleted:
        record_event("note_deleted", staff=staff, conversation_id=conversation_id)


def find_notes(conversation_id: int) -> QuerySet[Note]:
    """With whom each mentions."""
    return Note.objects.filter(conversation=conversation_id).prefetch_related("mentions__staff")


@on_database_thread()
def load_notes(conversation_id: int, after_note: int) -> list[Note]:
    """The notes that came after one, oldest first."""
    newer = find_notes(conversation_id).filter(pk__gt=after_note)
    return list(newer.order_by("-pk")[:MAX_RESENT_NOTES])[::-1]


@on_database_thread()
def list_note_ids(conversation_id: int, last_note: int) -> list[int]:
    """Those that are left of all up to this one."""
    left = Note.objects.filter(conversation=conversation_id, pk__lte=last_note)
    return list(left.values_list("pk", flat=True))


def choose_notes_among(
    notes: Iterable[Note], turns: Sequence[Turn], before: int | None, has_earlier: bool
) -> list[Note]:
    """The notes that belong between these turns: a page of them that ends before the turn `before`, or the newest."""
    first = turns[0].pk if has_earlier else 0
    return [
        note for note in notes if first <= note.after_turn and (before is None or note.after_turn < before)
    ]


def merge_in_time_order(turns: Iterable[Turn], notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Turns and notes as the page shows them: a note stands below the turn that was the newest when it was written."""
    entries: list[tuple[tuple[int, int], dict[str, Any]]] = [((turn.pk, 0), {"turn": turn}) for turn in turns]
    entries += [((note.after_turn, note.pk), {"note": note}) for note in notes]
    return [entry for _key, entry in sorted(entries, key=lambda entry: entry[0])]
