"""The marks by which an answer finds its conversation: in the address, in the ids of our mails and in the subject.

Each holds the same token: the number of the conversation, and a signature of it together with the address that we wrote
to. So no row is needed, nobody can guess one, and a token serves nobody but the recipient.
"""

import re
from base64 import b32decode, b32encode
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from supportbot.jobs.mail_jobs import get_mail_host

from .header_values import normalise_address

# Ten bytes are sixteen letters of base 32, without a rest.
NUMBER_BYTES = SIGNATURE_BYTES = 10
NUMBER_LETTERS = SIGNATURE_LETTERS = 16
ZERO_LETTER = "A"
MAX_NUMBER_LETTERS = 13  # of 64 bits
TOKEN = rf"[a-z2-7]{{{SIGNATURE_LETTERS + 1},{SIGNATURE_LETTERS + MAX_NUMBER_LETTERS}}}"
ADDRESS_PATTERN = re.compile(rf"(?:\+|%2B)({TOKEN})\"?@", re.IGNORECASE | re.ASCII)
ID_PREFIX = "sb."
ID_PATTERN = re.compile(rf"(?<![\w.-])sb\.({TOKEN})\.[\w.-]{{1,60}}@", re.IGNORECASE | re.ASCII)
SUBJECT_PATTERN = re.compile(rf"\[\s?#\s?({TOKEN})\s?\]", re.IGNORECASE | re.ASCII)
MAX_TOKENS = 40  # that are looked at in one mail


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation by mail with one recipient."""

    token: str

    @property
    def root_id(self) -> str:
        """A Message-ID that no mail has: all mails of the thread refer to it, so that they stand together."""
        return self.build_message_id("root")

    @property
    def subject_tag(self) -> str:
        return f"[#{self.token}]"

    def build_message_id(self, name: str) -> str:
        """The same name gives the same id, so a mail that is sent twice is one to who gets it."""
        return f"<{ID_PREFIX}{self.token}.{name}@{get_mail_host()}>"

    @property
    def reply_address(self) -> str:
        """Where an answer is sent to: with the token in it, if the mail server takes such addresses."""
        local, _, host = settings.ENVIRONMENT.mail_address.rpartition("@")
        return f"{local}+{self.token}@{host}" if settings.ENVIRONMENT.mail_subaddresses else f"{local}@{host}"


def build_thread(conversation_id: int, recipient: str) -> Thread:
    return Thread(f"{_encode_number(conversation_id)}{_sign(conversation_id, recipient)}")


def read_conversation_id(token: str) -> int | None:
    """The number in a token that somebody claims. It says nothing until `is_token_of` does."""
    letters = token.lower()[:-SIGNATURE_LETTERS].upper()
    try:
        number = int.from_bytes(b32decode(letters.rjust(NUMBER_LETTERS, ZERO_LETTER)), "big")
    except ValueError:
        return None
    return number if 0 < number < 2**63 else None


def is_token_of(token: str, conversation_id: int, recipient: str) -> bool:
    """Whether we made this token, for this conversation and recipient."""
    return constant_time_compare(token.lower(), build_thread(conversation_id, recipient).token)


def find_tokens(recipients: str, message_ids: str, subject: str) -> Sequence[str]:
    """The tokens in the addresses that a mail was sent to, in the ids that it answers, and in its subject."""
    found = ADDRESS_PATTERN.findall(recipients)
    found += ID_PATTERN.findall(message_ids)
    found += SUBJECT_PATTERN.findall(subject)
    return list(dict.fromkeys(token.lower() for token in found))[:MAX_TOKENS]


def remove_tags(subject: str) -> str:
    """The subject without our marks."""
    return " ".join(SUBJECT_PATTERN.sub(" ", subject).split())


def is_own_address(address: str) -> bool:
    """Whether mails from there are our own."""
    own_local, _, own_host = normalise_address(settings.ENVIRONMENT.mail_address).rpartition("@")
    local, _, host = normalise_address(address).rpartition("@")
    return bool(own_local) and host == own_host and (local == own_local or local.startswith(f"{own_local}+"))


def _encode_number(number: int) -> str:
    """In as few letters as it takes."""
    letters = b32encode(number.to_bytes(NUMBER_BYTES, "big")).decode("ascii")
    return letters.lstrip(ZERO_LETTER).lower()


def _sign(conversation_id: int, recipient: str) -> str:
    signed = f"{conversation_id}:{normalise_address(recipient)}"
    digest = salted_hmac("supportbot.mail.reply_tokens", signed, algorithm="sha256").digest()
    return b32encode(digest[:SIGNATURE_BYTES]).decode("ascii").lower()
