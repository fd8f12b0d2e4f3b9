"""Puts one answer of a model together from the events of a Responses API stream."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .accumulator import AnswerAccumulator
from .calls.parts import CallParts
from .finish_reasons import normalize_finish_reason
from .json_text import decode_event
from .provider_errors import error_from_event, find_error
from .sanitize import sanitize_text

KNOWN_ITEM_FIELDS = {"type", "id", "call_id", "name", "arguments", "status", "object"}
ENDS = {f"response.{name}" for name in ("completed", "incomplete", "failed", "cancelled", "done")}
PIECES = {
    *("response.output_text.delta", "response.refusal.delta", "response.output_audio_transcript.delta"),
    "response.audio_transcript.delta",
}
# Events that repeat words in one piece, and the field that holds them.
WHOLE_PARTS = {
    "response.output_text.done": "text",
    "response.refusal.done": "refusal",
    "response.content_part.done": "part",
}


class ResponsesAccumulator(AnswerAccumulator):
    """Reads the events of a Responses API stream.

    What servers send in pieces they may also send whole, in the last event of an item or of the response. On xAI's
    streams both were seen (vercel/ai#12456), so each text and call is taken where it comes first. vLLM's pieces and
    wholes differ in their ids (vllm-project/vllm#23218, #47916), so words are known by themselves too.
    """

    response_id = ""  # under which the provider has stored the conversation; empty if it has not

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._said: list[str] = []
        self._place: tuple[Any, Any] = ("", "")  # of the last piece
        self._begins_message = False  # with the next words, behind those of another one
        self._places: set[Any] = set()  # ids and numbers of the items whose words have come in pieces
        self._calls_by_id: dict[str, CallParts] = {}  # by the ids of their items

    def _add_event(self, data: bytes) -> str:
        if self._is_done:
            return ""
        if data == b"[DONE]":
            self._is_done, self.finish_reason = True, "stop"
            return ""
        return self._add_decoded(decode_event(data))

    def _add_decoded(self, event: Any) -> str:
        kind = event.get("type")
        if kind in PIECES:
            self.has_refused = self.has_refused or kind == "response.refusal.delta"
            return self._add_piece(event)
        if kind == "error" or (event.get("error") and not kind):
            raise error_from_event(event)
        if kind == "response.output_item.added":
            self._begin_item(event["item"], event.get("output_index"))
        elif kind == "response.output_item.done":
            return self._add_item(event["item"], event.get("output_index"))
        elif kind == "response.function_call_arguments.delta":
            self._get_call(event).arguments += event["delta"] or ""
        elif kind == "response.function_call_arguments.done":
            call = self._get_call(event)
            call.arguments = _serialize(event.get("arguments") or call.arguments)
        elif kind in WHOLE_PARTS:
            self.has_refused = self.has_refused or kind == "response.refusal.done"
            part = event[WHOLE_PARTS[kind]] or ""
            return self._add_words([part if isinstance(part, dict) else {"text": part}], event)
        elif kind in ENDS:
            return self._finish_response(event if "output" in event else event["response"])
        elif kind is None:  # a server that does not stream, or an error in a form of its own
            return self._add_unnamed(event)
        elif str(kind).startswith("response.reasoning"):
            self._note_reasoning()
        return ""

    def _add_piece(self, event: Mapping[str, Any]) -> str:
        place = (event.get("item_id"), event.get("output_index"))
        if place != self._place:
            self._place = place
            self._places.update(each for each in place if each is not None)
        return self._add_said(event["delta"] or "")

    def _add_said(self, text: str) -> str:
        """Add words. Returns them, as a paragraph of their own where they begin another message."""
        if not text:
            return ""
        before = self._said[-1] if self._said else ""
        self._said.append(text)
        is_apart = not self._begins_message or before[-1:].isspace() or text[:1].isspace()
        self._begins_message = False
        return text if is_apart else f"\n\n{text}"

    def _add_words(self, content: Any, place: Mapping[str, Any]) -> str:
        """The words of a message, or of a part of one, unless an earlier event has brought them."""
        if isinstance(content, str):
            text = content
        else:
            self.has_refused = self.has_refused or any(part.get("type") == "refusal" for part in content)
            said = [part for part in content if not str(part.get("type")).startswith("reasoning")]
            text = "".join(str(part.get("text") or part.get("refusal") or "") for part in said)
        ids = (place.get("item_id") or place.get("id"), place.get("output_index"))
        came_in_pieces = any(each in self._places for each in ids)
        if came_in_pieces or not text or text.strip() in "".join(self._said):
            return ""
        return self._add_said(text)

    def _add_unnamed(self, event: Mapping[str, Any]) -> str:
        if "output" in event:
            return self._finish_response(event)
        error = find_error(event)
        if error is not None:
            raise error_from_event(error)
        return ""

    def _note_reasoning(self) -> None:
        self._has_reasoned = self._has_reasoned or not self._said

    def _begin_item(self, item: Mapping[str, Any], output_index: object) -> CallParts | None:
        """Note what an item is. Returns the call that it is, if it is one."""
        kind = _get_kind(item)
        if kind == "reasoning":
            self._note_reasoning()
        elif kind == "message":
            self._begins_message = bool(self._said)
        if kind != "function_call":
            return None
        call = self._take_call(item, output_index)
        call.id = sanitize_text(item.get("call_id") or call.id)
        call.name = sanitize_text(item.get("name") or call.name)
        return call

    def _add_item(self, item: Mapping[str, Any], output_index: object) -> str:
        """Add a whole item. Returns its text, unless that has arrived in pieces before."""
        call = self._begin_item(item, output_index)
        if call is not None:
            call.arguments = _serialize(item.get("arguments") or call.arguments)
            call.fields = {key: value for key, value in item.items() if key not in KNOWN_ITEM_FIELDS}
        elif _get_kind(item) == "message":
            place = {"id": item.get("id"), "output_index": output_index}
            return self._add_words(item.get("content") or (), place)
        elif item.get("encrypted_content"):
            self._keep_item(item)
        return ""

    def _keep_item(self, item: Mapping[str, Any]) -> None:
        """Keep an item that only its provider can read, which it wants back where it stores nothing itself."""
        kept = self._fields.setdefault("items", [])
        own = {key: value for key, value in item.items() if key != "status" and value is not None}
        if own not in kept:
            kept.append(own)

    def _get_call(self, event: Mapping[str, Any]) -> CallParts:
        """The call to which arguments belong: by the id of its item, by its place, or else the last one."""
        place, calls = event.get("output_index"), self._collector.calls
        found = self._calls_by_id.get(event.get("item_id") or "") or self._find_at_place(place)
        if found is None and place is None and calls:
            return calls[-1]
        return found or self._add_call(event.get("item_id"), place)

    def _take_call(self, item: Mapping[str, Any], place: object) -> CallParts:
        """The call that an item is. There are servers that number all of them 0 (BerriAI/litellm#21331)."""
        item_id, call_id = item.get("id"), item.get("call_id")
        found = self._calls_by_id.get(item_id or "")
        if found is None:
            found = self._find_at_place(place)
            if found is None or (call_id and found.id and found.id != call_id):
                found = self._add_call(item_id, place)
        if item_id:
            self._calls_by_id[item_id] = found
        return found

    def _find_at_place(self, place: object) -> CallParts | None:
        hash(place)  # TypeError for a list or an object: such an event is malformed
        return next((call for call in reversed(self._collector.calls) if call.index == place), None)

    def _add_call(self, item_id: str | None, place: object) -> CallParts:
        call = CallParts(place)
        self._collector.calls.append(call)
        if item_id:
            self._calls_by_id[item_id] = call
        return call

    def _finish_response(self, response: Mapping[str, Any]) -> str:
        self.model = str(response.get("model") or "")
        if isinstance(response.get("usage"), dict):
            self._usage = response["usage"]
        error = response.get("error")
        is_named = any(error.values()) if isinstance(error, dict) else bool(error)
        if is_named or response.get("status") == "failed":
            raise error_from_event(error)
        text = self._add_missing_items(response.get("output") or ())
        status = response.get("status")
        if status in ("incomplete", "cancelled"):
            details = response.get("incomplete_details") or {}
            reason = normalize_finish_reason(details.get("reason"))
            self.finish_reason = reason if reason in ("length", "content_filter") else ""
            self._is_cut = not self.finish_reason
        else:
            self.finish_reason = "stop"
            self.response_id = str(response.get("id") or "") if response.get("store") is not False else ""
        self._is_done = True
        return text

    def _add_missing_items(self, output: Sequence[Mapping[str, Any]]) -> str:
        """Add the items of a finished response that no earlier event has brought. Returns their text."""
        texts = []
        missing = sum(_get_kind(item) == "function_call" for item in output) - len(self._collector.calls)
        for place, item in enumerate(output):
            is_call = _get_kind(item) == "function_call"
            if not is_call or (missing > 0 and not self._is_known_call(item)):
                missing -= is_call
                texts.append(self._add_item(item, ("whole", place)))  # how it counts is of no use here
        return "".join(texts)

    def _is_known_call(self, item: Mapping[str, Any]) -> bool:
        ids = {call.id for call in self._collector.calls if call.id}
        return item.get("id") in self._calls_by_id or item.get("call_id") in ids


def _get_kind(item: Mapping[str, Any]) -> str:
    """What an item is, of which some servers do not say the type. Raises KeyError for one that is nothing."""
    if "type" not in item and "role" in item:
        return "message"
    kind: str = item["type"]
    return kind


def _serialize(arguments: Any) -> str:
    """The arguments of a call as JSON text. Some servers send them as an object instead."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)
