from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from .attachment import Attachment
from .tool_call import ToolCall
from .turn import Turn


class Message(models.Model):
    """One message of a turn. `seq` counts the conversation's messages from 1 without a gap."""

    class Role(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        ASSISTANT = "assistant", _("Assistant")
        STAFF = "staff", _("Staff")
        SYSTEM = "system", _("System")

    PEOPLE = (Role.CUSTOMER, Role.STAFF)  # what the assistant says is no person's answer

    class Status(models.TextChoices):
        STREAMING = "streaming", _("Streaming")
        COMPLETE = "complete", _("Complete")
        PARTIAL = "partial", _("Partial")

    class Channel(models.TextChoices):
        CHAT = "chat", _("Chat")
        MAIL = "mail", _("E-mail")

    conversation = models.ForeignKey(
        "Conversation",
        models.CASCADE,
        related_name="messages",
        db_index=False,  # the constraints below have one each
    )
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # its index is below
        help_text="Who of the staff wrote it.",
    )
    author_name = models.CharField(max_length=150, blank=True, help_text="As the customer reads it.")
    role = models.CharField(max_length=10, choices=Role)
    channel = models.CharField(max_length=4, choices=Channel, default=Channel.CHAT)
    text = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.COMPLETE)
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - NULL is «none», never equal
    was_masked = models.BooleanField(
        default=False, help_text="A card number in it was hidden before it was stored."
    )
    has_images = models.BooleanField(default=False)
    handle = models.CharField(
        max_length=300, blank=True, help_text="Where the provider keeps the conversation up to here."
    )
    provider_fields = models.JSONField(
        default=dict, blank=True, help_text="What its provider wants back with it, and nobody else is sent."
    )
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["turn_id", "seq"]
        indexes = [
            # What customers and the assistant say, nearly all, is not in it: a turn does not pay for it.
            models.Index(
                fields=["author"], condition=models.Q(author__isnull=False), name="messages_of_author"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="one_message_a_number"),
            models.UniqueConstraint(fields=["conversation", "client_id"], name="one_message_a_client_id"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.seq}"

    @cached_property
    def calls(self) -> list[ToolCall]:
        """The tool calls in their order. Set by whoever loads many messages at once, so that rendering asks nothing."""
        return list(self.tool_calls.all())

    @cached_property
    def images(self) -> list[Attachment]:
        return list(self.attachments.all()) if self.has_images else []
