from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RatingQuerySet(models.QuerySet):
    def filter_given(self):
        """Those that customers gave. The others were asked for, and are not answered or were declined."""
        return self.filter(rated__isnull=False)


class Rating(models.Model):
    """What a customer says of how a conversation ended, or a ticket in it. The row is made when they are asked.

    It is one row for each end. The ticket is a number, since conversations know nothing of tickets. The words are read
    by staff alone: no model is sent them.
    """

    class Handler(models.TextChoices):
        STAFF = "staff", _("the team")
        ASSISTANT = "assistant", _("the assistant")

    WORDS_MAX_CHARS = 1000
    TICKET_MAX_CHARS = 20

    conversation = models.ForeignKey(
        "Conversation", models.CASCADE, related_name="ratings", verbose_name=_("conversation")
    )
    ticket = models.CharField(_("ticket"), max_length=TICKET_MAX_CHARS, blank=True)
    handler = models.CharField(_("handled by"), max_length=10, choices=Handler)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("colleague"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who of the team had it at its end."),
    )
    is_good = models.BooleanField(_("good"), null=True, help_text=_("Empty until the customer says."))
    words = models.TextField(_("words"), max_length=WORDS_MAX_CHARS, blank=True)
    created = models.DateTimeField(_("asked"), default=timezone.now)
    rated = models.DateTimeField(_("rated"), null=True, blank=True)
    dismissed = models.DateTimeField(_("dismissed"), null=True, blank=True)

    objects = RatingQuerySet.as_manager()

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_good=None, rated=None)
                | models.Q(is_good__isnull=False, rated__isnull=False),
                name="a_rating_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["rated"], condition=models.Q(rated__isnull=False), name="ratings_by_day"),
            models.Index(fields=["ticket"], condition=~models.Q(ticket=""), name="ratings_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.is_good}"
