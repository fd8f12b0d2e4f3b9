"""What the page shows of a rating that its customer is asked for."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from ..models import Rating

CHANGE_TIME = timedelta(days=1)  # in which a customer may change what they said


@dataclass(frozen=True, slots=True)
class RatingState:
    """`is_good` is None until the customer has said how it was. `reference` is a ticket's number, or empty."""

    id: int
    is_good: bool | None
    words: str
    reference: str


def describe_rating(rating: Rating | None) -> RatingState | None:
    """None where nothing is asked, or the customer does not want to be asked, or can change nothing any longer."""
    if rating is None or rating.dismissed is not None or not may_rate(rating):
        return None
    return RatingState(rating.pk, rating.is_good, rating.words, rating.ticket)


def may_rate(rating: Rating) -> bool:
    return rating.rated is None or timezone.now() - rating.rated < CHANGE_TIME
