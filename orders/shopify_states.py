"""What Shopify's words for the state of an order and of an item mean, in its exports, on its pages and in its API."""

from functools import lru_cache

from .models import Order, OrderItem

ITEM_STATES = {
    **dict.fromkeys(("fulfilled", "shipped"), OrderItem.State.SHIPPED),
    **dict.fromkeys(("partial", "partially fulfilled"), OrderItem.State.PARTLY_SHIPPED),
    "restocked": OrderItem.State.RETURNED,
    **dict.fromkeys(("pending", "unfulfilled", "not fulfilled"), OrderItem.State.NOT_SHIPPED),
}
SENT_STATES = {
    "restocked": Order.Status.RETURNED,
    **dict.fromkeys(("fulfilled", "shipped"), Order.Status.SHIPPED),
    **dict.fromkeys(("partial", "partially fulfilled", "partially shipped"), Order.Status.PARTLY_SHIPPED),
}
# Of an order of which nothing was sent yet.
UNSENT_STATES = frozenset(
    (
        *("", "unfulfilled", "not fulfilled", "unshipped", "pending", "open", "on hold", "scheduled"),
        *("in progress", "request declined", "pending fulfillment", "null"),
    )
)


@lru_cache(maxsize=256)
def simplify_state(text: str) -> str:
    """“PARTIALLY_FULFILLED” and “Partially fulfilled” are the same."""
    return " ".join(text.replace("_", " ").split()).lower()
