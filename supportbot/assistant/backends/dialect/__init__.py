"""What one server of chat completions does not know or wants otherwise, learnt from its refusals and kept.

A parameter that a server does not know is left out: `stream_options` (anomalyco/opencode#4698, earendil-works/pi#596,
openai/openai-python#2296), `max_tokens` where only `max_completion_tokens` is known or the other way round
(vercel/ai#7863, labring/aiproxy#337). Fields that it does not take in a history are left out of that
(`reasoning_content` is demanded by DeepSeek V4 and refused by DeepSeek R1: OpenHands/software-agent-sdk#1464), and
those that it misses in the messages of another model are filled in: Gemini takes `skip_thought_signature_validator`
for a signature (earendil-works/pi#1829, pydantic/pydantic-ai#3881), DeepSeek and Kimi any text for the reasoning.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..calls.ids import make_portable_id
from .message_order import BRIDGE, move_system_text, order_strictly, separate_calls
from .refusal_words import (
    ABOUT_STREAM,
    CANNOT_FORBID_TOOLS,
    MISSING,
    UNKNOWN_PARAMETER,
    UNWANTED_DETAIL,
    UNWANTED_EMPTY,
    UNWANTED_ID,
    UNWANTED_IMAGES,
    UNWANTED_NULL,
    UNWANTED_ORDER,
    UNWANTED_PARTS,
    UNWANTED_SEVERAL_CALLS,
    UNWANTED_STREAM,
    UNWANTED_SYSTEM,
    names_field,
)
from .schema_keywords import drop_keywords, find_refused_keyword
from .unseen_images import describe_images, has_images

# The parts of a request without which it is still the same question.
OPTIONAL_PARAMETERS = (
    *("stream_options", "reasoning_effort", "max_completion_tokens", "max_tokens", "tool_choice"),
    *("reasoning", "prompt_cache_key", "max_output_tokens", "store"),
)
LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
PLACEHOLDER_SIGNATURE = "skip_thought_signature_validator"
PLACEHOLDER_REASONING = " "


@dataclass
class Dialect:
    """Everything that was learnt of one model at one server. Each part is learnt once, so the learning ends."""

    left_out: set[str] = field(default_factory=set)  # parameters
    left_out_fields: set[str] = field(default_factory=set)  # of messages and calls
    left_out_keywords: set[str] = field(default_factory=set)  # of the schemas of tools
    renamed_limit: bool = False
    wants_signatures: bool = False
    wants_reasoning: bool = False
    wants_no_system: bool = False
    wants_strict_order: bool = False
    wants_no_null: bool = False
    wants_words: bool = False
    wants_single_calls: bool = False
    wants_no_detail: bool = False
    sees_no_images: bool = False
    # There are servers that refuse the ids that they gave (jundot/omlx#1997).
    wants_portable_ids: bool = False
    cannot_forbid_tools: bool = False
    wants_stream: bool = False  # also of what is asked for whole

    def adapt_request(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The request as this server takes it."""
        adapted = dict(body)
        if not any(vars(self).values()):  # of most servers nothing must be learnt
            return adapted
        if self.renamed_limit:
            adapted = {LIMITS.get(name, name): value for name, value in adapted.items()}
        if self.wants_stream:
            counted = {"stream_options": {"include_usage": True}} if "messages" in body else {}
            adapted |= {"stream": True, **counted}
        for name in self.left_out:
            adapted.pop(name, None)
        if self.cannot_forbid_tools and _forbids_tools(body):
            adapted.pop("tools", None)
            adapted.pop("tool_choice", None)
        if self.left_out_keywords and "tools" in adapted:
            adapted["tools"] = drop_keywords(adapted["tools"], self.left_out_keywords)
        if self.sees_no_images:
            for name in ("messages", "input"):
                if name in body:
                    adapted[name] = list(map(describe_images, body[name]))
        if "messages" in body:
            adapted["messages"] = self._adapt_messages(adapted["messages"])
        return adapted

    def learn_refusal(self, text: str, body: Mapping[str, Any]) -> bool:
        """Learn from the words in which a request was refused. True if it may be taken now, and is to be sent again."""
        return (
            self._learn_wish(FIRST_WISHES, text, body)
            or self._learn_missing_field(text)
            or self._learn_unknown_field(text, body)
            or self._learn_keyword(text, body)
            or self._learn_parameter(text, body)
            or self._learn_wish(WISHES, text, body)
            or self._learn_streaming(text, body)
            or self._learn_wish(LAST_WISHES, text, body)
        )

    def note_answer(self, body: Mapping[str, Any], *, has_calls: bool) -> None:
        """Learn from an answer: a server may pass over that no tool may be called."""
        if has_calls and _forbids_tools(body):
            self.cannot_forbid_tools = True

    def _learn_wish(self, wishes: Sequence["Wish"], text: str, body: Mapping[str, Any]) -> bool:
        return self._note_first(name for name, words, has in wishes if words.search(text) and has(body))

    def _learn_missing_field(self, text: str) -> bool:
        missing = {"wants_signatures": "thought_signature", "wants_reasoning": "reasoning_content"}
        named = [wish for wish, name in missing.items() if name in text and name not in self.left_out_fields]
        return MISSING.search(text) is not None and self._note_first(named)

    def _note_first(self, wishes: Iterable[str]) -> bool:
        """Note the first of these that was not known. True if there is one."""
        new = next((name for name in wishes if not getattr(self, name)), "")
        if new:
            setattr(self, new, True)
        return new != ""

    def _learn_unknown_field(self, text: str, body: Mapping[str, Any]) -> bool:
        """A field that one of the messages has beside its words and calls."""
        if MISSING.search(text):
            return False
        names = sorted(_list_own_fields(body.get("messages") or ()), key=len, reverse=True)
        name = next((each for each in names if names_field(text, each, in_other_words=False)), "")
        if not name or name in self.left_out_fields:
            return False
        self.left_out_fields.add(name)
        self.wants_reasoning = self.wants_reasoning and name != "reasoning_content"
        return True

    def _learn_keyword(self, text: str, body: Mapping[str, Any]) -> bool:
        keyword = find_refused_keyword(text, body.get("tools") or ())
        if not keyword:
            return False
        self.left_out_keywords.add(keyword)
        return True

    def _learn_parameter(self, text: str, body: Mapping[str, Any]) -> bool:
        limit = next((name for name in LIMITS if name in body), "")
        if limit and not self.renamed_limit and names_field(text, limit) and self._is_unknown(text, limit):
            self.renamed_limit = True
            return True
        for name in OPTIONAL_PARAMETERS:
            if name in body and name not in self.left_out and names_field(text, name):
                if name in LIMITS and not self._is_unknown(text, name):
                    continue  # a limit that is too high is the owner's to set
                self.left_out.add(name)
                return True
        return False

    def _is_unknown(self, text: str, limit: str) -> bool:
        """Whether a limit is refused by its name and not for its value."""
        return names_field(text, LIMITS[limit]) or UNKNOWN_PARAMETER.search(text) is not None

    def _learn_streaming(self, text: str, body: Mapping[str, Any]) -> bool:
        """Some models only stream, such as those of DashScope that think (coze-dev/coze-studio#324), and
        others may not, such as Llama with tools on Bedrock (n8n-io/n8n#14206). Where the conversation speaks of a
        stream, a server may quote that.
        """
        is_unwanted = "stream" in body
        if not (UNWANTED_STREAM if is_unwanted else ABOUT_STREAM).search(text) or _speaks_of_stream(body):
            return False
        if is_unwanted:
            self.left_out |= {"stream", "stream_options"}
            return True
        is_new, self.wants_stream = not self.wants_stream, True
        return is_new

    def _adapt_messages(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        adapted = [self._adapt_message(message) for message in messages]
        if self.wants_single_calls:
            adapted = separate_calls(adapted)
        if self.wants_strict_order:
            adapted = order_strictly(adapted)
        if self.wants_no_system and adapted and adapted[0]["role"] == "system":
            adapted = move_system_text(adapted)
        return adapted

    def _adapt_message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        adapted = {key: value for key, value in message.items() if key not in self.left_out_fields}
        if message["role"] == "user" and self.wants_no_detail and isinstance(message["content"], list):
            adapted["content"] = [_drop_detail(part) for part in message["content"]]
        if message["role"] == "tool" and self.wants_portable_ids:
            adapted["tool_call_id"] = make_portable_id(message["tool_call_id"])
        if message["role"] != "assistant":
            return adapted
        if self.wants_no_null and adapted.get("content") is None:
            adapted["content"] = ""
        if self.wants_words and not adapted.get("content"):
            adapted["content"] = BRIDGE
        if self.wants_reasoning and not adapted.get("reasoning_content"):
            adapted["reasoning_content"] = PLACEHOLDER_REASONING
        if message.get("tool_calls"):
            is_signed = "thought_signature" in str(message["tool_calls"])  # of several calls Gemini signs one
            adapted["tool_calls"] = [self._adapt_call(call, is_signed) for call in message["tool_calls"]]
        return adapted

    def _adapt_call(self, call: Mapping[str, Any], is_signed: bool) -> dict[str, Any]:
        adapted = {key: value for key, value in call.items() if key not in self.left_out_fields}
        if self.wants_portable_ids:
            adapted["id"] = make_portable_id(call["id"])
        if self.wants_signatures and not is_signed:
            google = {"thought_signature": PLACEHOLDER_SIGNATURE}
            adapted["extra_content"] = {**(adapted.get("extra_content") or {}), "google": google}
        return adapted


def _speaks_of_stream(body: Mapping[str, Any]) -> bool:
    """Whether a message, other than the owner's, has the word."""
    messages = body.get("messages") or body.get("input") or ()
    return any(ABOUT_STREAM.search(str(each)) for each in messages if each.get("role") != "system")


def _list_own_fields(messages: Sequence[Mapping[str, Any]]) -> set[str]:
    known = {"role", "content", "tool_calls", "tool_call_id", "id", "type", "function"}
    entries = [*messages, *(call for message in messages for call in message.get("tool_calls") or ())]
    return {name for entry in entries for name in entry} - known


def _has_detail(body: Mapping[str, Any]) -> bool:
    """Whether one of the customers' pictures says in how much detail it is to be looked at."""
    contents = [each["content"] for each in body.get("messages") or () if each["role"] == "user"]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return any("detail" in part.get("image_url", ()) for part in parts)


def _drop_detail(part: Mapping[str, Any]) -> dict[str, Any]:
    if part.get("type") != "image_url":
        return dict(part)
    return {**part, "image_url": {"url": part["image_url"]["url"]}}


def _has_messages(body: Mapping[str, Any]) -> bool:
    return "messages" in body


def _forbids_tools(body: Mapping[str, Any]) -> bool:
    return body.get("tool_choice") == "none"


# A field of `Dialect`, the words of a refusal that call for it, and whether the request has what they are about.
Wish = tuple[str, re.Pattern[str], Callable[[Mapping[str, Any]], bool]]
FIRST_WISHES: Sequence[Wish] = (
    ("sees_no_images", UNWANTED_IMAGES, has_images),
    ("cannot_forbid_tools", CANNOT_FORBID_TOOLS, _forbids_tools),
)
WISHES: Sequence[Wish] = (
    ("wants_no_system", UNWANTED_SYSTEM, _has_messages),
    ("wants_single_calls", UNWANTED_SEVERAL_CALLS, _has_messages),
    ("wants_strict_order", UNWANTED_ORDER, _has_messages),
    ("wants_portable_ids", UNWANTED_ID, _has_messages),
    ("wants_no_null", UNWANTED_NULL, _has_messages),
    ("wants_words", UNWANTED_EMPTY, _has_messages),
    # There are templates that count it as a turn, such as Mistral's.
    ("wants_no_system", UNWANTED_ORDER, _has_messages),
    ("wants_no_detail", UNWANTED_DETAIL, _has_detail),
)
LAST_WISHES: Sequence[Wish] = (("sees_no_images", UNWANTED_PARTS, has_images),)
