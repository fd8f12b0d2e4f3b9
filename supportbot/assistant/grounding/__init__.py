"""A check of what the model says, by rules: facts must stand in what it was shown, and actions must have been done.

Order and ticket numbers, telephone numbers, e-mail and web addresses, money, dates, times, spans of time and
percentages are looked up in the customer's words, the tools' results and the instructions; “I have refunded you” asks
for a call of this turn that does so. A mark says that something could not be confirmed, not that it is wrong.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Literal

from ..facts import find_facts, list_known_facts
from ..facts.derived import is_derived
from ..facts.patterns import DAY_RANGE
from ..facts.readers import Fact
from ..facts.shown_text import ShownText, normalize_text
from ..messages import Answer, Mark, Message, ToolCall
from ..tools import Registry
from .actions import (
    ANY_ACTION,
    find_present_action,
    find_unproven_action,
    list_actions,
    list_promised_kinds,
    list_promises,
    list_reports,
    list_told_actions,
)
from .closing_days import says_only_closed

GroundingMode = Literal["off", "mark", "hold"]

MAX_SENTENCE_CHARS = 600  # a longer one is checked in pieces
SENTENCE_MARKS = frozenset(".!?…。！？\n\"'”’»)]*_")
MAX_MARKS = 20  # of one message
# A full stop behind a number or a single letter (“19. November”, “e. g.”) ends no sentence.
# Neither does one between a short form and a number (“Dec. 9th”, “approx. 5 days”).
_SHORT_FORMS = (
    r"(?<!(?i:\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|okt|nov|dec|dez|tel|ext|max|min|ref)\.))"
    r"(?<!(?i:\b(?:ca|nr|no)\.))(?<!(?i:\bapprox\.))"
)
SENTENCE_END = re.compile(
    rf"(?:\.(?<!\d\.)(?<![\s.]\w\.)(?:(?!\s\d)|{_SHORT_FORMS})|[!?…])[\"'”’»)\]*_]*(?=\s)|[。！？\n]"
)


class GroundingCheck:
    """What the model was shown and what was done, against which the sentences of one turn are checked."""

    def __init__(self, system: str, messages: Sequence[Message], tools: Registry) -> None:
        self._system = system
        self._tools = tools
        self._has_photo = any(message.images for message in messages)
        self._said = ShownText(each.text for each in messages if each.role == "user")
        self._shown = ShownText([system, *(each.text for each in messages if each.role in ("user", "tool"))])
        self._reports = {
            report for each in messages if each.role == "tool" for report in list_reports(each.text)
        }
        for each in messages:
            self._reports |= list_told_actions(each.text) if each.role == "user" else frozenset()
        # A turn whose process died begins again with its own calls behind the customer's words.
        begin = max((place for place, each in enumerate(messages, 1) if each.role == "user"), default=0)
        self._earlier_actions = self._read_calls(messages[:begin])
        self._actions = self._read_calls(messages[begin:])
        self._wanted: set[str] = set()  # by the calls of the message that is checked

    def note_wanted_calls(self, calls: Sequence[ToolCall]) -> None:
        """The message that is checked ends with these calls, so that it may say what it is about to do."""
        self._wanted = {action for call in calls for action in self._list_actions(call, "")}

    def has_present_action(self, sentence: str) -> bool:
        """Whether a sentence says that something is done right now, of which a call may follow."""
        return find_present_action(sentence, self._actions) != ""

    def add_result(self, call: ToolCall, content: str, outcome: str) -> None:
        """A tool of this turn has returned this."""
        self._shown.add_text(content)
        self._reports |= list_reports(content)
        if outcome == "done":
            self._actions |= self._list_actions(call, content)

    def find_marks(self, sentence: str, limit: int = MAX_MARKS) -> list[Mark]:
        """What in this sentence cannot be confirmed. No more is looked for once there are as many as the limit."""
        return list(islice(self._iter_marks(sentence), limit))

    def _iter_marks(self, sentence: str) -> Iterator[Mark]:
        """After a photo facts are not checked: they may stand on it."""
        for fact in [] if self._has_photo else find_facts(sentence):
            if self._is_known(fact):
                continue
            if fact.kind != "weekday" or not self._is_closing_day(sentence, fact.words):
                yield Mark(fact.kind, fact.words)
        action = find_unproven_action(sentence, self._actions, self._earlier_actions, self._reports)
        action = action or find_present_action(sentence, self._actions | self._wanted)
        action = action or self._find_empty_promise(sentence)
        if action and not self._shown.has_words(normalize_text(sentence.strip(" .!*-\n"))):
            yield Mark("action", action)

    def _find_empty_promise(self, sentence: str) -> str:
        """The words of an action that is promised, and that no tool can do and the instructions do not promise.

        What a ticket says goes to the team.
        """
        promises = list_promises(sentence)
        if not promises:
            return ""
        effects = [tool for tool in self._tools.values() if tool.effect != "read"]
        possible = {action for tool in effects for action in list_actions(tool.name, tool.done_words)}
        possible |= list_promised_kinds(self._system)
        if "open" in possible:
            possible.add("forward")
        is_any_possible = ANY_ACTION in possible
        return next((words for kind, words in promises if not is_any_possible and kind not in possible), "")

    def _is_closing_day(self, sentence: str, day_words: str) -> bool:
        """Whether it says only that on this day, which no opening hours name, nobody is there."""
        if not says_only_closed(normalize_text(sentence), day_words):
            return False
        return any(days[2] for text in self._shown.plain_texts for days in DAY_RANGE.finditer(text))

    def _is_known(self, fact: Fact) -> bool:
        if fact.value:
            # A customer's “1234” may be repeated as ORD-1234, any other number's digits may not.
            return self._shown.has_exact_value(fact.value) or self._said.has_value(fact.value)
        if self._shown.has_words(fact.words):
            return True
        shown = [list_known_facts(text) for text in self._shown.plain_texts]
        return any(not facts.isdisjoint(fact.readings) for facts in shown) or is_derived(fact.readings, shown)

    def _read_calls(self, messages: Sequence[Message]) -> set[str]:
        """The actions of the calls in these messages."""
        calls = {call.id: call for message in messages for call in message.tool_calls}
        results = [(calls.get(each.tool_call_id), each.text) for each in messages if each.role == "tool"]
        return {action for call, text in results if call for action in self._list_actions(call, text)}

    def _list_actions(self, call: ToolCall, content: str) -> set[str]:
        tool = self._tools.get(call.name)
        if tool is None or tool.effect == "read" or _is_error(content):
            return set()
        return list_actions(tool.name, tool.done_words)


class CheckedText:
    """The text of one message on its way to the customer: checked sentence by sentence.

    With the mode “mark” it passes at once, with “hold” each sentence waits for its check, and one that cannot be
    confirmed is left out. One that says what is done right now waits for the end of the message, which may have a call
    that does it.
    """

    def __init__(self, check: GroundingCheck, mode: GroundingMode) -> None:
        self._check = check
        self._holds = mode == "hold"
        self._check.note_wanted_calls(())
        self.withdraw_text()

    def withdraw_text(self) -> None:
        """The text so far was no answer: it begins anew."""
        self._unchecked: list[str] = []
        self._unchecked_chars = 0
        self._is_marked = False  # whether the last piece may have ended a sentence
        self._awaits_call = False  # a sentence waits for the end of the message, and so do all behind it
        self._released: list[str] = []
        self.marks: list[Mark] = []
        self.is_held = False

    def add_text(self, piece: str) -> str:
        """Take in more text. Returns what may be shown now."""
        self._unchecked.append(piece)
        if not self._holds:  # nothing waits for the check, so it is made once, at the end
            return piece
        if self._awaits_call:
            return ""
        self._unchecked_chars += len(piece)
        was_marked, self._is_marked = self._is_marked, not SENTENCE_MARKS.isdisjoint(piece)
        if not (self._is_marked or was_marked or self._unchecked_chars >= MAX_SENTENCE_CHARS):
            return ""
        return self._check_sentences(is_end=self._unchecked_chars >= MAX_SENTENCE_CHARS)

    def finish_text(self, calls: Sequence[ToolCall] = ()) -> str:
        """The message has ended, with these calls. Returns the rest that may be shown."""
        self._check.note_wanted_calls(calls)
        rest = self._check_sentences(is_end=True, is_over=True)
        return rest if self._holds else ""

    def mark_answer(self, answer: Answer) -> Answer:
        """The message as the customer has it, with what could not be confirmed."""
        message = replace(answer.message, text="".join(self._released)) if self.is_held else answer.message
        return replace(answer, message=message, marks=tuple(self.marks), is_held=self.is_held)

    def _check_sentences(self, *, is_end: bool, is_over: bool = False) -> str:
        """Check the sentences that are whole, and with `is_end` what is left. Returns those that may be shown.

        Only when the message `is_over` is it known whether a call does what a sentence says is being done.
        """
        text, start, confirmed = "".join(self._unchecked), 0, []
        ends = [match.end() for match in SENTENCE_END.finditer(text)]
        if is_end and (not ends or ends[-1] < len(text)):
            ends.append(len(text))
        for end in ends:
            sentence = text[start:end]
            if not is_over and self._check.has_present_action(sentence):
                self._awaits_call = True
                break
            start = end
            if self._is_confirmed(sentence) or not self._holds:
                confirmed.append(sentence)
            else:
                self.is_held = True
        self._unchecked, self._unchecked_chars = [text[start:]], len(text) - start
        passed = "".join(confirmed)
        self._released.append(passed)
        return passed

    def _is_confirmed(self, sentence: str) -> bool:
        """Note what cannot be confirmed, as far as marks are kept. With “hold” one more is enough to know."""
        is_confirmed = True
        for start in range(0, len(sentence), MAX_SENTENCE_CHARS):
            room = MAX_MARKS - len(self.marks)
            limit = max(room, 1 if self._holds and is_confirmed else 0)
            found = (
                self._check.find_marks(sentence[start : start + MAX_SENTENCE_CHARS], limit) if limit else []
            )
            self.marks += found[:room]
            is_confirmed = is_confirmed and not found
        return is_confirmed


def _is_error(content: str) -> bool:
    """Whether a result says that nothing was done."""
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "error" in value
