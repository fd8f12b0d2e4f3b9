"""A customer's orders, for the file with all that the shop has about them."""

from typing import Any

from supportbot.assistant.customer_exports import ExportedCustomer, Rows, customer_export

from .amounts import format_amount
from .models import Order, OrderItem

ORDERS_A_QUERY = 200


@customer_export("orders")
def export_orders(customer: ExportedCustomer) -> Rows:
    """Those of the account. The address alone that a guest has left proves nothing."""
    orders = Order.objects.filter(customer__in=customer.accounts).prefetch_related("items")
    return (_describe_order(order) for order in orders.iterator(chunk_size=ORDERS_A_QUERY))


def _describe_order(order: Order) -> dict[str, Any]:
    amounts = ("subtotal", "shipping", "taxes", "total", "refunded")
    return {
        "number": order.number,
        "status": order.status,
        "payment": order.payment,
        "name": order.name,
        "email": order.email,
        "phone": order.phone,
        "ordered": order.ordered_at,
        "shipped": order.shipped_at,
        "expected_delivery": order.expected_delivery,
        "delivered": order.delivered_at,
        "shipping_method": order.shipping_method,
        "carrier": order.carrier,
        "tracking": order.tracking,
        "tracking_url": order.tracking_url,
        **{name: format_amount(getattr(order, name), order.currency) for name in amounts},
        "items": [_describe_item(item, order.currency) for item in order.items.all()],
    }


def _describe_item(item: OrderItem, currency: str) -> dict[str, Any]:
    return {
        "name": item.name,
        "sku": item.sku,
        "quantity": item.quantity,
        "price": format_amount(item.price, currency),
        "status": item.state,
    }
