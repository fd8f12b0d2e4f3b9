"""A call without any mark, as JSON or Python: Llama, Mistral and small models write one behind many servers.

It is the whole answer or its end, mostly from the beginning of a line, and known only when the answer is over. So what
begins like one is held back until then.
"""

import html
import re
from collections.abc import Collection

from ...limits import MAX_RECEIVED_ARGUMENT_CHARS
from ..calls.names import find_tool_name
from ..calls.parts import CallParts
from . import parse_text_calls
from .agent_calls import is_behind_doubtful_thought, may_be_agent_call, parse_agent_calls, skip_thought
from .json_calls import (
    ANSWER_KEYS,
    FENCE,
    NAME_KEYS,
    THOUGHT_KEYS,
    USUAL_KEYS,
    are_only_calls,
    names_tool,
    read_call,
    read_named_values,
    read_words,
    read_wrapped_answer,
    split_json,
    strip_outer_braces,
)
from .labelled_calls import skip_label
from .marks import CALLS, ESCAPED_CALLS
from .mentions import SENTENCE_ENDS
from .python_calls import iter_python_calls
from .suppositions import MAX_SENTENCE_CHARS, is_behind_supposition

BEGINNING = re.compile(r"\n\s*|\[|\{|>{1,3}")
FENCE_BEGUN = re.compile(r"`{1,2}|```\w*\s*|<c?o?d?e?")
# In the place of a fence: `<code>` (SmolLM), `<tools>` (Qwen), `<tool_call` without its bracket.
_AROUND_CALLS = r"code|tools?|functions?|actions?|calls?|(?:api|tool|function)_calls?"
ELEMENT = re.compile(
    rf"<(?P<name>{_AROUND_CALLS})(?:>|(?=\s*[{{\[]))(?P<inner>.*?)(?:</(?P=name)>|$)", re.DOTALL
)
ELEMENT_BEGUN = re.compile(rf"<[a-z_]{{0,14}}|<(?:{_AROUND_CALLS})>?\s*")
ELEMENT_OPENING = re.compile(rf"<(?:{_AROUND_CALLS})(?:>\s*|\s+(?=[{{\[]))")
FENCED_MARK = re.compile(r"```\w*\s+((?:<|&lt;).*?)\s*(?:```(.*))?", re.DOTALL)
BETWEEN_FENCES = re.compile(r"\n```\s*```\w*\n")
OBJECT_BEGUN = re.compile(r"(?:\[\s*)?(?:\{{1,2}\s*(?:[\"'](?P<key>[\w-]*)(?P<end>[\"']?))?)?")
# As Gemma writes them around a call, Kimi and OpenAI, Functionary and others before one.
PREFIXES = ("Tool Use: ", ">>>", "@", "print(", "default_api.", "functions.")
TOOL_USE = re.compile(r"\[Tool Use: (.*)\]", re.DOTALL)
AT_SIGN = re.compile(r"^@(?=[\w.]+\()", re.MULTILINE)
COUNTED = re.compile(r":\d*\s*")
WORDS_BEFORE = ("functools", "function call")  # a list of calls (Phi), and one call (GigaChat)
# What Command R calls when it wants to say something.
NO_CALLS = {"directly_answer", "directly-answer"}
KEYS = "|".join(NAME_KEYS)
MAX_BEGINNING_CHARS = 400  # that are looked at to say whether a text may be a call


