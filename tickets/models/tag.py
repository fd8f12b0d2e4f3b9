from django.db import models
from django.utils.translation import gettext_lazy as _


class Tag(models.Model):
    """A word that staff put on tickets, to find them together. Stored in small letters, so that it is one word."""

    MAX_CHARS = 40

    name = models.CharField(_("name"), max_length=MAX_CHARS, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
