"""What is stored of a conversation. The database owns it: sockets, pages and models only see it from here."""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from supportbot.assistant import messages as said

from .history import COLUMNS, as_history
from .visitors import Visitor


class ConversationQuerySet(models.QuerySet):
    def of(self, visitor: Visitor):
        """The conversations that this visitor may read: an account's own, or a guest's of the same browser session."""
        if visitor.user_id:
            return self.filter(user_id=visitor.user_id)
        if visitor.guest_key:
            return self.filter(user=None, guest_key=visitor.guest_key)
        return self.none()

    def begun(self):
        return self.filter(last_seq__gt=0)


class Conversation(models.Model):
    class Owner(models.TextChoices):
        BOT = "bot", "assistant"
        WAITING = "waiting", "waiting for a person"
        HUMAN = "human", "person"
        CLOSED = "closed", "closed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="conversations"
    )
    guest_key = models.CharField(max_length=64, blank=True, db_index=True)
    owner = models.CharField(max_length=10, choices=Owner, default=Owner.BOT)
    title = models.CharField(max_length=80, blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated"]
        indexes = [
            models.Index(fields=["user", "-updated"]),
            models.Index(fields=["-updated"]),
        ]

    def __str__(self) -> str:
        return self.title or f"Conversation {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("conversation", args=[self.public_id])

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.user_id, self.guest_key)

    @property
    def customer_name(self) -> str:
        if self.user is None:
            return "Guest"
        return self.user.get_full_name() or self.user.get_username()

    def next_seq(self) -> int:
        """The number of the next message. Save the conversation in the same transaction."""
        self.last_seq += 1
        return self.last_seq

    def next_revision(self) -> int:
        """Every change that a page must see gets a number. Save the conversation in the same transaction."""
        self.revision += 1
        self.updated = timezone.now()
        return self.revision

    def history(self, until: "Turn | None" = None, newest: int | None = None) -> list[said.Message]:
        """The messages array of the chat completions API, in the order in which things were dealt with.

        `until` leaves out what was queued behind that turn; `newest` reads only that many of the last turns.
        """
        turns = self.turns.filter(pk__lte=until.pk) if until else self.turns.all()
        rows = Message.objects.filter(conversation=self)
        if newest:
            # Not a subquery: one with a limit is not understood by every database.
            rows = rows.filter(turn__in=list(turns.order_by("-pk").values_list("pk", flat=True)[:newest]))
        elif until:
            rows = rows.filter(turn__lte=until.pk)
        return as_history(rows.order_by("turn_id", "seq", "tool_calls__position").values_list(*COLUMNS))

    @property
    def transcript(self) -> "list[Turn]":
        """All that was said and done, for staff."""
        return list(self.turns.order_by("pk").prefetch_related("messages__tool_calls"))

    def page(self, size: int, before: int | None = None, after_revision: int | None = None) -> "list[Turn]":
        """The newest `size` turns, oldest first, with all that they hold: three queries, however long it all is."""
        turns = self.turns.order_by("-pk")
        if before is not None:
            turns = turns.filter(pk__lt=before)
        if after_revision is not None:
            # A running turn has grown since its last revision, so a page that asks is told of it again.
            turns = turns.filter(models.Q(revision__gt=after_revision) | models.Q(state=Turn.State.RUNNING))
        return list(turns.prefetch_related("messages__tool_calls")[:size])[::-1]


class TurnQuerySet(models.QuerySet):
    def active(self):
        return self.filter(state__in=(Turn.State.QUEUED, Turn.State.RUNNING))


class Turn(models.Model):
    """What a customer said at one time and all that was done about it: a state machine whose state is this row."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="turns")
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    revision = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0, help_text="Counts the processes that took this turn up.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How many processes ended over it.")
    lease_until = models.DateTimeField(null=True, blank=True)
    stop_requested = models.BooleanField(default=False)
    error = models.CharField(max_length=40, blank=True, help_text="Why it failed.")
    may_retry = models.BooleanField(default=False)
    backend = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=80, blank=True)
    usage = models.JSONField(
        default=list, blank=True, help_text="The provider's token counts, one entry a request."
    )
    reserved = models.PositiveIntegerField(
        default=0, help_text="Tokens set aside for what the model is doing."
    )
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True, blank=True)
    first_token = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    objects = TurnQuerySet.as_manager()

    is_affordable = True  # not stored: whether the day's budget had room when it was taken up

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state="running"),
                name="one_running_turn_a_conversation",
            ),
        ]
        indexes = [
            models.Index(fields=["lease_until"], condition=models.Q(state="running"), name="running_turns"),
        ]

    def __str__(self) -> str:
        return f"Turn {self.pk} ({self.state})"

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def can_retry(self) -> bool:
        return self.may_retry and self.state in (
            self.State.FAILED,
            self.State.INTERRUPTED,
            self.State.STOPPED,
        )


class Message(models.Model):
    class Role(models.TextChoices):
        CUSTOMER = "customer"
        ASSISTANT = "assistant"
        STAFF = "staff"
        SYSTEM = "system"

    class Status(models.TextChoices):
        STREAMING = "streaming"
        COMPLETE = "complete"
        PARTIAL = "partial"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    role = models.CharField(max_length=10, choices=Role)
    text = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.COMPLETE)
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - NULL is «none», never equal
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["turn_id", "seq"]
        indexes = [
            models.Index(fields=["conversation", "created"], condition=models.Q(role="customer"), name="rate")
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="one_message_a_number"),
            models.UniqueConstraint(fields=["conversation", "client_id"], name="one_message_a_client_id"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.seq}"

    @cached_property
    def calls(self) -> "list[ToolCall]":
        return list(self.tool_calls.all())


class ToolCallQuerySet(models.QuerySet):
    def pending_of(self, turn: Turn):
        return self.filter(message__turn=turn, state=ToolCall.State.PENDING).order_by("pk")


class ToolCall(models.Model):
    """What the model asked for and what came of it. Stored before it is run, and its result with its effects."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        REFUSED = "refused"
        INVALID = "invalid"
        UNKNOWN = "unknown"
        FAILED = "failed"
        TIMED_OUT = "timed_out"
        INTERRUPTED = "interrupted"

    message = models.ForeignKey(Message, models.CASCADE, related_name="tool_calls")
    position = models.PositiveSmallIntegerField()
    call_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    arguments = models.TextField(blank=True)
    progress = models.CharField(max_length=300, blank=True, help_text="The line that the customer saw.")
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    result = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now)
    finished = models.DateTimeField(null=True, blank=True)

    objects = ToolCallQuerySet.as_manager()

    class Meta:
        ordering = ["message", "position"]
        constraints = [
            models.UniqueConstraint(fields=["message", "position"], name="one_call_a_position"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING

    def answer(self, result: said.ToolResult) -> None:
        """Store what came of it."""
        self.state, self.result, self.finished = result.outcome, result.content, timezone.now()
        self.save()

    def as_value(self) -> said.ToolCall:
        return said.ToolCall(self.call_id, self.name, self.arguments)


class Budget(models.Model):
    """The tokens that one conversation, one visitor or everybody has used on a day."""

    scope = models.CharField(max_length=80)
    day = models.DateField()
    tokens = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "day"], name="one_budget_a_day")]

    def __str__(self) -> str:
        return f"{self.scope} on {self.day}: {self.tokens}"
