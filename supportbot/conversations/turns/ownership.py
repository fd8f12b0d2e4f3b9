"""Who has a conversation: the bot, nobody yet (it waits for a person), a person, or nobody any longer (closed).

Each function is one transaction that locks the conversation, compares the owner, and changes it or does not: of two
people who reach for a conversation at once, one gets it and the other is told who has it. Whatever takes a conversation
away from the bot ends its turns and raises their fencing tokens, so that not one token and not one tool effect of the
bot reaches the conversation after the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.person_requests import PersonRequest
from supportbot.assistant.tools import Customer, ToolError
from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.jobs.queue import enqueue
from supportbot.server.executors import on_database_thread

from ..attachments import storage
from ..limits import token_budgets
from ..limits.rate_limits import RequestRefused, check_contact_rate, check_rate
from ..models import Conversation, Message, Turn
from . import handoff_sentences
from .changes import (
    ChangedTurn,
    TurnChange,
    build_change,
    close_open_messages,
    load_messages,
    load_stored_turn,
)

Owner = Conversation.Owner

# Kinds of jobs that `mail` registers: staff are told of a customer who waits, a customer who left of an answer.
ALERT_JOB_KIND = "send_waiting_alert"
REASON_CHARS = 300
SUBSTANCE_CHARS = 12  # a message shorter than this, such as “yes”, says little about the matter
REPLY_JOB_KIND = "send_unread_reply"
REPLY_MAIL_DELAY = timedelta(
    minutes=2
)  # in which a customer who is there has seen the answer, and staff write more
OWNER_FIELDS = [
    *("owner", "assignee", "waiting_since", "waiting_reason", "bot_starts_after", "bot_silent_until"),
    *("title", "last_seq", "revision", "updated", "contact_name", "contact_email"),
]


@dataclass(frozen=True, slots=True)
class OwnershipResult:
    """Whether it was done, and who of the staff has the conversation now."""

    change: TurnChange
    is_done: bool
    assignee_name: str = ""


@on_database_thread(repeat=True)
@transaction.atomic
def request_person(
    conversation_id: int, reason: str = "", *, text: str = "", client_id: str | None = None
) -> TurnChange:
    """A customer asks for a person: the conversation waits for one, and the server says what happens now.

    `text` is what the customer said, as by the button; `reason` is a line for staff. Asked again while it waits or
    while a person has it, nothing changes. Raises `RequestRefused`.
    """
    conversation = Conversation.objects.lock(conversation_id)
    if client_id and (known := conversation.messages.filter(client_id=client_id).first()):
        return TurnChange(conversation.pk, (load_stored_turn(known.turn_id),))
    if conversation.owner in (Owner.WAITING, Owner.HUMAN):
        return build_change(conversation, (), with_owner=True, duplicate_client_id=client_id or "")
    if text:
        check_rate(conversation)
    ended = end_bot_turns(conversation)
    said = [(Message.Role.CUSTOMER, text, client_id)] if text else []
    sentence = start_waiting(conversation, reason)
    asked = add_event_turn(conversation, [*said, (Message.Role.SYSTEM, sentence, None)])
    save_owner(conversation)
    return build_change(conversation, [*ended, asked], with_owner=True, notifies_desk=True)


def start_waiting(conversation: Conversation, reason: str) -> str:
    """Have the conversation wait for a person. Returns the sentence for the customer; the caller saves.

    For callers that hold the lock, such as the tool `request_human` in the transaction of its turn.
    """
    conversation.owner = Owner.WAITING
    conversation.assignee = None
    conversation.waiting_since = timezone.now()
    why = reason.strip() or describe_last_words(conversation) or _("No reason was given.")
    conversation.waiting_reason = why[:REASON_CHARS]
    reference = _notify_apps(conversation)
    enqueue(ALERT_JOB_KIND, f"{conversation.pk}:{conversation.revision}", conversation_id=conversation.pk)
    record_event(
        "person_requested",
        actor=AuditEvent.Actor.CUSTOMER,
        conversation_id=conversation.pk,
        subject=reference,
    )
    return handoff_sentences.describe_wait(conversation, reference)


@on_database_thread(repeat=True)
@transaction.atomic
def take_over(conversation_id: int, staff_id: int) -> OwnershipResult:
    """A member of staff takes the conversation. Not done if another one has it, who is named in the result."""
    conversation = Conversation.objects.lock(conversation_id)
    staff = _get_staff(staff_id)
    if conversation.owner == Owner.HUMAN and conversation.assignee_id not in (None, staff_id):
        change = build_change(conversation, (), with_owner=True)
        return OwnershipResult(change, False, conversation.assignee_name)
    if conversation.owner == Owner.HUMAN and conversation.assignee_id == staff_id:
        return OwnershipResult(
            build_change(conversation, (), with_owner=True), True, conversation.assignee_name
        )
    ended = end_bot_turns(conversation)
    conversation.owner, conversation.assignee, conversation.waiting_since = Owner.HUMAN, staff, None
    sentence = handoff_sentences.describe_takeover(conversation.assignee_name)
    joined = add_event_turn(conversation, [(Message.Role.SYSTEM, sentence, None)])
    save_owner(conversation)
    record_event("took_over", staff=staff, conversation_id=conversation.pk)
    change = build_change(conversation, [*ended, joined], with_owner=True, notifies_desk=True)
    return OwnershipResult(change, True, conversation.assignee_name)


@on_database_thread(repeat=True)
@transaction.atomic
def assign_conversation(conversation_id: int, to_id: int, by_id: int) -> OwnershipResult:
    """A lead gives the conversation to a member of staff, whoever has it. The caller has checked the rights of both."""
    conversation = Conversation.objects.lock(conversation_id)
    staff, lead = _get_staff(to_id), _get_staff(by_id)
    if _has(conversation, to_id):
        return OwnershipResult(
            build_change(conversation, (), with_owner=True), True, conversation.assignee_name
        )
    ended = end_bot_turns(conversation)
    conversation.owner, conversation.assignee, conversation.waiting_since = Owner.HUMAN, staff, None
    sentence = handoff_sentences.describe_takeover(conversation.assignee_name)
    joined = add_event_turn(conversation, [(Message.Role.SYSTEM, sentence, None)])
    save_owner(conversation)
    record_event("assigned", staff=lead, conversation_id=conversation.pk, to=staff.get_username())
    change = build_change(conversation, [*ended, joined], with_owner=True, notifies_desk=True)
    return OwnershipResult(change, True, conversation.assignee_name)


@on_database_thread(repeat=True)
@transaction.atomic
def hand_back(conversation_id: int, staff_id: int) -> OwnershipResult:
    """Whoever has the conversation gives it back to the bot, whose history begins behind this moment."""
    conversation, staff = Conversation.objects.lock(conversation_id), _get_staff(staff_id)
    if not _has(conversation, staff_id):
        return _refuse(conversation)
    sentence = handoff_sentences.describe_hand_back(conversation.assignee_name)
    conversation.owner, conversation.assignee = Owner.BOT, None
    conversation.bot_silent_until = None
    left = add_event_turn(conversation, [(Message.Role.SYSTEM, sentence, None)])
    conversation.bot_starts_after = left.row.pk
    save_owner(conversation)
    record_event("handed_back", staff=staff, conversation_id=conversation.pk)
    return OwnershipResult(build_change(conversation, [left], with_owner=True, notifies_desk=True), True)


@on_database_thread(repeat=True)
@transaction.atomic
def close_conversation(conversation_id: int, staff_id: int) -> OwnershipResult:
    """Whoever has the conversation closes it. A customer who writes again reopens it."""
    conversation, staff = Conversation.objects.lock(conversation_id), _get_staff(staff_id)
    if not _has(conversation, staff_id):
        return _refuse(conversation)
    sentence = handoff_sentences.describe_closing(conversation.assignee_name)
    conversation.owner, conversation.waiting_since = Owner.CLOSED, None
    closed = add_event_turn(conversation, [(Message.Role.SYSTEM, sentence, None)])
    save_owner(conversation)
    record_event("closed", staff=staff, conversation_id=conversation.pk)
    return OwnershipResult(build_change(conversation, [closed], with_owner=True, notifies_desk=True), True)


@on_database_thread(repeat=True)
@transaction.atomic
def post_staff_message(
    conversation_id: int, staff_id: int, text: str, client_id: str | None, *, images: Sequence[UUID] = ()
) -> OwnershipResult:
    """Whoever has the conversation writes to the customer. The same `client_id` is stored once."""
    conversation, staff = Conversation.objects.lock(conversation_id), _get_staff(staff_id)
    if client_id and (known := conversation.messages.filter(client_id=client_id).first()):
        return OwnershipResult(TurnChange(conversation.pk, (load_stored_turn(known.turn_id),)), True)
    if not _has(conversation, staff_id):
        return _refuse(conversation)
    attachments = storage.get_unsent_images(conversation, images)
    written = add_event_turn(conversation, [(Message.Role.STAFF, text, client_id)], author=staff)
    storage.attach_to_message(written.messages[0], attachments)
    save_owner(conversation)
    enqueue(
        REPLY_JOB_KIND,
        f"{conversation.pk}:{written.row.pk}",
        conversation_id=conversation.pk,
        run_after=timezone.now() + REPLY_MAIL_DELAY,
    )
    record_event("replied", staff=staff, conversation_id=conversation.pk)
    return OwnershipResult(build_change(conversation, [written], notifies_desk=True), True)


@on_database_thread(repeat=True)
@transaction.atomic
def store_contact(conversation_id: int, name: str, email: str) -> TurnChange:
    """A guest says where to be reached, or corrects it. Raises `RequestRefused` where it is of no use, or too often.

    Nothing is mailed there but what staff answer in this conversation.
    """
    conversation = Conversation.objects.lock(conversation_id)
    if not handoff_sentences.takes_contact(conversation):
        raise RequestRefused(_("No e-mail address is needed. The answer will come here, in this chat."))
    contact = (" ".join(name.split())[:100], email.strip())
    if contact == (conversation.contact_name, conversation.contact_email):
        return build_change(conversation, (), with_owner=True)
    check_contact_rate(conversation.visitor)
    conversation.contact_name, conversation.contact_email = contact
    sentence = handoff_sentences.describe_contact(conversation.contact_email)
    thanked = add_event_turn(conversation, [(Message.Role.SYSTEM, sentence, None)])
    save_owner(conversation)
    record_event("contact_given", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
    return build_change(conversation, [thanked], with_owner=True, notifies_desk=True)


@on_database_thread()
def note_customers_here(conversation_ids: Sequence[int]) -> None:
    """These customers have their page open. Noted only where a person is wanted or there, in one statement."""
    with_person = Conversation.objects.filter(pk__in=conversation_ids, owner__in=(Owner.WAITING, Owner.HUMAN))
    with_person.update(customer_last_seen=timezone.now())


@on_database_thread(repeat=True)
@transaction.atomic
def cancel_person_request(conversation_id: int) -> TurnChange:
    """A customer who waits for a person would rather go on with the assistant. Their ticket stays as it is."""
    conversation = Conversation.objects.lock(conversation_id)
    if conversation.owner != Owner.WAITING:
        return build_change(conversation, (), with_owner=True)
    conversation.owner, conversation.waiting_since = Owner.BOT, None
    conversation.bot_silent_until = None
    sentence = handoff_sentences.describe_cancelled_request()
    cancelled = add_event_turn(conversation, [(Message.Role.SYSTEM, sentence, None)])
    save_owner(conversation)
    record_event("request_cancelled", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
    return build_change(conversation, [cancelled], with_owner=True, notifies_desk=True)


def describe_last_words(conversation: Conversation) -> str:
    """What the customer wrote last that has some substance, for staff: empty if they wrote nothing."""
    said = conversation.messages.filter(role=Message.Role.CUSTOMER).order_by("-turn_id", "-seq")
    recent = [text for text in said.values_list("text", flat=True)[:5] if text]
    return next((text for text in recent if len(text) >= SUBSTANCE_CHARS), next(iter(recent), ""))


def store_for_person(
    conversation: Conversation, text: str, client_id: str | None, images: Sequence[UUID]
) -> TurnChange:
    """A customer's message to a person, or to one who is waited for: no model runs. The caller holds the lock."""
    unsent = storage.get_unsent_images(conversation, images)
    written = add_event_turn(conversation, [(Message.Role.CUSTOMER, text, client_id)])
    storage.attach_to_message(written.messages[0], unsent)
    save_owner(conversation)
    return build_change(conversation, [written], with_owner=True, notifies_desk=True)


