"""Marks of thoughts whose names nobody has listed: `<inner_monologue>`, `<|thought_start|>`, `[REASONING]`.

In a mark of a model's own they open a thought wherever they stand. As an element, which may be one of a page or of a
call (`<reason>`), they do so only where the answer begins with it and closes it. There the answer itself may stand in
an element behind the thought: `<output>`, `<final_answer>`. So may all of one without a thought.
"""

import re

NAME = (
    r"(?:(?:inner|internal|reasoning|my|hidden|private|self|agent|assistant|chain[_-]?of|train[_-]?of)[_-]?)?"
    r"(?:think(?:ing)?|thoughts?|reason(?:ing|s)?|reflections?|monologue|scratch_?pad|rationale|deliberations?|analysis"
    r"|cot|planning)(?:[_-]?(?:process|content|text|steps?|block|trace|summary))?"
)
BAR = "[|｜]"
OPENING_MARK = re.compile(
    rf"[<\[]{BAR}(?:(?:start|begin)(?:_?of)?_)?{NAME}(?:_(?:start|begin))?{BAR}?[>\]]", re.IGNORECASE
)
CLOSING = rf"[<\[]{BAR}(?:/{NAME}|end(?:_?of)?_{NAME}|{NAME}_end){BAR}?[>\]]|<{NAME}{BAR}>"
CLOSING_MARK = re.compile(CLOSING, re.IGNORECASE)
END_OF_MARK = re.compile(rf"{CLOSING}|</{NAME}>", re.IGNORECASE)
CLOSING_AT_END = re.compile(rf"(?:{CLOSING}|</\s?{NAME}\s?>|\[/{NAME}\])$", re.IGNORECASE)
ANSWER_NAME = r"(?:final[_-]?)?(?:answer|output|solution|response|reply|result|conclusion|message)|final"
ELEMENT = re.compile(
    rf"\s*(?:(?:<|&lt;)\s?(?:(?P<thought>{NAME})|(?P<answer>{ANSWER_NAME}))(?:\s[^<>\n]{{0,80}}?)?\s?(?:>|&gt;)"
    rf"|\[(?P<bracketed>{NAME})\])",
    re.IGNORECASE,
)
ELEMENT_BEGUN = re.compile(
    r"\s*(?:&(?:l|lt)?|(?:<|&lt;)\s?(?:[\w-]{0,40}(?:\s[^<>\n]{0,80}|&g?t?)?)|\[[\w-]{0,40})"
)
ANSWER_CLOSING = rf"</(?:{ANSWER_NAME})>"
MAX_MENTION_CHARS = 80  # an element that is only spoken of is closed by then
AFTER_MENTION = re.compile(r"\s|[,;:.!?/)]|-\w")  # “<output>, an element …”, “<output>-Elemente”


def is_opening(mark: str) -> bool:
    return OPENING_MARK.fullmatch(mark) is not None


def is_closing(mark: str) -> bool:
    return CLOSING_MARK.fullmatch(mark) is not None


def build_end(element: re.Match[str]) -> re.Pattern[str]:
    """What closes a thought that an element has opened."""
    name = re.escape(element["thought"] or element["bracketed"])
    closing = rf"\[/{name}\]" if element["bracketed"] else rf"(?:<|&lt;)/\s?{name}\s?(?:>|&gt;)"
    return re.compile(closing, re.IGNORECASE)


def is_around_answer(element: re.Match[str], rest: str, *, is_last: bool) -> bool | None:
    """Whether all of the answer stands in the element with which it begins; None if more must come first."""
    if rest[:1] == "\n":
        return True
    if AFTER_MENTION.match(rest) or element[0].lstrip()[0] == "&":
        return False
    # No further than the pieces of a stream let it be seen, so that their size makes no difference.
    closing = re.search(rf"</{re.escape(element['answer'])}>", rest[:MAX_MENTION_CHARS], re.IGNORECASE)
    if closing:
        behind = rest[closing.end() :].lstrip()[:1]
        return behind == "<" or (None if not behind and not is_last else not behind)
    if len(rest) >= MAX_MENTION_CHARS:
        return True
    return False if is_last else None
