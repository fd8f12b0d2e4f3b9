"""Marks within the words of an answer that are no words: where a model has read something, and bytes for characters.

Command R writes `<co: 0>…</co: 0>` around what it cites, OpenAI's models `【4:0†source】` and, between characters for
private use, `cite` and `turn0search0`, and Grok an element of its own, `<grok:render …>…</grok:render>`. Tokens for
which a server has no characters come as their bytes, `<0x0A>`.
"""

import re

BYTES = r"(?:<0x[0-9a-f]{2}>)+"
RENDER = r"<grok:render\b[^<>]{0,400}"
INVISIBLE = (
    r"</?co(?::[ ]?\d[\d, ]{0,20}(?::\[[\d, ]{0,20}\])?)?>"
    r"|【\d{1,4}(?::\d{1,4})?†[^【】\n]{0,60}】"
    r"|\ue200[^\ue200\ue201\n]{0,300}\ue201"
    rf"|{RENDER}>"
    r"|\[control_\d{1,3}\]"
)
IS_INVISIBLE = re.compile(INVISIBLE, re.IGNORECASE | re.DOTALL)
# Of these no sentence speaks, as it may of a `<co>` or of a byte.
NEVER_WORDS = re.compile(rf"(?!<co>)(?:{INVISIBLE})|(?:<0x[89a-f][0-9a-f]>)+", re.IGNORECASE | re.DOTALL)
IS_BYTES = re.compile(BYTES, re.IGNORECASE)
# The end of a text that may be the beginning of one. More bytes may follow bytes, and be of the same character.
BEGUN = re.compile(
    r"(?:</?c?o?(?::[ ]?[\d, ]{0,21}(?::(?:\[[\d, ]{0,20}\]?)?)?)?"
    r"|【(?:\d{1,4}(?::\d{0,4})?(?:†[^【】\n]{0,60})?)?"
    r"|\ue200[^\ue200\ue201\n]{0,300}"
    rf"|<(?:g(?:r(?:o(?:k(?::(?:r(?:e(?:n(?:d(?:er?)?)?)?)?)?)?)?)?)?)?"
    rf"|{RENDER}"
    r"|\[(?:c(?:o(?:n(?:t(?:r(?:o(?:l(?:_\d{0,3})?)?)?)?)?)?)?)?"
    rf"|{BYTES}(?:<(?:0(?:x[0-9a-f]{{0,2}})?)?)?|<(?:0(?:x[0-9a-f]{{0,2}})?)?)$",
    re.IGNORECASE | re.DOTALL,
)
MAX_INVISIBLE_CHARS = 450
CUT_RENDER = re.compile(rf"{RENDER}$", re.IGNORECASE)
RENDER_OPENING = re.compile(rf"{RENDER}(?<!/)>", re.IGNORECASE)  # and what stands in it is for a program too
RENDER_CLOSING = re.compile("</grok:render>", re.IGNORECASE)


def measure_invisible_begun(text: str) -> int:
    """How many characters at the end of a text may be the beginning of such a mark."""
    begun = BEGUN.search(text, max(0, len(text) - MAX_INVISIBLE_CHARS))
    return len(text) - begun.start() if begun else 0


def read_bytes(mark: str) -> str:
    """The characters that such bytes are; empty for a mark of another kind."""
    if not IS_BYTES.fullmatch(mark):
        return ""
    return bytes.fromhex(mark.lower().replace("<0x", "").replace(">", "")).decode(errors="ignore")
