"""Whose turn begins at a mark in a text: a model goes on with its own, or makes the customer's next message up.

Chat templates name the speaker in the mark (`<|user|>`, `<｜User｜>`, `[|user|]`, `<|USER_TOKEN|>`), or behind it,
mostly with a mark behind that: `<|header_start|>assistant<|header_end|>`, `<|im_user|>user<|im_middle|>`,
`<|turn>model`, `<|im_start|>assistant<|im_sep|>`. Whoever leaves the marks out alone shows the names.
"""

import re

from ..text_calls.marks import CALLS
from .marks import SPECIAL, SPECIAL_BEGUN, THOUGHT_CLOSINGS, THOUGHT_OPENINGS
from .thought_names import is_opening

# Who may be named above a part of a text, and whether it is the model.
SPEAKERS = {
    **dict.fromkeys(("assistant", "model", "chatbot", "bot", "ai"), True),
    **dict.fromkeys(
        ("user", "human", "customer", "system", "developer", "observation", "environment"), False
    ),
    **dict.fromkeys(("tool", "function", "ipython"), False),
}
IN_MARKS = "|".join(name for name in SPEAKERS if name not in ("tool", "function"))  # these may begin a call
NAMING_MARK = re.compile(
    rf"[<\[][|｜](?:im_|hy_|start_of_|begin_of_|start_|begin_)?(?P<name>{IN_MARKS})(?:_?(?:start|begin|token|prompt))?"
    r"[|｜]?[>\]]"
)
# What begins a turn, or has ended one, so that a line of the speaker's name may follow; elsewhere it may be a word.
BETWEEN_TURNS = re.compile(
    r"[<\[]?[|｜]?(?:im_\w+|turn|start|role|from|bot|seed:[be]os|(?:special|extra_id|reserved)_\d+|\w*header\w*"
    r"|\w*(?:end|start|begin)_?of_?(?:turn|role|text|message)\w*|eo[stm]\w*|message_sep|separator)[|｜]?[>\]]"
)
AROUND_WORDS = re.compile(r"[<\[]?[|｜]?\w*(?:box|solution|response|answer)\w*")
NAME = rf"\s{{0,3}}(?P<name>{'|'.join(SPEAKERS)})[ \t]{{0,4}}"
BEFORE_MARK = re.compile(rf"{NAME}{SPECIAL}", re.IGNORECASE)
ON_LINE = re.compile(rf"{NAME}(?::?[ \t]*(?:\r?\n|$)|{SPECIAL})", re.IGNORECASE)
NAME_BEHIND = re.compile(rf"{NAME}:?[ \t]{{0,4}}\r?", re.IGNORECASE)


def find_turn(mark: str, rest: str) -> tuple[bool, int] | None:
    """Whether the turn that begins at this mark is the model's own, and how much of what follows names its speaker.

    None if no turn begins here.
    """
    if not may_open_turn(mark):
        return None
    behind = (ON_LINE if BETWEEN_TURNS.fullmatch(mark) else BEFORE_MARK).match(rest)
    if behind:
        return SPEAKERS[behind["name"].lower()], behind.end()
    named = NAMING_MARK.fullmatch(mark)
    return (SPEAKERS[named["name"]], 0) if named else None


def measure_speaker(mark: str, rest: str) -> int:
    """How many characters behind this mark name the speaker of the turn that it begins."""
    turn = find_turn(mark, rest)
    return turn[1] if turn else 0


def is_turn_undecided(mark: str, rest: str) -> bool:
    """Whether more must come before anybody knows if the name of a speaker follows this mark."""
    if not may_open_turn(mark):
        return False
    named = NAME_BEHIND.match(rest)
    if named:
        behind = rest[named.end() :]
        return not behind or SPECIAL_BEGUN.fullmatch(behind) is not None
    words = rest.lstrip().lower()
    return len(rest) - len(words) <= 3 and any(name.startswith(words) for name in SPEAKERS)


def may_open_turn(mark: str) -> bool:
    """Whether this mark is none of a thought, a call, or the words of the answer themselves."""
    is_other = mark in THOUGHT_OPENINGS or mark in THOUGHT_CLOSINGS or mark in CALLS or is_opening(mark)
    return mark[0] in "<[" and not is_other and not AROUND_WORDS.match(mark)
