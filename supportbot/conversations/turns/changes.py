"""What a transaction returns: the rows that changed, as data. Nothing is rendered here, see `realtime/audiences.py`."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from supportbot.assistant.messages import Message as Answer
from supportbot.assistant.tool_results import build_error_result
from supportbot.compiled_queries import CompiledQuery, CompiledRows, CompiledUpdate
from supportbot.server.executors import on_database_thread
from supportbot.server.outages import log_task_failure

from ..blank_text import blank_to_empty
from ..models import Conversation, Message, Turn
from . import reachability
from .leases import TurnLease
from .provider_state import keep_provider_state
from .rating_state import RatingState, describe_rating

logger = logging.getLogger(__name__)

MAX_RESYNC_TURNS = 100  # a page that lacks more loads anew
MESSAGES_OF_TURN = CompiledQuery(Message, ["turn"], lambda turn: Message.objects.filter(turn=turn))
MESSAGE_END = CompiledUpdate(Message, ["text", "status", "handle", "provider_fields"])
# All that changes of a turn: what it began with would only be put into its indexes again. Its prompt is stored by
# whoever takes a lease on it.
FIXED_FIELDS = ("conversation", "prompt", "created")
TURN_UPDATE = CompiledUpdate(
    Turn, [field.name for field in Turn._meta.local_concrete_fields if field.name not in FIXED_FIELDS]
)
CONVERSATION = CompiledQuery(
    Conversation, ["id"], lambda pk: Conversation.objects.select_related("assignee", "user").filter(pk=pk)
)
RUNNING_TURNS = CompiledRows(
    Turn,
    ["conversation"],
    lambda conversation: (
        Turn.objects.filter(conversation=conversation, state=Turn.State.RUNNING).order_by().values_list("pk")
    ),
)
REVISIONS = CompiledRows(
    Conversation,
    ["id__in"],
    lambda ids: Conversation.objects.filter(pk__in=ids).order_by().values_list("pk", "revision"),
)
STREAMING_CONVERSATIONS = CompiledRows(
    Turn,
    ["conversation__in"],
    lambda ids: (
        Turn.objects.filter(conversation__in=ids, state=Turn.State.RUNNING)
        .order_by()
        .values_list("conversation")
    ),
)
CONVERSATION_UPDATE = CompiledUpdate(Conversation, ["title", "last_seq", "revision", "updated"])


@dataclass(frozen=True, slots=True)
class ChangedTurn:
    """A turn as it is stored now, with its messages in order. Their calls and images are loaded too."""

    row: Turn
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class OwnerState:
    """Who has the conversation, and the name of a person that has it.

    With `takes_contact` a guest may say where to be reached; `contact_name` and `contact_email` are what they said.
    `rating` is how it was, where the customer is asked for that.
    """

    owner: str
    assignee_id: int | None
    assignee_name: str
    takes_contact: bool = False
    contact_name: str = ""
    contact_email: str = ""
    rating: RatingState | None = None


@dataclass(frozen=True, slots=True)
class TurnChange:
    """What changed in a conversation, and the lease on the turn that is to be run now, if there is one.

    A page at `previous_revision` or later is at `revision` after this change; an older page must resync. Revision 0:
    nothing changed, and the turns are only shown again. With `lacks_turns` more has changed than is worth sending, or
    what the page shows is not stored: it must load anew. `duplicate_client_id` is a message that was not stored, since
    an earlier one stands for it. `owner` is given where it may have changed. `notifies_desk` says that staff must hear
    of it: a customer waits or wrote to a person, or the conversation changed hands. `language` is the customer's.
    `is_deleted`: there is no such conversation any longer.
    """

    conversation_id: int
    turns: tuple[ChangedTurn, ...] = ()
    lease: TurnLease | None = None
    revision: int = 0
    previous_revision: int = 0
    duplicate_client_id: str = ""
    owner: OwnerState | None = None
    notifies_desk: bool = False
    lacks_turns: bool = False
    is_deleted: bool = False
    language: str = ""

    @property
    def is_visible(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.turns or self.duplicate_client_id or self.owner or self.lacks_turns)


@on_database_thread(repeat=True)
def load_changes(conversation_id: int, since_revision: int) -> TurnChange:
    """What changed after a revision. A page that has seen later ones has seen what a backup did not bring back."""
    conversation = CONVERSATION.fetch_first(conversation_id)
    if conversation is None:
        raise Conversation.DoesNotExist
    recent = _load_turns_after(conversation, since_revision)
    lacks_turns = len(recent) > MAX_RESYNC_TURNS or conversation.revision < since_revision
    turns = tuple(ChangedTurn(turn, list(turn.messages.all())) for turn in recent if not lacks_turns)
    return TurnChange(
        conversation_id,
        turns,
        revision=conversation.revision,
        previous_revision=since_revision,
        owner=describe_owner(conversation) if conversation.revision > since_revision else None,
        lacks_turns=lacks_turns,
        language=conversation.language,
    )


def _load_turns_after(conversation: Conversation, revision: int) -> list[Turn]:
    """The turns that a page lacks which lacks nothing up to this revision. Most pages that open lack none."""
    if conversation.revision <= revision and not RUNNING_TURNS.fetch_rows(conversation.pk):
        return []
    return conversation.recent_turns(MAX_RESYNC_TURNS + 1, after_revision=revision)


@on_database_thread()
def load_missed_changes(seen: dict[int, int], streaming_here: Iterable[int]) -> list[TurnChange]:
    """What the pages of this process missed, given the revision that each conversation's pages have seen.

    `streaming_here` are the conversations of which this process has the text that streams: their pages miss none of it.
    A conversation that cannot be loaded is logged and holds up no other.
    """
    revisions = dict(REVISIONS.fetch_rows(seen))
    behind = {pk for pk, revision in revisions.items() if revision > seen[pk]}
    behind |= {pk for (pk,) in STREAMING_CONVERSATIONS.fetch_rows(seen)} - set(streaming_here)
    missed = [TurnChange(pk, is_deleted=True) for pk in seen if pk not in revisions]
    for conversation in behind:
        try:
            missed.append(load_changes.run_sync(conversation, seen[conversation]))
        except Exception as error:  # noqa: BLE001 - it is logged
            log_task_failure(logger, f"Loading what was missed of conversation {conversation}", error)
    return missed


def save_change(turn: Turn, conversation: Conversation, messages: list[Message] | None = None) -> TurnChange:
    """Store a change of a turn under a new revision. `messages` are all of the turn's, if they are at hand."""
    turn.revision = conversation.next_revision()
    TURN_UPDATE.save(turn)
    save_conversation(conversation)
    return build_change(
        conversation, [ChangedTurn(turn, load_messages(turn) if messages is None else messages)]
    )


