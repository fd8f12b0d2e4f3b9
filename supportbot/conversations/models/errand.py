from django.db import models
from django.utils import timezone

from .turn import Turn


class Errand(models.Model):
    """Something to be done in the background, kept until it is: a question to the model, or a thing to forget.

    Whoever takes it up moves `due` ahead and counts `tries` up, and that count is its right to end it.
    """

    name = models.CharField(max_length=40)
    key = models.CharField(max_length=300, help_text="What it is about.")
    conversation = models.ForeignKey("Conversation", models.CASCADE, null=True, related_name="errands")
    until = models.ForeignKey(Turn, models.CASCADE, null=True, help_text="The last turn that it is about.")
    due = models.DateTimeField(default=timezone.now, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    reservation = models.JSONField(default=dict, help_text="The tokens set aside for it: of whom, and when.")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "key"], name="one_errand_a_key")]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"
