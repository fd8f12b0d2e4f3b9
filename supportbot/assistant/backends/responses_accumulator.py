"""Puts one answer of a model together from the events of a Responses API stream."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .accumulator import AnswerAccumulator, decode_json, sanitize_text, serialize_arguments
from .provider_errors import error_from_event

FINISH_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class ResponsesAccumulator(AnswerAccumulator):
    """Reads the events of a Responses API stream.

    What servers send in pieces they may also send whole, in the last event of an item or of the response. On xAI's
    streams both were seen (vercel/ai#12456), so each text and call is taken where it comes first.
    """

    def __init__(self, used_ids: Collection[str] = ()) -> None:
        super().__init__(used_ids)
        self.response_id = ""  # under which the provider has stored the conversation; empty if it has not
        self._has_text = False

    def _add_event(self, data: bytes) -> str:
        if self._is_done or data == b"[DONE]":
            return ""
        event = decode_json(data)
        kind = event.get("type")
        if kind == "response.output_text.delta":
            self._has_text = True
            delta: str = event["delta"]
            return delta
        if kind == "error" or (event.get("error") and not kind):
            raise error_from_event(event)
        if kind == "response.output_item.added":
            self._begin_item(event["item"], event.get("output_index"))
        elif kind == "response.output_item.done":
            return self._add_item(event["item"], event.get("output_index"))
        elif kind == "response.function_call_arguments.delta":
            self._get_call(event.get("output_index"), event)["arguments"] += event["delta"]
        elif kind == "response.function_call_arguments.done":
            self._get_call(event.get("output_index"), event)["arguments"] = serialize_arguments(
                event["arguments"]
            )
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            return self._finish_response(event["response"])
        elif str(kind).startswith("response.reasoning"):
            self.has_reasoned = self.has_reasoned or not self._has_text
        return ""

    def _begin_item(self, item: Mapping[str, Any], output_index: object) -> None:
        if item["type"] == "reasoning":
            self.has_reasoned = self.has_reasoned or not self._has_text
        elif item["type"] == "function_call":
            call = self._get_call(output_index, item)
            call["id"] = sanitize_text(item.get("call_id") or call["id"])
            call["name"] = sanitize_text(item.get("name") or call["name"])

    def _add_item(self, item: Mapping[str, Any], output_index: object) -> str:
        """Add a whole item. Returns its text, unless that has arrived in pieces before."""
        self._begin_item(item, output_index)
        if item["type"] == "function_call":
            call = self._get_call(output_index, item)
            call["arguments"] = serialize_arguments(item.get("arguments") or call["arguments"])
        elif item["type"] == "message" and not self._has_text:
            text = "".join(part.get("text") or "" for part in item.get("content") or ())
            self._has_text = bool(text)
            return text
        return ""

    def _get_call(self, output_index: object, event: Mapping[str, Any]) -> dict[str, str]:
        key = event.get("item_id") or event.get("id") if output_index is None else output_index
        return self._calls.setdefault(key, {"id": "", "name": "", "arguments": ""})

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
        else:
            self._finish_reason = "tool_calls" if self._calls else "stop"
            self.response_id = str(response.get("id") or "") if response.get("store") is not False else ""
        self._is_done = True
        return text

    def _add_missing_items(self, output: Iterable[Mapping[str, Any]]) -> str:
        """Add the items of a finished response that no earlier event has brought. Returns their text."""
        new = [item for item in output if item["type"] == "message" or not self._calls]
        return "".join([self._add_item(item, index) for index, item in enumerate(new)])
