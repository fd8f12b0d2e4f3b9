import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from supportbot.assistant import messages as said

from ..history import COLUMNS, as_history
from ..visitors import Visitor
from .message import Message
from .turn import Turn

WITH_MESSAGES = ("messages__tool_calls", "messages__attachments__conversation")


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
    summary = models.TextField(blank=True, help_text="Of the turns that the model is not sent any more.")
    summary_until = models.PositiveBigIntegerField(null=True, help_text="The last turn that it covers.")
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)

    objects = ConversationQuerySet.as_manager()

    before = 0  # not stored: the revision at the beginning of the transaction that changes it

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

    def history(
        self, until: Turn | None = None, after: int | None = None, newest: int | None = None
    ) -> list[said.Message]:
        """The messages array of the chat completions API, in the order in which things were dealt with.

        `until` leaves out what was queued behind that turn, and `after` what a summary tells up to that one;
        `newest` reads only that many of the last turns. Images are there by their address on this site.
        """
        turns = self.turns.filter(pk__lte=until.pk) if until else self.turns.all()
        rows = Message.objects.filter(conversation=self)
        if newest:
            # Not a subquery: one with a limit is not understood by every database.
            rows = rows.filter(turn__in=list(turns.order_by("-pk").values_list("pk", flat=True)[:newest]))
        elif until:
            rows = rows.filter(turn__lte=until.pk)
        if after:
            rows = rows.filter(turn__gt=after)
        rows = rows.order_by("turn_id", "seq", "tool_calls__position", "attachments__position")
        return as_history(rows.values_list(*COLUMNS), self._image_address)

    def _image_address(self, image: uuid.UUID) -> str:
        return reverse("image", args=[self.public_id, image])

    @property
    def transcript(self) -> list[Turn]:
        """All that was said and done, for staff."""
        return list(self.turns.order_by("pk").prefetch_related(*WITH_MESSAGES, "requests"))

    def page(self, size: int, before: int | None = None, after_revision: int | None = None) -> list[Turn]:
        """The newest `size` turns, oldest first, with all that they hold: four queries, however long it all is."""
        turns = self.turns.order_by("-pk")
        if before is not None:
            turns = turns.filter(pk__lt=before)
        if after_revision is not None:
            # A running turn has grown since its last revision, so a page that asks is told of it again.
            turns = turns.filter(models.Q(revision__gt=after_revision) | models.Q(state=Turn.State.RUNNING))
        return list(turns.prefetch_related(*WITH_MESSAGES)[:size])[::-1]