def reopen_closed(conversation: Conversation) -> None:
    """A customer writes into a closed conversation: it goes to the same person if there, else to the bot."""
    if conversation.assignee_id and handoff_sentences.is_staff_here(conversation.assignee_id):
        conversation.owner = Owner.HUMAN
    else:
        conversation.owner, conversation.assignee = Owner.BOT, None
        last = conversation.turns.order_by("-pk").values_list("pk", flat=True).first()
        conversation.bot_starts_after = last
    save_owner(conversation)
    record_event("reopened", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)


def end_bot_turns(conversation: Conversation) -> list[ChangedTurn]:
    """End what the bot is doing or was about to do: nothing that runs now can write to the conversation any more.

    What was stored of an answer stays, marked as cut off. Queued messages stay for the person.
    """
    ended = []
    for turn in conversation.turns.active().order_by("pk"):
        messages = load_messages(turn)
        was_running = turn.state == Turn.State.RUNNING
        turn.state = Turn.State.STOPPED if was_running else Turn.State.DONE
        turn.error, turn.may_retry = (ErrorCode.TAKEN_OVER if was_running else ""), False
        turn.fencing_token += 1
        turn.finished, turn.lease_until = timezone.now(), None
        token_budgets.settle_reservation(turn, {})
        close_open_messages(messages, None, Message.Status.PARTIAL)
        turn.revision = conversation.next_revision()
        turn.save()
        ended.append(ChangedTurn(turn, messages))
    return ended


