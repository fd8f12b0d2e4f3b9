from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..people import find_team, name_person
from .numbers import find_order_number, generate_number, normalise_issue
from .queryset import TicketQuerySet
from .tag import Tag


class Ticket(models.Model):
    """One ticket of a customer or a guest. It may hold several issues, if one message named them all."""

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", pgettext_lazy("ticket", "Pending")
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

    class Resolution(models.TextChoices):
        """What a ticket ended by."""

        STAFF = "staff", _("the team")
        CUSTOMER = "customer", _("the customer said so")
        MERGED = "merged", _("merged into another one")

    ACTIVE_STATUSES = (Status.OPEN, Status.PENDING)
    ENDED_STATUSES = (Status.RESOLVED, Status.CLOSED)
    ISSUE_MAX_CHARS = 2000
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
    guest_name = models.CharField(_("name of the guest"), max_length=100, blank=True)
    guest_email = models.EmailField(
        _("e-mail of the guest"),
        blank=True,
        help_text=_("Where somebody without an account is answered."),
    )
    order_number = models.CharField(_("order"), max_length=50, blank=True)
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True, related_name="tickets")

    due = models.DateTimeField(
        _("due"),
        null=True,
        blank=True,
        help_text=_("When the team must have answered. Only while it is open."),
    )
    waiting_since = models.DateTimeField(
        _("waiting since"),
        null=True,
        blank=True,
        help_text=_("Since when it waits for the team, while it is open."),
    )
    first_response = models.DateTimeField(_("first response"), null=True, blank=True)
    resolved = models.DateTimeField(_("resolved"), null=True, blank=True)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    resolution = models.CharField(_("ended by"), max_length=10, choices=Resolution, blank=True)
    reopened_count = models.PositiveSmallIntegerField(_("times reopened"), default=0)
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        related_name="merged_tickets",
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
    # The issues of the ticket that ask for a person, as staff read them, with the customer's own words in each, if any.
    person_requests = models.JSONField(default=dict, blank=True, editable=False)
    # Names of the fields above that hold what the assistant wrote.
    by_assistant = models.JSONField(default=list, blank=True, editable=False)

    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated = models.DateTimeField(_("updated"), auto_now=True)

    # Where it stands in the list: open before pending, urgent before the rest. Statuses and priorities are words, which
    # the database would sort by the alphabet, and what is sorted for each page would have it read all tickets.
    rank = models.GeneratedField(
        expression=Case(*(When(status=status, then=10 * place) for place, status in enumerate(Status)))
        - Case(*(When(priority=priority, then=place) for place, priority in enumerate(Priority))),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )

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
        indexes = [
            models.Index(fields=["rank", "-created"], name="tickets_by_rank"),
            models.Index(fields=["-created"], name="tickets_by_age"),
            # What somebody has to do with: few of many.
            models.Index(
                fields=["assignee", "status", "due"],
                condition=models.Q(status__in=("open", "pending")),
                name="active_tickets",
            ),
            models.Index(
                fields=["first_response"],
                condition=models.Q(first_response__isnull=False),
                name="tickets_by_response",
            ),
            models.Index(
                fields=["resolved"], condition=models.Q(resolved__isnull=False), name="tickets_by_resolution"
            ),
            models.Index(
                fields=["order_number"], condition=~models.Q(order_number=""), name="tickets_by_order"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new ticket waits from the moment it is opened, and knows what can be known, whoever opens it."""
        if self._state.adding:
            if self.status == Ticket.Status.OPEN and self.waiting_since is None:
                self.start_waiting(self.created)
            self.order_number = self.order_number or find_order_number(self.issue)
            if self.conversation is not None and self.customer_id is None and not self.guest_email:
                self.guest_name = self.conversation.contact_name
                self.guest_email = self.conversation.contact_email
        super().save(*args, **kwargs)

    def start_waiting(self, since: datetime) -> None:
        """The customer waits for the team from that moment on: an answer is due, by priority and opening hours."""
        conversations: Any = apps.get_app_config("conversations")
        hours_by_priority: Any = settings.ENVIRONMENT.ticket_hours
        hours = hours_by_priority[self.priority]
        self.waiting_since, self.due = since, conversations.add_open_hours(since, hours)

    @property
    def is_active(self) -> bool:
        return self.status in Ticket.ACTIVE_STATUSES

    @property
    def is_overdue(self) -> bool:
        return self.status == Ticket.Status.OPEN and self.due is not None and self.due < timezone.now()

    @property
    def current_assignee(self) -> Any:
        """Who has it, None if nobody has: as `build_unassigned_condition` says it of several."""
        return find_team().filter(pk=self.assignee_id).first() if self.assignee_id else None

    @property
    def customer_name(self) -> str:
        """An account's name; of a guest what they said when asked, or what staff wrote down."""
        if self.customer is not None:
            return name_person(self.customer)
        return self.guest_name

    @property
    def reply_email(self) -> str:
        """Where the customer is reached, empty if nobody knows."""
        return (self.customer.email if self.customer else "") or self.guest_email

    @property
    def remaining_chars(self) -> int:
        """How many characters another issue may have."""
        return max(0, self.ISSUE_MAX_CHARS - len(self.issue) - len(self.ISSUE_SEPARATOR))

    def has_issue(self, issue: str) -> bool:
        """Whether this is its issue, or one of them, in the same words."""
        known = (self.issue, *self.issue.split(self.ISSUE_SEPARATOR))
        return normalise_issue(issue) in map(normalise_issue, known)

    def add_issue(self, issue: str, priority: str, *, quote: str | None = None) -> bool:
        """Add another issue, perhaps with a `quote`; False if the ticket has it. The higher priority is kept."""
        is_new = not self.has_issue(issue)
        if is_new:
            self.issue = f"{self.issue}{self.ISSUE_SEPARATOR}{issue}"
            if quote is not None:
                self.person_requests[issue] = quote
        self.priority = max(self.priority, priority, key=Ticket.Priority.values.index)
        self.order_number = self.order_number or find_order_number(issue)
        if self.waiting_since is not None:
            self.start_waiting(self.waiting_since)  # the priority may be another one
        fields = ["issue", "person_requests", "priority", "order_number", "waiting_since", "due"]
        self.save(update_fields=[*fields, "updated"])
        return is_new

    def find_quote(self, issue: str) -> str | None:
        """The customer's own words in an issue that asks for a person, empty if there are none; None for any other.

        It still is that issue where staff have added something behind it.
        """
        asked = [request for request in self.person_requests if issue.startswith(request)]
        return self.person_requests[max(asked, key=len)] if asked else None

    def apply_assistant_values(self, values: Mapping[str, str]) -> list[str]:
        """Save what the assistant says, by field name, but replace nothing that staff wrote.

        Returns the names of the fields that it wrote.
        """
        replaceable = {name for name in values if name in self.by_assistant or not getattr(self, name)}
        new = {name: value for name, value in values.items() if value and name in replaceable}
        for name, value in new.items():
            setattr(self, name, value)
        self.by_assistant = [*dict.fromkeys([*self.by_assistant, *new])]
        self.save(update_fields=[*new, "by_assistant", "updated"])
        return list(new)
