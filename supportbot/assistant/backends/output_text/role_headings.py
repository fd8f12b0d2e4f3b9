"""Headings that name whose turn begins: `### Human: …`, `### Instruction:`, `### Response:` (Alpaca, Vicuna, Solar).

A shop has headings of its own, so a name that it may use counts only with a colon, or where no other heading stands.
A part of an answer that is lost is worse than a made-up turn that is shown.
"""

import re

OWN_ROLES = ("assistant", "response", "chatbot", "bot", "ai")
ROLES = (*OWN_ROLES, "human", "user", "instruction")
NEVER_TOPICS = ("human", "assistant")
OF_PROMPTS = (*ROLES, "input", "system")  # headings that stand among those of turns
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

# What only an answer has: a heading of another kind, or a list, a table or a quotation below the one that names a role.
TOPIC_HEADING = re.compile(
    rf"\n[ \t]{{0,3}}#{{1,6}}[ \t]{{1,3}}(?![*_]{{0,2}}(?:{'|'.join(OF_PROMPTS)})\b)[^\s#][^\n]*\n",
    re.IGNORECASE,
)
LIST_BEHIND = re.compile(r"\s{0,20}+(?:(?:[-*+•>]|\d{1,3}[.)])\s|\|)")


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


def find_role(
    heading: str, rest: str, *, is_first: bool, is_among_headings: bool, is_announced: bool
) -> bool | None:
    """Whether the model's own turn begins here, or somebody else's; None if it is a heading of its text.

    `is_first` says that the answer begins with it, `is_among_headings` that it has others, and `is_announced` that the
    words before it end with a colon.
    """
    parts = PARTS.match(heading)
    has_colon, ends_line = bool(parts and parts["colon"]), ENDS_LINE.match(rest) is not None
    if not has_colon and (not ends_line or (parts and parts["message"])):
        return None
    is_own = _get_name(heading) in OWN_ROLES
    if not may_be_topic(heading):
        return is_own
    if is_among_headings or is_announced:
        return None
    return is_own if has_colon or is_own is is_first else None


def may_be_topic(heading: str) -> bool:
    """Whether a heading that names a role may also be one of a shop's answer."""
    return _get_name(heading) not in NEVER_TOPICS


def has_topics(text: str, start: int, end: int) -> bool:
    """Whether what stands behind such a heading is a part of an answer, as its beginning tells or a heading in it."""
    return LIST_BEHIND.match(text) is not None or TOPIC_HEADING.search(text, start, end) is not None


def _get_name(heading: str) -> str:
    parts = PARTS.match(heading)
    return parts["name"].lower() if parts else ""
