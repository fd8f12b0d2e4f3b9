"""Finds the actions that an answer claims, such as “I have refunded you”, and which actions a tool's call has done.

An action is one of few kinds (open, cancel, refund, …), so that “I've created a ticket” is true after `open_ticket`.
Known in English, German, French, Spanish, Italian, Dutch and Portuguese (`action_words`, `action_patterns`).
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from ..facts.shown_text import CACHED_TEXTS, normalize_text
from ..facts.word_patterns import WordPattern, find_matches, join_words
from .action_languages import NO_SPACES, find_unspaced_action
from .action_patterns import (
    ACTION_WORDS,
    BEHIND_CONDITION,
    CONDITION,
    CONJUNCTION,
    HEADLESS_ACTIONS,
    KIND_OF_DONE,
    KIND_OF_TOOL_WORD,
    KIND_OF_WORD,
    KINDS_OF_FORMS,
    MAX_HEADLESS_WORDS,
    NEGATION,
    OWN_ACTIONS,
    OWN_WORDS,
    PRESENT,
    PRESENT_ACTIONS,
    PRESENT_WORDS,
    QUESTION,
    REPORTED_ACTIONS,
    RETURN_LABEL,
)
from .action_words import ACTIONS, REPORTS
from .handover_patterns import HANDOVER, HANDOVER_WORDS, HANDOVERS, REQUEST
from .promise_patterns import CONDITION as PROMISE_CONDITION
from .promise_patterns import KIND_OF_PROMISE, PROMISE_WORDS, PROMISED_ACTIONS

ANY_ACTION = "*"
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
EARLIER = re.compile(r"\b(?:already|earlier|before|previously|bereits|schon|vorhin|déjà|ya|già|reeds|já)\b")
# What a result says in few words: keys, and values such as a status. An article tells of no action.
SHORT_STRING = re.compile(r'"([^"\n\\]{1,40})"')
# Keys that say nothing of the kind: without a value, and of when a row was stored.
NO_REPORT = re.compile(r'"[^"\n\\]{1,40}"\s?:\s?(?:null|false|"")|"\w{1,40}_at"\s?:')
TOLD_KINDS = ("send", "deliver")  # what a customer may know better than the shop
_REPORTED = {
    kind: re.compile(rf"(?<![^\W_])(?:{join_words([*done.split(), *REPORTS.get(kind, ())])})")
    for kind, (_verbs, done) in ACTIONS.items()
}


def list_actions(tool_name: str, done_words: tuple[str, ...] = ()) -> set[str]:
    """The kinds of actions that a tool does: by the verbs and nouns of its name, and by the words that it declares.

    A tool that says nothing of what it does may have done anything.
    """
    parts = tool_name.casefold().split("_")
    named = {KIND_OF_TOOL_WORD[part] for part in parts if part in KIND_OF_TOOL_WORD}
    declared = {KIND_OF_DONE[word] for word in done_words if word in KIND_OF_DONE}
    return named | declared or {ANY_ACTION}


@lru_cache(maxsize=CACHED_TEXTS)
def list_reports(result: str) -> frozenset[str]:
    """The kinds of actions that a tool's result tells of, as by an order's status “cancelled”."""
    words = " ".join(SHORT_STRING.findall(NO_REPORT.sub("", normalize_text(result))))
    return frozenset(kind for kind, pattern in _REPORTED.items() if pattern.search(words))


@lru_cache(maxsize=CACHED_TEXTS)
def list_told_actions(text: str) -> frozenset[str]:
    """What a customer tells of an order, as that it was delivered damaged; a question tells nothing."""
    plain = normalize_text(text)
    return frozenset(kind for kind in TOLD_KINDS if "?" not in plain and _REPORTED[kind].search(plain))


def find_unproven_action(
    sentence: str, done: Collection[str], done_earlier: Collection[str], reported: Collection[str]
) -> str:
    """The words of an action that no call of this turn has done; empty if there is none.

    `done_earlier` counts where the answer speaks of earlier, as of a return label that “was sent”, and `reported` where
    it tells what somebody has done.
    """
    text = normalize_text(sentence)
    words = _list_words(text)
    is_unspaced = not text.isascii() and NO_SPACES.search(text) is not None
    if ACTION_WORDS.isdisjoint(words) and not is_unspaced:
        return ""
    proven = {*done}
    if EARLIER.search(text) or RETURN_LABEL.search(text) or re.search(r"\d{3}", text):
        proven.update(done_earlier)
    if ANY_ACTION in proven:
        return ""
    told = proven | {*reported}
    if is_unspaced and (unspaced := find_unspaced_action(text, told)):
        return unspaced
    kinds = {kind for word in words & KINDS_OF_FORMS.keys() for kind in KINDS_OF_FORMS[word]}
    if own := "" if kinds <= proven else _find_claim(text, words, OWN_ACTIONS, proven):
        return own
    if kinds <= told:  # as nearly always: what it speaks of was done
        return ""
    reported_action = _find_claim(text, words, REPORTED_ACTIONS, told)
    is_headless = not reported_action and len(words) <= MAX_HEADLESS_WORDS
    return _find_claim(text, words, HEADLESS_ACTIONS, told) if is_headless else reported_action


def find_present_action(sentence: str, done: Collection[str]) -> str:
    """The words of an action that is said to be done right now, and is none of these; empty if there is none.

    That a person has the chat, or will have it, is one of them: it is true with a call that does it, and no sooner.
    """
    text = normalize_text(sentence)
    words = _list_words(text)
    if ANY_ACTION in done:
        return ""
    action = "" if PRESENT_WORDS.isdisjoint(words) else _find_claim(text, words, PRESENT_ACTIONS, done)
    if action or HANDOVER in done or HANDOVER_WORDS.isdisjoint(words):
        return action
    if PROMISE_CONDITION.search(text) or REQUEST.search(text):
        return ""
    return next((match[0] for match in find_matches(HANDOVERS, text, words)), "")


def list_promises(sentence: str) -> list[tuple[str, str]]:
    """The kinds of actions that are promised, each with its words. What hangs on a condition is an offer."""
    text = normalize_text(sentence)
    words = _list_words(text)
    if PROMISE_WORDS.isdisjoint(words):
        return []
    promises = [
        (KIND_OF_PROMISE[match["action"]], match[0]) for match in find_matches(PROMISED_ACTIONS, text, words)
    ]
    return [] if promises and PROMISE_CONDITION.search(text) else promises


@lru_cache(maxsize=CACHED_TEXTS)
def list_promised_kinds(instructions: str) -> frozenset[str]:
    """The kinds of actions that instructions promise to customers."""
    sentences = re.split(r"(?<=[.!])\s|\n", instructions)
    return frozenset(kind for sentence in sentences for kind, _words in list_promises(sentence))


@lru_cache(maxsize=256)
def _list_words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


def _find_claim(
    text: str, words: Collection[str], patterns: Iterable[WordPattern], known: Collection[str]
) -> str:
    """The words by which a text claims another action than the known ones."""
    for match in find_matches(patterns, text, words):
        if KIND_OF_WORD[match["action"]] not in known and not _is_no_claim(text, match):
            return match[0]
    return ""


def _is_no_claim(text: str, match: re.Match[str]) -> bool:
    """Whether the clause denies it, asks for it, or makes it a condition or somebody's words."""
    if QUESTION.match(text, match.end()) or OWN_WORDS.match(text, match.end()) or OWN_WORDS.search(match[0]):
        return True
    if PRESENT.search(match[0]) and BEHIND_CONDITION.search(text[: match.start()]):
        return True
    begin = max(text.rfind(mark, 0, match.start()) for mark in ",;:—") + 1
    links = CONJUNCTION.finditer(text, begin, match.start())
    denied_from = max((each.end() for each in links), default=begin)
    is_denied = NEGATION.search(text, denied_from, match.end()) or NEGATION.match(text, match.end() + 1)
    return bool(is_denied or CONDITION.search(text, begin, match.start()))
