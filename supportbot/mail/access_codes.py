"""A guest who comes from another device proves by a code that the e-mail address of the conversation is theirs."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.conversations.models import Conversation
from supportbot.conversations.visitors import Visitor
from supportbot.jobs.mail_jobs import build_id_header
from supportbot.jobs.queue import enqueue
from supportbot.languages import use_language
from supportbot.server.executors import on_database_thread

from .header_values import to_one_line
from .models import AccessCode
from .outgoing.sending import AUTOMATIC_HEADERS, can_send

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=15)
MAX_ATTEMPTS_PER_CODE = 5
MAX_CODES_PER_HOUR = 3  # to one address: 15 guesses in an hour, at one of a million
MAX_WRITTEN_CHARS = 100
RETENTION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SentCode:
    """What is mailed, and where to. The code stays out of the repr, and so out of logs."""

    email: str
    code: str
    language: str  # of the customer

    def __repr__(self) -> str:
        return "SentCode()"


@on_database_thread()
@transaction.atomic
def request_code(public_id: UUID) -> None:
    """Have a new code mailed, if somebody may come in by one, and there were not too many in an hour.

    The mail is a job's: how long a request takes says nothing about the conversation. Nothing is mailed to an address
    that a guest typed until staff have written there: only then somebody who reads its mail knows of the conversation.
    """
    guests = Conversation.objects.select_for_update(no_key=True).filter(user=None).exclude(contact_email="")
    conversation = guests.filter(public_id=public_id).exclude(replies_mailed_until=None).first()
    if conversation is None:
        return
    email, now = conversation.contact_email, timezone.now()
    AccessCode.objects.filter(created__lt=now - RETENTION).delete()
    lately = AccessCode.objects.filter(email__iexact=email, created__gt=now - timedelta(hours=1))
    if lately.count() < MAX_CODES_PER_HOUR:
        requested = AccessCode.objects.create(conversation=conversation, email=email)
        enqueue("send_access_code", str(requested.pk), conversation_id=conversation.pk)


def mail_code(request_id: int, message_id: str = "") -> None:
    """Mail the code that was asked for. Raises OSError when it cannot be sent."""
    if not can_send():
        return
    sent = issue_code.run_sync(request_id)
    if sent is None:
        return
    context = {"code": sent.code, "company": settings.COMPANY_NAME, "minutes": count_valid_minutes()}
    with use_language(sent.language):
        subject = _("%(code)s is your code for %(company)s support") % context
        text = render_to_string("mail/access_code.txt", context)
    headers = AUTOMATIC_HEADERS | build_id_header(message_id)
    EmailMessage(to_one_line(subject), text, None, [sent.email], headers=headers).send()


@on_database_thread()
@transaction.atomic
def issue_code(request_id: int) -> SentCode | None:
    """The code of that request, which ends the older ones and is valid from now. None if it is not wanted any more.

    A request has one code: a mail may arrive of which the mail server has not said so, and is then sent again.
    """
    oldest = timezone.now() - CODE_LIFETIME  # nobody waits for one that was asked for earlier
    unused = AccessCode.objects.filter(created__gt=oldest, attempts__lt=MAX_ATTEMPTS_PER_CODE)
    newer = AccessCode.objects.filter(conversation=OuterRef("conversation"), pk__gt=OuterRef("pk"))
    wanted = unused.filter(conversation__user=None, conversation__contact_email=F("email"))
    wanted = wanted.exclude(Exists(newer.exclude(digest="")))
    row = wanted.select_related("conversation").filter(pk=request_id).first()
    if row is None:
        return None
    code = _derive_code(row)
    row.digest, row.created = _digest_code(row.conversation, code), timezone.now()
    row.save(update_fields=["digest", "created"])
    return SentCode(row.email, code, row.conversation.language)


@on_database_thread()
@transaction.atomic
def move_conversation(public_id: UUID, written: str, begin_visit: Callable[[], Visitor]) -> str | None:
    """Give the conversation to the visitor who knows its code: the key of the guest who had it, None if it is wrong.

    It moves alone: whatever else was said in the other browser may be somebody else's. `begin_visit` is called for a
    right code only, so that guesses leave no sessions behind.
    """
    code = _read_digits(written)
    conversation = Conversation.objects.select_for_update(no_key=True).filter(public_id=public_id).first()
    if conversation is None or conversation.user_id or not _use_code(conversation, code):
        return None
    visitor, previous_key = begin_visit(), conversation.guest_key
    conversation.user_id, conversation.guest_key = visitor.user_id, visitor.guest_key
    conversation.save(update_fields=["user", "guest_key"])
    record_event("continued_elsewhere", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
    return previous_key


def _use_code(conversation: Conversation, code: str) -> bool:
    """Whether it is the newest code of the conversation's present address. Each try counts, and a right one ends it."""
    issued = AccessCode.objects.filter(conversation=conversation).exclude(digest="")
    newest = issued.order_by("-pk").first()
    if newest is None or newest.email != conversation.contact_email:
        return False
    if newest.attempts >= MAX_ATTEMPTS_PER_CODE or newest.created < timezone.now() - CODE_LIFETIME:
        return False
    AccessCode.objects.filter(pk=newest.pk).update(attempts=F("attempts") + 1)
    if not constant_time_compare(newest.digest, _digest_code(conversation, code)):
        return False
    AccessCode.objects.filter(pk=newest.pk).update(attempts=MAX_ATTEMPTS_PER_CODE)
    return True


def _read_digits(written: str) -> str:
    """The digits of a code as somebody has typed it, in the numerals of any script."""
    digits = [unicodedata.decimal(character, None) for character in written[:MAX_WRITTEN_CHARS]]
    return "".join(str(digit) for digit in digits if digit is not None)


def count_valid_minutes() -> int:
    return int(CODE_LIFETIME.total_seconds()) // 60


def _derive_code(request: AccessCode) -> str:
    """The same one each time. Only who knows SECRET_KEY can tell it."""
    about = f"{request.pk}:{request.conversation_id}:{request.email}"
    digest = salted_hmac("supportbot.mail.access_codes.code", about, algorithm="sha256").digest()
    return f"{int.from_bytes(digest, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def _digest_code(conversation: Conversation, code: str) -> str:
    return salted_hmac(
        "supportbot.mail.access_codes", f"{conversation.pk}:{code}", algorithm="sha256"
    ).hexdigest()
