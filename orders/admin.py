"""Orders for staff: to look up, and to fill in what an import does not know, such as the delivery."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from .models import Order, OrderItem, format_amount


class OrderItemInline(admin.TabularInline):
    model = OrderItem
    extra = 0


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
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
