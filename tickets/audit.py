"""Notes in the audit log what was done to tickets, in the same transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps

from .actors import Actor
from .models import Ticket


def record_ticket_event(action: str, ticket: Ticket, actor: Actor, **details: Any) -> None:
    """`details` are names and states, never words of anybody."""
    record_ticket_events(action, [(ticket, details)], actor)


def record_ticket_events(
    action: str, tickets: Iterable[tuple[Ticket, Mapping[str, Any]]], actor: Actor
) -> None:
    audit: Any = apps.get_app_config("audit")
    events = (
        {"subject": ticket.number, "conversation_id": ticket.conversation_id, "details": dict(details)}
        for ticket, details in tickets
    )
    audit.record_events(action, events, staff=actor.staff, actor=actor.kind)
