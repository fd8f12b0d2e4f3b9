"""Who has a conversation: the bot, nobody yet (it waits for a person), a person, or nobody any longer (closed).

Each function is one transaction that locks the conversation, compares the owner, and changes it or does not: of two
people who reach for a conversation at once, one gets it and the other is told who has it. Whatever takes a conversation
away from the bot ends its turns and raises their fencing tokens, so that not one token and not one tool effect of the
bot reaches the conversation after the commit.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.assistant.conversation_events import ConversationClosed
from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.jobs.queue import enqueue
from supportbot.languages import use_site_language
from supportbot.server.executors import on_database_thread

from ..limits.rate_limits import RequestRefused, check_rate, count_request
from ..models import Conversation, CustomerRequest, Message
from . import handoff_sentences, reachability
from .app_events import notify_of_event, notify_of_person_request
from .changes import TurnChange, build_change, load_stored_turn
from .event_turns import add_event_turn, add_notice
from .interruption import end_bot_turns
from .ownership_results import (
    OwnershipResult,
    build_refusal,
    build_result,
    build_unchanged,
    find_done_press,
)
from .person_reasons import describe_last_words
from .ratings import ask_for_rating, withdraw_rating
from .team_words import build_closing_id, enqueue_reply_mail

Owner = Conversation.Owner

# A kind of job that `mail` registers: staff are told of a customer who waits.
ALERT_JOB_KIND = "send_waiting_alert"
ALERT_INTERVAL = timedelta(minutes=10)  # at least, between two mails of one conversation
REASON_CHARS = 300
OWNER_FIELDS = [
    *("owner", "assignee", "assigned_at", "taken_at", "waiting_since", "waiting_reason"),
    *("bot_starts_after", "bot_silent_until", "absence_told"),
    *("title", "last_seq", "revision", "updated", "contact_name", "contact_email", "failed_email"),
]


@on_database_thread(repeat=True)
def check_person_request(conversation_id: int, client_id: str | None) -> bool:
    """Whether `request_person` would change something: before it does, the bot is to fall silent.

    Raises `RequestRefused`.
    """
    conversation = Conversation.objects.select_related("user", "assignee").get(pk=conversation_id)
    if _is_person_asked(conversation) or (
        client_id and conversation.messages.filter(client_id=client_id).exists()
    ):
        return False
    check_rate(conversation, CustomerRequest.Kind.PERSON)
    return True


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
    if _is_person_asked(conversation):
        return build_change(conversation, (), with_owner=True, duplicate_client_id=client_id or "")
    if text:
        count_request(conversation, CustomerRequest.Kind.PERSON)
    withdraw_rating(conversation)
    ended = end_bot_turns(conversation)
    said = [(Message.Role.CUSTOMER, text, client_id)] if text else []
    sentence = start_waiting(conversation, reason)
    asked = add_event_turn(conversation, [*said, (Message.Role.SYSTEM, sentence, None)])
    save_owner(conversation)
    return build_change(conversation, [*ended, asked], with_owner=True, notifies_desk=True)


def start_waiting(
    conversation: Conversation,
    reason: str = "",
    actor: str = AuditEvent.Actor.CUSTOMER,
    *,
    words: str = "",
    reference: str = "",
) -> str:
    """Have the conversation wait for a person. Returns the sentence for the customer; the caller saves.

    For callers that hold the lock, such as the tool `request_human` in the transaction of its turn. `reason` is a line
    for staff; without one it is the customer's own `words`, or the last that they wrote about it. `actor` is who did
    it, for the audit log. `reference` is what it is about where that is known; else the apps are asked for one.
    """
    reason = reason.strip()
    quoted = "" if reason else words or describe_last_words(conversation)
    add_to_queue(conversation, reason or quoted)
    with use_site_language():  # staff read it
        reference = reference or notify_of_person_request(
            conversation, (reason or quoted)[:REASON_CHARS], is_quote=bool(quoted)
        )
    record_event(
        "person_requested",
        actor=actor,
        conversation_id=conversation.pk,
        subject=reference,
    )
    return handoff_sentences.describe_wait(conversation, reference)


def add_to_queue(conversation: Conversation, reason: str) -> None:
    """Have it wait from now on, behind those that wait already, and have staff told of that. The caller saves."""
    conversation.owner, conversation.assignee = Owner.WAITING, None
    conversation.waiting_since, conversation.bot_silent_until = timezone.now(), None
    with use_site_language():  # staff read it
        conversation.waiting_reason = (reason or _("No reason was given."))[:REASON_CHARS]
    _enqueue_alert(conversation)


@on_database_thread(repeat=True)
@transaction.atomic
def take_over(conversation_id: int, staff_id: int, *, client_id: str = "") -> OwnershipResult:
    """A member of staff takes the conversation. Not done if a colleague has it, who is named in the result.

    With `client_id` it is taken to post that message: nothing changes if it is stored, whoever has it by now.
    """
    conversation = Conversation.objects.lock(conversation_id)
    staff = get_staff(staff_id)
    is_posted = bool(client_id) and conversation.messages.filter(client_id=client_id).exists()
    if is_posted or is_assigned_to(conversation, staff_id):
        return build_unchanged(conversation)
    if conversation.owner == Owner.HUMAN and not reachability.has_lost_person(conversation):
        return build_refusal(conversation)
    record_event("took_over", staff=staff, conversation_id=conversation.pk)
    return give_to(conversation, staff)


@on_database_thread(repeat=True)
@transaction.atomic
def hand_back(conversation_id: int, staff_id: int, *, press_id: str = "") -> OwnershipResult:
    """Whoever has the conversation gives it back to the bot, whose history begins behind this moment.

    The same `press_id` hands it back once, whoever has it by now.
    """
    conversation, staff = Conversation.objects.lock(conversation_id), get_staff(staff_id)
    if press_id and (done := find_done_press(conversation, press_id)):
        return done
    if conversation.owner == Owner.BOT:  # pressed twice
        return build_unchanged(conversation)
    if not is_assigned_to(conversation, staff_id):
        return build_refusal(conversation)
    sentence = handoff_sentences.describe_hand_back(conversation)
    conversation.owner, conversation.assignee = Owner.BOT, None
    left = add_notice(conversation, sentence, press_id)
    conversation.bot_starts_after = left.row.pk
    save_owner(conversation)
    record_event("handed_back", staff=staff, conversation_id=conversation.pk)
    return build_result(conversation, [left])


@on_database_thread(repeat=True)
@transaction.atomic
def close_conversation(
    conversation_id: int, staff_id: int, *, reference: str = "", reply_id: str = "", press_id: str = ""
) -> OwnershipResult:
    """Whoever has the conversation closes it. A customer who writes again reopens it.

    The same `press_id` closes it once, whoever has it by now. `reference` is what it was about, such as a ticket's
    number, for the apps that are told of it. With the `reply_id` of a reply, its client id, that is to be the last
    word: nothing is closed if anything came after it.
    """
    conversation, staff = Conversation.objects.lock(conversation_id), get_staff(staff_id)
    closing_id = build_closing_id(press_id)
    if press_id and (done := find_done_press(conversation, closing_id)):
        return done
    if conversation.owner == Owner.CLOSED:  # pressed twice
        return build_unchanged(conversation)
    if not is_assigned_to(conversation, staff_id) or (reply_id and not _is_last(conversation, reply_id)):
        return build_refusal(conversation)
    sentence = handoff_sentences.describe_closing(conversation)
    conversation.owner, conversation.waiting_since = Owner.CLOSED, None
    closed = add_notice(conversation, sentence, closing_id)
    save_owner(conversation)
    enqueue_reply_mail(conversation, closed.row)
    record_event("closed", staff=staff, conversation_id=conversation.pk)
    notify_of_event(ConversationClosed(conversation.pk, staff_id, reference))
    ask_for_rating(conversation, reference, staff)
    return build_result(conversation, [closed])


@on_database_thread(repeat=True)
@transaction.atomic
def cancel_person_request(conversation_id: int) -> TurnChange:
    """A customer who waits for a person would rather go on with the assistant. Their ticket stays as it is."""
    conversation = Conversation.objects.lock(conversation_id)
    if conversation.owner != Owner.WAITING:
        return build_change(conversation, (), with_owner=True)
    count_request(conversation, CustomerRequest.Kind.CANCEL)
    conversation.owner, conversation.waiting_since = Owner.BOT, None
    sentence = handoff_sentences.describe_cancelled_request(conversation)
    cancelled = add_notice(conversation, sentence)
    save_owner(conversation)
    record_event("request_cancelled", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
    return build_change(conversation, [cancelled], with_owner=True, notifies_desk=True)


def _is_last(conversation: Conversation, client_id: str) -> bool:
    """Whether that message is the last one. A page sends what it was not answered again, perhaps much later."""
    return conversation.messages.filter(client_id=client_id, seq=conversation.last_seq).exists()


def _is_person_asked(conversation: Conversation) -> bool:
    """Whether one is waited for, or has it and may still answer."""
    if conversation.owner == Owner.HUMAN:
        return not reachability.has_lost_person(conversation)
    return conversation.owner == Owner.WAITING


def save_owner(conversation: Conversation) -> None:
    conversation.save(update_fields=OWNER_FIELDS)


def give_to(conversation: Conversation, staff: Any, *, by_colleague: bool = False) -> OwnershipResult:
    """Make it this person's. The bot is not kept silent any longer: when it has it again, it answers at once."""
    ended = end_bot_turns(conversation)
    if conversation.owner == Owner.CLOSED:  # its end is none any more
        withdraw_rating(conversation)
    conversation.owner, conversation.assignee = Owner.HUMAN, staff
    conversation.taken_at = timezone.now()
    conversation.assigned_at = conversation.taken_at if by_colleague else None
    conversation.waiting_since = conversation.bot_silent_until = conversation.absence_told = None
    sentence = handoff_sentences.describe_takeover(conversation)
    if by_colleague and not reachability.is_staff_here(staff.pk):
        conversation.absence_told = conversation.taken_at
        sentence = handoff_sentences.describe_absent_assignee(conversation)
    joined = add_notice(conversation, sentence)
    save_owner(conversation)
    return build_result(conversation, [*ended, joined])


def _enqueue_alert(conversation: Conversation) -> None:
    """Have staff mailed, but not again and again of a customer who withdraws the request and makes it anew."""
    due = timezone.now()
    if conversation.alerted is not None:
        due = max(due, conversation.alerted + ALERT_INTERVAL)
    enqueue(ALERT_JOB_KIND, str(conversation.pk), conversation_id=conversation.pk, run_after=due)


def get_staff(staff_id: int) -> Any:
    """The account, if it still is one of the staff. Raises `RequestRefused`."""
    staff = get_user_model().objects.filter(pk=staff_id, is_staff=True, is_active=True).first()
    if staff is None:
        raise RequestRefused(_("Your account may no longer answer customers."))
    return staff


def is_assigned_to(conversation: Conversation, staff_id: int) -> bool:
    return conversation.owner == Owner.HUMAN and conversation.assignee_id == staff_id
