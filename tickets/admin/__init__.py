"""Where staff work on tickets."""

from .ticket_admin import TicketAdmin

__all__ = ["TicketAdmin"]
