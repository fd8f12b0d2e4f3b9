"""Which addresses of servers the settings take."""

from collections.abc import Mapping
from urllib.parse import urlsplit

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
        return parts.port != 0 and needed.strip("/") != ""
    except (KeyError, ValueError):  # another scheme, or a port that is no number
        return False
