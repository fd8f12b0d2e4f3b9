"""Orders, look-ups that failed, and what shops' platforms tell of orders as they change."""

from .failed_lookup import FailedLookup
from .live_order import LiveOrder, ProcessedDelivery
from .order import STAGES, Order, OrderItem

__all__ = [
    "STAGES",
    "FailedLookup",
    "LiveOrder",
    "Order",
    "OrderItem",
    "ProcessedDelivery",
]
