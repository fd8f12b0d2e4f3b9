"""The audit log: who did what to which conversation, and who of the staff read it. Only ever added to."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from supportbot.prefix_index import PrefixIndex

from .action_words import describe_action


class AuditEvent(models.Model):
    """One thing that somebody did. The database refuses to change or delete a row, see the first migration.

    It points at nothing by a foreign key: a row stays as it was when the account or the conversation is deleted.
    """

    class Actor(models.TextChoices):
        STAFF = "staff", _("staff")
        CUSTOMER = "customer", _("customer")
        ASSISTANT = "assistant", _("assistant")
        SYSTEM = "system", _("system")

    created = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    actor = models.CharField(_("actor"), max_length=10, choices=Actor)
    actor_id = models.BigIntegerField(_("account"), null=True, blank=True)
    actor_name = models.CharField(_("name"), max_length=150, blank=True)
    action = models.CharField(_("action"), max_length=60, db_index=True)
    conversation_id = models.BigIntegerField(_("conversation"), null=True, blank=True, db_index=True)
    subject = models.CharField(
        pgettext_lazy("of a deed", "subject"),
        max_length=200,
        blank=True,
        help_text=_("What it was done to, such as a ticket's number."),
    )
    details = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["action", "created"], name="events_by_action"),
            PrefixIndex(fields=["actor_name"], name="events_by_actor_name"),
            PrefixIndex(fields=["subject"], name="events_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name or self.get_actor_display()}: {describe_action(self.action)}"
