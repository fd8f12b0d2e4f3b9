"""Tickets: what a customer needs a person for."""

import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone


def generate_number() -> str:
    """A number that does not tell how many tickets there are and cannot be guessed from another."""
    return f"TKT-{secrets.randbelow(10**8):08}"


def normalise_issue(issue: str) -> str:
    """The issue without case, whitespace and punctuation, so that the same words are the same issue."""
    return " ".join(re.findall(r"\w+", issue.casefold()))


class TicketQuerySet(models.QuerySet):
    def visible_to(self, customer_id: int | None, conversation_id: int):
        """A customer's own tickets and those of this conversation; a guest sees only the latter."""
        here = models.Q(conversation=conversation_id)
        return self.filter(here | models.Q(customer=customer_id) if customer_id else here)

    def opened_last_day(self):
        return self.filter(created__gt=timezone.now() - timedelta(days=1))

    def find_open_duplicate(self, conversation_id: int, issue: str) -> "Ticket | None":
        """The conversation's open ticket about the same issue, whatever its case and punctuation."""
        still_open = self.filter(conversation=conversation_id, status__in=Ticket.ACTIVE_STATUSES)
        return next((ticket for ticket in still_open if ticket.has_issue(issue)), None)

    def get_or_create_for_request(self, request: str, **fields) -> "tuple[Ticket, bool]":
        """The ticket of this request, and whether it was opened just now.

        Safe against another process that does the same at the same time: the database lets one of them
        in, and the other one finds its ticket. A number that is taken is drawn again.
        """
        for _draw in range(4):
            with suppress(IntegrityError), transaction.atomic():
                return self.create(request=request, **fields), True
            if request and (known := self.filter(request=request).first()):
                return known, False
        return self.create(request=request, **fields), True


class Ticket(models.Model):
    class Priority(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    class Status(models.TextChoices):
        OPEN = "open"
        PENDING = "pending"
        RESOLVED = "resolved"
        CLOSED = "closed"

    class Category(models.TextChoices):
        ORDER = "order"
        DELIVERY = "delivery"
        DAMAGED = "damaged", "Damaged or wrong item"
        RETURN = "return", "Return or refund"
        PAYMENT = "payment"
        ACCOUNT = "account"
        PRODUCT = "product", "Product question"
        OTHER = "other"

    class Sentiment(models.TextChoices):
        POSITIVE = "positive"
        NEUTRAL = "neutral"
        NEGATIVE = "negative"
        ANGRY = "angry"

    ACTIVE_STATUSES = (Status.OPEN, Status.PENDING)
    ISSUE_MAX_CHARS = 2000
    ISSUE_SEPARATOR = "\n\n"  # two issues of one ticket

    number = models.CharField(max_length=20, unique=True, default=generate_number, editable=False)
    issue = models.TextField(max_length=ISSUE_MAX_CHARS)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.MEDIUM)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="tickets"
    )
    conversation = models.ForeignKey(
        "conversations.Conversation", models.SET_NULL, null=True, blank=True, related_name="tickets"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_tickets",
        limit_choices_to={"is_staff": True},
    )
    request = models.CharField(
        max_length=100, blank=True, editable=False, help_text="The customer's request that it was opened for."
    )

    # What the assistant makes of the conversation, in the background, until staff write something else.
    subject = models.CharField(max_length=100, blank=True)
    category = models.CharField(max_length=10, choices=Category, blank=True)
    suggested_priority = models.CharField(max_length=10, choices=Priority, blank=True)
    sentiment = models.CharField(max_length=10, choices=Sentiment, blank=True)
    language = models.CharField(max_length=2, blank=True, help_text="Of the customer, as in `en`.")
    summary = models.TextField(blank=True)
    wants = models.TextField("what the customer wants", blank=True)
    tried = models.TextField("what was tried", blank=True)
    still_open = models.TextField("what is still open", blank=True)
    by_assistant = models.JSONField(default=list, blank=True, editable=False)

    created = models.DateTimeField(default=timezone.now, editable=False)
    updated = models.DateTimeField(auto_now=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
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
        return normalise_issue(issue) in map(
            normalise_issue, (self.issue, *self.issue.split(self.ISSUE_SEPARATOR))
        )

    def add_issue(self, issue: str, priority: str) -> bool:
        """Another issue of the same request; False if it is there already. The higher priority is that of both."""
        is_new = not self.has_issue(issue)
        if is_new:
            self.issue = f"{self.issue}{self.ISSUE_SEPARATOR}{issue}"
        self.priority = max(self.priority, priority, key=Ticket.Priority.values.index)
        self.save(update_fields=["issue", "priority", "updated"])
        return is_new

    def apply_assistant_values(self, values: Mapping[str, str]) -> None:
        """Put down what the assistant says, but nothing in the place of what staff wrote."""
        mine = {name for name in values if name in self.by_assistant or not getattr(self, name)}
        new = {name: value for name, value in values.items() if value and name in mine}
        for name, value in new.items():
            setattr(self, name, value)
        self.by_assistant = [*dict.fromkeys([*self.by_assistant, *new])]
        self.save(update_fields=[*new, "by_assistant", "updated"])
