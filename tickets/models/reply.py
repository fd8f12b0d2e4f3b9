from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TicketReply(models.Model):
    """A public reply of the team: a message of the ticket's conversation, where its words and photos are.

    Whoever reads the conversation reads the reply; this row says to which ticket it belongs.
    """

    ticket = models.ForeignKey("Ticket", models.CASCADE, related_name="replies")
    message = models.ForeignKey("conversations.Message", models.CASCADE, related_name="ticket_replies")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    author_name = models.CharField(_("author"), max_length=150, blank=True)
    created = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "message"], name="one_reply_a_message"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.author_name}"
