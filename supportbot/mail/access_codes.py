"""A guest who comes from another device proves by a code that the e-mail address of the conversation is theirs."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.conversations.models import Conversation
from supportbot.conversations.visitors import Visitor
from supportbot.server.executors import on_database_thread

from .models import AccessCode

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=15)
MAX_ATTEMPTS_PER_CODE = 5
MAX_CODES_PER_HOUR = 3  # to one address: 15 guesses in an hour, at one of a million
RETENTION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SentCode:
    """What is mailed, and where to. The code stays out of the repr, and so out of logs."""

    email: str
    code: str

    def __repr__(self) -> str:
        return "SentCode()"


@on_database_thread()
@transaction.atomic
def create_code(public_id: UUID) -> SentCode | None:
    """A new code, which ends the older ones. None if nobody may come in by one, or after too many in an hour.

    Nothing is mailed to an address that a guest typed until staff have written there: only then somebody who reads
    its mail knows of the conversation.
    """
    guests = Conversation.objects.select_for_update(no_key=True).filter(user=None).exclude(contact_email="")
    conversation = guests.filter(public_id=public_id).exclude(replies_mailed_until=None).first()
    if conversation is None:
        return None
    email, now = conversation.contact_email, timezone.now()
    AccessCode.objects.filter(created__lt=now - RETENTION).delete()
    lately = AccessCode.objects.filter(email__iexact=email, created__gt=now - timedelta(hours=1))
    if lately.count() >= MAX_CODES_PER_HOUR:
        return None
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    AccessCode.objects.create(conversation=conversation, email=email, digest=_digest_code(conversation, code))
    return SentCode(email, code)


@on_database_thread()
@transaction.atomic
def move_conversation(public_id: UUID, code: str, visitor: Visitor) -> str | None:
    """Give the conversation to the visitor who knows its code: the key of the guest who had it, None if it is wrong.

    It moves alone: whatever else was said in the other browser may be somebody else's.
    """
    conversation = Conversation.objects.select_for_update(no_key=True).filter(public_id=public_id).first()
    if conversation is None or conversation.user_id or not _use_code(conversation, code):
        return None
    previous_key = conversation.guest_key
    conversation.user_id, conversation.guest_key = visitor.user_id, visitor.guest_key
    conversation.save(update_fields=["user", "guest_key"])
    record_event("continued_elsewhere", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
    return previous_key


def _use_code(conversation: Conversation, code: str) -> bool:
    """Whether it is the newest code of the conversation's present address. Each try counts, and a right one ends it."""
    newest = AccessCode.objects.filter(conversation=conversation).order_by("-pk").first()
    if newest is None or newest.email != conversation.contact_email:
        return False
    if newest.attempts >= MAX_ATTEMPTS_PER_CODE or newest.created < timezone.now() - CODE_LIFETIME:
        return False
    AccessCode.objects.filter(pk=newest.pk).update(attempts=F("attempts") + 1)
    if not constant_time_compare(newest.digest, _digest_code(conversation, code)):
        return False
    AccessCode.objects.filter(pk=newest.pk).update(attempts=MAX_ATTEMPTS_PER_CODE)
    return True


def _digest_code(conversation: Conversation, code: str) -> str:
    return salted_hmac(
        "supportbot.mail.access_codes", f"{conversation.pk}:{code}", algorithm="sha256"
    ).hexdigest()
