from django.db import models
from django.utils.translation import gettext_lazy as _


class Dashboard(models.Model):
    """No table: the right to see the numbers of the whole team, which needs a model to belong to."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_dashboard", _("Can see the numbers of the team"))]
        verbose_name = verbose_name_plural = _("numbers")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
