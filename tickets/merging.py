"""Two tickets about one matter become one: the other one is closed, says into which, and stays readable."""

from functools import partial
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from .actors import Actor
from .audit import record_ticket_event
from .changes import change_ticket
from .models import Ticket


class MergeRefused(Exception):
    """Why two tickets cannot be merged, in words for staff."""


@transaction.atomic
def merge_ticket(pk: int, target_number: str, actor: Actor) -> Ticket:
    """Close a ticket as a part of another one, and tell the customer once. Returns the other one.

    Tickets that were merged into this one follow it. Raises `MergeRefused`.
    """
    found = Ticket.objects.filter(number=target_number.strip().upper()).first()
    if found is None:
        raise MergeRefused(_("There is no ticket with this number."))
    # The conversation is always locked before its tickets; nobody is told where the merge is refused after that.
    _tell_customer(Ticket.objects.get(pk=pk), found)
    ticket, target = _lock_both(pk, found.pk)
    _check_merge(ticket, target)
    _take_over_waiting(ticket, target, actor)
    change_ticket(
        ticket,
        actor,
        status=Ticket.Status.CLOSED,
        resolution=Ticket.Resolution.MERGED,
        merged_into=target,
    )
    ticket.merged_tickets.update(merged_into=target)
    record_ticket_event("ticket_joined", target, actor, number=ticket.number)
    return target


def _take_over_waiting(ticket: Ticket, target: Ticket, actor: Actor) -> None:
    """What is awaited on the one is awaited on the other one, whatever had ended that.

    A customer waits for the team since when they did. The team waits for the customer, if it does not owe them an
    answer there. Where nobody has the other one, it is theirs who had this one. The higher priority is kept.
    """
    if not ticket.is_active:
        _take_over_objection(ticket, target)
        return
    status = ticket.status if ticket.status == Ticket.Status.OPEN or not target.is_active else target.status
    priority = max(target.priority, ticket.priority, key=Ticket.Priority.values.index)
    assignee = target.current_assignee or ticket.current_assignee
    change_ticket(target, actor, status=status, priority=priority, assignee=assignee)
    since = ticket.waiting_since
    if since is not None and (target.waiting_since is None or since < target.waiting_since):
        target.start_waiting(since)
        target.save(update_fields=["waiting_since", "due"])


def _take_over_objection(ticket: Ticket, target: Ticket) -> None:
    """What the team has ended the customer may still answer, also where they have said that the rest is solved."""
    if (ticket.resolution, target.resolution) == (Ticket.Resolution.STAFF, Ticket.Resolution.CUSTOMER):
        target.resolution = Ticket.Resolution.STAFF
        target.save(update_fields=["resolution", "updated"])


def _lock_both(pk: int, target_pk: int) -> tuple[Ticket, Ticket]:
    """Both tickets, locked in the order of their keys, so that two who merge at once do not wait for each other."""
    locked = {key: Ticket.objects.lock_ticket(key) for key in sorted({pk, target_pk})}
    return locked[pk], locked[target_pk]


def _check_merge(ticket: Ticket, target: Ticket) -> None:
    numbers = {"number": ticket.number, "target": target.number}
    if ticket.pk == target.pk:
        raise MergeRefused(_("A ticket can't be merged into itself."))
    if ticket.merged_into_id is not None:
        raise MergeRefused(_("%(number)s has already been merged.") % numbers)
    if target.merged_into_id is not None:
        raise MergeRefused(_("%(target)s has itself been merged into another ticket.") % numbers)
    if not _is_same_customer(ticket, target):
        raise MergeRefused(
            _("%(number)s and %(target)s are of different customers, who would read each other's answers.")
            % numbers
        )


def _is_same_customer(ticket: Ticket, target: Ticket) -> bool:
    if ticket.conversation_id is not None and ticket.conversation_id == target.conversation_id:
        return True
    if ticket.customer_id or target.customer_id:
        return ticket.customer_id == target.customer_id
    return bool(ticket.guest_email) and ticket.guest_email.casefold() == target.guest_email.casefold()


def _tell_customer(ticket: Ticket, target: Ticket) -> None:
    """In the conversation of the ticket that was closed; nothing is said where there is none."""
    if ticket.conversation_id is None:
        return
    conversations: Any = apps.get_app_config("conversations")
    conversations.post_notice(ticket.conversation_id, partial(_describe_merge, ticket, target))


def _describe_merge(ticket: Ticket, target: Ticket) -> str:
    return _("Your ticket %(number)s is now a part of %(target)s. We'll go on with both there.") % {
        "number": ticket.number,
        "target": target.number,
    }
