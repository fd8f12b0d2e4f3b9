"""A text that a server has escaped, for a page or for JSON, put back: `&lt;|channel|&gt;`, `\\u003cthink\\u003e`.

It is known by a mark of its model at its beginning. An answer that only speaks of such marks begins otherwise.
"""

import html
import re

MARKS = ("<|channel|", "<|start|", "<think>", "<tool_call>")
IN_JSON = re.compile(r"\\u00(3c|3e|26|27)", re.IGNORECASE)
ENTITIES = ("&lt;", "&gt;", "&amp;", "&quot;", "&#39;", "&#x27;")
IN_PAGE = re.compile("|".join(ENTITIES), re.IGNORECASE)
ESCAPES = ("\\u003c", "\\u003e", "\\u0026", "\\u0027")


def _escape_for_json(mark: str) -> str:
    return mark.replace("<", ESCAPES[0]).replace(">", ESCAPES[1])


class EscapedTextReader:
    """Reads the beginning of an answer, and all of it if it is escaped."""

    def __init__(self) -> None:
        self.is_over = False  # the text is what it is
        self._escapes: tuple[str, ...] = ()
        self._held = ""

    def read_text(self, data: str) -> str:
        """Add a piece. Returns what of the text may be passed on, put back if it must be."""
        text, self._held = self._held + data, ""
        if not self._escapes:
            words = text.lstrip().lower()
            if any(mark.startswith(words) for mark in BEGINNINGS):
                self._held = text
                return ""
            begun = next((mark for mark in BEGINNINGS if words.startswith(mark)), "")
            self.is_over = not begun
            if self.is_over:
                return text
            self._escapes = BEGINNINGS[begun]
        end = max(text.rfind(self._escapes[0][0]), 0)
        if any(
            escape.startswith(text[end:].lower()) and escape != text[end:].lower() for escape in self._escapes
        ):
            text, self._held = text[:end], text[end:]
        return self._put_back(text)

    def flush_text(self) -> str:
        """The text is over. Returns what was held back."""
        held, self._held = self._held, ""
        return held

    def _put_back(self, text: str) -> str:
        if self._escapes is ENTITIES:
            return IN_PAGE.sub(lambda escape: html.unescape(escape[0].lower()), text)
        return IN_JSON.sub(lambda escape: chr(int(escape[1], 16)), text)


# Each by the beginning of a text that has it.
BEGINNINGS = {
    **{html.escape(mark): ENTITIES for mark in MARKS if "|" in mark},
    **{_escape_for_json(mark): ESCAPES for mark in MARKS},
}
