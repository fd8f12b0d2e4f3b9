"""Orders for staff: to look up, and to fill in what an import does not know, such as the delivery."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supportbot.concurrent_edits import ConcurrentEditAdmin, ConcurrentEditForm

from .importer import lock_orders
from .item_forms import OrderItemFormSet
from .models import Order, OrderItem, format_amount, format_number


class AmountField(forms.DecimalField):
    """An amount as the lists have it, with its third decimal only where there is one."""

    def prepare_value(self, value: Any) -> Any:
        return format_number(value) if isinstance(value, Decimal) else value


AMOUNT_FIELDS: dict[Any, Any] = {models.DecimalField: {"form_class": AmountField}}


class OrderItemInline(admin.TabularInline):
    model = OrderItem
    formfield_overrides = AMOUNT_FIELDS
    form = ConcurrentEditForm
    formset = OrderItemFormSet
    extra = 0


@admin.register(Order)
class OrderAdmin(ConcurrentEditAdmin):
    list_display = [
        "number",
        "name",
        "email",
        "status",
        "ordered_at",
        "expected_delivery",
        "amount",
        "tracking",
    ]
    list_filter = ["status", "ordered_at", "expected_delivery"]
    list_per_page = 50
    show_full_result_count = False  # it would count all orders a second time on every page
    search_fields = ["number", "key", "email", "name", "tracking", "items__sku"]
    search_help_text = _("Number, e-mail, name, tracking number or SKU")
    # There may be too many accounts for a list of them.
    raw_id_fields = ["customer"]
    formfield_overrides = AMOUNT_FIELDS
    inlines = [OrderItemInline]
    fields = [
        "number",
        "status",
        "name",
        "email",
        "customer",
        "ordered_at",
        "expected_delivery",
        "delivered_at",
    ]
    fields += ["payment", "phone", "shipped_at", "shipping_method", "carrier", "tracking", "tracking_url"]
    fields += ["currency", "subtotal", "shipping", "taxes", "total", "refunded", "platform_id"]

    @admin.display(description=_("total"), ordering="total")
    def amount(self, order: Order) -> str:
        return format_amount(order.total, order.currency) or ""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The order. What the shop tells of it at that moment is stored before it is read here, or afterwards."""
        if request.method == "POST":
            lock_orders()
        return super().get_object(request, object_id, from_field)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.lost_edits:
            told = gettext("Meanwhile the shop removed: %(items)s. What you changed there was not saved.")
            items = ", ".join(f"“{name}”" for name in formset.lost_edits)
            messages.warning(request, told % {"items": items})
