"""What in a sentence cannot be confirmed by what the model was shown and what was done."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from ..facts import find_facts, list_known_facts
from ..facts.derived import is_derived
from ..facts.patterns import DAY_RANGE
from ..facts.readers import Fact
from ..facts.shown_text import ShownText, normalize_text
from ..messages import Mark, Message, ToolCall
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

MAX_MARKS = 20  # of one message


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


def _is_error(content: str) -> bool:
    """Whether a result says that nothing was done."""
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "error" in value
