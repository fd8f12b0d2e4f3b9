"""Mails to customers: what staff or the assistant have answered, the numbers of their tickets, a transcript.

Each function that mails returns what `note_deliveries` is to store once the job ends; nothing where nothing was sent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.conversations import turns
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.turns.history import find_transcript_messages
from supportbot.languages import use_site_language

from ..customer_languages import write_in_customer_language
from ..models import IncomingMail, TicketNotice
from ..size_limit import describe_size_refusal
from .limits import is_over_limit, is_over_network_limit
from .sending import CustomerMail, Delivery, can_send, send_to_customer

MAX_ANSWER_AGE = timedelta(hours=6)  # of a turn that does not end


class AnswerNotReady(Exception):
    """The turn of which the answer is to be mailed has not ended."""


class CustomerMayReturn(Exception):
    """The customer was there when pages could no longer be noted, and may have read it. Their page has until then."""

    def __init__(self, deadline: datetime) -> None:
        super().__init__(deadline.isoformat())
        self.deadline = deadline


@write_in_customer_language
def mail_unread_reply(conversation_id: int | None, turn_id: int | None) -> list[Delivery]:
    """Mail in one message all that staff have written since the customer was last seen, and that they have ended it.

    `turn_id` is of the reply that this is about; a job of a version before jobs knew it has None. If staff have
    written another one since, its own job sends them all. Raises `CustomerMayReturn`.
    """
    conversation = _find_reachable(conversation_id)
    unread = _list_unmailed_words(conversation, turn_id) if conversation else []
    if conversation is None or not unread:
        return []
    if (deadline := turns.find_return_deadline(conversation.customer_last_seen)) is not None:
        raise CustomerMayReturn(deadline)
    mail = _build_reply_mail(unread[-1]) if _has_staff_words(unread) else _build_end_mail(unread[-1])
    return send_to_customer(conversation, mail, replies=unread)


def note_unsent_reply(conversation_id: int | None, turn_id: int | None) -> None:
    """No attempt has mailed that reply: say so in the conversation, unless it has been read or is another job's now."""
    conversation = _find_reachable(conversation_id)
    if conversation is not None and _list_unmailed_words(conversation, turn_id):
        turns.note_unsent.run_sync(conversation.pk)


def note_unsent_mail(conversation_id: int | None) -> None:
    """The same of a mail that a customer waits for: the assistant's answer to theirs, or a transcript."""
    if (conversation := _find_reachable(conversation_id)) is not None:
        turns.note_unsent.run_sync(conversation.pk)


@write_in_customer_language
def mail_answer(conversation_id: int | None, turn_id: int | None) -> list[Delivery]:
    """Mail what the assistant has answered to a mail. Where it has no answer, a person is asked for.

    Raises `AnswerNotReady`.
    """
    conversation = _find_reachable(conversation_id)
    turn = Turn.objects.filter(pk=turn_id).first() if turn_id else None
    if conversation is None or turn is None:
        return []
    if turn.is_active and turn.created > timezone.now() - MAX_ANSWER_AGE:
        raise AnswerNotReady
    if conversation.owner != Conversation.Owner.BOT:
        return []  # whoever has it answers
    said = turn.messages.filter(role=Message.Role.ASSISTANT, status=Message.Status.COMPLETE).exclude(text="")
    answers = list(said.order_by("seq"))
    if not answers or turn.state != Turn.State.DONE or is_over_limit(conversation, "answer"):
        with use_site_language():  # staff read it
            reason = _("The assistant has no answer to the customer's e-mail.")
        turns.request_person.run_sync(conversation.pk, reason)
        return []
    mail = CustomerMail(
        "answer",
        f"answer-{answers[-1].pk}",
        _("%(company)s support has answered you") % {"company": settings.COMPANY_NAME},
        "mail/answer.txt",
    )
    return send_to_customer(conversation, mail, replies=answers)


@write_in_customer_language
def mail_ticket_numbers(conversation_id: int | None) -> list[Delivery]:
    """Mail a customer, in one message, the numbers of the tickets of which they were not told by mail yet.

    Nobody who has only written to us by mail: an address in a mail may be forged, and would be answered.
    """
    conversation = _find_reachable(conversation_id)
    notices = TicketNotice.objects.filter(conversation=conversation_id, mailed=None).order_by("pk")
    if conversation is None or not notices or _was_begun_by_mail(conversation):
        return []
    if is_over_limit(conversation, "ticket") or is_over_network_limit(conversation):
        return []
    numbers = [notice.number for notice in notices]
    subject = _("Your request %(numbers)s to %(company)s support") % {
        "numbers": ", ".join(numbers),
        "company": settings.COMPANY_NAME,
    }
    mail = CustomerMail(
        "ticket",
        f"ticket-{notices[len(numbers) - 1].pk}",
        subject,
        "mail/ticket.txt",
        ticket_numbers=tuple(numbers),
    )
    return send_to_customer(conversation, mail, numbers=numbers, hours=turns.describe_closed_hours())


