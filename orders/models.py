"""Orders as the shop keeps them, and who may see which."""

import re
import unicodedata
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supportbot.assistant.tools import Customer

# Words that people write around a number: «order no. 123», «my order number is 123».
FILLER_WORDS = {
    "my",
    "the",
    "order",
    "orders",
    "number",
    "no",
    "nr",
    "num",
    "id",
    "is",
    "it",
    "its",
    "for",
}


def normalise_number(written: str) -> str:
    """Only the letters of an order number, in upper case, and its digits: people write the rest differently."""
    return "".join(re.findall("[A-Z0-9]+", unicodedata.normalize("NFKC", written).upper()))


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, customer: Customer | None, email: str = "") -> "OrderQuerySet":
        """The orders that somebody may see.

        A customer who has signed in sees the orders linked to the account, and only those: the account's
        e-mail address alone proves nothing, for nobody may have verified it. A guest sees the orders placed
        with the e-mail address that was given, and must know the number of one of them too, see
        `find_by_number`.
        """
        if customer:
            return self.filter(customer=customer.id)
        email = email.strip().lower()
        return self.filter(email=email) if email else self.none()

    def find_by_number(self, written: str) -> "OrderQuerySet":
        """The orders that may be meant by a number as people write it: «ord 123», «#123», «order no. 123».

        A number without letters matches every order with just these digits. Call it on the orders that somebody
        may see: that narrows the regular expression, which no index serves, to a few rows.
        """
        written = written[:100]
        words = re.findall(r"\w+", written)
        bare = normalise_number(" ".join(word for word in words if word.lower() not in FILLER_WORDS))
        bare = re.sub(r"^ORDER(NO|NR|NUMBER)?(?=[0-9])", "", bare)
        meant = Q(key__in={normalise_number(written), bare} - {""})
        if bare.isdigit():
            meant |= Q(key__regex=f"^[A-Z]*{bare}$")
        return self.filter(meant)


class Order(models.Model):
    class Status(models.TextChoices):
        PROCESSING = "processing", _("Processing")
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
    # The number as `normalise_number` writes it.
    key = models.CharField(max_length=40, db_index=True, editable=False)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        related_name="orders",
        help_text=_("The account that may see this order. An import links the one with the same e-mail."),
    )
    email = models.EmailField(
        _("e-mail"), blank=True, db_index=True, help_text=_("A guest must know it to see this order.")
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PROCESSING)
    ordered_at = models.DateTimeField(_("ordered at"), default=timezone.now, db_index=True)
    expected_delivery = models.DateField(_("expected delivery"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=80, blank=True)
    tracking = models.CharField(_("tracking"), max_length=200, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    subtotal = models.DecimalField(_("subtotal"), max_digits=12, decimal_places=2, default=0)
    shipping = models.DecimalField(_("shipping"), max_digits=12, decimal_places=2, default=0)
    taxes = models.DecimalField(_("taxes"), max_digits=12, decimal_places=2, default=0)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2, default=0)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-ordered_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.normalise_fields()
        super().save(*args, **kwargs)

    def normalise_fields(self) -> None:
        """Set what look-ups go by. `save` calls it; whoever writes in bulk must call it first."""
        self.key = normalise_number(self.number)
        self.email = self.email.strip().lower()

    @property
    def eta(self) -> str | None:
        """When it should arrive, in English for the model: “today”, “2 days”, “1 day late”.

        None when nothing is on its way or no date is known.
        """
        if self.expected_delivery is None or self.status not in (self.Status.PROCESSING, self.Status.SHIPPED):
            return None
        days = (self.expected_delivery - timezone.localdate()).days
        if days == 0:
            return "today"
        return _format_days(days) if days > 0 else f"{_format_days(-days)} late"


class OrderItem(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, verbose_name=_("order"), related_name="items")
    name = models.CharField(_("name"), max_length=500)
    sku = models.CharField(_("SKU"), max_length=100, blank=True, db_index=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class FailedLookupQuerySet(models.QuerySet["FailedLookup"]):
    def has_too_many(self, conversation_id: int, visitor: str) -> bool:
        """Whether so many look-ups failed that somebody may be guessing at other people's orders."""
        now = timezone.now()
        here = self.filter(conversation=conversation_id, created__gt=now - timedelta(hours=1))
        by_visitor = self.filter(visitor=visitor, created__gt=now - timedelta(days=1))
        return here.count() >= FailedLookup.MAX_PER_HOUR or by_visitor.count() >= FailedLookup.MAX_PER_DAY

    def delete_old(self) -> None:
        """Delete those that no limit counts any more."""
        self.filter(created__lt=timezone.now() - timedelta(days=1)).delete()


class FailedLookup(models.Model):
    """A look-up that found no order. It is counted for a day, then deleted."""

    MAX_PER_HOUR = 5  # in one conversation
    MAX_PER_DAY = 20  # of one visitor

    conversation = models.ForeignKey("conversations.Conversation", models.CASCADE, related_name="+")
    visitor = models.CharField(max_length=100)
    created = models.DateTimeField(default=timezone.now, db_index=True)

    objects = FailedLookupQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["visitor", "created"], name="failed_lookups_of_visitor")]

    def __str__(self) -> str:
        return f"{self.visitor}, {self.created:%Y-%m-%d %H:%M}"


def _format_days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
