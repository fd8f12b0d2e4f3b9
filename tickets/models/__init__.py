"""Tickets: what a customer needs a person for."""

from .numbers import generate_number
from .queryset import build_unassigned_condition
from .reply import TicketReply
from .status_change import StatusChange
from .tag import Tag
from .ticket import Ticket

__all__ = [
    "StatusChange",
    "Tag",
    "Ticket",
    "TicketReply",
    "build_unassigned_condition",
    "generate_number",
]
