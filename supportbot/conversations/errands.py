"""What is to be done in the background, and who does it: stored until it is done, by whichever process.

A question asks the model about a conversation and stores its typed answer, see `assistant/questions.py`. The
other errands are `forget`, what a provider keeps of a conversation that was deleted, and `alert`, a mail to staff.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone

from supportbot.assistant.messages import Message
from supportbot.assistant.questions import Question

from . import budgets
from .models import Conversation, Errand, Turn
from .models import Message as StoredMessage

logger = logging.getLogger(__name__)

FORGET = "forget"
ALERT = "alert"
LEASE = timedelta(minutes=3)
WAIT = timedelta(seconds=20)  # before the second try, and twice as long before each further one
LONGEST_WAIT = timedelta(hours=1)
TRIES = 10  # over two hours
INVALID_TRIES = 3  # of a model that answers, and is paid, but not as it was asked to
# What was promised to somebody is tried for a week, whatever is in its way.
OWED = (FORGET, ALERT)
OWED_TRIES = 180


class NotStored(Exception):
    """The function of an app that stores an answer raised; what it raised is the cause."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An errand that this process took up. `history` is what a question is about."""

    errand: int
    tries: int
    name: str
    key: str
    conversation: int | None = None
    public_id: str = ""
    summary: str = ""
    history: tuple[Message, ...] = ()


def questions() -> dict[str, Question[Any]]:
    conversations: Any = apps.get_app_config("conversations")
    return conversations.questions


def put(name: str, key: str, conversation: int | None = None, until: Turn | None = None) -> bool:
    """Have it done; False where the model is not asked in the background.

    The same errand is kept once. Call it in the transaction that it belongs to.
    """
    if name not in OWED and not settings.ENVIRONMENT.llm_background:
        return False
    Errand.objects.get_or_create(
        name=name, key=key, defaults={"conversation_id": conversation, "until": until}
    )
    return True


def ask(conversation: int, question: Question[Any], key: object) -> bool:
    """Have the model asked about the conversation; False where the settings do not want that."""
    return put(question.name, str(key), conversation)


@transaction.atomic
def take(most: int) -> list[Taken]:
    """Take up errands that are due, the oldest first.

    A question about a conversation whose turn is running waits for its end: the model would be told half of the
    turn, and what is set aside for the one would be missing from the day's budgets for the other.
    """
    now = timezone.now()
    taken = []
    due = Errand.objects.filter(due__lte=now).exclude(conversation__turns__state=Turn.State.RUNNING)
    for errand in due.select_related("conversation", "until").order_by("due")[:most]:
        mine = Errand.objects.filter(pk=errand.pk, tries=errand.tries, due__lte=now)
        if mine.update(tries=errand.tries + 1, due=now + LEASE):
            taken.append(_taken(errand, errand.tries + 1))
    return taken


@transaction.atomic
def reserve(taken: Taken, backend: str) -> bool:
    """Set aside what a question may cost; False when the day's budgets have not so much left."""
    errand = _mine(taken).select_related("conversation").first()
    if errand is None or errand.conversation is None:
        return False  # somebody else's by now, or about a conversation that is gone
    is_affordable = budgets.reserve(errand, errand.conversation, backend)
    errand.save(update_fields=["reservation"])
    return is_affordable


@transaction.atomic
def pay(taken: Taken, usage: Mapping[str, Any], error: str = "") -> None:
    """Put what the model took in the place of what was set aside."""
    if errand := _mine(taken).first():
        budgets.pay(errand, usage, error)
        errand.save(update_fields=["reservation"])


@transaction.atomic
def finish(taken: Taken, answer: Any = None) -> bool:
    """End it, and store the answer of a question; False when somebody else has done so.

    Raises `NotStored`, and has ended nothing, when the app's function raises.
    """
    if not _mine(taken).delete()[0]:
        return False
    if question := questions().get(taken.name):
        try:
            question.store(taken.key, answer)
        except Exception as error:
            raise NotStored(taken.name) from error
    return True


@transaction.atomic
def give_back(taken: Taken, *, failed: bool, may_store: bool = True) -> None:
    """It could not be done now. One that failed too often ends without an answer.

    Its app is told that there is none, unless that is who failed.
    """
    if not failed:
        _mine(taken).update(due=timezone.now(), tries=taken.tries - 1)
    elif taken.tries >= most_tries(taken.name):
        logger.error("Errand %s is given up after %s tries", taken.name, taken.tries)
        if may_store:
            finish(taken)
        else:
            _mine(taken).delete()
    else:
        wait = min(WAIT * 2 ** min(taken.tries - 1, 10), LONGEST_WAIT)
        _mine(taken).update(due=timezone.now() + wait)


@transaction.atomic
def put_off(taken: Taken) -> None:
    """The day's tokens are used up: it waits for the next day, and that is no try."""
    tomorrow = datetime.combine(
        timezone.localdate() + timedelta(days=1), time(), timezone.get_current_timezone()
    )
    _mine(taken).update(due=tomorrow, tries=taken.tries - 1)


def most_tries(name: str) -> int:
    return OWED_TRIES if name in OWED else TRIES


@receiver(pre_delete, sender=Conversation)
def forget(sender: Any, instance: Conversation, **_kwargs: Any) -> None:
    """With a conversation goes what providers keep of it."""
    kept = StoredMessage.objects.filter(conversation=instance).exclude(handle="")
    for handle in kept.values_list("handle", flat=True):
        put(FORGET, handle)


def _taken(errand: Errand, tries: int) -> Taken:
    conversation = errand.conversation
    if conversation is None:
        return Taken(errand.pk, tries, errand.name, errand.key)
    history = conversation.history(until=errand.until, after=conversation.summary_until)
    return Taken(
        errand=errand.pk,
        tries=tries,
        name=errand.name,
        key=errand.key,
        conversation=conversation.pk,
        public_id=str(conversation.public_id),
        summary=conversation.summary,
        history=tuple(history),
    )


def _mine(taken: Taken) -> Any:
    return Errand.objects.filter(pk=taken.errand, tries=taken.tries)
