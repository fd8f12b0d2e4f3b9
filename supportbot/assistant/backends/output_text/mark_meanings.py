"""What a mark is at its place in an answer: one for a program, a word of a sentence, or not clear before more comes."""

from ..text_calls.marks import CALL_BODY, CALL_BODY_BEGUN, CALLS
from ..text_calls.mentions import continues_sentence, is_undecided
from . import marks
from .answer_text import AnswerText
from .formulas import is_formula_undecided
from .harmony_headers import is_header_undecided
from .invisible_marks import NEVER_WORDS
from .role_headings import is_role_undecided
from .turn_headers import is_turn_undecided, measure_speaker


def is_out_of_place(mark: str, answer: AnswerText) -> bool:
    """Whether a mark that only begins lines stands within one, or a heading in what may be a thought."""
    is_of_line = mark[0] in marks.FIRST_CHARS_OF_LINE_MARKS
    return is_of_line and (answer.position.is_in_line or (mark[0] == "#" and answer.is_held))


def needs_more_text(mark: str, rest: str, answer: AnswerText) -> bool:
    """Whether only what follows a mark can say what it is."""
    if mark in CALLS:
        return not CALL_BODY.match(rest) and bool(CALL_BODY_BEGUN.fullmatch(rest))
    if mark[0] == "#":
        return is_role_undecided(rest)
    if is_header_undecided(mark, rest) or is_formula_undecided(mark, rest):
        return True
    if mark in marks.SOFT_ENDINGS and not rest.strip(" \t"):
        return answer.has_begun
    if is_turn_undecided(mark, rest) and not is_end(mark, answer):
        return True
    return answer.position.may_be_in_sentence and is_undecided(rest[measure_speaker(mark, rest) :])


def is_mention(mark: str, rest: str, answer: AnswerText) -> bool:
    """Whether a sentence goes on behind this mark, and behind the speaker whom it names."""
    if NEVER_WORDS.fullmatch(mark):
        return False
    rest = rest[measure_speaker(mark, rest) :]
    return answer.position.may_be_in_sentence and continues_sentence(rest)


def is_end(mark: str, answer: AnswerText) -> bool:
    """Whether this mark ends the model's turn, and the turn can end here."""
    if mark not in marks.ENDINGS:
        return False
    return answer.has_words or (bool(answer.calls.bodies) and mark not in marks.HARMONY_CLOSINGS)
