from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StaffPresence(models.Model):
    """Whether a member of staff takes chats now: they said so, and their desk was open within the last minute."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="presence")
    is_here = models.BooleanField(_("here"), default=True, help_text=_("Takes chats; off means away."))
    last_seen = models.DateTimeField(default=timezone.now)  # and here: since then they are away

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presence")

    def __str__(self) -> str:
        return f"{self.user}: {'here' if self.is_here else 'away'}"
