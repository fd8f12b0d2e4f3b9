"""What happens in a conversation changes its tickets, in the same transaction."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from supportbot.assistant.conversation_events import (
    ContactGiven,
    ConversationAssigned,
    ConversationClosed,
    CustomerSignedIn,
    CustomerWrote,
    StaffReplied,
    conversation_event_handler,
)

from .actors import CUSTOMER, build_staff_actor
from .answers import (
    find_answered_ticket,
    find_ticket_for_reply,
    lock_continuing_ticket,
    record_reply,
    reopen_by_customer,
    resolve_ticket,
)
from .audit import record_ticket_event
from .changes import change_ticket
from .models import Ticket, build_unassigned_condition


@conversation_event_handler(CustomerWrote)
def reopen_answered_ticket(event: CustomerWrote) -> None:
    if not event.was_with_person:  # no query for the many messages that only the assistant reads
        return
    ticket = find_answered_ticket(
        event.conversation, event.message, is_for_person=event.is_for_person, reference=event.reference
    )
    if ticket is not None:
        reopen_by_customer(ticket, cause="reply")


@conversation_event_handler(StaffReplied)
def keep_reply(event: StaffReplied) -> None:
    ticket = find_ticket_for_reply(event.conversation, event.reference)
    if ticket is not None:
        record_reply(ticket, event.message, _get_account(event.staff), event.staff_name)


@conversation_event_handler(ConversationAssigned)
def assign_tickets(event: ConversationAssigned) -> None:
    """Of the tickets that have not ended, those of whoever had the conversation go with it."""
    if event.previous is None:
        return
    colleague, actor = _get_account(event.to), build_staff_actor(_get_account(event.staff))
    theirs = Ticket.objects.filter(conversation=event.conversation, assignee=event.previous).filter_active()
    for pk in list(theirs.order_by("pk").values_list("pk", flat=True)):
        locked = Ticket.objects.lock_ticket(pk)
        # Still theirs, now that nobody else changes it.
        if locked.is_active and locked.assignee_id == event.previous:
            change_ticket(locked, actor, assignee=colleague)


@conversation_event_handler(ConversationClosed)
def resolve_tickets(event: ConversationClosed) -> None:
    """The ticket that the page named, else those of the conversation that no colleague has."""
    here = Ticket.objects.filter(conversation=event.conversation)
    named = here.filter(number=event.reference) if event.reference else here.none()
    staff = _get_account(event.staff)
    free = here.filter_active().filter(build_unassigned_condition() | Q(assignee=staff))
    # In the order in which whoever locks several of them does it.
    for ticket in (named or free).order_by("pk"):
        resolve_ticket(lock_continuing_ticket(ticket.pk), build_staff_actor(staff))


@conversation_event_handler(ContactGiven)
def keep_contact(event: ContactGiven) -> None:
    for locked in _lock_tickets_of_guest(event.conversation):
        locked.guest_name, locked.guest_email = event.name, event.email
        locked.save(update_fields=["guest_name", "guest_email", "updated"])
        record_ticket_event(
            "ticket_changed", locked, CUSTOMER, changes={"guest_name": None, "guest_email": None}
        )


@conversation_event_handler(CustomerSignedIn)
def give_to_account(event: CustomerSignedIn) -> None:
    """A guest's tickets are the account's from now on, as the conversation is."""
    for locked in _lock_tickets_of_guest(event.conversation):
        locked.customer_id = event.customer.id
        locked.save(update_fields=["customer", "updated"])
        record_ticket_event("ticket_changed", locked, CUSTOMER, changes={"customer": None})


def _lock_tickets_of_guest(conversation_id: int) -> Iterator[Ticket]:
    """The conversation's tickets of no account, each locked, in the order in which all lock several of them."""
    guests = Ticket.objects.filter(conversation=conversation_id, customer=None).order_by("pk")
    return map(Ticket.objects.lock_ticket, list(guests.values_list("pk", flat=True)))


def _get_account(user_id: int) -> Any:
    return get_user_model()._default_manager.get(pk=user_id)
