"""A customer's message: stored once, and joined to the turn that has not been answered yet or put into a new one."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.compiled_queries import CompiledInsert, CompiledQuery
from supportbot.server.executors import on_database_thread

from ..attachments import storage
from ..card_numbers import MaskedText, mask_card_numbers
from ..limits.rate_limits import RequestRefused, count_request
from ..limits.token_budgets import Funds, reserve_tokens
from ..models import Attachment, Conversation, Message, Turn
from .app_events import notify_of_customer_message
from .changes import (
    ChangedTurn,
    TurnChange,
    build_change,
    describe_owner,
    load_messages,
    load_stored_turn,
    save_change,
    save_conversation,
)
from .claiming import acquire_lease, build_answer_message, build_lease, let_turn_wait
from .leases import LEASE_DURATION
from .person_messages import store_for_person
from .ratings import withdraw_rating
from .reopening import record_return, reopen_closed

TITLE_CHARS = 80
ACTIVE_TURNS = CompiledQuery(
    Turn, ["conversation"], lambda conversation: Turn.objects.filter(conversation=conversation).active()
)
KNOWN_MESSAGE = CompiledQuery(
    Message,
    ["conversation", "client_id"],
    lambda conversation, client_id: Message.objects.filter(conversation=conversation, client_id=client_id),
)
NEW_TURN, NEW_MESSAGE = CompiledInsert(Turn), CompiledInsert(Message)


@on_database_thread(repeat=True)
@transaction.atomic
def submit_message(
    conversation_id: int,
    text: str,
    client_id: str | None,
    can_start: bool = True,
    *,
    images: Sequence[UUID] = (),
) -> TurnChange:
    """Store what a customer says, and take a lease on its turn if the bot has the conversation and is free.

    A message to a person, or to one who is waited for, runs no model. A closed conversation is reopened. The same
    `client_id` is stored once. What is said before the answer begins joins the same turn; what comes later waits for
    its own. With `can_start` False the turn stays queued, for another process. `images` are public ids of attachments
    that were not sent yet. Raises `RequestRefused`.
    """
    masked = mask_card_numbers(text)
    conversation = Conversation.objects.lock(conversation_id)
    if client_id and (known := find_duplicate(conversation, masked.text, client_id, images)):
        return TurnChange(conversation.pk, (load_stored_turn(known),))
    count_request(conversation)
    record_return(conversation)
    was_closed = conversation.owner == Conversation.Owner.CLOSED
    if was_closed:
        reopen_closed(conversation)
    was_asked = withdraw_rating(conversation)
    first_line = (masked.text or _("A photo")).split("\n", maxsplit=1)[0]
    conversation.title = conversation.title or first_line[:TITLE_CHARS]
    if conversation.owner != Conversation.Owner.BOT:
        change = store_for_person(conversation, masked, client_id, images, was_closed=was_closed)
    else:
        change = _store_for_bot(conversation, masked, client_id, images, can_start)
    notify_of_customer_message(conversation, change)
    return replace(change, owner=describe_owner(conversation)) if was_closed or was_asked else change


def _store_for_bot(
    conversation: Conversation,
    text: MaskedText,
    client_id: str | None,
    images: Sequence[UUID],
    can_start: bool,
) -> TurnChange:
    """Join the message to the turn that has not been answered yet, or begin a new one."""
    unsent = storage.get_unsent_images(conversation, images)
    active = ACTIVE_TURNS.fetch_all(conversation.pk)
    if active:
        joined = _append_to_active_turn(conversation, active[-1], text, client_id, unsent)
        if joined is not None:
            return joined
    is_next = can_start and not active and not conversation.is_bot_silent
    return _create_turn(conversation, text, client_id, unsent, is_next=is_next)


def _create_turn(
    conversation: Conversation,
    text: MaskedText,
    client_id: str | None,
    images: list[Attachment],
    *,
    is_next: bool,
) -> TurnChange:
    turn = Turn(conversation=conversation)
    funds = acquire_lease(turn, conversation) if is_next else None
    if not turn.revision:
        turn.revision = conversation.next_revision()
    NEW_TURN.save(turn)
    messages = [_build_customer_message(conversation, turn, text, client_id, conversation.next_seq())]
    if funds is not None:
        messages.append(build_answer_message(turn, conversation))
    for message in messages:
        NEW_MESSAGE.save(message)
    storage.attach_to_message(messages[0], images)
    lease = None if funds is None else build_lease(turn, conversation, messages[-1].pk, funds=funds)
    save_conversation(conversation)
    return build_change(conversation, [ChangedTurn(turn, messages)], lease)


def find_duplicate(
    conversation: Conversation, text: str, client_id: str, images: Sequence[UUID]
) -> int | None:
    """The turn in which this message was stored already. Raises `RequestRefused` if it says something else."""
    message = KNOWN_MESSAGE.fetch_first(conversation.pk, client_id)
    if message is None:
        return None
    if message.text != text or {image.public_id for image in message.images} != set(images):
        raise RequestRefused(
            _("You already sent a different version of this message. Please send it as a new one.")
        )
    return message.turn_id


def _append_to_active_turn(
    conversation: Conversation, turn: Turn, text: MaskedText, client_id: str | None, images: list[Attachment]
) -> TurnChange | None:
    """Put a message into a turn of which no answer has begun, None if that is too late."""
    if turn.usage or turn.stop_requested:
        return None
    messages = load_messages(turn)
    answer = next((each for each in messages if each.role == Message.Role.ASSISTANT), None)
    is_running = turn.state == Turn.State.RUNNING
    if is_running and (answer is None or not _revoke_lease(turn, answer)):
        return None
    seq = conversation.next_seq()
    if answer is not None:
        # The answer comes after everything that it answers.
        answer.seq, seq = seq, answer.seq
        answer.save(update_fields=["seq"])
    message = _build_customer_message(conversation, turn, text, client_id, seq)
    message.save()
    storage.attach_to_message(message, images)
    if not is_running or answer is None:
        return save_change(turn, conversation)
    funds = reserve_tokens(turn, conversation, turn.backend)
    if funds == Funds.BUSY:  # what was set aside for it was of yesterday
        turn.state, turn.lease_until = Turn.State.QUEUED, None
        let_turn_wait(turn, conversation)
        return save_change(turn, conversation)
    change = save_change(turn, conversation)
    return build_change(conversation, change.turns, build_lease(turn, conversation, answer.pk, funds=funds))


def _revoke_lease(turn: Turn, answer: Message) -> bool:
    """Take the turn away from whoever runs it, for their request to the model lacks the new message.

    A higher fencing token makes them lose the lease. False if the answer has already begun.
    """
    # As everybody else who locks both rows: whoever begins the answer in this moment locks the message first.
    Message.objects.select_for_update(no_key=True).get(pk=answer.pk)
    unanswered = Turn.objects.filter(pk=turn.pk, fencing_token=turn.fencing_token, first_token=None)
    if not unanswered.update(fencing_token=F("fencing_token") + 1):
        return False
    turn.fencing_token += 1
    turn.lease_until = timezone.now() + LEASE_DURATION
    return True


def _build_customer_message(
    conversation: Conversation, turn: Turn, text: MaskedText, client_id: str | None, seq: int
) -> Message:
    message = Message(conversation=conversation, turn=turn, seq=seq, role=Message.Role.CUSTOMER)
    message.text, message.was_masked = text
    message.client_id = client_id or None
    message.calls = []
    return message