class BareCallReader:
    """Holds a text back as long as it may be nothing but calls of these tools.

    Within a line only those of `loose_names` are called, which change nothing: of others a sentence may just speak. The
    same holds below a sentence that asks, or tells of a condition or an example; below other words all are called.
    """

    def __init__(self, tool_names: Collection[str], loose_names: Collection[str]) -> None:
        self.calls: list[CallParts] = []
        self._tool_names = tool_names
        self._loose_names = loose_names
        self._names = tool_names  # of which what is held back may be a call
        self._is_within_line = False
        self._last_piece = ""
        self._before = ""  # the end of what was shown
        self._is_undecided = bool(tool_names)
        self._held = ""

    def read_text(self, text: str) -> str:
        """Add a piece of the answer. Returns what of it may be shown."""
        shown = self._release_text(text)
        self._before = (self._before + shown)[-MAX_SENTENCE_CHARS:]
        return shown

    def _release_text(self, text: str) -> str:
        if self._is_undecided:
            self._held += text
            if len(self._held) > MAX_RECEIVED_ARGUMENT_CHARS:
                return self._take_held()
            if self._may_be_call(self._held):
                return ""
            text = self._take_held()
        if not self._tool_names or not BEGINNING.search(text):
            self._keep_last_piece(text)
            return text
        start = self._find_start(text)
        self._keep_last_piece(text)
        if start is None:
            return text
        self._is_undecided, self._held = True, text[start:]
        return text[:start]

    def _find_start(self, text: str) -> int | None:
        """Where a call may begin: with a line, or in Python's form and as JSON within one (vllm-project/vllm#22917)."""
        for begun in BEGINNING.finditer(text):
            self._is_within_line = begun[0] in ("[", "{")
            self._names = self._loose_names if begun[0] == "[" else self._tool_names
            inner = text[begun.end() : begun.end() + MAX_BEGINNING_CHARS]
            if begun[0] == "[":
                if self._may_be_function(inner.lstrip()):
                    return begun.start()
            elif begun[0] == "{" and not self._is_after_sentence(text[: begun.start()]):
                continue
            elif self._may_be_call(begun[0].strip() + inner):
                return begun.end() if begun[0][0] == "\n" else begun.start()
        return None

    def _is_after_sentence(self, before: str) -> bool:
        """Whether a sentence or a line has ended before this place: otherwise what stands here is a word of it."""
        return (self._last_piece + before).rstrip()[-1:] in ("", *SENTENCE_ENDS, ":")

    def _keep_last_piece(self, text: str) -> None:
        """Spaces within a line end no sentence, so what came before them counts."""
        if text.strip() or "\n" in text:
            self._last_piece = text

    def flush_text(self) -> str:
        """The answer is over. Returns what was held back and is no call."""
        text = self._take_held()
        if not text:  # as at the end of nearly every answer
            return ""
        if not self._before.strip() and (answer := read_wrapped_answer(text)):
            return answer
        agents = parse_agent_calls(text, self._names, self._loose_names)
        before = self._before + (agents[1] if agents else "")
        is_doubted = is_behind_supposition(before) or is_behind_doubtful_thought(text)
        is_meant = not self._is_within_line and not is_doubted
        is_example = bool(self._before.strip()) and FENCED_MARK.fullmatch(text.strip()) is not None
        exact_names = self._names if is_meant and not is_example else self._loose_names
        if agents is not None:
            calls, words = agents
            self.calls = [call for call in calls if call.name in exact_names]
            return words
        self.calls, rest = _parse_bare_calls(text, self._names, self._loose_names, exact_names)
        return rest if self.calls or not self._is_broken_call(text) else ""

    def _is_broken_call(self, text: str) -> bool:
        """Whether a text is the beginning of a call whose end never came."""
        names = "|".join(map(re.escape, self._names))
        return bool(re.search(f'"({KEYS})"\\s*:\\s*"({names})"', text)) and not split_json(text)[0]

    def _take_held(self) -> str:
        text, self._held, self._is_undecided = self._held, "", False
        return text

    def _may_be_call(self, text: str) -> bool:
        text = skip_label(text[:MAX_BEGINNING_CHARS].lstrip())
        if FENCE_BEGUN.fullmatch(text) or ELEMENT_BEGUN.fullmatch(text):
            return True
        element = ELEMENT_OPENING.match(text)
        is_within = element is not None and self._may_be_call(text[element.end() :])
        if fence := FENCE.match(text):
            text = text[fence.end() :].lstrip()
        is_marked = fence is not None and text[:1] in ("<", "&") and _begins_mark(text)
        if is_within or is_marked or (text and any(each.startswith(text) for each in WORDS_BEFORE)):
            return True
        text = _drop_words_before(text)
        if self._may_be_function(text.removeprefix("[").lstrip()) or may_be_agent_call(text, self._names):
            return True
        begun = OBJECT_BEGUN.match(text)
        if begun is None or not begun[0]:
            return not text
        key = begun["key"]
        keys = (*USUAL_KEYS, *THOUGHT_KEYS, *ANSWER_KEYS, *self._names)  # `{"lookup_order": {…}}`
        if begun["end"]:
            return key in keys
        return begun.end() == len(text) and any(each.startswith(key or "") for each in keys)

    def _may_be_function(self, text: str) -> bool:
        """Whether a text begins with the name of a tool, as Python or GLM calls it, or with the beginning of one."""
        for prefix in PREFIXES:
            if text and prefix.startswith(text):
                return True
            text = text.removeprefix(prefix)
        for name in self._names:
            if f"{name}(".startswith(text) or text.startswith(f"{name}("):
                return True
            rest = text.removeprefix(name)
            if rest != text and (rest.lstrip()[:1] in ("", "{") or COUNTED.fullmatch(rest.partition("{")[0])):
                return True
        return False


