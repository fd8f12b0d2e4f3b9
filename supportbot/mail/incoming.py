"""Takes a mail that came in: each once, stored and posted in one transaction, or kept for staff with why.

Whatever happens, a mail that was taken has a row. Whoever brings mails marks one as done only after that.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.card_numbers import mask_card_numbers
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation
from supportbot.jobs.queue import enqueue

from .attachments import SortedAttachments, describe_left_out, sort_attachments, store_photos
from .mail_kinds import find_kind, read_bounce
from .message_parts import describe_cut, describe_rest, describe_size, split_text
from .models import IncomingMail
from .parsing import MailUnreadable, ParsedMail, build_key, parse_mail, read_header
from .reply_text import may_answer_below
from .reply_tokens import remove_tags
from .senders import Match, find_returned_conversation, is_forged, match_conversation

Outcome = IncomingMail.Outcome

MAX_STRANGERS_PER_DAY = 100
MAX_PER_STRANGER_AND_DAY = 5
MAX_KEPT_CHARS = 20_000
CLIENT_ID_CHARS = 48
SIZE_JOB_KIND, KEPT_JOB_KIND = "send_size_refusal", "send_kept_alert"  # of jobs.py
KEPT_ALERT_DELAY = timedelta(hours=1)  # in which all that is kept comes into one mail to staff
NO_FILES = SortedAttachments((), (), ())


class MailPostponed(Exception):
    """The mail is taken later, since its customer writes very quickly just now: it is to be brought again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done with a mail, as an `IncomingMail.Outcome`; `is_new` unless it was taken before."""

    outcome: str
    is_new: bool = True


def take_mail(raw: bytes) -> Taken:
    """Store a mail and do what follows from it. Raises `MailPostponed`, and `DatabaseError` where nothing is stored."""
    try:
        mail = parse_mail(raw)
    except MailUnreadable:
        return _keep_unreadable(raw)
    if (known := _find_known(mail.key)) is not None:
        return known
    match = match_conversation(mail)
    files = sort_attachments(mail.attached) if _may_be_posted(mail, match) else NO_FILES
    with transaction.atomic():
        if (known := _find_known(mail.key)) is not None:
            return known
        try:
            return Taken(_take_new(mail, match, files))
        except RequestRefused as refusal:
            raise MailPostponed(str(refusal)) from None


def take_large_mail(head: bytes, size: int, *, tells_sender: bool) -> Taken:
    """Note a mail of which only the head was read, and tell staff and customer where it belongs to a conversation.

    With `tells_sender` it is also told by mail: who brings it has no way to refuse it.
    """
    try:
        mail = replace(parse_mail(head), size=size, text="", whole_text="", attached=())
    except MailUnreadable:
        return _keep_unreadable(head)
    with transaction.atomic():
        if (known := _find_known(mail.key)) is not None:
            return known
        match = match_conversation(mail)
        row = _store_row(mail, find_kind(mail) or Outcome.TOO_LARGE, match.conversation)
        if row.outcome == Outcome.TOO_LARGE and match.conversation is not None and not match.problem:
            turns.post_notice.run_sync(match.conversation.pk, describe_size(size))
            if tells_sender:
                key = f"{match.conversation.pk}:{mail.key[:CLIENT_ID_CHARS]}"
                enqueue(SIZE_JOB_KIND, key, conversation_id=match.conversation.pk)
    return Taken(row.outcome)


def _take_new(mail: ParsedMail, match: Match, files: SortedAttachments) -> str:
    if kind := find_kind(mail):
        # People have such subjects too, so staff may still post what counts as automatic.
        text = (mail.text or mail.whole_text) if kind == Outcome.AUTOMATIC else ""
        row = _store_row(mail, kind, match.conversation, text=text)
        if kind == Outcome.BOUNCE:
            _note_bounce(mail, row)
        return kind
    if match.problem or not mail.sender:
        return _keep(mail, match.problem or Outcome.UNKNOWN, match.conversation)
    has_content = bool(mail.text or files.photos or files.left_out)
    if not has_content:
        return _keep(mail, Outcome.EMPTY, match.conversation)
    if match.conversation is not None:
        return _post(mail, match.conversation.pk, files, Outcome.POSTED)
    return _take_from_stranger(mail, files)


def _take_from_stranger(mail: ParsedMail, files: SortedAttachments) -> str:
    """A new conversation that waits for a person, or a row for staff. Nothing is answered: the sender may be forged."""
    if settings.ENVIRONMENT.mail_strangers == "keep" or _is_spam(mail) or _is_of_staff(mail):
        return _keep(mail, Outcome.UNKNOWN, None)
    if is_forged(mail.message):
        return _keep(mail, Outcome.FORGED, None)
    since = timezone.now() - timedelta(days=1)
    opened = IncomingMail.objects.filter(outcome=Outcome.OPENED, received__gt=since)
    if (
        opened.count() >= MAX_STRANGERS_PER_DAY
        or opened.filter(sender=mail.sender).count() >= MAX_PER_STRANGER_AND_DAY
    ):
        return _keep(mail, Outcome.LIMITED, None)
    title = remove_tags(mail.subject) or mail.sender
    conversation_id = turns.begin_by_mail.run_sync(mail.sender_name, mail.sender, title)
    _post(mail, conversation_id, files, Outcome.OPENED)
    turns.wait_with_mail.run_sync(conversation_id)
    return Outcome.OPENED


def _post(mail: ParsedMail, conversation_id: int, files: SortedAttachments, outcome: str) -> str:
    """Post the mail and store its row. Raises `RequestRefused`."""
    images, left_out = store_photos(conversation_id, files)
    parts, is_cut = split_text(mail.text)
    if len(parts) > 1:  # a card number may stand across a cut
        parts, is_cut = split_text(mask_card_numbers(mail.text).text)
    has_more_below = may_answer_below(mail.text, mail.whole_text)
    notes = [
        describe_left_out(left_out),
        describe_cut() if is_cut else "",
        describe_rest() if has_more_below else "",
    ]
    note = " ".join(filter(None, notes))
    client_id = f"mail:{mail.key[:CLIENT_ID_CHARS]}"
    if parts or images:
        turns.post_mail.run_sync(
            conversation_id, parts or [""], client_id, images=images, note=note, sender=mail.sender
        )
    else:
        turns.post_mail.run_sync(conversation_id, [note], client_id, sender=mail.sender)
    _store_row(
        mail,
        outcome,
        Conversation(pk=conversation_id),
        text=mail.whole_text if has_more_below else mail.text if is_cut else "",
        left_out=[*left_out, *files.decorations],
    )
    return outcome


def _keep(mail: ParsedMail, outcome: str, conversation: Conversation | None) -> str:
    """Keep it for staff, who may post it."""
    text = mail.text or mail.whole_text
    _store_row(mail, outcome, conversation, text=text, left_out=[each.name for each in mail.attached])
    return outcome


def _store_row(
    mail: ParsedMail, outcome: str, conversation: Conversation | None, **values: Any
) -> IncomingMail:
    text = mask_card_numbers(values.pop("text", "")).text[:MAX_KEPT_CHARS]
    _tell_staff(outcome)
    return IncomingMail.objects.create(
        key=mail.key,
        message_id=mail.message_id,
        outcome=outcome,
        sender=mail.sender,
        sender_name=mail.sender_name,
        subject=mask_card_numbers(mail.subject).text[:200],
        size=mail.size,
        conversation_id=conversation.pk if conversation else None,
        text=text,
        **values,
    )


def _tell_staff(outcome: str) -> None:
    """Have staff told, in one mail with all others of the hour, of what they must look at."""
    if outcome in IncomingMail.OPEN_OUTCOMES:
        enqueue(KEPT_JOB_KIND, "all", run_after=timezone.now() + KEPT_ALERT_DELAY)


def _note_bounce(mail: ParsedMail, row: IncomingMail) -> None:
    """Mark the customer's address where it is sure that the mail was ours, and to them."""
    bounce = read_bounce(mail)
    for recipient in bounce.failed:
        found = find_returned_conversation(bounce.returned_ids, bounce.returned_subject, recipient)
        if found is not None:
            turns.note_undeliverable.run_sync(found.pk)
            row.conversation = found
            row.save(update_fields=["conversation"])


def _keep_unreadable(raw: bytes) -> Taken:
    key = build_key(raw, "")
    known = _find_known(key)
    if known is None:
        IncomingMail.objects.create(key=key, outcome=Outcome.UNREADABLE, size=len(raw))
        _tell_staff(Outcome.UNREADABLE)
    return known or Taken(Outcome.UNREADABLE)


def _find_known(key: str) -> Taken | None:
    row = IncomingMail.objects.filter(key=key).first()
    return None if row is None else Taken(row.outcome, is_new=False)


def _may_be_posted(mail: ParsedMail, match: Match) -> bool:
    return not match.problem and bool(mail.sender) and not find_kind(mail)


def _is_of_staff(mail: ParsedMail) -> bool:
    """As when one of them answers the mail that told them of a customer."""
    return get_user_model().objects.filter(is_staff=True, email__iexact=mail.sender).exists()


def _is_spam(mail: ParsedMail) -> bool:
    """What our mail server calls so. A sender can only accuse themselves by such a line."""
    flag, status = read_header(mail.message, "X-Spam-Flag"), read_header(mail.message, "X-Spam-Status")
    return "yes" in (flag.lower(), status.lower().split(",")[0].strip())
