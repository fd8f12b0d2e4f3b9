"""How it was: a customer is asked once at each end, and may say so, change it for a while, or decline to be asked.

An end is over when the customer writes again, or staff open the conversation again. Who has declined is not asked
again in that conversation.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.server.executors import on_database_thread

from ..card_numbers import mask_card_numbers
from ..limits.rate_limits import RequestRefused, check_length, count_request
from ..models import Conversation, CustomerRequest, Message, Rating
from .changes import TurnChange, build_change
from .rating_state import may_rate


def ask_for_rating(conversation: Conversation, reference: str = "", staff: Any = None) -> None:
    """Ask how it was, unless that is asked already, or was declined, or the customer has never said a word.

    `reference` is the ticket that has ended, `staff` who had it; else it is who has or had the conversation. The caller
    holds the lock, and shows the owner's state.
    """
    asked = conversation.asked_rating
    if asked is not None and (not reference or asked.ticket in ("", reference)):
        if reference and not asked.ticket:
            asked.ticket = reference
            asked.save(update_fields=["ticket"])
        return
    if not _wants_to_be_asked(conversation):
        return
    handled_by = staff or conversation.assignee
    conversation.asked_rating = Rating.objects.create(
        conversation=conversation,
        ticket=reference,
        handler=Rating.Handler.STAFF if handled_by else Rating.Handler.ASSISTANT,
        staff=handled_by,
    )
    conversation.save(update_fields=["asked_rating"])


def withdraw_rating(conversation: Conversation) -> bool:
    """It goes on, so nothing is asked any more. Whether something was. The caller holds the lock."""
    if conversation.asked_rating_id is None:
        return False
    conversation.asked_rating = None
    conversation.save(update_fields=["asked_rating"])
    return True


@on_database_thread(repeat=True)
@transaction.atomic
def store_rating(conversation_id: int, rating_id: int, is_good: bool | None, words: str | None) -> TurnChange:
    """The customer says how it was, or changes it. What is None stays as it is. Raises `RequestRefused`."""
    conversation, rating = _lock_rating(conversation_id, rating_id)
    if not may_rate(rating):
        raise RequestRefused(_("A rating can be changed for one day. Thank you for yours."))
    before = {"is_good": rating.is_good, "words": rating.words}
    rating.is_good = rating.is_good if is_good is None else is_good
    if rating.is_good is None:
        raise RequestRefused(_("Please choose “Good” or “Not good” first."))
    if words is not None:
        rating.words = _check_words(words)
    if changed := [name for name, old in before.items() if getattr(rating, name) != old]:
        count_request(conversation, CustomerRequest.Kind.RATING)
        rating.rated = rating.rated or timezone.now()
        rating.dismissed = None
        rating.save()
        record_event(
            "rated",
            actor=AuditEvent.Actor.CUSTOMER,
            conversation_id=conversation.pk,
            subject=rating.ticket,
            is_good=rating.is_good,
            changed=changed,
        )
    return _show_rating(conversation, rating)


@on_database_thread(repeat=True)
@transaction.atomic
def dismiss_rating(conversation_id: int, rating_id: int) -> TurnChange:
    """The customer does not want to be asked, or has said enough. Raises `RequestRefused`."""
    conversation, rating = _lock_rating(conversation_id, rating_id)
    if rating.dismissed is None:
        rating.dismissed = timezone.now()
        rating.save(update_fields=["dismissed"])
    return _show_rating(conversation, rating)


def _wants_to_be_asked(conversation: Conversation) -> bool:
    if conversation.ratings.filter(dismissed__isnull=False, rated=None).exists():
        return False
    return conversation.messages.filter(role=Message.Role.CUSTOMER).exists()


def _lock_rating(conversation_id: int, rating_id: int) -> tuple[Conversation, Rating]:
    """One of another conversation is refused as one that does not exist."""
    conversation = Conversation.objects.lock(conversation_id)
    rating = conversation.ratings.filter(pk=rating_id).first()
    if rating is None:
        raise RequestRefused(_("This can't be rated any more. Please reload the page."))
    return conversation, rating


def _check_words(words: str) -> str:
    """The words as they are stored. Raises `RequestRefused` for too many."""
    words = words.replace("\0", "").replace("\r\n", "\n").strip()
    refusal = _("This is %(length)s characters long; the limit is %(limit)s. Please shorten it.")
    check_length(words, Rating.WORDS_MAX_CHARS, refusal)
    return mask_card_numbers(words).text


def _show_rating(conversation: Conversation, rating: Rating) -> TurnChange:
    """Every page of it shows it, the desk's too. It is no news, so the conversation does not move up in lists."""
    if conversation.asked_rating_id == rating.pk:
        conversation.asked_rating = rating
    conversation.revision += 1
    conversation.save(update_fields=["revision"])
    return build_change(conversation, (), with_owner=True, notifies_desk=True)
