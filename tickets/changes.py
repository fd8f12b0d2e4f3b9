"""Every change of a ticket: its values, the times that follow from its status, and who made it, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from .actors import Actor
from .audit import record_ticket_event, record_ticket_events
from .closing import plan_closing
from .models import StatusChange, Ticket
from .people import name_person

Status = Ticket.Status

# Whose values the audit log names. Of all other fields, which hold words of people, it says that they were changed.
NAMED_FIELDS = (
    "status",
    "priority",
    "category",
    "suggested_priority",
    "sentiment",
    "language",
    "order_number",
)
DERIVED_FIELDS = (
    *("due", "waiting_since", "first_response", "resolved", "closed", "resolution", "reopened_count"),
    "updated",
)
TICKETS_A_STATEMENT = 500


@dataclass
class TicketChange:
    """What is to be stored of a ticket, and what the audit log says of it: by field its old and new value, if named."""

    ticket: Ticket
    old_status: str
    old_derived: tuple[Any, ...]
    fields: set[str] = field(default_factory=set)
    described: dict[str, Any] = field(default_factory=dict)

    def list_derived_values(self) -> Iterator[tuple[str, Any]]:
        """What follows from the change, and is another value than before."""
        for name, old in zip(DERIVED_FIELDS, self.old_derived, strict=True):
            if (new := getattr(self.ticket, name)) != old:
                yield name, new


@transaction.atomic
def change_ticket(ticket: Ticket, actor: Actor, *, cause: str = "", **values: Any) -> bool:
    """Change a ticket that the caller has locked. Whether anything was another value before.

    `cause` is what the customer did that had this effect, for the history: “reply” or “person”, for whom they asked.
    """
    return bool(change_tickets([ticket], actor, cause=cause, **values))


@transaction.atomic
def change_tickets(tickets: Iterable[Ticket], actor: Actor, *, cause: str = "", **values: Any) -> int:
    """Change the same values of several tickets that the caller has locked. Returns how many had others before."""
    now = timezone.now()
    changes = [_apply_values(ticket, values, now) for ticket in tickets]
    return _store_changes([change for change in changes if change.fields], actor, cause)


@transaction.atomic
def open_ticket(ticket: Ticket, actor: Actor) -> Ticket:
    """Store a new ticket. One that staff add as ended has ended now."""
    status, ticket.status = ticket.status, Status.OPEN
    ticket.save()
    record_ticket_event("ticket_opened", ticket, actor)
    change_ticket(ticket, actor, status=status)
    return ticket


def _apply_values(ticket: Ticket, values: dict[str, Any], now: datetime) -> TicketChange:
    change = TicketChange(ticket, ticket.status, tuple(getattr(ticket, name) for name in DERIVED_FIELDS))
    for name, value in values.items():
        old = getattr(ticket, name)
        if old == value:
            continue
        setattr(ticket, name, value)
        change.fields.add(name)
        change.described[name] = _describe_values(name, old, value)
    if "status" in change.fields:
        _apply_status(ticket, change.old_status, now)
        if "resolution" in values:
            ticket.resolution = values["resolution"]
    elif "priority" in change.fields and ticket.waiting_since is not None:
        ticket.start_waiting(ticket.waiting_since)
    change.described.pop("resolution", None)
    return change


def _apply_status(ticket: Ticket, old: str, now: datetime) -> None:
    """The times that go with a step from one status to another."""
    ticket.due = ticket.waiting_since = None
    if ticket.status == Status.OPEN:
        ticket.start_waiting(now)
    if ticket.is_active:
        if old in Ticket.ENDED_STATUSES:
            ticket.reopened_count += 1
        ticket.resolved = ticket.closed = None
        ticket.resolution = ""
        return
    ticket.resolved = ticket.resolved or now
    ticket.closed = now if ticket.status == Status.CLOSED else None
    ticket.resolution = ticket.resolution or Ticket.Resolution.STAFF


def _store_changes(changes: list[TicketChange], actor: Actor, cause: str) -> int:
    if not changes:
        return 0
    now = timezone.now()
    for change in changes:
        change.ticket.updated = now
    _update_tickets(changes)
    StatusChange.objects.bulk_create(
        (
            StatusChange(
                ticket=change.ticket, old=change.old_status, new=change.ticket.status, actor=actor.kind
            )
            for change in changes
            if change.old_status != change.ticket.status
        ),
        batch_size=TICKETS_A_STATEMENT,
    )
    why = {"cause": cause} if cause else {}
    described = [(change.ticket, {"changes": change.described} | why) for change in changes]
    record_ticket_events("ticket_changed", described, actor)
    _announce_ends(changes, actor)
    plan_closing(
        change.ticket
        for change in changes
        if change.ticket.status == Status.RESOLVED and change.old_status != Status.RESOLVED
    )
    return len(changes)


def _update_tickets(changes: list[TicketChange]) -> None:
    """A statement for those that get the same values, as most do: `bulk_update` takes seconds for a thousand."""
    alike: dict[Any, list[TicketChange]] = defaultdict(list)
    for change in changes:
        # The values that were asked for are the same for all tickets that had others before.
        alike[frozenset(change.fields), tuple(change.list_derived_values())].append(change)
    for (fields, derived), group in alike.items():
        values = {name: getattr(group[0].ticket, name) for name in sorted(fields)} | dict(derived)
        keys = [change.ticket.pk for change in group]
        for start in range(0, len(keys), TICKETS_A_STATEMENT):
            Ticket.objects.filter(pk__in=keys[start : start + TICKETS_A_STATEMENT]).update(**values)


def _announce_ends(changes: list[TicketChange], actor: Actor) -> None:
    """Whose ticket the team has ended is told so, and asked how it was. A merged one goes on as another one."""
    ended = [
        (change.ticket.conversation_id, change.ticket.number)
        for change in changes
        if change.old_status in Ticket.ACTIVE_STATUSES
        and not change.ticket.is_active
        and change.ticket.conversation_id is not None
        and change.ticket.merged_into_id is None
    ]
    if ended and actor.staff is not None:
        conversations: Any = apps.get_app_config("conversations")
        conversations.announce_ends(ended, actor.staff)


def _describe_values(name: str, old: Any, new: Any) -> list[str] | None:
    """Both values as the audit log keeps them; None where they are words."""
    if name in NAMED_FIELDS:
        return [str(old), str(new)]
    if name in ("assignee", "merged_into"):
        return [_name_row(old), _name_row(new)]
    return None


def _name_row(row: Any) -> str:
    """A person as colleagues call them, a ticket by its number; empty for nobody."""
    if row is None:
        return ""
    return str(row) if isinstance(row, Ticket) else name_person(row)
