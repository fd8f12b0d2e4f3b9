"""What staff find of all tickets by a word or two: by what an index finds, and by what was written lately.

A search costs the same with ten thousand tickets and with a million.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet

from supportbot.search_words import match_word, split_words

from .models import Ticket

MAX_FOUND = 500  # tickets
NEWEST_TICKETS = 10_000  # in whose words is looked
WORD_FIELDS = ("subject", "issue", "summary", "wants", "guest_name", "guest_email")
NUMBER = re.compile(r"(?:TKT-?)?(\d{3,8})", re.IGNORECASE | re.ASCII)
NUMBER_DIGITS = 8
# A whole one as people write it, or within what they have copied, such as a mail's subject.
WHOLE_NUMBER = re.compile(r"TKT[\W_]{0,3}(\d{8})(?!\d)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class FoundTickets:
    """The keys of the tickets, the newest ones; with `has_more` there are others."""

    keys: list[int]
    has_more: bool


def find_tickets(search: str) -> FoundTickets:
    """Tickets by number, order or tag, by customer, or by words of the ticket or of its conversation."""
    words = split_words(search)
    if not words:
        return FoundTickets([], has_more=False)
    written = search.strip()
    known = Ticket.objects.filter(
        _match_number(written) | _match_labels(written) | _match_conversation(search)
    )
    held = _match_words(words)
    # In one statement, since the list has some of its own.
    both = known.order_by().values("pk").union(held.order_by().values("pk")).order_by("-pk")
    keys = [row["pk"] for row in both[: MAX_FOUND + 1]]
    return FoundTickets(keys[:MAX_FOUND], len(keys) > MAX_FOUND)


def _match_number(search: str) -> Q:
    """Tickets whose number begins with these digits, which an index finds between the least and the greatest one.

    Within other words whole numbers alone are looked for.
    """
    number = NUMBER.fullmatch(search)
    if number is None:
        return Q(number__in=[f"TKT-{digits}" for digits in WHOLE_NUMBER.findall(search)])
    least, greatest = (number[1].ljust(NUMBER_DIGITS, digit) for digit in "09")
    return Q(number__range=(f"TKT-{least}", f"TKT-{greatest}"))


def _match_labels(search: str) -> Q:
    """Tickets about the order with this number, with or without «#» before it, or with this tag."""
    number = search.upper().lstrip("#")
    order = ~Q(order_number="") & Q(order_number__in=(number, f"#{number}"))
    tagged = Ticket.tags.through.objects.filter(tag__name=search.casefold()).values("ticket")
    return order | Q(pk__in=tagged)


def _match_conversation(search: str) -> Q:
    """Tickets of customers who are found, and of conversations in which the words were said lately."""
    desk: Any = apps.get_app_config("desk")
    among = Ticket.objects.exclude(conversation=None).values("conversation")
    found = Q(conversation__in=desk.find_conversations_by_words(search, among))
    found |= Q(customer__in=desk.find_accounts(search))
    for guests in desk.list_guest_conversations(search):
        found |= Q(conversation__in=guests.order_by().values("pk"))
    return found


def _match_words(words: list[str]) -> QuerySet[Ticket]:
    """Of the newest tickets those that hold all the words, in whichever field."""
    newest = Ticket.objects.order_by("-pk").values("pk")[:NEWEST_TICKETS]
    tickets = Ticket.objects.filter(pk__in=newest)
    for word in words:
        holds = Q()
        for field in WORD_FIELDS:
            holds |= match_word(f"{field}__icontains", word)
        tickets = tickets.filter(holds)
    return tickets
