"""Takes a mail that came in: each once, stored and posted in one transaction, or kept for staff with why.

Whatever happens, a mail that was taken has a row. Whoever brings mails marks one as done only after that.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from django.db import transaction

from supportbot.conversations import turns
from supportbot.conversations.card_numbers import mask_card_numbers
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation
from supportbot.jobs.queue import enqueue
from supportbot.languages import use_language

from ..customer_languages import ensure_customer_language
from ..models import IncomingMail
from ..reply_tokens import remove_tags
from ..size_limit import describe_size
from .attachments import SortedAttachments, describe_left_out, sort_attachments, store_photos
from .bounces import read_bounce
from .kept_alerts import plan_kept_alert
from .kinds import find_kind
from .message_parts import describe_cut, describe_rest, split_text
from .outcomes import choose_outcome
from .parsing import MailUnreadable, ParsedMail, build_key, parse_mail
from .reply_text import may_answer_below
from .senders import Match, find_returned_conversation, match_conversation, name_author

Outcome = IncomingMail.Outcome

# The names of what is attached to these are not kept.
OF_PROGRAMS = (Outcome.OWN, Outcome.BOUNCE, Outcome.AUTOMATIC)
# Nor the text of these. People have subjects like those of automatic replies, which staff may post all the same.
WITHOUT_TEXT = (Outcome.OWN, Outcome.BOUNCE)
MAX_KEPT_CHARS = 20_000
CLIENT_ID_CHARS = 48
SIZE_JOB_KIND = "send_size_refusal"  # of mail/jobs.py
NO_FILES = SortedAttachments((), (), ())


class MailPostponed(Exception):
    """The mail is taken later, since its customer writes very quickly just now: it is to be brought again."""


def take_mail(raw: bytes) -> str:
    """Store a mail, unless it was taken before, and do what follows from it. Returns its `IncomingMail.Outcome`.

    Raises `MailPostponed`, and `DatabaseError` where nothing is stored.
    """
    try:
        mail = parse_mail(raw)
    except MailUnreadable:
        return keep_unreadable(build_key(raw, ""), size=len(raw))
    if (known := _find_known(mail.key)) is not None:
        return known
    match = match_conversation(mail)
    if match == Match(None):
        mail = name_author(mail)
    outcome = choose_outcome(mail, match)
    files = sort_attachments(mail.attached) if outcome in IncomingMail.POSTED_OUTCOMES else NO_FILES
    with transaction.atomic():
        if (known := _find_known(mail.key)) is not None:
            return known
        try:
            return _take_new(mail, match, outcome, files)
        except RequestRefused as refusal:
            raise MailPostponed(str(refusal)) from None


def take_large_mail(head: bytes, size: int, *, tells_sender: bool) -> str:
    """Note a mail of which only the head was read, and tell staff and customer where it belongs to a conversation.

    With `tells_sender` it is also told by mail: who brings it has no way to refuse it.
    """
    try:
        mail = replace(parse_mail(head), size=size, text="", whole_text="", attached=())
    except MailUnreadable:
        return keep_unreadable(build_key(head, ""), size=size)
    with transaction.atomic():
        if (known := _find_known(mail.key)) is not None:
            return known
        match = match_conversation(mail)
        here = match.conversation.pk if match.conversation else None
        row = _store_row(mail, find_kind(mail) or Outcome.TOO_LARGE, here)
        if row.outcome == Outcome.TOO_LARGE and here is not None and not match.problem:
            turns.post_notice.run_sync(here, partial(describe_size, size))
            if tells_sender:
                enqueue(SIZE_JOB_KIND, f"{here}:{mail.key[:CLIENT_ID_CHARS]}", conversation_id=here)
    return row.outcome


def _take_new(mail: ParsedMail, match: Match, outcome: str, files: SortedAttachments) -> str:
    """Returns what was done: of a mail in which nothing is to be posted, `EMPTY`. Raises `RequestRefused`."""
    conversation = match.conversation
    if outcome not in IncomingMail.POSTED_OUTCOMES:
        _keep(mail, outcome, conversation)
    elif not (mail.text or files.photos or files.left_out):
        outcome = Outcome.EMPTY
        _keep(mail, outcome, conversation)
    elif conversation is not None:
        _post(mail, conversation.pk, files, outcome)
    else:
        title = remove_tags(mail.subject) or mail.sender
        begun = turns.begin_by_mail.run_sync(mail.sender_name, mail.sender, title)
        _post(mail, begun, files, outcome)
        turns.wait_with_mail.run_sync(begun)
    return outcome


def _post(mail: ParsedMail, conversation_id: int, files: SortedAttachments, outcome: str) -> None:
    """Post the mail and store its row. Raises `RequestRefused`."""
    with use_language(ensure_customer_language(conversation_id, mail.text)):
        _post_in_language(mail, conversation_id, files, outcome)


def _post_in_language(mail: ParsedMail, conversation_id: int, files: SortedAttachments, outcome: str) -> None:
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
        conversation_id,
        text=mail.whole_text if has_more_below else mail.text if is_cut else "",
        left_out=[*left_out, *files.decorations],
    )


def _keep(mail: ParsedMail, outcome: str, conversation: Conversation | None) -> None:
    """Keep it, with its text where somebody may have written it: staff may post that."""
    text = "" if outcome in WITHOUT_TEXT else mail.text or mail.whole_text
    left_out = [each.name for each in mail.attached] if outcome not in OF_PROGRAMS else []
    row = _store_row(mail, outcome, conversation.pk if conversation else None, text=text, left_out=left_out)
    if outcome == Outcome.BOUNCE:
        _note_bounce(mail, row)


def _store_row(mail: ParsedMail, outcome: str, conversation_id: int | None, **values: Any) -> IncomingMail:
    text = mask_card_numbers(values.pop("text", "")).text[:MAX_KEPT_CHARS]
    if outcome in IncomingMail.OPEN_OUTCOMES:
        plan_kept_alert()
    return IncomingMail.objects.create(
        key=mail.key,
        message_id=mail.message_id,
        outcome=outcome,
        sender=mail.sender,
        sender_name=mail.sender_name,
        subject=mask_card_numbers(mail.subject).text[:200],
        size=mail.size,
        conversation_id=conversation_id,
        text=text,
        **values,
    )


def _note_bounce(mail: ParsedMail, row: IncomingMail) -> None:
    """Where it is sure that the mail was ours, and to them: mark the customer's address, or only say that it failed."""
    bounce = read_bounce(mail)
    for recipient in (*bounce.failed, *bounce.unreached):
        found = find_returned_conversation(bounce.returned_ids, bounce.returned_subject, recipient)
        if found is None:
            continue
        if recipient in bounce.failed:
            turns.note_undeliverable.run_sync(found.pk, found.reply_email)
        else:
            turns.note_unsent.run_sync(found.pk)
        row.conversation = found
        row.save(update_fields=["conversation"])


def keep_unreadable(key: str, *, size: int) -> str:
    """Have staff told that there is a mail of which nothing can be shown."""
    known = _find_known(key)
    if known is None:
        with transaction.atomic():
            plan_kept_alert()
            IncomingMail.objects.create(key=key, outcome=Outcome.UNREADABLE, size=size)
    return known or Outcome.UNREADABLE


def _find_known(key: str) -> str | None:
    """What was done with this mail, None if it is a new one."""
    return IncomingMail.objects.filter(key=key).values_list("outcome", flat=True).first()
