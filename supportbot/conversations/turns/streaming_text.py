"""The text of an answer while it streams: its first words, and checkpoints of what has come since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from supportbot.compiled_queries import CompiledRows, CompiledRowsUpdate
from supportbot.server.executors import on_database_thread

from ..models import Conversation, Message, Turn
from .leases import LEASE_DURATION, LeaseLost, TurnLease

# One statement for all streams of a process, many times a second.
UPDATE_STREAMING_TEXT_SQL = """
    UPDATE conversations_message SET text = %s
    WHERE id = %s AND status = 'streaming'
      AND turn_id IN (SELECT id FROM conversations_turn WHERE id = %s AND fencing_token = %s)
"""
FIRST_TEXT = CompiledRowsUpdate(
    Message, ["id", "text"], lambda pk, text: (Message.objects.filter(pk=pk), {"text": text})
)
FIRST_TOKEN = CompiledRowsUpdate(
    Turn,
    ["id", "fencing_token", "first_token"],
    lambda pk, token, moment: (
        Turn.objects.filter(pk=pk, fencing_token=token, state=Turn.State.RUNNING),
        {"first_token": moment},
    ),
)
WANTED_TURNS = CompiledRows(
    Turn,
    ["id__in"],
    lambda ids: Turn.objects.filter(pk__in=ids, state=Turn.State.RUNNING, stop_requested=False).values_list(
        "pk", "fencing_token"
    ),
)
LEASES = CompiledRowsUpdate(
    Turn,
    ["id__in", "lease_until"],
    lambda ids, moment: (Turn.objects.filter(pk__in=ids), {"lease_until": moment}),
)


@dataclass(frozen=True, slots=True)
class StreamingAnswer:
    """The message that streams in a conversation at a revision, with its text as far as it is stored. None: none does.

    `is_active` is whether a turn runs or waits for that.
    """

    revision: int
    is_active: bool
    message_id: int | None
    text: str


@on_database_thread()
def load_streaming_answer(conversation_id: int) -> StreamingAnswer:
    """What a page needs to know that shows everything up to a revision."""
    # The revision first: what is stored after it makes a page that has it ask again.
    revision = Conversation.objects.values_list("revision", flat=True).get(pk=conversation_id)
    active = list(Turn.objects.filter(conversation=conversation_id).active())
    streaming = Message.objects.filter(turn__in=active, status=Message.Status.STREAMING).last()
    return StreamingAnswer(
        revision,
        bool(active),
        streaming.pk if streaming else None,
        streaming.text if streaming else "",
    )


@on_database_thread(repeat=True)
@transaction.atomic
def begin_answer(lease: TurnLease, message_id: int, text: str) -> None:
    """Store that the answer has begun, before anybody sees it: from now on no other process may begin it anew.

    Raises `LeaseLost`.
    """
    # The message first, as everybody else who locks both rows; without the lease both are rolled back.
    FIRST_TEXT.update_rows(message_id, text)
    if not FIRST_TOKEN.update_rows(lease.turn_id, lease.fencing_token, timezone.now()):
        raise LeaseLost


@on_database_thread()
@transaction.atomic
def checkpoint(
    texts: Sequence[tuple[str, int, int, int]], running: Iterable[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Store the text so far of many streams at once, and renew their leases.

    `texts` are (text, message id, turn id, fencing token), `running` are (turn id, fencing token). Returns those of
    `running` that somebody wants stopped or that are no longer this process's.
    """
    if texts:
        with connection.cursor() as cursor:
            cursor.executemany(UPDATE_STREAMING_TEXT_SQL, texts)
    running = set(running)
    kept = set(map(tuple, WANTED_TURNS.fetch_rows([turn for turn, _ in running]))) & running
    LEASES.update_rows([turn for turn, _ in kept], timezone.now() + LEASE_DURATION)
    return running - kept
