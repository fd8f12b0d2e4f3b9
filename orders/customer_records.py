"""A customer's orders, for their page in admin."""

from typing import Any

from django.db.models import Count, Q, Window
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from supportbot.assistant.customer_records import CustomerOnRecord, Record, Records, customer_record

from .amounts import format_amount
from .models import Order

SHOWN_ORDERS = 10


@customer_record("orders.view_order")
def list_orders(customer: CustomerOnRecord) -> Records:
    """Those of the account; of a guest those with the address that they left, which anybody could have named."""
    email = customer.email.strip().lower()
    theirs = Q(customer=customer.user) if customer.user else Q(email=email) if email else Q(pk__in=())
    orders = Order.objects.filter(theirs)
    newest: list[Any] = list(
        orders.order_by("-ordered_at", "-pk").annotate(count=Window(Count("*")))[:SHOWN_ORDERS]
    )
    changelist = reverse("admin:orders_order_changelist")
    search = {"customer__id__exact": customer.user} if customer.user else {"email__exact": email}
    return Records(
        title=_("Orders"),
        columns=(_("Number"), _("Status"), _("Ordered"), _("Total")),
        rows=tuple(_describe_order(order) for order in newest),
        total=newest[0].count if newest else 0,
        address=f"{changelist}?{urlencode(search)}",
        note="" if customer.user else _("Orders with the address that the guest left."),
    )


def _describe_order(order: Order) -> Record:
    return Record(
        order.number,
        reverse("admin:orders_order_change", args=[order.pk]),
        (
            order.get_status_display(),
            order.ordered_at or "",
            format_amount(order.total, order.currency) or "",
        ),
    )
