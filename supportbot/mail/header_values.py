"""What headers hold, of mails that come and of those that are sent: one line of text, and addresses in one form."""

from contextlib import suppress


def to_one_line(text: str) -> str:
    """As a header holds it: without line ends, control characters and marks that turn the direction of reading."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def normalise_address(address: str) -> str:
    """As people write it: in small letters, and a domain with letters of any script in these letters."""
    local, at, host = address.strip().lower().rpartition("@")
    with suppress(UnicodeError):
        host = host.encode("ascii").decode("idna")
    return f"{local}{at}{host}"
