"""Who a mail says it is from: what programs write carelessly is read, what can be read in two ways is not."""

import re
from contextlib import suppress
from email.errors import MisplacedEnvelopeHeaderDefect
from email.message import Message
from email.utils import getaddresses

NAMED_BY_ADDRESS = re.compile(
    r"[\"']?([^\s\"'<>,;:()@]{1,64}@[^\s\"'<>,;:()@]{1,190})[\"']?\s*<([^\s<>@]+@[^\s<>@]+)>"
)


def read_addresses(headers: list[str]) -> list[tuple[str, str]]:
    """Names and addresses. Programs forget to quote a comma in a name, and name who has no name by the address."""
    found = [(name, address) for name, address in getaddresses(headers) if address or name]
    text = " ".join(headers)
    if text.count("@") == 1 and len(found) > 1:
        found = [(name, address) for name, address in found if "@" in address]
    elif (named := NAMED_BY_ADDRESS.fullmatch(text.strip())) and named[1].lower() == named[2].lower():
        found = [("", named[2])]
    return found


def normalise_address(address: str) -> str:
    """As people write it: in small letters, and a domain with letters of any script in these letters."""
    local, at, host = address.strip().lower().rpartition("@")
    with suppress(UnicodeError):
        host = host.encode("ascii").decode("idna")
    return f"{local}{at}{host}"


def has_hidden_sender(message: Message) -> bool:
    """Whether there is «From :» with a space: a sender for some mail servers, and none for Python."""
    begins_so = (message.get_unixfrom() or "").replace(" ", "").startswith("From:")
    return begins_so or any(isinstance(each, MisplacedEnvelopeHeaderDefect) for each in message.defects)
