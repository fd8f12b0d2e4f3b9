"""Orders as the shop keeps them, and who may see which."""

from typing import Any

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supportbot.assistant.tools import Customer

from ..contacts import read_contact, shorten_phone
from ..numbers import TRACKING_MARKS, list_tracking_keys, normalise_number, read_number, shorten_number

MAX_MATCHES = 50


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, customer: Customer | None, email: str = "", phone: str = "") -> "OrderQuerySet":
        """The orders that somebody may see.

        A customer who has signed in sees the orders linked to the account, and only those: the account's
        e-mail address alone proves nothing, for nobody may have verified it. A guest sees the orders placed
        with the e-mail address or the telephone number that was given, and must know the number of one of them too,
        see `find_by_number`.
        """
        if customer:
            return self.filter(customer=customer.id)
        address, phone_keys = read_contact(email, phone)
        if address:
            return self.filter(email=address)
        return self.filter(phone_key__in=phone_keys) if phone_keys else self.none()

    def find_by_number(self, written: str) -> "OrderQuerySet":
        """The orders that may be meant by a number as people write it, see `numbers`.

        A whole number goes before a tracking number, and that before the last digits of a number. Call it on the orders
        that somebody may see.
        """
        meant = read_number(written)
        keys = meant.keys | meant.words
        if not keys:
            return self.none()
        is_meant = (
            Q(key__in=keys) | Q(short_key__in=meant.short_keys) | Q(tracking_key__in=meant.tracking_keys)
        )
        # Without the order of the rows, or the database would sort all of somebody's orders first.
        rows = list(self.filter(is_meant).order_by().values_list("pk", "key", "tracking_key")[:MAX_MATCHES])
        whole = {key for _pk, key, _tracking in rows} & keys
        # “1001-A” names #1001-A alone, though #1001 is in it.
        longest = {key for key in whole if not any(key in other for other in whole - {key})}
        named = [pk for pk, key, _tracking in rows if key in longest]
        tracked = [pk for pk, _key, tracking in rows if tracking in meant.tracking_keys]
        likely = named or tracked or [pk for pk, *_keys in rows]
        return self.filter(pk__in=likely or self._find_earlier_parcels(meant.tracking_keys))

    def _find_earlier_parcels(self, tracking_keys: frozenset[str]) -> list[int]:
        """The orders with a tracking number that is not the newest of theirs."""
        several = self.filter(tracking__regex=TRACKING_MARKS).order_by().values_list("pk", "tracking")
        rows = several if tracking_keys else []
        return [pk for pk, tracking in rows if not tracking_keys.isdisjoint(list_tracking_keys(tracking))]


