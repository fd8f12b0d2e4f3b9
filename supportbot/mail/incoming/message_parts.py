"""How much of a text is taken: a long one is cut into messages."""

from django.conf import settings
from django.utils.translation import gettext as _

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


def _find_cut(text: str, limit: int) -> int:
    for separator in SEPARATORS:
        found = text.rfind(separator, limit // 2, limit)
        if found > 0:
            return found + len(separator)
    return limit
