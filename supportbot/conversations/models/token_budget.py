from django.db import models


class TokenBudget(models.Model):
    """The tokens of a day that one conversation, one visitor, one address, all guests or everybody may use."""

    scope = models.CharField(max_length=80)
    day = models.DateField()
    tokens = models.BigIntegerField(default=0, help_text="Those that were spent.")
    reserved = models.BigIntegerField(
        default=0, help_text="Those that are set aside for requests that go on now."
    )
    exhausted = models.DateTimeField(null=True, help_text="When somebody was first sent away for the day.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "day"], name="one_budget_a_day")]

    def __str__(self) -> str:
        return f"{self.scope} on {self.day}: {self.tokens}"
