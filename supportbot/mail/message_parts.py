"""How much of a mail is taken: a long text is cut into messages, and a large mail is refused."""

from django.conf import settings
from django.utils.translation import gettext as _

BYTES_PER_MEGABYTE = 1024 * 1024
MAX_MAIL_BYTES = 25 * BYTES_PER_MEGABYTE
MAX_PARTS = 5
# Where a text is cut: between paragraphs, lines, sentences or words, if one ends in the last part of what fits.
SEPARATORS = ("\n\n", "\n", ". ", " ")


def split_text(text: str) -> tuple[list[str], bool]:
    """The text in messages of at most MESSAGE_MAX_CHARS, and whether there was more than `MAX_PARTS` of them hold."""
    limit: int = settings.MESSAGE_MAX_CHARS
    # More than may be said in a minute would be refused as often as it comes.
    rates = (settings.CONVERSATION_MESSAGES_PER_MINUTE, settings.VISITOR_MESSAGES_PER_MINUTE)
    most = min([MAX_PARTS, *filter(None, rates)])
    parts: list[str] = []
    while text and len(parts) < most:
        part = text if len(text) <= limit else text[: _find_cut(text, limit)]
        text = text[len(part) :].lstrip()
        if part.strip():
            parts.append(part.strip())
    return parts, bool(text)


def describe_cut() -> str:
    return _("The e-mail was longer than what is shown here. Staff find more of it under “Incoming mails”.")


def describe_rest() -> str:
    return _(
        "The e-mail seems to answer within the text that it quotes, which is left out here. Staff find all of it under "
        "“Incoming mails”."
    )


def describe_size(size: int) -> str:
    return _(
        "The customer sent an e-mail of %(size)d MB. It was too large to be taken: the limit is %(limit)d MB."
    ) % {"size": -(-size // BYTES_PER_MEGABYTE), "limit": MAX_MAIL_BYTES // BYTES_PER_MEGABYTE}


def describe_size_refusal() -> str:
    """For whoever has sent it."""
    return _(
        "Your e-mail is larger than %(limit)d MB, so we couldn't take it. Please send it again with fewer or smaller "
        "attachments."
    ) % {"limit": MAX_MAIL_BYTES // BYTES_PER_MEGABYTE}


def _find_cut(text: str, limit: int) -> int:
    for separator in SEPARATORS:
        found = text.rfind(separator, limit // 2, limit)
        if found > 0:
            return found + len(separator)
    return limit