def check_transcript_request(conversation: Conversation) -> None:
    """Raise `RequestRefused` where a transcript is not mailed: to an address that is not proven, or too often."""
    if not can_send():
        raise RequestRefused(_("E-mail isn't available here. You can download the conversation instead."))
    if not is_address_proven(conversation):
        raise RequestRefused(
            _(
                "We can only send it to an e-mail address that you have confirmed, by signing in or by answering one "
                "of our e-mails. You can download the conversation instead."
            )
        )
    if is_over_limit(conversation, "transcript"):
        raise RequestRefused(
            _("We've already sent you several transcripts. Please try again later, or download it.")
        )


@write_in_customer_language
def mail_transcript(conversation_id: int | None, key: str) -> list[Delivery]:
    """Mail the conversation as its text file has it. Raises OSError when it cannot be sent."""
    conversation = _find_reachable(conversation_id)
    if conversation is None or not is_address_proven(conversation):
        return []
    subject = _("Your conversation with %(company)s support") % {"company": settings.COMPANY_NAME}
    mail = CustomerMail("transcript", f"transcript-{key.rpartition(':')[2]}", subject, "mail/transcript.txt")
    return send_to_customer(conversation, mail, messages=find_transcript_messages(conversation))


@write_in_customer_language
def mail_too_large(conversation_id: int | None, key: str) -> list[Delivery]:
    """Tell a customer, by mail, that their mail was too large. Raises OSError when it cannot be sent."""
    conversation = _find_reachable(conversation_id)
    if conversation is None or is_over_limit(conversation, "too_large"):
        return []
    subject = _("Your e-mail was too large")
    mail = CustomerMail("too_large", f"too-large-{key[-16:]}", subject, "mail/too_large.txt")
    return send_to_customer(conversation, mail, refusal=describe_size_refusal())


def is_address_proven(conversation: Conversation) -> bool:
    """Whether the customer reads mail there: an account's own address, or one from which we were answered."""
    if conversation.user and conversation.user.email:
        return True
    answered = IncomingMail.objects.filter(conversation=conversation, outcome=IncomingMail.Outcome.POSTED)
    return (
        bool(conversation.reply_email) and answered.filter(sender__iexact=conversation.reply_email).exists()
    )


def _list_unmailed_words(conversation: Conversation, turn_id: int | None) -> list[Message]:
    """What the team has said that the customer has neither seen nor been mailed; empty where another job mails it."""
    replies = turns.filter_team_words(Message.objects.filter(conversation=conversation))
    if conversation.customer_last_seen:
        replies = replies.filter(created__gt=conversation.customer_last_seen)
    if conversation.replies_mailed_until:
        replies = replies.filter(created__gt=conversation.replies_mailed_until)
    unread = list(replies.order_by("pk"))
    if not unread or turn_id not in (None, unread[-1].turn_id):
        return []
    return unread if _has_staff_words(unread) or _may_tell_of_end(conversation) else []


def _has_staff_words(messages: Sequence[Message]) -> bool:
    return any(each.role == Message.Role.STAFF for each in messages)


def _build_reply_mail(newest: Message) -> CustomerMail:
    subject = _("%(company)s support has answered you") % {"company": settings.COMPANY_NAME}
    return CustomerMail(
        "reply",
        f"reply-{newest.pk}",
        subject,
        "mail/unread_reply.txt",
        is_automatic=False,
        replies_until=newest.created,
    )


def _build_end_mail(newest: Message) -> CustomerMail:
    """Staff have ended it without a word: what is mailed is only that."""
    subject = _("%(company)s support has closed your request") % {"company": settings.COMPANY_NAME}
    return CustomerMail(
        "end", f"end-{newest.pk}", subject, "mail/unread_reply.txt", replies_until=newest.created
    )


def _may_tell_of_end(conversation: Conversation) -> bool:
    """Not to an address from which a mail came that nobody has answered: it may be forged, as that of spam is."""
    is_known = not _was_begun_by_mail(conversation) or conversation.replies_mailed_until is not None
    return is_known and not is_over_limit(conversation, "end")


def _find_reachable(conversation_id: int | None) -> Conversation | None:
    """The conversation, if mails can be sent and reach its customer."""
    conversation = Conversation.objects.select_related("user").filter(pk=conversation_id).first()
    if conversation is None or not can_send():
        return None
    return conversation if conversation.reply_email and not conversation.is_undeliverable else None


def _was_begun_by_mail(conversation: Conversation) -> bool:
    return IncomingMail.objects.filter(
        conversation=conversation, outcome=IncomingMail.Outcome.OPENED
    ).exists()
