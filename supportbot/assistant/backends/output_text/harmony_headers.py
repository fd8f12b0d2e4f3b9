"""The header of a message of gpt-oss, in the ways in which models write it: `<|channel|> final json<|message|>`."""

import re

CHANNEL = "<|channel|>"
MESSAGE_BEGINS = r"(?:[ \n]{0,3}<\|constrain\|>)?[ \n]{0,3}(?:[\w-]{1,20}[ \n]{0,3})?<\|message\|>"
HEADER = re.compile(
    rf"[ \n]{{0,3}}(?P<channel>analysis|commentary|final)(?:(?P<to>[ \n]{{1,3}}to=)|{MESSAGE_BEGINS})",
    re.IGNORECASE,
)
CHANNELS = ("analysis", "commentary", "final")
HEADER_BEGUN = re.compile(r"[\s\w<|>-]{0,70}")
# With these a thought ends, and what they open stays.
OPENING_ANSWER_OR_CALL = (
    rf"(?:<\|start\|>\s{{0,3}}assistant\s{{0,3}})?<\|channel\|>[ \n]{{0,3}}"
    rf"(?:final{MESSAGE_BEGINS}|(?:analysis|commentary)[ \n]{{1,3}}to=)|<\|start\|>assistant to="
)
MAX_HEADER_CHARS = 120


def read_header(mark: str, rest: str) -> tuple[str, int]:
    """The mark with its header as the template has it, and how many characters of what follows are of the header."""
    header = HEADER.match(rest) if mark == CHANNEL else None
    if header is None:
        return mark, 0
    return f"{CHANNEL}{header['channel'].lower()}{' to=' if header['to'] else '<|message|>'}", header.end()


def is_header_undecided(mark: str, rest: str) -> bool:
    if mark != CHANNEL or HEADER.match(rest) or not HEADER_BEGUN.fullmatch(rest):
        return False
    words = rest.lstrip().lower()
    return any(words.startswith(name) or name.startswith(words) for name in CHANNELS)
