"""Which addresses of servers the settings take, and what that of a mail server says."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

# The schemes that an address may have, each with the part of the address that it needs.
HTTP_SCHEMES = {"http": "hostname", "https": "hostname"}
ADDRESS_SCHEMES = {
    "database_url": {"postgres": "path", "postgresql": "path", "pgsql": "path", "sqlite": "path"},
    "redis_url": {"redis": "hostname", "rediss": "hostname", "unix": "path"},
    "smtp_url": {"smtp": "hostname", "smtps": "hostname"},
    "imap_url": {"imaps": "hostname"},
    "site_url": HTTP_SCHEMES,
}
ADDRESS_EXAMPLES = {
    "database_url": "postgres://user:password@host/name or sqlite:///path",
    "redis_url": "redis://host:6379/0",
    "smtp_url": "smtp://user:password@host:587",
    "imap_url": "imaps://user:password@host/INBOX",
    "site_url": "https://help.example.com",
}


def is_address(value: str, schemes: Mapping[str, str]) -> bool:
    """Whether `value` is an address with one of these schemes, and has the part that the scheme needs."""
    scheme = value.partition("://")[0]
    try:
        parts = urlsplit(value)
        needed = getattr(parts, schemes[scheme]) or ""
        host = parts.hostname or ""
        if "%" not in host:  # a socket's path, as PostgreSQL takes it
            host.encode("idna")
        return parts.port != 0 and needed.strip("/") != ""
    # Another scheme, a port that is no number, or a name that no host can have.
    except (KeyError, ValueError):
        return False


def is_base_address(value: str) -> bool:
    """Whether `value` is an http address to which a path can be added: without query, fragment, name or password."""
    if not is_address(value, HTTP_SCHEMES):
        return False
    parts = urlsplit(value)
    return not ("?" in value or "#" in value or parts.username or parts.password)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """How mails are sent. With `is_tls` the connection is TLS from its first byte, with `needs_starttls` once that is
    agreed on, before anything is told to the server.
    """

    host: str
    port: int
    user: str
    password: str
    is_tls: bool
    needs_starttls: bool


SMTPS_PORT, SUBMISSION_PORT = 465, 587


def parse_smtp_url(url: str) -> SmtpServer:
    """What SMTP_URL says; of an empty one the host is empty.

    The two usual ports decide themselves which kind of TLS they speak, whatever the scheme says. On all others a
    password goes to no other machine without TLS.
    """
    parts = urlsplit(url)
    host, user, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    port = parts.port or (SMTPS_PORT if parts.scheme == "smtps" else SUBMISSION_PORT)
    is_tls = port == SMTPS_PORT or (parts.scheme == "smtps" and port != SUBMISSION_PORT)
    has_secret = bool(user and password) and not is_loopback(host)
    needs_starttls = bool(host) and not is_tls and (port == SUBMISSION_PORT or has_secret)
    return SmtpServer(host, port, user, password, is_tls, needs_starttls)


def is_loopback(host: str) -> bool:
    """Whether it is this machine by its name or number; no name is looked up."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def get_host_pattern(host: str) -> str:
    """How browsers name a site that is served on this address, as ALLOWED_HOSTS has it: `*` if it is on all of them."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host
    if address.is_unspecified:
        return "*"
    number = address.compressed.partition("%")[0]
    return f"[{number}]" if address.version == 6 else number