def add_event_turn(
    conversation: Conversation, said: Sequence[tuple[str, str, str | None]], author: Any = None
) -> ChangedTurn:
    """A turn without a model, whose messages are (role, text, client id). The caller saves the conversation."""
    now = timezone.now()
    turn = Turn(conversation=conversation, state=Turn.State.DONE, started=now, finished=now)
    turn.revision = conversation.next_revision()
    turn.save()
    messages = []
    for role, text, client_id in said:
        message = Message(
            conversation=conversation, turn=turn, seq=conversation.next_seq(), role=role, text=text
        )
        message.client_id = client_id or None
        if author is not None:
            message.author = author
            message.author_name = author.get_short_name() or author.get_username()
        message.calls = []
        messages.append(message)
    Message.objects.bulk_create(messages)
    return ChangedTurn(turn, messages)


def save_owner(conversation: Conversation) -> None:
    conversation.save(update_fields=OWNER_FIELDS)


def _notify_apps(conversation: Conversation) -> str:
    """Have apps do what they do when a person is asked for. Returns the first reference that one of them gives."""
    user = conversation.user
    customer = Customer(user.pk, user.email, user.get_short_name() or user.get_username()) if user else None
    request = PersonRequest(
        conversation.pk,
        customer,
        conversation.waiting_reason,
        name=conversation.customer_name,
        email=conversation.reply_email,
    )
    config: Any = apps.get_app_config("conversations")
    references = []
    for handler in config.person_request_handlers:
        try:
            with transaction.atomic():
                references.append(handler(request))
        except ToolError:
            continue  # a refusal: the conversation waits all the same
    return next(filter(None, references), "")


def _get_staff(staff_id: int) -> Any:
    """The account, if it still is one of the staff. Raises `RequestRefused`."""
    staff = get_user_model().objects.filter(pk=staff_id, is_staff=True, is_active=True).first()
    if staff is None:
        raise RequestRefused(_("Your account may no longer answer customers."))
    return staff


def _has(conversation: Conversation, staff_id: int) -> bool:
    return conversation.owner == Owner.HUMAN and conversation.assignee_id == staff_id


def _refuse(conversation: Conversation) -> OwnershipResult:
    """It is somebody else's by now."""
    change = build_change(conversation, (), with_owner=True)
    return OwnershipResult(change, False, conversation.assignee_name)
