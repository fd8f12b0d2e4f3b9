"""What is new in a mail: without what it quotes, without signatures of programs, and with answers between quotes.

    text = extract_reply(text, is_forward=False)

`mail-parser-reply` also looks for the beginning of what is quoted; the rules here decide whether it is one, know more
programs and languages, and know the line of our own mails above which to write.
"""

from .flowed import unwrap_flowed
from .html_text import enriched_to_html, html_to_text
from .rules import cut_to_new_text
from .words import POINTS_BELOW

MAX_CHARS = 100_000  # of a mail's text that is looked at

MAX_POINTING_CHARS = 400

__all__ = [
    "MAX_CHARS",
    "enriched_to_html",
    "extract_reply",
    "html_to_text",
    "may_answer_below",
    "unwrap_flowed",
]


def extract_reply(text: str, *, is_forward: bool = False) -> str:
    """The new text of a mail, empty if there is none. In a forwarded mail what is forwarded is new too."""
    return cut_to_new_text(text[:MAX_CHARS], is_forward=is_forward)


def may_answer_below(text: str, whole_text: str) -> bool:
    """Whether the new text says that there is more of it within what was taken for the old mail."""
    is_cut = len(whole_text) > len(text) + MAX_POINTING_CHARS // 4
    return is_cut and len(text) <= MAX_POINTING_CHARS and bool(POINTS_BELOW.search(text))
