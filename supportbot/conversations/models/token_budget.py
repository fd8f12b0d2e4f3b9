from django.db import models


class TokenBudget(models.Model):
    """The tokens that one conversation, one visitor or everybody has used on a day."""

    scope = models.CharField(max_length=80)
    day = models.DateField()
    tokens = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "day"], name="one_budget_a_day")]

    def __str__(self) -> str:
        return f"{self.scope} on {self.day}: {self.tokens}"
