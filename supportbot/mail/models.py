from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailPreference(models.Model):
    """What a member of staff wants to be told by mail. Who has none is told of everything."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preference")
    waiting = models.BooleanField(_("a customer waits for a person"), default=True)

    class Meta:
        verbose_name = _("mail preference")
        verbose_name_plural = _("mail preferences")

    def __str__(self) -> str:
        return str(self.user)


class AccessCode(models.Model):
    """A code that was mailed to a guest. What is stored is its digest: whoever reads the table cannot come in."""

    conversation = models.ForeignKey(
        "conversations.Conversation", models.CASCADE, related_name="access_codes"
    )
    email = models.EmailField(db_index=True)
    digest = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"Code {self.pk}"
