"""One answer of a model, put together from the events of a Responses API stream."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .accumulator import Gathered, as_text, decoded, storable
from .provider_errors import refusal_in_stream

REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class GatheredEvents(Gathered):
    """Whatever can be said piece by piece may also come whole: in the item's last event, or in the response's."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        super().__init__(taken)
        self.kept = ""  # the id under which the provider keeps the conversation, if it does
        self._spoke = False

    def _add(self, data: bytes) -> str:
        if self._done or data == b"[DONE]":
            return ""
        event = decoded(data)
        kind = event.get("type")
        if kind == "response.output_text.delta":
            self._spoke = True
            delta: str = event["delta"]
            return delta
        if kind == "error" or (event.get("error") and not kind):
            raise refusal_in_stream(event)
        if kind == "response.output_item.added":
            self._begin_item(event["item"], event.get("output_index"))
        elif kind == "response.output_item.done":
            return self._add_item(event["item"], event.get("output_index"))
        elif kind == "response.function_call_arguments.delta":
            self._call(event.get("output_index"), event)["arguments"] += event["delta"]
        elif kind == "response.function_call_arguments.done":
            self._call(event.get("output_index"), event)["arguments"] = as_text(event["arguments"])
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            return self._end(event["response"])
        elif str(kind).startswith("response.reasoning"):
            self.thinking = self.thinking or not self._spoke
        return ""

    def _begin_item(self, item: Mapping[str, Any], place: object) -> None:
        if item["type"] == "reasoning":
            self.thinking = self.thinking or not self._spoke
        elif item["type"] == "function_call":
            call = self._call(place, item)
            call["id"] = storable(item.get("call_id") or call["id"])
            call["name"] = storable(item.get("name") or call["name"])

    def _add_item(self, item: Mapping[str, Any], place: object) -> str:
        """An item that is whole. Returns its text if that has not come in pieces before."""
        self._begin_item(item, place)
        if item["type"] == "function_call":
            call = self._call(place, item)
            call["arguments"] = as_text(item.get("arguments") or call["arguments"])
        elif item["type"] == "message" and not self._spoke:
            text = "".join(part.get("text") or "" for part in item.get("content") or ())
            self._spoke = bool(text)
            return text
        return ""

    def _call(self, place: object, event: Mapping[str, Any]) -> dict[str, str]:
        key = event.get("item_id") or event.get("id") if place is None else place
        return self._calls.setdefault(key, {"id": "", "name": "", "arguments": ""})

    def _end(self, response: Mapping[str, Any]) -> str:
        self._model = str(response.get("model") or "")
        if isinstance(response.get("usage"), dict):
            self._usage = response["usage"]
        if response.get("error") or response.get("status") == "failed":
            raise refusal_in_stream(response.get("error"))
        text = self._add_missing(response.get("output") or ())
        if response.get("status") == "incomplete":
            details = response.get("incomplete_details") or {}
            self._finish_reason = REASONS.get(details.get("reason", ""), "")
        else:
            self._finish_reason = "tool_calls" if self._calls else "stop"
            self.kept = str(response.get("id") or "") if response.get("store") is not False else ""
        self._done = True
        return text

    def _add_missing(self, output: Iterable[Mapping[str, Any]]) -> str:
        """What no event before has told of."""
        new = [item for item in output if item["type"] == "message" or not self._calls]
        return "".join([self._add_item(item, place) for place, item in enumerate(new)])
