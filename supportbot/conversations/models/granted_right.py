from django.contrib.auth.models import Group, Permission
from django.db import models


class GrantedRight(models.Model):
    """A right that a group of staff was given at a migration. It is given once: who took it away has taken it away."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="+")
    permission = models.ForeignKey(Permission, models.CASCADE, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["group", "permission"], name="one_grant_of_a_right"),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.permission}"
