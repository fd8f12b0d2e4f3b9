"""Puts one answer of a model together from the events of a Responses API stream."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .accumulator import AnswerAccumulator, decode_json
from .call_parts import CallParts
from .provider_errors import error_from_event, find_error
from .sanitize import sanitize_text

KNOWN_ITEM_FIELDS = {"type", "id", "call_id", "name", "arguments", "status", "object"}
FINISH_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class ResponsesAccumulator(AnswerAccumulator):
    """Reads the events of a Responses API stream.

    What servers send in pieces they may also send whole, in the last event of an item or of the response. On xAI's
    streams both were seen (vercel/ai#12456), so each text and call is taken where it comes first.
    """

    response_id = ""  # under which the provider has stored the conversation; empty if it has not
    _has_text = False

    def _add_event(self, data: bytes) -> str:
        if self._is_done or data == b"[DONE]":
            return ""
        return self._add_decoded(decode_json(data))

    def _add_body(self, body: Any) -> str:
        return self._finish_response(body)

    def _add_decoded(self, event: Any) -> str:
        kind = event.get("type")
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            self._has_text = True
            self.has_refused = self.has_refused or kind == "response.refusal.delta"
            delta: str = event["delta"]
            return delta
        if kind == "error" or (event.get("error") and not kind):
            raise error_from_event(event)
        if kind == "response.output_item.added":
            self._begin_item(event["item"], event.get("output_index"))
        elif kind == "response.output_item.done":
            return self._add_item(event["item"], event.get("output_index"))
        elif kind == "response.function_call_arguments.delta":
            call = self._get_call(event.get("output_index"), event)
            call.arguments += event["delta"]
        elif kind == "response.function_call_arguments.done":
            self._get_call(event.get("output_index"), event).arguments = _serialize(event["arguments"])
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            return self._finish_response(event["response"])
        elif kind is None:  # a server that does not stream, or an error in a form of its own
            return self._add_unnamed(event)
        elif str(kind).startswith("response.reasoning"):
            self._note_reasoning()
        return ""

    def _add_unnamed(self, event: Mapping[str, Any]) -> str:
        if "output" in event:
            return self._finish_response(event)
        error = find_error(event)
        if error is not None:
            raise error_from_event(error)
        return ""

    def _note_reasoning(self) -> None:
        self._has_reasoned = self._has_reasoned or not self._has_text

    def _begin_item(self, item: Mapping[str, Any], output_index: object) -> None:
        if item["type"] == "reasoning":
            self._note_reasoning()
        elif item["type"] == "function_call":
            call = self._get_call(output_index, item)
            call.id = sanitize_text(item.get("call_id") or call.id)
            call.name = sanitize_text(item.get("name") or call.name)

    def _add_item(self, item: Mapping[str, Any], output_index: object) -> str:
        """Add a whole item. Returns its text, unless that has arrived in pieces before."""
        self._begin_item(item, output_index)
        if item["type"] == "function_call":
            call = self._get_call(output_index, item)
            call.arguments = _serialize(item.get("arguments") or call.arguments)
            call.fields = {key: value for key, value in item.items() if key not in KNOWN_ITEM_FIELDS}
        elif item["type"] == "message" and not self._has_text:
            return self._read_content(item.get("content") or ())
        elif item.get("encrypted_content"):
            self._keep_item(item)
        return ""

    def _read_content(self, content: Any) -> str:
        if isinstance(content, str):
            text = content
        else:
            self.has_refused = self.has_refused or any(part.get("type") == "refusal" for part in content)
            text = "".join(str(part.get("text") or part.get("refusal") or "") for part in content)
        self._has_text = bool(text)
        return text

    def _keep_item(self, item: Mapping[str, Any]) -> None:
        """Keep an item that only its provider can read, which it wants back where it stores nothing itself."""
        kept = self._fields.setdefault("items", [])
        own = {key: value for key, value in item.items() if key != "status" and value is not None}
        if own not in kept:
            kept.append(own)

    def _get_call(self, output_index: object, event: Mapping[str, Any]) -> CallParts:
        key = event.get("item_id") or event.get("id") if output_index is None else output_index
        hash(key)
        found = next((call for call in self._collector.calls if call.index == key), None)
        if found is None:
            found = CallParts(key)
            self._collector.calls.append(found)
        return found

    def _finish_response(self, response: Mapping[str, Any]) -> str:
        self._model = str(response.get("model") or "")
        if isinstance(response.get("usage"), dict):
            self._usage = response["usage"]
        if response.get("error") or response.get("status") == "failed":
            raise error_from_event(response.get("error"))
        text = self._add_missing_items(response.get("output") or ())
        if response.get("status") == "incomplete":
            details = response.get("incomplete_details") or {}
            self._finish_reason = FINISH_REASONS.get(details.get("reason", ""), "")
            self._is_cut = not self._finish_reason
        else:
            self._finish_reason = "stop"
            self.response_id = str(response.get("id") or "") if response.get("store") is not False else ""
        self._is_done = True
        return text

    def _add_missing_items(self, output: Iterable[Mapping[str, Any]]) -> str:
        """Add the items of a finished response that no earlier event has brought. Returns their text."""
        new = [item for item in output if item["type"] != "function_call" or not self.has_calls]
        return "".join([self._add_item(item, index) for index, item in enumerate(new)])


def _serialize(arguments: Any) -> str:
    """The arguments of a call as JSON text. Some servers send them as an object instead."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)
