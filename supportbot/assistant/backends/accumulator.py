"""Accumulators: each puts one answer of a model together from the events of its stream."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..errors import ErrorCode, ModelError
from ..messages import Answer, Message, ToolCall
from ..tools import Tool
from ..usage import RequestUsage
from . import timeouts
from .calls.arguments import normalize_arguments, read_loose_arguments
from .calls.ids import make_call_id
from .calls.names import find_name_by_arguments, find_name_elsewhere, find_tool_name
from .calls.parts import CallCollector, CallParts
from .provider_fields import REASONING_FIELDS, build_provider_fields, sanitize_json
from .sanitize import sanitize_text
from .sse import SSEParser
from .text_calls import split_calls
from .written_text import WrittenText

# What reading an event raises when it does not have the shape that the provider's API promises.
MALFORMED_DATA_ERRORS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class AnswerAccumulator:
    """The part of one answer that has arrived. Subclasses read one wire format each, in `_add_event`."""

    def __init__(
        self,
        origin: str = "",
        used_ids: Collection[str] = (),
        tools: Sequence[Tool] = (),
        *,
        is_thought_first: bool = False,
    ) -> None:
        """`origin` names the model, as in `ProviderFields`. `used_ids` are the ids of the calls that it was sent.

        A call of a tool that changes nothing is understood although it is written a little wrongly. One that changes
        something is taken word for word.
        `is_thought_first` is said of a model that thinks aloud without a mark before it.
        """
        # Whether the provider knows a call otherwise: without an id, or malformed.
        self.has_changed_calls = False
        self.has_refused = False  # in words
        self.finish_reason = ""
        self.model = ""
        self._origin = origin
        self._used_ids = set(used_ids)
        self._tools = tools
        self._tool_names = [tool.name for tool in tools]
        self._argument_names = {
            tool.name: tool.parameters.get("properties", {}) for tool in tools if tool.effect == "read"
        }
        self._loose_names = list(self._argument_names)
        self._collector = CallCollector(self._tool_names, self._loose_names)
        self.written = WrittenText(self._tool_names, self._loose_names, is_thought_first=is_thought_first)
        self._is_done = False
        self._is_cut = False  # the provider itself says that the answer is not whole
        self._has_reasoned = False
        self._finished_in_midst = False  # the reason came together with words or calls
        self._has_trailer = False  # the token counts have come after the reason
        self._usage: dict[str, Any] = {}
        self._fields: dict[str, Any] = {}  # of the message, for its provider alone

    @property
    def has_reasoned(self) -> bool:
        """Whether the model reasoned before its first word."""
        return self._has_reasoned or self.written.has_thought

    @property
    def is_finished(self) -> bool:
        """Whether the answer is complete, though more of the stream may follow: token counts, or even words."""
        return self._is_done or bool(self.finish_reason)

    @property
    def has_calls(self) -> bool:
        return bool(self._collector.calls)

    @property
    def trailer_seconds(self) -> float:
        """How long to wait for what may follow a complete answer, when nothing comes and the body does not end.

        There are servers that name a reason with every chunk (suhaibbinyounis/github-copilot-api-vscode#100,
        tensorzero/tensorzero#2078), so one that comes with words is no end yet.
        """
        if self._is_done or self._has_trailer:
            return timeouts.TRAILER_SECONDS
        return timeouts.MORE_TEXT_SECONDS if self._finished_in_midst else timeouts.USAGE_SECONDS

    def add_events(self, events: Sequence[bytes]) -> str:
        """Add the data of some events and return the text that they bring.

        Raises `ModelError`, with the code `MALFORMED` for data that cannot be read.
        """
        try:
            text = self.written.join_pieces(self._read_events(events))
            self._collector.require_bounds()
        except MALFORMED_DATA_ERRORS as error:
            raise ModelError(ErrorCode.MALFORMED, f"unreadable chunk: {type(error).__name__}") from error
        return self.written.add_text(text)

    def _read_events(self, events: Sequence[bytes]) -> list[str]:
        """The text of each. What fails behind an answer that has ended in good order takes nothing from it."""
        pieces = []
        for event in events:
            try:
                if text := self._add_event(event):
                    pieces.append(text)
            except (ModelError, *MALFORMED_DATA_ERRORS):
                if self.finish_reason not in ("stop", "length") or self._finished_in_midst:
                    raise
                self._is_done = True
        return pieces

    def finish_text(self) -> str:
        """The stream is over. Returns the text that was held back in case it was the beginning of a mark."""
        is_broken_off = self.finish_reason == "length" or not self.is_finished
        return self.written.flush_text(has_calls=self.has_calls, is_broken_off=is_broken_off)

    def add_body(self, body: bytes) -> None:
        """Add an answer that was asked for whole, though it may come as a stream. Raises as `add_events` does."""
        parser = SSEParser()
        events = [*parser.feed(body), *parser.flush_events()]
        if not events:
            raise ModelError(ErrorCode.MALFORMED, "a body without an answer")
        self.add_events(events)
        self.finish_text()

    def add_written(self, text: str) -> None:
        """Add all that the model has written, where its server could not read it."""
        self.written.add_text(sanitize_text(text))
        self.finish_reason = "stop"
        self.finish_text()

    @property
    def token_counts(self) -> dict[str, Any]:
        """The provider's token counts, so that they can be stored."""
        return dict(sanitize_json(self._usage))

    def list_counted_requests(self) -> tuple[RequestUsage, ...]:
        """Its request, if the provider has counted it. An answer of no use is paid as well."""
        return (RequestUsage(self.model, self.token_counts),) if self._usage else ()

    def _add_event(self, data: bytes) -> str:
        raise NotImplementedError

    def build_answer(self) -> Answer:
        """The finished message. Raises `ModelError` for one that is incomplete or was filtered."""
        if self.finish_reason == "content_filter":
            raise ModelError(ErrorCode.FILTERED)
        if self.finish_reason == "error":
            raise ModelError(ErrorCode.PROVIDER_ERROR, "the server broke off")
        if not self.is_finished or self._is_cut:
            raise ModelError(ErrorCode.CUT)
        parts = split_calls(self._collector.list_meant_calls(), self._tool_names, self._loose_names)
        written = () if parts else self.written.parse_calls(self.get_thought())
        parts += [call for call in written if call.name or self._find_name(call)]
        if self.finish_reason == "length" and parts:
            raise ModelError(ErrorCode.CUT, "out of tokens within a tool call")
        ids = [make_call_id() for _part in parts]
        calls = tuple(map(self._build_call, ids, parts))
        fields = {each: self._build_call_fields(part) for each, part in zip(ids, parts, strict=True)}
        own = build_provider_fields(self._origin, self._fields, fields)
        reason = "tool_calls" if calls else self.finish_reason or "stop"
        message = Message("assistant", self.written.text, calls, provider_fields=own)
        return Answer(message, reason, self.model, self.token_counts)

    def get_call_text(self) -> str:
        """What stands in its last call, for whom no tool was offered: there are models that answer by one."""
        written = [
            *self.written.call_bodies,
            *(call.arguments for call in self._collector.list_meant_calls()),
        ]
        return sanitize_text(written[-1]) if written else ""

    def _find_name(self, call: CallParts) -> str:
        """The tool that a call without a name means, if it changes nothing and no other can be meant."""
        name = find_name_elsewhere(call.id, call.arguments, self._loose_names)
        name = name or find_name_by_arguments(call.arguments, self._tools)
        return name if name in self._loose_names else ""

    def get_thought(self) -> str:
        """The last thought, in which a model may have stopped to call a tool."""
        fields = (self._fields.get(name) for name in REASONING_FIELDS)
        return self.written.last_thought or next((each for each in fields if isinstance(each, str)), "")

    def _build_call(self, call_id: str, parts: CallParts) -> ToolCall:
        written = parts.name or self._find_name(parts)
        name = find_tool_name(written, self._loose_names)
        arguments = normalize_arguments(sanitize_text(parts.arguments))
        if name in self._loose_names:
            arguments = read_loose_arguments(arguments, name, self._argument_names[name])
        is_changed = (name, arguments) != (parts.name, parts.arguments)
        self.has_changed_calls = self.has_changed_calls or is_changed
        return ToolCall(call_id, name, arguments)

    def _build_call_fields(self, parts: CallParts) -> Mapping[str, Any]:
        """What the provider of a call wants back with it. An id that is none, or stands twice, is not kept."""
        if not parts.id or parts.id in self._used_ids:
            self.has_changed_calls = True
            return parts.fields
        self._used_ids.add(parts.id)
        return {**parts.fields, "id": parts.id}
