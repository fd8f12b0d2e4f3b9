from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TurnQuerySet(models.QuerySet):
    def active(self):
        """Those that are queued or running."""
        return self.filter(state__in=(Turn.State.QUEUED, Turn.State.RUNNING))


class Turn(models.Model):
    """What a customer said at one time and all that was done about it: a state machine whose state is this row."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="turns")
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    revision = models.PositiveIntegerField(default=0)
    fencing_token = models.PositiveIntegerField(
        default=0, help_text="Counts the leases on this turn; a write with an older one is refused."
    )
    crash_count = models.PositiveSmallIntegerField(default=0, help_text="How many processes ended over it.")
    lease_until = models.DateTimeField(null=True, blank=True)
    stop_requested = models.BooleanField(default=False)
    error = models.CharField(max_length=40, blank=True, help_text="Why it failed.")
    may_retry = models.BooleanField(default=False)
    backend = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=80, blank=True)
    prompt = models.ForeignKey(
        "prompts.Prompt", models.PROTECT, null=True, blank=True, help_text="What the model was told to be."
    )
    usage = models.JSONField(
        default=list, blank=True, help_text="The provider's token counts, one entry a request."
    )
    reservation = models.JSONField(
        default=dict,
        blank=True,
        help_text="The tokens set aside for what the model is doing: of whom, and when.",
    )
    marks = models.JSONField(
        default=list, blank=True, help_text="What of the answer could not be confirmed: kinds and words."
    )
    waits_since = models.DateTimeField(
        null=True, help_text="Since when it waits for tokens that are set aside for others."
    )
    not_before = models.DateTimeField(null=True, help_text="When it may look for tokens again.")
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True, blank=True)
    first_token = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    objects = TurnQuerySet.as_manager()

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
            # Every process looks for these every two seconds, however many turns are stored.
            models.Index(fields=["not_before"], condition=models.Q(state="queued"), name="queued_turns"),
            models.Index(
                fields=["created"],
                condition=models.Q(state__in=("failed", "interrupted")),
                name="failed_turns",
            ),
        ]

    def __str__(self) -> str:
        return f"Turn {self.pk} ({self.state})"

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def waits_for_tokens(self) -> bool:
        return self.state == self.State.QUEUED and self.waits_since is not None

    @property
    def can_retry(self) -> bool:
        """Whether its customer may have it run again."""
        return self.may_retry and self.state in (
            self.State.FAILED,
            self.State.INTERRUPTED,
            self.State.STOPPED,
        )
