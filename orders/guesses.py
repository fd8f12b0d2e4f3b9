"""Counts what a look-up tries, so that nobody finds other people's orders by trying many numbers."""

import re
from collections import Counter
from collections.abc import Sequence

from django.utils.crypto import salted_hmac

from supportbot.assistant.tools import ToolContext

from .contacts import list_guessed_contacts
from .models import FailedLookup, Order
from .numbers import NUMBERS_PER_GUESS, WrittenNumber

MIN_GUESSED_CHARS = 3  # what is shorter stands in each day, time and amount


def build_contact_keys(email: str, phone: str) -> list[str]:
    """Stand for what somebody guesses at, whose owner may be no customer of ours; none for what finds no order.

    They are made of what the look-up compares, so that no other spelling makes further guesses.
    """
    return [
        salted_hmac("orders.failed_lookup", contact, algorithm="sha256").hexdigest()[:32]
        for contact in list_guessed_contacts(email, phone)
    ]


def has_guesses_left(written: WrittenNumber, guesses_left: int, contact_count: int) -> bool:
    """Whether all of these may be tried, with each telephone number. Nothing here says which of them there are."""
    numbers_left = guesses_left // max(contact_count, 1) * NUMBERS_PER_GUESS
    if written.group_count + len(written.words) <= numbers_left:
        return True
    return written.group_count + _count_words(written) <= numbers_left


def record_guesses(
    ctx: ToolContext, contact_keys: Sequence[str], written: WrittenNumber, found: Sequence[Order]
) -> None:
    """Count what was tried. A trial of a prompt has no conversation, and leaves no trace.

    Who has signed in looks among their own orders, where there is nothing to guess: a look-up is one guess.
    """
    guesses = _count_others(written, found) if found else _count_missed(written)
    if ctx.customer:
        guesses = 0 if found else min(guesses, 1)
    if not guesses or not ctx.conversation:
        return
    guess = {"conversation_id": ctx.conversation, "visitor": ctx.visitor}
    FailedLookup.objects.bulk_create(
        FailedLookup(**guess, email_key=key) for key in contact_keys or [""] for _ in range(guesses)
    )
    FailedLookup.objects.delete_old()


def _count_missed(written: WrittenNumber) -> int:
    """None for words without a number, unless they may be numbers themselves."""
    return -(-(written.group_count + _count_words(written)) // NUMBERS_PER_GUESS)


def _count_words(written: WrittenNumber) -> int:
    """Words are numbers only where the shop has orders whose numbers are words."""
    return len(written.words) if written.words and Order.objects.filter(short_key="").exists() else 0


def _count_others(written: WrittenNumber, found: Sequence[Order]) -> int:
    """What was tried beside the orders that were found, but for the few numbers that a mail about an order has.

    Whoever knows the number of one order could find its owner's other ones by it. They look alike, so those numbers
    count of which the text has the most of one form.
    """
    own = {key for order in found for key in (order.key, order.short_key)}
    may_have_words = len(written.words) >= NUMBERS_PER_GUESS and _count_words(written)
    tried = (written.keys | written.short_keys | (written.words if may_have_words else frozenset())) - own
    forms = Counter(_simplify_key(key) for key in tried if len(key) >= MIN_GUESSED_CHARS)
    return max(forms.values(), default=0) // NUMBERS_PER_GUESS


def _simplify_key(key: str) -> str:
    """The form of an order number: A0000 of W9001."""
    return re.sub(r"[^\W\d]", "A", re.sub(r"\d", "0", key))
