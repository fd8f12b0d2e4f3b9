"""What the models were asked and what that cost, and when none of them answered."""

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .purposes import describe_purpose


class ModelRequest(models.Model):
    """One request to a model. Tokens are counted as the provider counts them."""

    conversation = models.ForeignKey(
        "conversations.Conversation",
        models.SET_NULL,
        verbose_name=_("conversation"),
        null=True,
        related_name="requests",
    )
    turn = models.ForeignKey(
        "conversations.Turn", models.SET_NULL, verbose_name=_("turn"), null=True, related_name="requests"
    )
    purpose = models.CharField(
        _("purpose"), max_length=40, help_text=_("`answer`, or the question that was asked.")
    )
    backend = models.CharField(_("backend"), max_length=40)
    model = models.CharField(_("model"), max_length=80, blank=True)
    input = models.PositiveIntegerField(_("input"), default=0)
    cached = models.PositiveIntegerField(
        _("cached"), default=0, help_text=_("Of the input, what was read from a cache.")
    )
    output = models.PositiveIntegerField(_("output"), default=0)
    reasoning = models.PositiveIntegerField(_("reasoning"), default=0)
    cost = models.DecimalField(
        _("cost"), max_digits=14, decimal_places=8, null=True, help_text=_("US dollars.")
    )
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        indexes = [
            # With all that the dashboard adds up, so that it reads no row of a year.
            models.Index(fields=["created", "model", "input", "output", "cost"], name="requests_by_day"),
        ]
        verbose_name = _("model request")
        verbose_name_plural = _("model requests")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return gettext("%(purpose)s by %(model)s") % {
            "purpose": describe_purpose(self.purpose),
            "model": self.model or self.backend,
        }


class Outage(models.Model):
    """A time in which no model answered, or in which one of several refused to. Staff get one mail, when it begins."""

    began = models.DateTimeField(_("began"), default=timezone.now)
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    # When a model failed last.
    last = models.DateTimeField(_("last failure"), default=timezone.now)
    model = models.CharField(
        _("model"), max_length=200, blank=True, help_text=_("Empty if none of them answered.")
    )
    code = models.CharField(_("code"), max_length=40, help_text=_("The first failure."))
    failures = models.PositiveIntegerField(_("failures"), default=0)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ["-began"]
        constraints = [
            models.UniqueConstraint(
                fields=["model"], condition=models.Q(ended=None), name="one_outage_of_a_model_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return gettext("Outage of %(time)s") % {
            "time": date_format(timezone.localtime(self.began), "j M Y, H:i e")
        }
