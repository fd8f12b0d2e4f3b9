from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supportbot.assistant.messages import ToolCall as RequestedCall
from supportbot.assistant.messages import ToolResult

from .turn import Turn


class ToolCallQuerySet(models.QuerySet):
    def pending_of(self, turn: Turn):
        """The calls of a turn that have no result yet, in the order in which the model asked for them."""
        return self.filter(message__turn=turn, state=ToolCall.State.PENDING).order_by("pk")


class ToolCall(models.Model):
    """What the model asked for and what came of it.

    It is stored before the tool runs, and its result in the transaction of what the tool writes.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        INVALID = "invalid", _("Invalid")
        UNKNOWN = "unknown", _("Unknown")
        FAILED = "failed", _("Failed")
        TIMED_OUT = "timed_out", _("Timed out")
        INTERRUPTED = "interrupted", _("Interrupted")

    message = models.ForeignKey("Message", models.CASCADE, related_name="tool_calls")
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

    def set_result(self, result: ToolResult) -> None:
        """Store what came of it, unless a tool has ended in this very moment: then its own result stands."""
        pending = ToolCall.objects.filter(pk=self.pk, state=self.State.PENDING)
        pending.update(state=result.outcome, result=result.content, finished=timezone.now())
        self.refresh_from_db(fields=["state", "result", "finished"])

    def as_value(self) -> RequestedCall:
        """The call as the engine knows it."""
        return RequestedCall(self.call_id, self.name, self.arguments)
