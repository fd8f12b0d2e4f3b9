"""Tickets: what a customer needs a person for."""

import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

NUMBER_DRAWS = 4


def generate_number() -> str:
    """A random ticket number, which says nothing about other tickets or how many there are."""
    return f"TKT-{secrets.randbelow(10**8):08}"


def normalise_issue(issue: str) -> str:
    """The issue without case, whitespace and punctuation, so that the same words are the same issue."""
    return " ".join(re.findall(r"\w+", issue.casefold()))


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, customer_id: int | None, conversation_id: int) -> "TicketQuerySet":
        """A customer's own tickets and those of this conversation; a guest sees only the latter."""
        here = models.Q(conversation=conversation_id)
        return self.filter(here | models.Q(customer=customer_id) if customer_id else here)

    def opened_last_day(self) -> "TicketQuerySet":
        """Tickets of the last 24 hours."""
        return self.filter(created__gt=timezone.now() - timedelta(days=1))

    def opened_from_network_of(self, conversation_id: int) -> "TicketQuerySet":
        """Tickets of the last hour that guests opened from the network of this conversation's guest.

        None for a conversation of an account, or of which the network is not known.
        """
        conversations: Any = apps.get_app_config("conversations")
        network = conversations.find_guest_network(conversation_id)
        if not network:
            return self.none()
        hour_ago = timezone.now() - timedelta(hours=1)
        return self.filter(conversation__address_key=network, customer=None, created__gt=hour_ago)

    def find_open_duplicate(self, conversation_id: int, issue: str) -> "Ticket | None":
        """The conversation's active ticket about the same issue, whatever its case and punctuation."""
        active = self.filter(conversation=conversation_id, status__in=Ticket.ACTIVE_STATUSES)
        return next((ticket for ticket in active if ticket.has_issue(issue)), None)

    def get_or_create_for_request(self, request: str, **fields: Any) -> "tuple[Ticket, bool]":
        """The ticket of this request, and whether it was created now.

        When two processes call it at once for the same request, a constraint lets one of them create the ticket and
        the other one finds it. A number that another ticket has is drawn again, `NUMBER_DRAWS` times at most; then
        it raises IntegrityError.
        """
        for _draw in range(NUMBER_DRAWS):
            with suppress(IntegrityError), transaction.atomic():
                return self.create(request=request, **fields), True
            if request and (known := self.filter(request=request).first()):
                return known, False
        return self.create(request=request, **fields), True


class Ticket(models.Model):
    """One ticket of a customer or a guest. It may hold several issues, if one message named them all."""

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Pending")
        RESOLVED = "resolved", _("Resolved")
        CLOSED = "closed", _("Closed")

    class Category(models.TextChoices):
        ORDER = "order", _("Order")
        DELIVERY = "delivery", _("Delivery")
        DAMAGED = "damaged", _("Damaged or wrong item")
        RETURN = "return", _("Return or refund")
        PAYMENT = "payment", _("Payment")
        ACCOUNT = "account", _("Account")
        PRODUCT = "product", _("Product question")
        OTHER = "other", _("Other")

    class Sentiment(models.TextChoices):
        POSITIVE = "positive", _("Positive")
        NEUTRAL = "neutral", _("Neutral")
        NEGATIVE = "negative", _("Negative")
        ANGRY = "angry", _("Angry")

    ACTIVE_STATUSES = (Status.OPEN, Status.PENDING)
    ISSUE_MAX_CHARS = 2000
    MAX_PER_NETWORK_AND_HOUR = 20  # of guests
    ISSUE_SEPARATOR = "\n\n"  # between two issues of one ticket

    number = models.CharField(
        _("number"), max_length=20, unique=True, default=generate_number, editable=False
    )
    issue = models.TextField(_("issue"), max_length=ISSUE_MAX_CHARS)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, default=Priority.MEDIUM)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        related_name="tickets",
    )
    conversation = models.ForeignKey(
        "conversations.Conversation",
        models.SET_NULL,
        verbose_name=_("conversation"),
        null=True,
        blank=True,
        related_name="tickets",
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("assignee"),
        null=True,
        blank=True,
        related_name="assigned_tickets",
        limit_choices_to={"is_staff": True},
    )
    request = models.CharField(
        _("request"),
        max_length=100,
        blank=True,
        editable=False,
        help_text=_("The customer's request that it was opened for."),
    )

    # What the assistant writes about the conversation in the background, until staff write something else.
    subject = models.CharField(_("subject"), max_length=100, blank=True)
    category = models.CharField(_("category"), max_length=10, choices=Category, blank=True)
    suggested_priority = models.CharField(
        _("suggested priority"), max_length=10, choices=Priority, blank=True
    )
    sentiment = models.CharField(_("sentiment"), max_length=10, choices=Sentiment, blank=True)
    language = models.CharField(
        _("language"), max_length=2, blank=True, help_text=_("The customer's language, such as `en`.")
    )
    summary = models.TextField(_("summary"), blank=True)
    wants = models.TextField(_("what the customer wants"), blank=True)
    tried = models.TextField(_("what was tried"), blank=True)
    still_open = models.TextField(_("what is still open"), blank=True)
    # Names of the fields above that hold what the assistant wrote.
    by_assistant = models.JSONField(default=list, blank=True, editable=False)

    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated = models.DateTimeField(_("updated"), auto_now=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-created"]
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=~models.Q(request=""), name="one_ticket_a_request"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def remaining_chars(self) -> int:
        """How many characters another issue may have."""
        return max(0, self.ISSUE_MAX_CHARS - len(self.issue) - len(self.ISSUE_SEPARATOR))

    def has_issue(self, issue: str) -> bool:
        """Whether this is its issue, or one of them, in the same words."""
        known = (self.issue, *self.issue.split(self.ISSUE_SEPARATOR))
        return normalise_issue(issue) in map(normalise_issue, known)

    def add_issue(self, issue: str, priority: str) -> bool:
        """Add another issue of the same request; False if the ticket has it already.

        The ticket takes the higher one of the two priorities.
        """
        is_new = not self.has_issue(issue)
        if is_new:
            self.issue = f"{self.issue}{self.ISSUE_SEPARATOR}{issue}"
        self.priority = max(self.priority, priority, key=Ticket.Priority.values.index)
        self.save(update_fields=["issue", "priority", "updated"])
        return is_new

    def apply_assistant_values(self, values: Mapping[str, str]) -> None:
        """Save what the assistant says, by field name, but replace nothing that staff wrote."""
        replaceable = {name for name in values if name in self.by_assistant or not getattr(self, name)}
        new = {name: value for name, value in values.items() if value and name in replaceable}
        for name, value in new.items():
            setattr(self, name, value)
        self.by_assistant = [*dict.fromkeys([*self.by_assistant, *new])]
        self.save(update_fields=[*new, "by_assistant", "updated"])
