"""What is new in a mail: without what it quotes, without signatures of programs, and with answers between quotes."""

from .flowed import unwrap_flowed
from .html_text import enriched_to_html, html_to_text
from .rules import MAX_CHARS, extract_reply, may_answer_below

__all__ = [
    "MAX_CHARS",
    "enriched_to_html",
    "extract_reply",
    "html_to_text",
    "may_answer_below",
    "unwrap_flowed",
]
