"""Whose mail it is. What counts is the token that only the recipient of our mail has: a sender alone proves nothing."""

import re
from dataclasses import dataclass, replace
from email.message import Message

from django.conf import settings

from supportbot.conversations.models import Conversation
from supportbot.jobs.mail_jobs import get_mail_host

from ..header_values import normalise_address
from ..models import IncomingMail
from ..reply_tokens import find_tokens, is_own_address, is_token_of, read_conversation_id
from .parsing import ParsedMail, read_header
from .program_addresses import is_of_mail_server, is_of_program

Outcome = IncomingMail.Outcome

COMMENT = re.compile(r"\([^()]{0,1000}\)")  # in which a server quotes what others have said
MAX_COMMENT_DEPTH = 5
RESULT = re.compile(r"\b(dmarc|dkim|spf)\s*=\s*(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    """The conversation that a mail belongs to, or seems to. With a `problem` it must not be posted there."""

    conversation: Conversation | None
    problem: str = ""


def match_conversation(mail: ParsedMail) -> Match:
    """Where the mail belongs, by its marks. No conversation and no problem: it answers none of our mails."""
    tokens = find_tokens(mail.recipients, mail.answered_ids, read_header(mail.message, "Subject"))
    candidates = [(token, found) for token in tokens if (found := _find_conversation(token))]
    for token, conversation in candidates:
        if is_token_of(token, conversation.pk, mail.sender) and _is_customer(mail.sender, conversation):
            return Match(conversation, Outcome.FORGED if is_forged(mail.message) else "")
    for token, conversation in candidates:
        # Of a mail that we sent to the customer, or to an address that was theirs, but somebody else answers.
        if is_token_of(token, conversation.pk, conversation.reply_email) or is_token_of(
            token, conversation.pk, mail.sender
        ):
            return Match(conversation, Outcome.FOREIGN)
    # One that was made for the sender is of a conversation that was deleted meanwhile: what they write begins another.
    is_foreign = bool(tokens) and not any(_is_made_for(mail.sender, token) for token in tokens)
    return Match(None, Outcome.FOREIGN if is_foreign else "")


def name_author(mail: ParsedMail) -> ParsedMail:
    """A mail of a stranger, from whoever wrote it: the form of a web page names them as the one to answer.

    It sends from an address of its own, often from ours or from a “noreply” beside it. A “noreply” of somebody else
    names a service there, and is a program's, as is a mail server that says what came back.
    """
    name, address = mail.reply_to
    is_of_other_program = is_of_mail_server(mail.sender) or (
        is_of_program(mail.sender) and mail.sender.partition("@")[2] != get_mail_host()
    )
    if (
        not (mail.sender and address)
        or address == mail.sender
        or is_own_address(address)
        or is_of_other_program
    ):
        return mail
    return replace(mail, sender=address, sender_name=name)


def find_returned_conversation(ids: str, subject: str, recipient: str) -> Conversation | None:
    """The conversation of a mail of ours that came back from this recipient, who is still the customer's address."""
    for token in find_tokens("", ids, subject):
        conversation = _find_conversation(token)
        if (
            conversation
            and is_token_of(token, conversation.pk, recipient)
            and _is_customer(recipient, conversation)
        ):
            return conversation
    return None


def is_forged(message: Message) -> bool:
    """Whether our own mail server says that the sender is forged. Lines of others are anybody's claim.

    The server takes off what comes under its name from outside, as RFC 8601 wants it (docs/mail.md).
    """
    own = settings.ENVIRONMENT.mail_authserv_id.lower()
    if not own:
        return False
    results = ""
    for value in message.get_all("Authentication-Results", []):
        name, _, said = _drop_comments(str(value).replace("\n", " ")).lower().partition(";")
        if name.split()[:1] == [own]:  # some servers write a line for each check
            results += f" {said}"
    found = dict(reversed(RESULT.findall(results)))
    if found.get("dmarc", "none") != "none":
        return found["dmarc"] == "fail"
    return found.get("dkim") != "pass" and found.get("spf") == "fail"


def _drop_comments(value: str) -> str:
    for _depth in range(MAX_COMMENT_DEPTH):
        value = COMMENT.sub(" ", value)
    return value


def _find_conversation(token: str) -> Conversation | None:
    number = read_conversation_id(token)
    if number is None:
        return None
    return Conversation.objects.select_related("user").filter(pk=number).first()


def _is_made_for(address: str, token: str) -> bool:
    number = read_conversation_id(token)
    return number is not None and is_token_of(token, number, address)


def _is_customer(address: str, conversation: Conversation) -> bool:
    """Whether the customer is reached there today: a corrected address no longer counts, nor does a closed account."""
    if conversation.user and not conversation.user.is_active:
        return False
    return bool(address) and normalise_address(address) == normalise_address(conversation.reply_email)
