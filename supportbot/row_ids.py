"""Primary keys as they come in addresses and searches, written by anybody."""

MAX_ID_DIGITS = 18  # a longer number is no primary key, and too large for the database


def parse_row_id(written: str) -> int | None:
    """The primary key, None for what cannot be one."""
    text = written.strip()
    is_id = text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS
    return int(text) if is_id else None
