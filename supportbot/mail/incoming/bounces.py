"""Bounces: what mail servers say of mails of ours that came back, for programs or in words alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from ..header_values import normalise_address
from ..status_codes import PASSING_STATUS, PERMANENT_STATUS
from .parsing import READABLE_HEADERS, ParsedMail, join_headers, list_parts, read_header, walk_parts
from .program_addresses import is_of_mail_server

# Bounces of text alone, as qmail (https://cr.yp.to/proto/qsbmf.txt), Yahoo and GMX write them: an address, and why.
TEXT_COPY = re.compile(r"^---", re.MULTILINE)
TEXT_RECIPIENT = re.compile(r"^<?([^<>\s]{3,254})>?:\s*\n((?:.*\S.*\n?){1,10})", re.MULTILINE)
TEXT_PERMANENT = re.compile(r"\b(?:5\.\d{1,3}\.\d{1,3}|5[0-5]\d)\b")
MAX_RETURNED_CHARS = 100_000
RETURNED_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a mail server says of a mail of ours: whom it will never reach, whom not this time, and what it was."""

    failed: Sequence[str]
    unreached: Sequence[str]
    returned_ids: str
    returned_subject: str


def is_bounce(mail: ParsedMail) -> bool:
    """Also one in words alone, where a mail server's own address is its sender."""
    if _is_delivery_report(mail.message):
        return True
    return is_of_mail_server(mail.sender) and any(_read_failed_in_text(mail))


def read_bounce(mail: ParsedMail) -> Bounce:
    """Whom the server has given up on: a delay is none. Whether it may reach them another time its status says."""
    given_up: dict[str, bool] = {}  # each with whether that is for good
    returned: Message | None = None
    has_status = False
    for part in walk_parts(mail.message):
        if part.get_content_type() == "message/delivery-status":
            has_status = True
            given_up |= _read_failed_recipients(part)
        elif part.get_content_type() in RETURNED_TYPES:
            returned = returned or _read_returned(part)
    if not has_status:
        given_up = _read_failed_in_text(mail)
    failed = [each for each, is_permanent in given_up.items() if is_permanent and "@" in each]
    unreached = [each for each, is_permanent in given_up.items() if not is_permanent and "@" in each]
    if returned is None:
        # What came back stands in the text, if anywhere. A token in it counts for its recipient alone.
        return Bounce(failed, unreached, f"{mail.answered_ids} {mail.whole_text}", mail.subject)
    ids = join_headers(returned, ("Message-ID",))
    return Bounce(failed, unreached, f"{ids} {mail.answered_ids}", read_header(returned, "Subject"))


def _read_failed_recipients(part: Message) -> dict[str, bool]:
    """Both the address that we wrote to and the one to which it was forwarded there."""
    failed: dict[str, bool] = {}
    for fields in list_parts(part):
        action = str(fields.get("Action", "")).strip().lower().partition(" ")[0]
        if action == "failed":
            status = str(fields.get("Status", "")).strip()
            is_permanent = bool(PERMANENT_STATUS.match(status)) and not PASSING_STATUS.match(status)
            recipients = (str(fields.get(name) or "") for name in ("Final-Recipient", "Original-Recipient"))
            failed |= {
                normalise_address(each.rpartition(";")[2].strip(" <>")): is_permanent for each in recipients
            }
    return failed


def _read_failed_in_text(mail: ParsedMail) -> dict[str, bool]:
    """Of a bounce without a part for programs. One that has it says there whether a mail is only late."""
    if named := read_header(mail.message, "X-Failed-Recipients"):
        return {normalise_address(each): True for each in named.split(",")}
    said = TEXT_COPY.split(mail.whole_text, maxsplit=1)[0]
    return {
        normalise_address(found[1]): not PASSING_STATUS.search(found[2])
        for found in TEXT_RECIPIENT.finditer(said)
        if TEXT_PERMANENT.search(found[2])
    }


def _read_returned(part: Message) -> Message:
    """The mail that came back, or its headers: what stands below them is not read."""
    parts = list_parts(part)
    headers = str(part.get_payload())[:MAX_RETURNED_CHARS] if not parts else ""
    return parts[0] if parts else HeaderParser(policy=READABLE_HEADERS).parsestr(headers)


def _is_delivery_report(message: Message) -> bool:
    if message.get_content_type() != "multipart/report":
        return False
    return str(message.get_param("report-type", "")).lower() == "delivery-status" or any(
        part.get_content_type() == "message/delivery-status" for part in walk_parts(message)
    )
