"""Whether a mark in a text is one, or a word of a sentence about such marks: “You close it with </think> and go on.”

A mention stands within a sentence, apart from the words before it, and the sentence goes on after it. A model that
writes a mark for its program puts it at the beginning of a line, after a sentence, or without a space.
"""

import re

OPENING_QUOTES = "\"'“‘«„([*_"
SENTENCE_ENDS = ".!?…。！？"
NUMBER_IN_LIST = re.compile(r"\s*\d+[.)]\s*")
# After it: nothing yet that says whether the sentence goes on.
UNDECIDED = re.compile(r"[ \t]*|[,.;:!?…)\]\"'”’»*_]")
AS_WORD = re.compile(r"[ \t]+(?P<next>[^\s<\[{◁])|[,.;:!?…)\]\"'”’»*_](?:\W|$)")


def may_be_mention(line: str, last_char: str, last_letter: str) -> bool:
    """Whether what stands before a mark allows that it is a mention.

    `line` is the beginning of its line, `last_char` the character before it and `last_letter` the last one that is no
    white space.
    """
    if not line.strip():
        return False
    if last_char in OPENING_QUOTES:
        return True
    is_after_sentence = last_letter in SENTENCE_ENDS and not NUMBER_IN_LIST.fullmatch(line)
    return last_char.isspace() and not is_after_sentence


def is_undecided(rest: str) -> bool:
    """Whether more of the text must come before anybody knows if the sentence goes on after the mark."""
    return UNDECIDED.fullmatch(rest) is not None


def continues_sentence(rest: str) -> bool:
    """Whether what stands after a mark goes on with the sentence before it."""
    goes_on = AS_WORD.match(rest)
    return goes_on is not None and not (goes_on["next"] or "").isupper()
