"""Tickets: what a customer needs a person for."""

from .numbers import NUMBER_DRAWS, find_order_number, generate_number, normalise_issue
from .queryset import UNASSIGNED
from .reply import TicketReply
from .status_change import StatusChange
from .tag import Tag
from .ticket import Ticket

__all__ = [
    "NUMBER_DRAWS",
    "UNASSIGNED",
    "StatusChange",
    "Tag",
    "Ticket",
    "TicketReply",
    "find_order_number",
    "generate_number",
    "normalise_issue",
]
