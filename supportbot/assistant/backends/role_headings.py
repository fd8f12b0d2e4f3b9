"""Headings that name whose turn begins: `### Human: …`, `### Instruction:`, `### Response:` (Alpaca, Vicuna, Solar).

A shop has headings of its own, so a name that it may use counts only with a colon, or where no other heading stands.
"""

import re

OWN_ROLES = ("assistant", "response", "chatbot", "bot", "ai")
ROLES = (*OWN_ROLES, "human", "user", "instruction", "customer", "system")
NEVER_TOPICS = ("human", "assistant")
RARELY_TOPICS = (*OWN_ROLES, "user", "instruction")  # with a colon
MESSAGES = ("message", "query", "question", "input", "prompt", "reply", "turn")
HASHES = r"(?:#{2,6}[ \t]{0,3}|#[ \t]{1,3})[*_]{0,2}"
COLON = r"[ \t]{0,3}(?:[:：][*_]{0,2})?"
ROLE_HEADING = rf"{HASHES}(?:{'|'.join(ROLES)})\b(?:[ _](?:{'|'.join(MESSAGES)})\b)?[*_]{{0,2}}{COLON}"
PARTS = re.compile(
    r"[#*_ \t]*(?P<name>[a-z]+)(?P<message>[ _][a-z]+)?[*_]*[ \t]*(?P<colon>[:：])?", re.IGNORECASE
)
BEGUN = re.compile(
    r"#{1,6}[ \t]{0,3}[*_]{0,2}(?P<name>[a-z]*)(?:[ _](?P<message>[a-z]*))?[*_]{0,2}[ \t]{0,3}", re.IGNORECASE
)
BLANK = re.compile(r"[ \t\r]*")
ENDS_LINE = re.compile(r"[ \t]*(?:\r?\n|$)")
OWN_HEADING = re.compile(
    rf"(?:^|\n)[ \t]{{0,3}}{HASHES}(?:{'|'.join(OWN_ROLES)})[*_]{{0,2}}[ \t]{{0,3}}(?:[:：][*_]{{0,2}}|(?=\r?\n))",
    re.IGNORECASE,
)


def is_heading_begun(line: str) -> bool:
    """Whether a line, of which more comes, may be the beginning of such a heading."""
    begun = BEGUN.fullmatch(line.strip(" \t") and line.lstrip(" \t").lower())
    if begun is None:
        return False
    if begun["message"] is None:
        return any(role.startswith(begun["name"]) for role in ROLES)
    return begun["name"] in ROLES and any(each.startswith(begun["message"]) for each in MESSAGES)


def is_role_undecided(rest: str) -> bool:
    """Whether more must come behind such a heading before anybody knows if its line ends there."""
    return BLANK.fullmatch(rest) is not None


def find_role(heading: str, rest: str, *, is_first: bool, is_among_headings: bool) -> bool | None:
    """Whether the model's own turn begins here, or somebody else's; None if it is a heading of its text.

    `is_first` says that the answer begins with it, `is_among_headings` that it has others.
    """
    parts = PARTS.match(heading)
    name = parts["name"].lower() if parts else ""
    has_colon, ends_line = bool(parts and parts["colon"]), ENDS_LINE.match(rest) is not None
    is_own = name in OWN_ROLES
    if not has_colon and (not ends_line or (parts and parts["message"])):
        return None
    if name in NEVER_TOPICS or (has_colon and name in RARELY_TOPICS):
        return is_own
    may_be_topic = is_among_headings or (is_first and not is_own) or not (has_colon or name in RARELY_TOPICS)
    return None if may_be_topic or not ends_line else is_own
