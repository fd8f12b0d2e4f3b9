"""Puts one answer of a model together from the chunks of a chat completions stream, or from a whole completion."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import ErrorCode, ModelError
from .accumulator import AnswerAccumulator
from .calls.parts import OLD_FORM
from .chunk_choices import get_piece, list_choices
from .chunk_pattern import ChunkPattern
from .finish_reasons import normalize_finish_reason
from .json_text import decode_event
from .provider_errors import error_from_event, find_error
from .provider_fields import NOT_RETURNED, REASONING_FIELDS, merge_message_fields

MAX_WAITING_PIECES = 20_000  # of another choice than the first
PLAIN_FIELDS = {"role", "content"}  # of a piece that brings nothing but words


class ChatAccumulator(AnswerAccumulator):
    """Reads the chunks of a chat completions stream, or a completion that came whole though a stream was asked for."""

    _has_begun = False
    _has_text = False
    _is_voice = False  # the words are those of a recording
    _message_text = ""  # of messages in the place of pieces
    _has_choice = False
    _index = 0  # of the one choice that is asked for
    _ended_with_usage = False  # the last of the stream so far were its token counts

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pattern = ChunkPattern()
        self._other_choices: list[Mapping[str, Any]] = []  # as long as nothing of the first has come

    def finish_text(self) -> str:
        """There are servers that say of the end no more than the token counts, which come behind it."""
        if self._ended_with_usage and all(call.is_whole for call in self._collector.calls):
            self.finish_reason = self.finish_reason or "stop"
        return super().finish_text()

    def _add_event(self, data: bytes) -> str:
        if self._is_done:
            return ""
        if words := self._pattern.read_words(data):
            self._unfinish()
            return words
        if data == b"[DONE]":
            self._is_done = True
            return ""
        chunk = decode_event(data)
        if self._has_text and isinstance(chunk, dict) and (words := _read_plain_piece(chunk)):
            self._pattern.learn_from(data, words)
            self._unfinish()
            return words
        if isinstance(chunk, list) and chunk and all(isinstance(each, dict) for each in chunk):
            return "".join(map(self.add_chunk, chunk))  # Gemini's form of an error, or a stream in one piece
        return self.add_chunk(chunk)

    def add_chunk(self, chunk: Mapping[str, Any]) -> str:
        """Add a chunk, or a whole completion, and return its text. Raises `ModelError` for an error in it."""
        error = find_error(chunk)
        if error is not None:
            raise error_from_event(error)
        self.model = str(chunk.get("model") or self.model)
        choices = list_choices(chunk)
        meant = [each for each in choices if each.get("index") in (None, self._index, str(self._index))]
        self._has_choice = self._has_choice or bool(meant)
        text = "".join(map(self._add_choice, meant or self._take_other_choice(choices)))
        if chunk.get("done") is True and not self.finish_reason:  # as Ollama says it
            self._set_finish_reason(normalize_finish_reason(chunk.get("done_reason") or "stop"), False, True)
        self._ended_with_usage = self._ended_with_usage and not choices
        self._add_usage(chunk, has_choices=bool(choices))
        return text

    def _take_other_choice(self, choices: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """All of a choice once it has ended, if nothing of the first has come: some servers count from one."""
        if self._has_choice or not choices:
            return []
        self._other_choices += choices
        if len(self._other_choices) > MAX_WAITING_PIECES:
            raise ModelError(ErrorCode.MALFORMED, "a choice without end")
        last = choices[-1]
        if not normalize_finish_reason(last.get("finish_reason")):
            return []
        self._has_choice, self._index = True, last["index"]
        taken = [each for each in self._other_choices if each["index"] == self._index]
        self._other_choices = []
        return taken

    def _unfinish(self) -> None:
        """Words have come that stand by themselves: a reason to finish before them was none."""
        self.finish_reason, self._finished_in_midst = "", False
        self._ended_with_usage = False

    def _add_usage(self, chunk: Mapping[str, Any], *, has_choices: bool) -> None:
        for place in (chunk, chunk.get("x_groq"), *list_choices(chunk)):  # Groq's, and Moonshot's
            usage = place.get("usage") if isinstance(place, dict) else None
            if usage and isinstance(usage, dict):
                # LocalAI counts nothing with each piece, and others again after the end (mudler/LocalAI#1609).
                self._usage = usage if any(map(_is_count, usage.values())) else self._usage or usage
                self._has_trailer = bool(self.finish_reason) and not has_choices
                self._ended_with_usage = not has_choices and any(map(_is_count, usage.values()))

    def _add_choice(self, choice: Mapping[str, Any]) -> str:
        message, whole = get_piece(choice), choice.get("message")
        has_piece = any(value for name, value in message.items() if name != "role")
        is_piece = choice.get("delta") is not None and (has_piece or not whole)
        if not is_piece and whole:
            message = self._take_new_part(whole)
        text = self._read_text(message) or ("" if is_piece else choice.get("text") or "")
        if text and self._has_text and choice.get("finish_reason"):
            self.written.ended_with_words = True
        self._has_text = self._has_text or bool(text)
        for call in _iter_calls(message):
            self._collector.add_part(call)
        merge_message_fields(self._fields, message, is_whole=not is_piece)
        brings_answer = bool(text or message.get("tool_calls"))
        self._set_finish_reason(normalize_finish_reason(choice.get("finish_reason")), brings_answer, is_piece)
        if not (self._has_text or self.has_reasoned):
            self._detect_reasoning(message)
        return text

    def _take_new_part(self, whole: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is new in a message: it may come in the place of a piece, or repeat all of the answer at its end."""
        content = whole.get("content")
        if not (self._has_text or self.has_calls):
            self._message_text = content if isinstance(content, str) else ""
            return whole
        new = {name: value for name, value in whole.items() if name not in NOT_RETURNED}
        if not self.has_calls:
            new["tool_calls"] = whole.get("tool_calls")
        if self._message_text and isinstance(content, str) and not self._message_text.startswith(content):
            new["content"] = content.removeprefix(self._message_text)
            self._message_text += new["content"]
        return new

    def _set_finish_reason(self, reason: str, brings_answer: bool, is_piece: bool) -> None:
        if brings_answer and is_piece:
            self.finish_reason, self._finished_in_midst = reason, bool(reason)
        elif reason:
            self.finish_reason = reason
            self._finished_in_midst = False
        if not is_piece and brings_answer and not self.finish_reason:
            self.finish_reason, self._finished_in_midst = "stop", True  # it may be all there

    def _read_text(self, message: Mapping[str, Any]) -> str:
        """The words of a message: its content, as text or in parts, or why it will not answer."""
        content = message.get("content")
        if _is_flagged_thought(message):
            self._has_reasoned = self._has_reasoned or not self._has_text
            self.written.expect_thought()
            return ""
        if isinstance(content, list | dict):
            return self._read_part(content)
        refusal = message.get("refusal")
        if refusal and not content and isinstance(refusal, str):
            self.has_refused = True
            return refusal
        return (self._read_part(content) if content is not None else "") or self._read_transcript(message)

    def _read_transcript(self, message: Mapping[str, Any]) -> str:
        """The words of an answer that is spoken, unless they have come as text too."""
        audio = message.get("audio")
        words = audio.get("transcript") if isinstance(audio, dict) else None
        if not isinstance(words, str) or (self._has_text and not self._is_voice):
            return ""
        self._is_voice = True
        return words

    def _read_part(self, part: Any) -> str:
        """The words of a part. Mistral's models think in parts (vercel/ai#8072, BerriAI/litellm#16272)."""
        if isinstance(part, str):
            return part
        if isinstance(part, list):
            return "".join(map(self._read_part, part))
        if type(part) in (int, float):
            return str(part)
        kind = part.get("type") or "text"
        if kind in ("thinking", "reasoning", "thought", "reasoning_content"):
            self._has_reasoned = self._has_reasoned or not self._has_text
            merge_message_fields(self._fields, {"thinking_parts": [part]})
            return ""
        if kind in ("tool_use", "tool_call", "function_call"):  # as Claude's own API has them
            self._collector.add_part(part)
            return ""
        if kind == "refusal":
            self.has_refused = True
        text = part.get("text") or part.get("refusal") or ""
        return self._read_part(text.get("value") or "" if isinstance(text, dict) else text)

    def _detect_reasoning(self, delta: Mapping[str, Any]) -> None:
        """Note that the model reasons, from a chunk without text.

        The first chunk of a stream only tells the role. While Grok reasons, dozens of chunks with an empty `delta`
        follow it (in recorded traffic of xAI); other servers send the reasoning itself.
        """
        if not (self.has_calls or self.finish_reason):
            self._has_reasoned = self._has_begun or any(delta.get(name) for name in REASONING_FIELDS)
            self._has_begun = True


