"""What a customer and a person write to each other, while no model runs, and where the customer is reached."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.assistant.conversation_events import ContactGiven, StaffReplied
from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.compiled_queries import CompiledRowsUpdate
from supportbot.jobs.models import Job
from supportbot.jobs.queue import enqueue
from supportbot.languages import use_language
from supportbot.server.executors import on_database_thread

from ..attachments import storage
from ..card_numbers import MaskedText, mask_card_numbers
from ..limits.rate_limits import RequestRefused, check_contact_rate
from ..models import Conversation, Message
from . import handoff_sentences, reachability
from .app_events import notify_of_event
from .changes import TurnChange, build_change, load_stored_turn
from .event_turns import add_event_turn, add_notice
from .ownership import get_staff, is_assigned_to, save_owner, start_waiting
from .ownership_results import OwnershipResult, build_refusal
from .team_words import REPLY_JOB_KIND, enqueue_reply_mail

Owner = Conversation.Owner

# A kind of job that `mail` registers: a guest who has given an address is sent the numbers of the tickets so far.
CONTACT_JOB_KIND = "send_ticket_numbers"
CONTACT_NAME_CHARS = 100
CONTACT_MAIL_DELAY = timedelta(minutes=1)  # in which a guest may correct it
CUSTOMER_NOTE_INTERVAL = timedelta(seconds=20)


@on_database_thread(repeat=True)
@transaction.atomic
def post_staff_message(
    conversation_id: int,
    staff_id: int,
    text: str,
    client_id: str | None,
    *,
    images: Sequence[UUID] = (),
    reference: str = "",
) -> OwnershipResult:
    """Whoever has the conversation writes to the customer. The same `client_id` is stored once.

    `reference` is what it is about, such as a ticket's number, for the apps that are told of it.
    """
    conversation, staff = Conversation.objects.lock(conversation_id), get_staff(staff_id)
    if client_id and (known := conversation.messages.filter(client_id=client_id).first()):
        return OwnershipResult(TurnChange(conversation.pk, (load_stored_turn(known.turn_id),)), True)
    if not is_assigned_to(conversation, staff_id):
        return build_refusal(conversation)
    attachments = storage.get_unsent_images(conversation, images)
    written = add_event_turn(conversation, [(Message.Role.STAFF, text, client_id)], author=staff)
    storage.attach_to_message(written.messages[0], attachments)
    conversation.absence_told = None
    save_owner(conversation)
    enqueue_reply_mail(conversation, written.row)
    record_event("replied", staff=staff, conversation_id=conversation.pk)
    message = written.messages[0]
    notify_of_event(StaffReplied(conversation.pk, message.pk, staff_id, message.author_name, reference))
    return OwnershipResult(build_change(conversation, [written], notifies_desk=True), True)


@on_database_thread(repeat=True)
def has_message(conversation_id: int, client_id: str) -> bool:
    """Whether what was sent with this id is stored; nothing is that was sent with none."""
    return (
        bool(client_id) and Message.objects.filter(conversation=conversation_id, client_id=client_id).exists()
    )


def store_for_person(
    conversation: Conversation,
    text: MaskedText,
    client_id: str | None,
    images: Sequence[UUID] = (),
    *,
    was_closed: bool = False,
    reference: str = "",
) -> TurnChange:
    """A customer's message to a person, or to one who is waited for: no model runs. The caller holds the lock.

    It waits for another person, where the one who has it may no longer answer. `reference` is what it is about, such as
    a ticket's number. `was_closed` says that it has just been opened again.
    """
    unsent = storage.get_unsent_images(conversation, images)
    if reachability.has_lost_person(conversation):
        words, actor = text.text, AuditEvent.Actor.SYSTEM
        notices = [start_waiting(conversation, actor=actor, words=words, reference=reference)]
    else:
        notices = _list_notices(conversation, was_closed)
    told = [(Message.Role.SYSTEM, each, None) for each in notices]
    written = add_event_turn(conversation, [(Message.Role.CUSTOMER, text, client_id), *told])
    storage.attach_to_message(written.messages[0], unsent)
    save_owner(conversation)
    return build_change(conversation, [written], with_owner=True, notifies_desk=True)


def _list_notices(conversation: Conversation, was_closed: bool) -> list[str]:
    """What the customer is told with a message to a person: that they have it again, and once that they are away."""
    notices = []
    if was_closed:
        notices.append(handoff_sentences.describe_return(conversation))
    is_untold = conversation.owner == Owner.HUMAN and conversation.absence_told is None
    if is_untold and reachability.is_assignee_away(conversation):
        conversation.absence_told = timezone.now()
        notices.append(handoff_sentences.describe_absence(conversation))
    return notices


def clean_contact_name(name: str) -> str:
    """A name as it is stored: one line, without what must not be kept."""
    return mask_card_numbers(" ".join(name.split())[:CONTACT_NAME_CHARS]).text[:CONTACT_NAME_CHARS]


@on_database_thread(repeat=True)
@transaction.atomic
def store_contact(conversation_id: int, name: str, email: str) -> TurnChange:
    """A guest says where to be reached, or corrects it. Raises `RequestRefused` where it is of no use, or too often.

    Nothing is mailed there but the numbers of this conversation's tickets and what staff answer in it.
    """
    conversation = Conversation.objects.lock(conversation_id)
    if not reachability.takes_contact(conversation):
        raise RequestRefused(_("No e-mail address is needed. The answer will come here, in this chat."))
    contact = (clean_contact_name(name), email)
    if contact == (conversation.contact_name, conversation.contact_email):
        return build_change(conversation, (), with_owner=True)
    check_contact_rate(conversation.visitor)
    conversation.contact_name, conversation.contact_email = contact
    sentence = handoff_sentences.describe_contact(conversation)
    thanked = add_notice(conversation, sentence)
    save_owner(conversation)
    enqueue(
        CONTACT_JOB_KIND,
        f"{conversation.pk}:{thanked.row.pk}",
        conversation_id=conversation.pk,
        run_after=timezone.now() + CONTACT_MAIL_DELAY,
    )
    record_event("contact_given", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
    notify_of_event(ContactGiven(conversation.pk, *contact))
    return build_change(conversation, [thanked], with_owner=True, notifies_desk=True)


@on_database_thread(repeat=True)
@transaction.atomic
def post_notice(conversation_id: int, describe: Callable[[], str]) -> TurnChange:
    """The server tells the customer something of the conversation, such as that a ticket was merged.

    `describe` returns the sentence; it is called in the customer's language.
    """
    conversation = Conversation.objects.lock(conversation_id)
    with use_language(conversation.language):
        sentence = describe()
    told = add_notice(conversation, sentence)
    save_owner(conversation)
    return build_change(conversation, [told])


def _query_customers_here(
    ids: Any, now: Any, noted_before: Any
) -> tuple[QuerySet[Conversation], dict[str, Any]]:
    unsent = Job.objects.filter(kind=REPLY_JOB_KIND, conversation=OuterRef("pk"))
    with_person = Q(owner__in=(Owner.WAITING, Owner.HUMAN)) | Exists(unsent)
    was_noted = Q(customer_last_seen__gte=noted_before, customer_last_seen__lte=now)
    is_new = Exists(unsent.filter(created__gt=OuterRef("customer_last_seen")))
    is_due = Q(customer_last_seen=None) | ~was_noted | is_new
    return Conversation.objects.filter(with_person, is_due, pk__in=ids), {"customer_last_seen": now}


CUSTOMERS_HERE = CompiledRowsUpdate(
    Conversation, ["id__in", "customer_last_seen", "customer_last_seen"], _query_customers_here
)


@on_database_thread()
def note_customers_here(conversation_ids: Sequence[int]) -> None:
    """These customers have their page open, so that they see what is not mailed then. It is one statement.

    Noted only where a person is wanted or there, or has left with an answer that is still to be mailed: at first, with
    each such answer, and else now and then.
    """
    now = timezone.now()
    CUSTOMERS_HERE.update_rows(conversation_ids, now, now - CUSTOMER_NOTE_INTERVAL)


@on_database_thread()
def is_with_person(conversation_id: int) -> bool:
    """Whether a person has the conversation, or is waited for."""
    return Conversation.objects.filter(pk=conversation_id, owner__in=(Owner.WAITING, Owner.HUMAN)).exists()
