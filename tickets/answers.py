"""What becomes of a ticket when the team answers, when the customer answers, and when the conversation is closed."""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .actors import CUSTOMER, Actor, build_staff_actor
from .audit import record_ticket_event
from .changes import change_ticket
from .models import Ticket, TicketReply
from .models.queryset import TicketQuerySet

Status = Ticket.Status


@transaction.atomic
def record_reply(ticket: Ticket, message_id: int, staff: Any, staff_name: str) -> None:
    """The team has answered by this message: now the team waits for the customer. The caller has locked the ticket."""
    TicketReply.objects.create(ticket=ticket, message_id=message_id, author=staff, author_name=staff_name)
    actor = build_staff_actor(staff)
    if ticket.first_response is None:
        ticket.first_response = timezone.now()
        ticket.save(update_fields=["first_response"])
    record_ticket_event("ticket_replied", ticket, actor)
    change_ticket(
        ticket,
        actor,
        status=Status.PENDING if ticket.status == Status.OPEN else ticket.status,
        assignee=ticket.current_assignee or staff,
    )


@transaction.atomic
def reopen_by_customer(ticket: Ticket, *, cause: str = "") -> Ticket:
    """The customer has answered, whichever way: the ticket is open again, or that into which it was merged.

    The caller has locked the ticket. Returns the one that is open now. `cause` is as in `change_ticket`.
    """
    ticket = _follow_merges(ticket)
    change_ticket(ticket, CUSTOMER, cause=cause, status=Status.OPEN)
    return ticket


@transaction.atomic
def confirm_by_customer(ticket: Ticket) -> None:
    """The customer says that the matter is solved. The caller has locked the ticket; one that is closed stays so."""
    if ticket.status != Status.CLOSED:
        change_ticket(ticket, CUSTOMER, status=Status.CLOSED, resolution=Ticket.Resolution.CUSTOMER)


def lock_continuing_ticket(pk: int) -> Ticket:
    """The ticket in which the matter of this one goes on, locked.

    Those that were merged are not locked on the way: whoever merges their target writes them after it, and would wait
    for whoever waits for that.
    """
    while (target := Ticket.objects.values_list("merged_into", flat=True).get(pk=pk)) is not None:
        pk = target
    return _follow_merges(Ticket.objects.lock_ticket(pk))


def _follow_merges(ticket: Ticket) -> Ticket:
    """The ticket in which a matter goes on, locked as this one is."""
    while ticket.merged_into_id is not None:
        ticket = Ticket.objects.lock_ticket(ticket.merged_into_id)
    return ticket


def resolve_ticket(ticket: Ticket, actor: Actor) -> None:
    """The team has done what it could. The caller has locked the ticket."""
    if ticket.is_active:
        change_ticket(ticket, actor, status=Status.RESOLVED)


def find_answered_ticket(
    conversation_id: int, message_id: int | None = None, *, is_for_person: bool = False, reference: str = ""
) -> Ticket | None:
    """The ticket to which a customer's message is an answer, locked; None where it is none.

    Without `message_id`, that to which the next message would be one.

    It is one when a person has the conversation or is waited for, or when the last who spoke before was the team. What
    is said to the assistant about something else does not open an old matter again. To a person, it is about what was
    ended last, if the customer was just told so. What is said on a ticket's page is said of that one, whatever its
    status: `reference` is its number.
    """
    here = Q(conversation=conversation_id)
    if reference and (named := Ticket.objects.filter(here, number=reference).first()):
        return lock_continuing_ticket(named.pk)
    tickets = _list_answerable_tickets(conversation_id)
    if not tickets:
        return None
    statuses = {status for _pk, status in tickets}
    conversations: Any = apps.get_app_config("conversations")
    last_word = conversations.find_last_word(conversation_id, message_id)
    if is_for_person and last_word == "end" and statuses.isdisjoint(Ticket.ACTIVE_STATUSES):
        return _lock_ticket_ended_last([pk for pk, _status in tickets])
    # Not any word to a person opens what has been closed.
    is_answer = is_for_person and Status.CLOSED not in statuses
    if not (is_answer or last_word == "team"):
        return None
    active = [pk for wanted in (Status.PENDING, Status.OPEN) for pk, status in tickets if status == wanted]
    last = TicketReply.objects.filter(ticket__in=[pk for pk, _status in tickets]).order_by("-pk").first()
    if last is not None:  # what was opened after it is what the customer speaks of
        later = Ticket.objects.filter(pk__in=active, created__gt=last.created).order_by("-created")
        active = [*later.values_list("pk", flat=True)[:1]] or [last.ticket_id]
    return Ticket.objects.lock_ticket(next(iter(active), tickets[0][0]))


def find_ticket_for_reply(conversation_id: int, reference: str) -> Ticket | None:
    """The ticket of a conversation that a reply of the team is for, locked.

    It is the one that the page named, else the newest one that is still to be answered. What was merged is answered in
    the one that goes on, which may be of another conversation.
    """
    here = Ticket.objects.filter(conversation=conversation_id).order_by("-created")
    found = here.filter(number=reference).first() if reference else None
    found = found or here.filter_active().first() or here.exclude(merged_into=None).first()
    return lock_continuing_ticket(found.pk) if found else None


def find_ticket_to_join(conversation_id: int) -> Ticket | None:
    """The ticket of a conversation that a customer who asks for a person asks about, locked.

    It may be one into which a ticket of this conversation was merged.
    """
    newest = _list_continuing(conversation_id).filter_active().values_list("pk", flat=True).first()
    if newest:
        return Ticket.objects.lock_ticket(newest)
    conversations: Any = apps.get_app_config("conversations")
    has_just_ended = conversations.find_last_word(conversation_id) == "end"
    return find_answered_ticket(conversation_id, is_for_person=has_just_ended)


def _list_answerable_tickets(conversation_id: int) -> list[tuple[int, str]]:
    """Key and status of those that a customer may answer in the conversation, the newest first.

    Where all have been closed, those that the team had ended, and not the customer.
    """
    tickets = list(_list_continuing(conversation_id).values_list("pk", "status", "resolution"))
    if all(status == Status.CLOSED for _pk, status, _resolution in tickets):
        return [(pk, status) for pk, status, resolution in tickets if resolution == Ticket.Resolution.STAFF]
    # One that is open already stays so: what is said of it opens no other one.
    return [(pk, status) for pk, status, _ in tickets if status != Status.CLOSED]


def _list_continuing(conversation_id: int) -> TicketQuerySet:
    """The tickets in which the matters of a conversation go on, the newest first."""
    here = Q(conversation=conversation_id)
    merged_here = Ticket.objects.filter(here, merged_into__isnull=False).values("merged_into")
    return Ticket.objects.filter(here | Q(pk__in=merged_here), merged_into=None).order_by("-created")


def _lock_ticket_ended_last(keys: list[int]) -> Ticket:
    last: int = (
        Ticket.objects.filter(pk__in=keys).order_by("-resolved", "-pk").values_list("pk", flat=True)[0]
    )
    return Ticket.objects.lock_ticket(last)
