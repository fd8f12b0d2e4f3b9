"""What staff write for themselves: notes on a conversation, whom these mention, and replies that are used again."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

AUTHOR_NAME_MAX_CHARS = 150


class Note(models.Model):
    """A line for colleagues on a conversation. No customer and no model ever reads it."""

    conversation = models.ForeignKey("conversations.Conversation", models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    author_name = models.CharField(_("author"), max_length=AUTHOR_NAME_MAX_CHARS)
    text = models.TextField(_("text"))
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - NULL is «none», never equal
    # The newest turn when it was written: it shows below that one.
    after_turn = models.PositiveBigIntegerField(default=0)
    created = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "client_id"], name="one_note_a_client_id"),
        ]

    def __str__(self) -> str:
        return f"{self.author_name}: {self.text[:60]}"

    def list_mentioned_names(self) -> list[str]:
        """Whom it mentions, by their names of today."""
        return [each.staff.get_full_name() or each.staff.get_username() for each in self.mentions.all()]


class Mention(models.Model):
    """A note names a colleague, who has it on the desk until they look at its conversation."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_unread = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["note", "staff"], name="one_mention_a_note")]
        indexes = [
            # Read with each change of the waiting list; those that were read become many.
            models.Index(fields=["staff"], condition=models.Q(is_unread=True), name="unread_mentions"),
        ]

    def __str__(self) -> str:
        return f"@{self.staff}"


def delete_private_replies(collector: Any, field: Any, replies: Any, using: str) -> None:
    """With the account of their owner go those replies that nobody else could use; the team keeps the shared ones."""
    models.CASCADE(collector, field, replies.filter(is_shared=False), using)
    models.SET_NULL(collector, field, replies.filter(is_shared=True), using)


class SavedReply(models.Model):
    """A text that staff put into their reply. Variables such as {{customer}} are filled in by the desk."""

    title = models.CharField(_("title"), max_length=80)
    text = models.TextField(
        _("text"),
        help_text=_(
            "{{customer}}, {{agent}} and {{ticket}} stand for the customer's name, your name and the ticket's number."
        ),
    )
    is_shared = models.BooleanField(
        _("shared"), default=False, help_text=_("Everyone on the team can use it; otherwise only you can.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        delete_private_replies,
        null=True,
        related_name="saved_replies",
        verbose_name=_("owner"),
    )

    class Meta:
        ordering = ["title"]
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")

    def __str__(self) -> str:
        return self.title
