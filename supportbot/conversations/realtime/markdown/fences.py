"""Fences around code, also where one begins behind words: “Here it is: ```json”.

By the standard that is no fence, but its end begins one, in which all that follows would be code.
"""

import re
from typing import NamedTuple

INDENT = re.compile(r"[ \t>]*")
# Before the words of a line: its indent, and the marks of quotations and of items of lists.
MARKERS = re.compile(r"(?:[ \t]*+(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t])))*+[ \t]*+")
FENCE = re.compile(rf"(?P<before>{MARKERS.pattern})(?P<marks>`{{3,}}(?=[^`]*$)|~{{3,}})(?P<words>.*)")
FENCE_BEHIND_WORDS = re.compile(r"(?P<marks>`{3,})(?P<language>[\w+#.-]*)\s*")
BLANK_LINE = re.compile(r"\n[ \t]*+\n")
COLONS, EMPHASIS = (":", "："), "*_"
MAX_INDENT = 3  # with more a line is code by itself


class FenceBehindWords(NamedTuple):
    """A line that may begin a fence behind its words."""

    before: str  # the words
    words: str
    marks: str
    language: str


class FenceReader:
    """Follows the fences of a text, line by line.

    One behind words counts as open until such marks come again. If these do not stand alone in their line it was none,
    but a part of what the words say.
    """

    def __init__(self) -> None:
        self.behind_words: list[tuple[int, int]] = []  # the first and the last line of each that has ended
        self.words_line: int | None = None  # the first line of one that has not
        self._line_count = 0
        self._marks = self._before = ""  # of the fence that is open, and before them in their line

    @property
    def is_open(self) -> bool:
        return self._marks != ""

    def read_line(self, line: str) -> None:
        """Take in the next line."""
        number, self._line_count = self._line_count, self._line_count + 1
        if "```" not in line and "~~~" not in line:
            return
        found = FENCE.match(line)
        if self.words_line is not None:
            if self._marks in line:
                self._end_words(self.words_line, number, found)
        elif found is None:
            behind = None if self._marks else find_fence_behind_words(line)
            if behind is not None:
                self.words_line, self._marks, self._before = number, behind.marks, behind.before
        elif not self._marks or self._has_left_item(line):
            self._marks, self._before = found["marks"], found["before"]
        elif self._is_end(found):
            self._marks = ""

    def _end_words(self, first: int, number: int, found: re.Match[str] | None) -> None:
        """The marks have come again."""
        is_end = found is not None and self._is_end(found)
        if is_end:
            self.behind_words.append((first, number))
        self.words_line, self._marks = None, ""
        if found is not None and not is_end:
            self._marks, self._before = found["marks"], found["before"]

    def _is_end(self, found: re.Match[str]) -> bool:
        before = found["before"]
        is_near = INDENT.fullmatch(before) is not None and len(before) <= len(self._before) + MAX_INDENT
        is_as_quoted = before.count(">") == self._before.count(">")
        return (
            is_near and is_as_quoted and found["marks"].startswith(self._marks) and not found["words"].strip()
        )

    def _has_left_item(self, line: str) -> bool:
        """Whether a line does not belong to the item of a list in which the fence has begun."""
        has_item = INDENT.fullmatch(self._before) is None
        return has_item and len(_get_prefix(INDENT, line)) < len(self._before)


def find_fence_behind_words(line: str) -> FenceBehindWords | None:
    """What a line ends with, if it may be a fence: it stands behind a colon, or names the language of what follows."""
    place = line.find("```")
    found = FENCE_BEHIND_WORDS.fullmatch(line, place) if place > 0 else None
    if found is None:
        return None
    words = line[:place].rstrip()
    behind = FenceBehindWords(_get_prefix(MARKERS, words), words, *found.groups())
    is_announced = behind.words.rstrip(EMPHASIS).endswith(COLONS)
    is_code = is_announced or (behind.language != "" and len(behind.words) < place)
    return behind if is_code and len(behind.before) < len(behind.words) else None


def separate_fences(text: str) -> str:
    """The text with each fence that begins behind words in a line of its own."""
    if "```" not in text:
        return text
    lines, reader = text.split("\n"), FenceReader()
    for line in lines:
        reader.read_line(line)
    if reader.words_line is not None and _is_cut(lines, reader.words_line):
        reader.behind_words.append((reader.words_line, len(lines) - 1))
    for first, last in reader.behind_words:
        behind = find_fence_behind_words(lines[first])
        indents = [_get_prefix(INDENT, line) for line in lines[first + 1 : last + 1] if line.strip()]
        if behind is not None and indents:
            indent = min(indents, key=len)[: len(behind.before) + MAX_INDENT]
            lines[first] = f"{behind.words}\n{indent}{behind.marks}{behind.language}"
    return "\n".join(lines)


def _is_cut(lines: list[str], first: int) -> bool:
    """Whether the text ends within the code of a fence behind words, which may also be about such marks."""
    behind = find_fence_behind_words(lines[first])
    rest = "\n".join(lines[first + 1 :]).strip()
    return behind is not None and (behind.language != "" or BLANK_LINE.search(rest) is None)


def _get_prefix(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.match(line)
    return found[0] if found else ""
