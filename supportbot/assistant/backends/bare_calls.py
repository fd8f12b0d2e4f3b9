"""A call without any mark, as JSON or Python: Llama, Mistral and small models write one behind many servers.

It is the whole answer or its end, mostly from the beginning of a line, and known only when the answer is over. So what
begins like one is held back until then.
"""

import json
import re
from collections.abc import Collection
from typing import Any

from ..limits import MAX_RECEIVED_ARGUMENT_CHARS
from .call_parts import CallParts
from .python_calls import iter_python_calls
from .text_calls import NAME_KEYS, TEXT_ARGUMENTS_KEYS, read_call

BEGINNING = re.compile(r"\n\s*|\[")
FENCE_BEGUN = re.compile(r"`{1,2}|```\w*\s*")
FENCE = re.compile(r"```\w*\s")
OBJECT_BEGUN = re.compile(r"(?:\[\s*)?(?:\{\s*(?:\"(?P<key>\w*)(?P<end>\"?))?)?")
PYTHON_PREFIXES = ("print(", "default_api.")  # as Gemma writes them around a call
FUNCTOOLS = "functools"  # before a list of calls (Phi)
NAMED_CALL = re.compile(r"([\w-]+)\s+(?=\{)")  # `lookup_order` and its arguments in the next line (GLM)
KEYS = "|".join(NAME_KEYS)
MAX_BEGINNING_CHARS = 400  # that are looked at to say whether a text may be a call
CALL_KEYS = (*NAME_KEYS, *TEXT_ARGUMENTS_KEYS, "type", "id", "tool_calls")


class BareCallReader:
    """Holds a text back as long as it may be nothing but calls of these tools.

    Within a line only those of `loose_names` are called, which change nothing: of others a sentence may just speak.
    """

    def __init__(self, tool_names: Collection[str], loose_names: Collection[str] = ()) -> None:
        self.calls: list[CallParts] = []
        self._tool_names = tool_names
        self._loose_names = loose_names
        self._names = tool_names  # of which what is held back may be a call
        self._is_undecided = bool(tool_names)
        self._held = ""

    def take_in(self, text: str) -> str:
        """Add a piece of the answer. Returns what of it may be shown."""
        if self._is_undecided:
            self._held += text
            if len(self._held) <= MAX_RECEIVED_ARGUMENT_CHARS and self._may_be_call(self._held):
                return ""
            text = self._take_held()
        if not self._tool_names or ("\n" not in text and "[" not in text):
            return text
        start = self._find_start(text)
        if start is None:
            return text
        self._is_undecided, self._held = True, text[start:]
        return text[:start]

    def _find_start(self, text: str) -> int | None:
        """Where a call may begin: with a line, or in Python's form within one (vllm-project/vllm#22917)."""
        for begun in BEGINNING.finditer(text):
            is_bracket = begun[0] == "["
            self._names = self._loose_names if is_bracket else self._tool_names
            inner = text[begun.end() : begun.end() + MAX_BEGINNING_CHARS]
            if is_bracket and self._may_be_function(inner.lstrip()):
                return begun.start()
            if not is_bracket and self._may_be_call(inner):
                return begun.end()
        return None

    def drop_text(self) -> None:
        """What has come was no answer."""
        self._held, self._is_undecided, self._names = "", bool(self._tool_names), self._tool_names

    def finish_text(self) -> str:
        """The answer is over. Returns what was held back and is no call."""
        text = self._take_held()
        self.calls = parse_bare_calls(text, self._names, self._loose_names)
        return "" if self.calls or self._is_broken_call(text) else text

    def _is_broken_call(self, text: str) -> bool:
        """Whether a text is the beginning of a call whose end never came."""
        names = "|".join(map(re.escape, self._names))
        return bool(re.search(f'"({KEYS})"\\s*:\\s*"({names})"', text)) and not _decode_values(text)[0]

    def _take_held(self) -> str:
        text, self._held, self._is_undecided = self._held, "", False
        return text

    def _may_be_call(self, text: str) -> bool:
        text = text[:MAX_BEGINNING_CHARS].lstrip()
        if FENCE_BEGUN.fullmatch(text):
            return True
        if fence := FENCE.match(text):
            text = text[fence.end() :].lstrip()
        if text and FUNCTOOLS.startswith(text):
            return True
        text = text.removeprefix(FUNCTOOLS)
        if self._may_be_function(text.removeprefix("[").lstrip()):
            return True
        begun = OBJECT_BEGUN.match(text)
        if begun is None or not begun[0]:
            return not text
        key = begun["key"]
        if begun["end"]:
            return key in CALL_KEYS
        return begun.end() == len(text) and any(each.startswith(key or "") for each in CALL_KEYS)

    def _may_be_function(self, text: str) -> bool:
        """Whether a text begins with the name of a tool, as Python or GLM calls it, or with the beginning of one."""
        for prefix in PYTHON_PREFIXES:
            if text and prefix.startswith(text):
                return True
            text = text.removeprefix(prefix)
        for name in self._names:
            if f"{name}(".startswith(text) or text.startswith(f"{name}("):
                return True
            rest = text.removeprefix(name)
            if rest != text and rest[:1].isspace() and rest.lstrip()[:1] in ("", "{"):
                return True
        return False


def parse_bare_calls(
    text: str, tool_names: Collection[str], loose_names: Collection[str] = ()
) -> list[CallParts]:
    """The calls in an answer that consists of nothing but calls of known tools, in a fence or without one."""
    text = text.strip().removeprefix(FUNCTOOLS)
    if named := NAMED_CALL.match(text):
        values, rest = _decode_values(text[named.end() :])
        values = [{"name": named[1], "arguments": value} for value in values]
    else:
        values, rest = _decode_values(text)
    found = [call for value in values for call in read_call(value)] if not rest else []
    if not values:
        found = list(iter_python_calls(rest, loose_names))
    is_all_known = all(name in tool_names for name, _arguments in found)
    return [CallParts(None, "", *call) for call in found] if is_all_known else []


def _decode_values(text: str) -> tuple[list[Any], str]:
    """The JSON values at the beginning of a text, or of a fence that it consists of, and what follows them."""
    body = text.strip()
    if fence := FENCE.match(body):
        body = body[fence.end() :].removesuffix("```").strip()
    values: list[Any] = []
    while body:
        try:
            value, end = json.JSONDecoder().raw_decode(body)
        except (ValueError, RecursionError):
            break
        values += value if isinstance(value, list) else [value]
        body = body[end:].lstrip(" \n\r\t,;")
    return values, body
