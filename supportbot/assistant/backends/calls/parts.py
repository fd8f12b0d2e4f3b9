"""Tool calls put together from the pieces of a stream, in all the ways in which servers cut and count them.

Every call has index 0: ai-dynamo/dynamo#4723, vercel/ai#14277, BerriAI/litellm#33678. No index, empty ids:
openai/openai-python#2806, Arize-ai/phoenix#11376, AstrBotDevs/AstrBot#6692. Yet pieces that only repeat the index
belong to the call before them, also with a new id each, as vLLM sends them with speculative decoding.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import ErrorCode, ModelError
from ...limits import MAX_RECEIVED_ARGUMENT_CHARS, MAX_RECEIVED_CALLS
from ..json_text import is_json_object, load_json
from ..provider_fields import merge_value
from ..sanitize import sanitize_text
from .names import strip_name_marks

MAX_CHECKED_CALLS = 8  # the last ones: nothing is added to earlier ones any more
ARGUMENTS_KEYS = ("arguments", "parameters", "args", "input")
OLD_FORM = "function_call"  # the place of the one call that has none
NOTHING_MORE = ("", "{}")  # behind whole arguments
KNOWN_FIELDS = {"index", "id", "type", "function", "name", *ARGUMENTS_KEYS}


@dataclass
class CallParts:
    """What has come of one call. `index` is its place as the server counts, None where it does not."""

    index: Any = None
    id: str = ""
    name: str = ""
    arguments: str = ""
    fields: dict[str, Any] = field(default_factory=dict)  # what only its provider knows

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are a JSON object, to which nothing can be added."""
        return is_json_object(self.arguments)


class CallCollector:
    """The calls of one answer, in their order. `tool_names` are the tools that may be called.

    Those of `loose_names` are known by their names with a mark of the model behind them too.
    """

    def __init__(self, tool_names: Collection[str], loose_names: Collection[str]) -> None:
        self.calls: list[CallParts] = []
        self._tool_names = tool_names
        self._exact_names = frozenset(tool_names).difference(loose_names)

    def add_part(self, part: Mapping[str, Any]) -> None:
        """Add a piece of a call, or a whole one. Raises TypeError or AttributeError for what is neither."""
        function = part.get("function") or part
        written, arguments = _read_name(function.get("name")), _get_arguments(function)
        name = strip_name_marks(written)
        index, new_id = _read_index(part.get("index")), _read_id(part.get("id"))
        call = self._find_call(index, new_id, name, arguments)
        if call is None:
            call = CallParts(index)
            self.calls.append(call)
        call.id = call.id or sanitize_text(new_id)
        call.name = self._join_name(call.name, sanitize_text(name))
        if call.name in self._exact_names:
            call.name += sanitize_text(written[len(name) :])
        call.arguments = join_arguments(call.arguments, arguments)
        own = {key: value for key, value in part.items() if key not in KNOWN_FIELDS}
        if function is not part and (inner := {k: v for k, v in function.items() if k not in KNOWN_FIELDS}):
            own["function"] = inner
        call.fields = merge_value(call.fields, own)
        self.require_bounds()

    def list_meant_calls(self) -> list[CallParts]:
        """The calls without those that say nothing, and those that came twice.

        Some servers send an empty one behind the others, or a call in the old form and in the new one, or at two
        places.
        """
        has_name = any(call.name for call in self.calls)
        nothing = ("", "{}", "null") if has_name else ("",)
        meant = [call for call in self.calls if call.name or call.arguments.strip() not in nothing]
        in_new_form = {_describe(call) for call in meant if call.index != OLD_FORM}
        by_id = {(call.id or place, _describe(call)): call for place, call in enumerate(meant)}
        return [
            call for call in by_id.values() if call.index != OLD_FORM or _describe(call) not in in_new_form
        ]

    def require_bounds(self) -> None:
        """Raise `ModelError` when more has come than any answer needs."""
        if not self.calls:
            return
        longest = max(len(call.arguments) for call in self.calls[-MAX_CHECKED_CALLS:])
        if len(self.calls) > MAX_RECEIVED_CALLS or longest > MAX_RECEIVED_ARGUMENT_CHARS:
            raise ModelError(ErrorCode.MALFORMED, "tool calls without end")

    def _find_call(self, index: Any, new_id: str, name: str, arguments: Any) -> CallParts | None:
        """The call that a piece belongs to, None if it begins a new one."""
        last = self.calls[-1] if self.calls else None
        same_id = next((call for call in reversed(self.calls) if new_id and call.id == new_id), None)
        if index is not None:
            at_index = [call for call in reversed(self.calls) if call.index == index]
            # Where several calls have one index, their ids tell them apart.
            here = next(
                (call for call in at_index if new_id and call.id == new_id), next(iter(at_index), None)
            )
            if here is None:
                return None if name else same_id or self._get_unfinished(arguments)  # some count the pieces
        elif new_id and not (last and not last.id and not name):
            here = same_id or (None if name else self._get_unfinished(arguments))
        else:
            here = last
        return None if here is None or self._begins_call(here, new_id, name, arguments) else here

    def _get_unfinished(self, arguments: Any) -> CallParts | None:
        """The last call, if a piece without a name can only be of its arguments."""
        last = self.calls[-1] if self.calls else None
        is_piece = isinstance(arguments, str) and not is_json_object(arguments)
        return last if last and last.name and is_piece and not last.is_whole else None

    def _begins_call(self, call: CallParts, new_id: str, name: str, arguments: Any) -> bool:
        """Whether a piece in the place of `call` is nevertheless another one."""
        if not name or not call.name:
            return False
        if call.is_whole:
            is_repeated = name == call.name and (_are_equal(call.arguments, arguments) or not arguments)
            return not is_repeated or bool(new_id and call.id and new_id != call.id)
        if call.arguments:
            return name != call.name
        if new_id and call.id and new_id != call.id:
            return True
        return name != call.name and not self._can_join(call.name, name) and not name.startswith(call.name)

    def _can_join(self, name: str, more: str) -> bool:
        """Whether two pieces may be the beginning of one name."""
        if not self._tool_names:
            return True
        return any(each.startswith(name + more) for each in self._tool_names)

    def _join_name(self, name: str, more: str) -> str:
        if not more or name == more:
            return name
        if not name or more.startswith(name):  # some send the name so far with every piece
            return more
        return name + more if self._can_join(name, more) else more


