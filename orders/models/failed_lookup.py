"""Look-ups that found no order, counted so that nobody finds other people's orders by guessing."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone


class FailedLookupQuerySet(models.QuerySet["FailedLookup"]):
    def count_guesses_left(self, conversation_id: int, visitor: str, contact_keys: Sequence[str]) -> int:
        """How many guesses are left until somebody may be guessing at other people's orders; none at 0 or below.

        They are counted by what a guesser cannot change at will: the conversation, the visitor, the network, and
        the e-mail address or telephone numbers that are guessed at, see `build_contact_keys`.
        """
        now = timezone.now()
        hour, day = (
            self.filter(created__gt=now - timedelta(hours=1)),
            self.filter(created__gt=now - timedelta(days=1)),
        )
        # Asked of everybody, so that a look-up costs the same whoever makes it.
        by_contact = Counter(
            day.filter(email_key__in=contact_keys or [""])
            .exclude(email_key="")
            .values_list("email_key", flat=True)
        )
        conversations: Any = apps.get_app_config("conversations")
        network = conversations.find_guest_network(conversation_id)
        at_network = hour.filter(conversation__address_key=network, visitor__startswith="guest:")
        return min(
            FailedLookup.MAX_PER_HOUR - hour.filter(conversation=conversation_id).count(),
            FailedLookup.MAX_PER_DAY - day.filter(visitor=visitor).count(),
            FailedLookup.MAX_PER_CONTACT - max(by_contact.values(), default=0),
            FailedLookup.MAX_PER_NETWORK - (at_network.count() if network else 0),
        )

    def delete_old(self) -> None:
        """Delete those that no limit counts any more."""
        self.filter(created__lt=timezone.now() - timedelta(days=1)).delete()


class FailedLookup(models.Model):
    """A guess: a look-up that found no order, or a few of the numbers in one. It is counted for a day, then deleted."""

    MAX_PER_HOUR = 5  # in one conversation
    MAX_PER_DAY = 20  # of one visitor
    MAX_PER_CONTACT = 10  # a day at one address or telephone number, whoever guesses
    MAX_PER_NETWORK = 20  # an hour, of guests

    conversation = models.ForeignKey("conversations.Conversation", models.CASCADE, related_name="+")
    visitor = models.CharField(max_length=100)
    email_key = models.CharField(max_length=32, blank=True, db_index=True)  # or the telephone number's
    created = models.DateTimeField(default=timezone.now, db_index=True)

    objects = FailedLookupQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["visitor", "created"], name="failed_lookups_of_visitor")]

    def __str__(self) -> str:
        return f"{self.visitor}, {self.created:%Y-%m-%d %H:%M}"
