from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CustomerRequest(models.Model):
    """Something that a customer did and that is limited. It is counted for a day, then deleted."""

    class Kind(models.TextChoices):
        MESSAGE = "message", _("Message")
        RETRY = "retry", _("Retry")
        STOP = "stop", _("Stop")
        PERSON = "person", _("Request for a person")
        CANCEL = "cancel", _("Cancelled request for a person")
        END = "end", _("End of a conversation")
        RATING = "rating", _("Rating")

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="requests_made")
    visitor = models.CharField(max_length=100)
    address_key = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    created = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["visitor", "created"], name="requests_of_visitor"),
            models.Index(fields=["address_key", "created"], name="requests_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.created:%Y-%m-%d %H:%M}"
