"""Tickets: what a customer needs a person for."""

from .numbers import NUMBER_DRAWS, find_order_number, generate_number, normalise_issue
from .queryset import build_unassigned_condition
from .reply import TicketReply
from .status_change import StatusChange
from .tag import Tag
from .ticket import Ticket

__all__ = [
    "NUMBER_DRAWS",
    "StatusChange",
    "Tag",
    "Ticket",
    "TicketReply",
    "build_unassigned_condition",
    "find_order_number",
    "generate_number",
    "normalise_issue",
]
