"""What staff find of all conversations by a word or two: what an index finds, and what was said lately.

A search costs the same with ten thousand conversations and with a million.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Exists, Q, QuerySet

from supportbot.conversations.models import Conversation, Message
from supportbot.row_ids import parse_row_id
from supportbot.search_words import list_spellings, match_word, split_words

MAX_FOUND = 500  # conversations
MAX_CUSTOMERS = 200
NEWEST_MESSAGES = 20_000
NAME_FIELDS = ("username", "email", "first_name", "last_name")


@dataclass(frozen=True)
class Found:
    """The keys of the conversations, the newest ones; with `has_more` there are others."""

    keys: list[int]
    has_more: bool


def find_conversations(search: str) -> Found:
    """Conversations by number or id, by the beginning of a customer's name or address, or by words of new messages."""
    by_number, words = _find_by_number(search.strip()), split_words(search)
    newest, has_more_customers = _find_newest_and_overflow(words) if words else (0, False)
    if not newest:
        return Found(by_number, has_more=False)
    keys = dict.fromkeys([*by_number, *_find_by_customer(search, words), *_find_by_words(words, newest)])
    return Found(list(keys)[:MAX_FOUND], has_more_customers or len(keys) > MAX_FOUND)


def _find_by_number(search: str) -> list[int]:
    """The conversation with this number, or with the id that stands in the customer's address bar."""
    if (conversation_id := parse_row_id(search)) is not None:
        return [conversation_id]
    try:
        public_id = UUID(search)
    except ValueError:
        return []
    return list(Conversation.objects.filter(public_id=public_id).values_list("pk", flat=True))


def _find_newest_and_overflow(words: list[str]) -> tuple[int, bool]:
    """The key of the newest message, 0 if there is none, and whether more customers match than are looked at."""
    customers = _find_customers(words)
    has_more = Exists(customers[MAX_CUSTOMERS : MAX_CUSTOMERS + 1])
    return Message.objects.order_by("-pk").values_list("pk", has_more).first() or (0, False)


def find_accounts(search: str) -> QuerySet[Any]:
    """The keys of some of the accounts of which every word begins one of their names."""
    words = split_words(search)
    if not words:
        return get_user_model()._default_manager.none().values("pk")
    return _find_customers(words)[:MAX_CUSTOMERS]


def list_guest_conversations(search: str) -> list[Any]:
    """Conversations of guests whose name or address begins with all of it: one queryset for each index."""
    start = " ".join(search.split())
    return [
        Conversation.objects.exclude(**{field: ""}).filter(**{f"{field}__istartswith": spelling})
        for field in ("contact_name", "contact_email")
        for spelling in list_spellings(start)
        if start
    ]


def find_by_words_among(search: str, among: QuerySet[Any]) -> list[int]:
    """Some conversations with a message that holds all the words, of the newest messages of all conversations.

    `among` is a queryset of the keys of those that are looked at.
    """
    words = split_words(search)
    newest = Message.objects.order_by("-pk").values_list("pk", flat=True).first()
    found = _find_by_words(words, newest, among) if words and newest else []
    return list(dict.fromkeys(found))[:MAX_FOUND]


def _find_by_customer(search: str, words: list[str]) -> list[int]:
    """Of accounts every word begins one of their names; what a guest left as name or address begins with all of it."""
    accounts = Conversation.objects.filter(user__in=_find_customers(words)[:MAX_CUSTOMERS])
    guests = list_guest_conversations(search)
    first, *others = (
        rows.non_empty().order_by().values_list("pk", "updated") for rows in (accounts, *guests)
    )
    newest = first.union(*others).order_by("-updated")[: MAX_FOUND + 1]
    return [pk for pk, _updated in newest]


def _find_customers(words: list[str]) -> QuerySet[Any]:
    customers: QuerySet[Any] = get_user_model()._default_manager.all()
    for word in words:
        begins = Q()
        for field in NAME_FIELDS:
            begins |= match_word(f"{field}__istartswith", word)
        customers = customers.filter(begins)
    return customers.order_by().values("pk")


def _find_by_words(words: list[str], newest: int, among: QuerySet[Any] | None = None) -> list[int]:
    """Conversations with a message that holds all the words, of the newest messages of all conversations."""
    messages = Message.objects.filter(pk__gt=newest - NEWEST_MESSAGES)
    if among is not None:
        messages = messages.filter(conversation__in=among)
    for word in words:
        messages = messages.filter(match_word("text__icontains", word))
    return list(messages.order_by("-pk").values_list("conversation_id", flat=True))