class Order(models.Model):
    class Status(models.TextChoices):
        PROCESSING = "processing", _("Processing")
        PARTLY_SHIPPED = "partly_shipped", _("Partly shipped")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        CANCELLED = "cancelled", _("Cancelled")
        RETURNED = "returned", _("Returned")

    number = models.CharField(
        _("number"),
        max_length=40,
        unique=True,
        help_text=_("As the shop writes it, such as #1001 or ORD-123."),
    )
    platform = models.CharField(_("platform"), max_length=20, blank=True)
    platform_id = models.CharField(
        _("platform's id"), max_length=40, blank=True, help_text=_("Tells orders with one number apart.")
    )
    # What look-ups go by, see `normalise_fields`.
    key = models.CharField(max_length=40, db_index=True, editable=False)
    short_key = models.CharField(max_length=40, editable=False, default="")
    tracking_key = models.CharField(max_length=200, editable=False, default="")
    phone_key = models.CharField(max_length=20, editable=False, default="")
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,  # the newest of an account have an index of their own below
        help_text=_("The account that may see this order. An import links the one with the same e-mail."),
    )
    email = models.EmailField(
        _("e-mail"), blank=True, db_index=True, help_text=_("A guest must know it to see this order.")
    )
    phone = models.CharField(
        _("telephone"), max_length=40, blank=True, help_text=_("A guest may know it in place of the e-mail.")
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PROCESSING)
    payment = models.CharField(
        _("payment"),
        max_length=30,
        blank=True,
        help_text=_("As the shop writes it, such as paid or refunded."),
    )
    ordered_at = models.DateTimeField(
        _("ordered at"), default=timezone.now, null=True, blank=True, db_index=True
    )
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    shipping_method = models.CharField(_("shipping method"), max_length=200, blank=True)
    expected_delivery = models.DateField(_("expected delivery"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=80, blank=True)
    tracking = models.CharField(_("tracking"), max_length=200, blank=True)
    tracking_url = models.CharField(
        _("tracking address"), max_length=500, blank=True, validators=[URLValidator(["http", "https"])]
    )
    currency = models.CharField(_("currency"), max_length=3, default="USD", blank=True)
    # Empty where nobody knows. Some currencies have three decimals.
    subtotal = models.DecimalField(_("subtotal"), max_digits=14, decimal_places=3, null=True, blank=True)
    shipping = models.DecimalField(_("shipping"), max_digits=14, decimal_places=3, null=True, blank=True)
    taxes = models.DecimalField(_("taxes"), max_digits=14, decimal_places=3, null=True, blank=True)
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=3, null=True, blank=True)
    refunded = models.DecimalField(_("refunded"), max_digits=14, decimal_places=3, null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-ordered_at", "-pk"]
        # Not `db_index`, which on PostgreSQL makes a second one for each, for LIKE.
        indexes = [
            models.Index(fields=["customer", "-ordered_at", "-id"], name="orders_of_customer"),
            models.Index(fields=["short_key"], name="orders_by_short_key"),
            models.Index(fields=["tracking_key"], name="orders_by_tracking"),
            models.Index(fields=["phone_key"], name="orders_by_phone"),
            models.Index(fields=["platform_id"], name="orders_by_platform_id", condition=~Q(platform_id="")),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.normalise_fields()
        super().save(*args, **kwargs)

    def normalise_fields(self) -> None:
        """Set what look-ups go by. `save` calls it; whoever writes in bulk must call it first."""
        self.key = normalise_number(self.number)[:40]
        self.short_key = shorten_number(self.number)[-40:]
        # The newest of several parcels, which stands last.
        self.tracking_key = list_tracking_keys(self.tracking)[-1][:200]
        self.phone_key = shorten_phone(self.phone)
        self.email = self.email.strip().lower()

    @property
    def eta(self) -> str | None:
        """When it should arrive, in English for the model: “today”, “2 days”, “1 day late”.

        None when nothing is on its way or no date is known.
        """
        if self.expected_delivery is None or self.status not in OPEN_STATUSES:
            return None
        days = (self.expected_delivery - timezone.localdate()).days
        if days == 0:
            return "today"
        return _format_days(days) if days > 0 else f"{_format_days(-days)} late"


# Later ones stand behind.
STAGES: tuple[str, ...] = (
    *(Order.Status.PROCESSING, Order.Status.PARTLY_SHIPPED, Order.Status.SHIPPED, Order.Status.DELIVERED),
    *(Order.Status.RETURNED, Order.Status.CANCELLED),
)
# Those in which something may still arrive.
OPEN_STATUSES = (Order.Status.PROCESSING, Order.Status.PARTLY_SHIPPED, Order.Status.SHIPPED)


class OrderItem(models.Model):
    class State(models.TextChoices):
        NOT_SHIPPED = "not_shipped", _("Not shipped yet")
        PARTLY_SHIPPED = "partly_shipped", _("Partly shipped")
        SHIPPED = "shipped", _("Shipped")
        RETURNED = "returned", _("Returned")
        CANCELLED = "cancelled", _("Cancelled")

    order = models.ForeignKey(Order, models.CASCADE, verbose_name=_("order"), related_name="items")
    name = models.CharField(_("name"), max_length=500)
    sku = models.CharField(_("SKU"), max_length=100, blank=True, db_index=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1, null=True, blank=True)
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=3, null=True, blank=True)
    state = models.CharField(
        _("state"),
        max_length=20,
        choices=State,
        blank=True,
        help_text=_("Empty where only the order's is known."),
    )

    class Meta:
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name if self.quantity is None else f"{self.quantity} × {self.name}"


def _format_days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
