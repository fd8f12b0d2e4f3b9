"""Orders for staff: to look up, and to fill in what an import does not know, such as the delivery."""

from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supportbot.concurrent_edits import ConcurrentEditAdmin, ConcurrentEditForm
from supportbot.search_words import match_word, split_words

from .amounts import format_amount, format_number
from .importer import lock_orders
from .item_forms import OrderItemFormSet
from .models import Order, OrderItem


class AmountField(forms.DecimalField):
    """An amount as the lists have it, with the decimals of its currency."""

    currency = ""

    def prepare_value(self, value: Any) -> Any:
        return format_number(value, self.currency) if isinstance(value, Decimal) else value


class AmountsForm(ConcurrentEditForm):
    """A form of an order, or of an item of one, that says its currency to the fields of amounts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_item = isinstance(self.instance, OrderItem)
        order = getattr(self.instance, "order", None) if is_item else self.instance  # a new item has none yet
        for field in self.fields.values():
            if order and isinstance(field, AmountField):
                field.currency = order.currency


@cache
def build_amount(model: Any, name: str) -> Any:
    """A read-only field of an amount, shown as the list shows it: Django would give each its three decimals."""

    @admin.display(description=model._meta.get_field(name).verbose_name)
    def show_amount(row: Any) -> str:
        order = row.order if isinstance(row, OrderItem) else row
        return format_amount(getattr(row, name), order.currency) or "-"

    return show_amount


class AmountsAdmin(BaseModelAdmin):
    """Shows the amounts of a row that one may not change."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        amounts = self._get_amounts(request, obj)
        return [amounts.get(name, name) for name in super().get_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *self._get_amounts(request, obj).values()]

    def _get_amounts(self, request: HttpRequest, obj: Any) -> dict[Any, Any]:
        """By the names of their fields; none for those who may change them."""
        if obj is None or self.has_change_permission(request, obj):
            return {}
        names = [each.name for each in self.opts.fields if isinstance(each, models.DecimalField)]
        model: Any = self.model
        return {name: build_amount(model, name) for name in names}


AMOUNT_FIELDS: dict[Any, Any] = {models.DecimalField: {"form_class": AmountField}}


class OrderItemInline(AmountsAdmin, admin.TabularInline):
    model = OrderItem
    formfield_overrides = AMOUNT_FIELDS
    form = AmountsForm
    formset = OrderItemFormSet
    fields = ["name", "sku", "quantity", "price", "state"]
    extra = 0


@admin.register(Order)
class OrderAdmin(AmountsAdmin, ConcurrentEditAdmin):
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
    search_fields = ["number", "key", "email", "name", "tracking"]  # and SKUs, see `get_search_results`
    search_help_text = _("Number, e-mail, name, tracking number or SKU")
    # There may be too many accounts for a list of them.
    raw_id_fields = ["customer"]
    formfield_overrides = AMOUNT_FIELDS
    form = AmountsForm
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

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Order], search_term: str
    ) -> tuple[models.QuerySet[Order], bool]:
        """The orders in which each word is found. A join with their items would have all of them sorted."""
        for word in split_words(search_term):
            items = OrderItem.objects.filter(match_word("sku__icontains", word))
            holds = models.Q(pk__in=items.values("order"))
            for field in self.search_fields:
                holds |= match_word(f"{field}__icontains", word)
            queryset = queryset.filter(holds)
        return queryset, False

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
