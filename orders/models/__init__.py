"""Orders, look-ups that failed, and what shops' platforms tell of orders as they change."""

from .live_order import LiveOrder, ProcessedDelivery
from .order import FailedLookup, Order, OrderItem, build_contact_keys

__all__ = [
    "FailedLookup",
    "LiveOrder",
    "Order",
    "OrderItem",
    "ProcessedDelivery",
    "build_contact_keys",
]