def _read_plain_piece(chunk: Mapping[str, Any]) -> str:
    """The words of a chunk that holds nothing else, as nearly every one of a stream; empty for another."""
    choices = chunk.get("choices")
    if (
        type(choices) is not list
        or len(choices) != 1
        or choices[0] is None
        or chunk.get("usage")
        or chunk.get("error")
    ):
        return ""
    choice = choices[0]
    delta = choice.get("delta")
    has_more = (
        choice.get("finish_reason") or choice.get("index") or choice.get("error") or choice.get("usage")
    )
    if has_more or type(delta) is not dict or not delta.keys() <= PLAIN_FIELDS:
        return ""
    content = delta.get("content")
    return content if type(content) is str and delta.get("role") != "tool" else ""


def _iter_calls(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    calls = message.get("tool_calls") or ()
    yield from [calls] if isinstance(calls, dict) else [call for call in calls if call is not None]
    function = message.get("function_call")  # the old form, for one call
    if function:
        yield {"index": OLD_FORM, "function": function}


def _is_flagged_thought(message: Mapping[str, Any]) -> bool:
    """Whether a server says that the words are a thought, as Gemini's does beside them."""
    extra = message.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    return isinstance(google, dict) and google.get("thought") is True


def _is_count(value: Any) -> bool:
    return isinstance(value, int | float | str) and bool(value) and value != "0"
