"""Primary keys as they stand in addresses, written by anybody."""

MAX_KEY_DIGITS = 18  # a longer number is too large for the database


def parse_key(written: str | None) -> int:
    """The key, 0 for what can be none."""
    text = written or ""
    is_key = text.isascii() and text.isdecimal() and len(text) <= MAX_KEY_DIGITS
    return int(text) if is_key else 0
