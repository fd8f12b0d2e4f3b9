"""What the models were asked and what that cost, and when none of them answered."""

from django.db import models
from django.utils import timezone


class ModelRequest(models.Model):
    """One request to a model. Tokens are counted as the provider counts them."""

    conversation = models.ForeignKey(
        "conversations.Conversation", models.SET_NULL, null=True, related_name="requests"
    )
    turn = models.ForeignKey("conversations.Turn", models.SET_NULL, null=True, related_name="requests")
    purpose = models.CharField(max_length=40, help_text="`answer`, or the question that was asked.")
    backend = models.CharField(max_length=40)
    model = models.CharField(max_length=80, blank=True)
    input = models.PositiveIntegerField(default=0)
    cached = models.PositiveIntegerField(default=0, help_text="Of the input, what was read from a cache.")
    output = models.PositiveIntegerField(default=0)
    reasoning = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, null=True, help_text="US dollars.")
    created = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.model or self.backend}"


class Outage(models.Model):
    """A time in which no model answered. Staff are told once, when it begins."""

    began = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True)
    last = models.DateTimeField(default=timezone.now)
    code = models.CharField(max_length=40, help_text="The first failure.")
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-began"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(ended=None), name="one_outage_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"Outage of {self.began:%Y-%m-%d %H:%M}"
