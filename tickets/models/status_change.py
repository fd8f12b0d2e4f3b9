from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StatusChange(models.Model):
    """A ticket's step from one status to another: what counts of how tickets end are made from.

    Who it was by name is in the audit log; `actor` is the kind of actor, in that log's words.
    """

    ticket = models.ForeignKey("Ticket", models.CASCADE, related_name="status_changes")
    old = models.CharField(_("from"), max_length=10)
    new = models.CharField(_("to"), max_length=10)
    actor = models.CharField(_("actor"), max_length=10)
    created = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("change of status")
        verbose_name_plural = _("changes of status")
        ordering = ["pk"]
        indexes = [models.Index(fields=["new", "created"], name="status_changes_by_day")]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.old} → {self.new}"