def _parse_bare_calls(
    text: str, tool_names: Collection[str], loose_names: Collection[str], exact_names: Collection[str]
) -> tuple[list[CallParts], str]:
    """The calls in an answer that begins with calls of known tools, in a fence or without one, and its words.

    Of `exact_names` a call is run where nothing but calls stands there. Words behind one of `loose_names` were said
    before its result was known, and are left out.
    """
    body = _unwrap_calls(text)
    marked = FENCED_MARK.fullmatch(body)
    if marked and _begins_mark(marked[1]):
        return _parse_fenced_mark(text, marked, exact_names, loose_names)
    values, rest, is_named = read_named_values(body)
    found = [
        (find_tool_name(name, loose_names), arguments)
        for value in values
        for name, arguments in read_call(value, loose_names)
    ]
    if found and all(name in NO_CALLS for name, _arguments in found):
        return [], rest
    if not values:
        found = list(iter_python_calls(AT_SIGN.sub("", BETWEEN_FENCES.sub("\n", rest)), loose_names))
        rest = ""
    words = read_words(values)
    said = f"{words}\n\n{rest}".strip()
    is_sentence = rest[:1].islower()  # about them, which goes on
    if not found and not is_sentence and any(names_tool(value, tool_names) for value in values):
        return [], said  # not as it must be written: it is not run, and nobody's words
    if not found or is_sentence or not all(name in tool_names or not name for name, _arguments in found):
        return [], text
    is_named = is_named and all(name for name, _arguments in found)
    is_alone = not rest and is_named and are_only_calls(values, loose_names)
    run_names = exact_names if is_alone else loose_names
    calls = [CallParts(None, "", *call) for call in found if call[0] in run_names or not call[0]]
    return calls, words if calls else said


def _unwrap_calls(text: str) -> str:
    """The text without what stands before its calls, and with a fence in the place of another form around them."""
    body = strip_outer_braces(_drop_words_before(skip_thought(text.strip())))
    body = TOOL_USE.sub(r"[\1]", body, count=1) if TOOL_USE.fullmatch(body) else body
    return ELEMENT.sub(r"```\n\g<inner>\n```", body, count=1) if ELEMENT.match(body) else body


def _drop_words_before(text: str) -> str:
    word = next((each for each in WORDS_BEFORE if text.startswith(each)), "")
    return text.removeprefix(word).lstrip() if word else text


def _parse_fenced_mark(
    text: str, marked: re.Match[str], exact_names: Collection[str], loose_names: Collection[str]
) -> tuple[list[CallParts], str]:
    """The calls of a mark in a fence with which a text begins, unless a sentence about it goes on behind the fence."""
    behind = (marked[2] or "").strip()
    names = () if behind[:1].islower() else loose_names if behind else exact_names
    body = html.unescape(marked[1]) if marked[1].startswith("&") else marked[1]
    calls = parse_text_calls(body, names, [name for name in loose_names if name in names])
    return calls, "" if calls else text


def _begins_mark(text: str) -> bool:
    """Whether a text begins with the mark of a call, or with the beginning of one."""
    small = text.lower()
    return any(
        mark.startswith(small) or small.startswith(mark)
        for mark in (*CALLS, *ESCAPED_CALLS)
        if mark[0] in "<&"
    )