def _get_arguments(function: Mapping[str, Any]) -> Any:
    """What stands under one of the names that servers have for the arguments; None for nothing."""
    return next((function[key] for key in ARGUMENTS_KEYS if function.get(key) is not None), None)


def join_arguments(arguments: str, piece: Any) -> str:
    """The arguments with one more piece. What comes whole takes the place of what has come before in pieces."""
    if piece is None:
        return arguments
    if not isinstance(piece, str):  # some servers send an object instead of its text
        piece = json.dumps(piece, ensure_ascii=False)
        return arguments if piece in NOTHING_MORE and is_json_object(arguments) else piece
    if piece.strip() in NOTHING_MORE and is_json_object(arguments):
        return arguments
    return piece if _replaces(arguments, piece) else arguments + piece


def _replaces(arguments: str, more: str) -> bool:
    """Whether a piece is no further one, but all that has come and what follows it."""
    ends, begins = arguments.rstrip()[-1:], more.lstrip()[:1]
    if begins == "{" and arguments.lstrip()[:1] == "{" and more.startswith(arguments):
        return True  # some send the arguments so far with every piece
    if ends == "}" and begins == "{" and is_json_object(arguments):
        # All again at the end; or an empty object stood in for what comes only now.
        return is_json_object(more) or arguments.strip() == "{}"
    return ends == begins == '"' and all(isinstance(load_json(each), str) for each in (arguments, more))


def _describe(call: CallParts) -> tuple[str, str]:
    """What is the same of two calls that are one."""
    return call.name, call.arguments.strip() or "{}"


def _are_equal(arguments: str, more: Any) -> bool:
    """Whether a whole object is the same as another, however it is written."""
    return bool(load_json(arguments) == (load_json(more) if isinstance(more, str) else more))


def _read_index(value: Any) -> Any:
    """The place of a call, of which some servers send the digits. Raises TypeError for what can be no place."""
    hash(value)
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _read_id(value: Any) -> str:
    """The id of a call. What is none is not needed: the call has one of ours."""
    return str(value) if isinstance(value, str | int | float) else ""


def _read_name(value: Any) -> str:
    """The name of a function, also as the only one of a list. Raises TypeError for what is no text."""
    name = value[0] if isinstance(value, list) and len(value) == 1 else value
    if name is None or isinstance(name, str):
        return name or ""
    raise TypeError("the name of a function is no text")