def build_change(
    conversation: Conversation,
    turns: Iterable[ChangedTurn],
    lease: TurnLease | None = None,
    *,
    with_owner: bool = False,
    notifies_desk: bool = False,
    duplicate_client_id: str = "",
) -> TurnChange:
    """The change from the revision at which the conversation was locked to the one that it has now."""
    return TurnChange(
        conversation.pk,
        tuple(turns),
        lease,
        conversation.revision,
        conversation.previous_revision,
        duplicate_client_id,
        describe_owner(conversation) if with_owner else None,
        notifies_desk,
        language=conversation.language,
    )


def describe_owner(conversation: Conversation) -> OwnerState:
    """Who may no longer answer has nothing any longer: a colleague may take it over."""
    is_lost = reachability.has_lost_person(conversation)
    return OwnerState(
        conversation.owner,
        None if is_lost else conversation.assignee_id,
        "" if is_lost else conversation.assignee_name,
        reachability.takes_contact(conversation),
        conversation.contact_name,
        conversation.contact_email,
        describe_rating(conversation.asked_rating),
    )


def load_stored_turn(turn_id: int) -> ChangedTurn:
    """The turn as it is in the database now."""
    turn = Turn.objects.get(pk=turn_id)
    return ChangedTurn(turn, load_messages(turn))


def load_next_turn(conversation: Conversation) -> ChangedTurn:
    """The turn that runs, or else the next one to run, as it is in the database now."""
    turn = conversation.turns.active().order_by("pk")[0]
    return ChangedTurn(turn, load_messages(turn))


def save_conversation(conversation: Conversation) -> None:
    """Save what a turn changes of its conversation: title, numbers of the last message and revision, and when."""
    CONVERSATION_UPDATE.save(conversation)


def load_messages(turn: Turn) -> list[Message]:
    """The turn's messages with their calls and images, so that they can be rendered without the database."""
    if turn.usage:
        messages = list(turn.messages.prefetch_related("tool_calls"))
    else:
        # The model has not finished a message yet, so it cannot have asked for tools: one query less a turn.
        messages = MESSAGES_OF_TURN.fetch_all(turn.pk)
        for message in messages:
            message.calls, message.turn = [], turn
    prefetch_related_objects([each for each in messages if each.has_images], "attachments__conversation")
    return messages


def close_open_messages(
    messages: Iterable[Message], text: str | None, status: str, answer: Answer | None = None
) -> None:
    """No message goes on streaming and no call stays without a result after the end of a turn.

    `text` is what was streamed, None to keep what was stored of it. `answer` is the model's message, if it is whole.
    """
    for message in messages:
        if message.status == Message.Status.STREAMING:
            stored = _load_checkpoint(message) if text is None else text
            message.status, message.text = status, blank_to_empty(stored)
            if answer is not None:
                keep_provider_state(message, answer)
            MESSAGE_END.save(message)
        for call in message.calls:
            if call.is_pending:
                call.set_result(
                    build_error_result(call.as_value(), "interrupted", "Interrupted. Nothing was changed.")
                )


def _load_checkpoint(message: Message) -> str:
    """The text as it is stored now: checkpoints lock no conversation, so there may be more than was read of it."""
    row = Message.objects.select_for_update().filter(pk=message.pk)
    return str(row.values_list("text", flat=True).get())
