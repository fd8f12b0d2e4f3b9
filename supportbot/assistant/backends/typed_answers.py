"""Typed answers: the schema of one in words, and the JSON in what a model says, also in a fence or behind a thought."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import ErrorCode, ModelError
from ..loose_values import write_choices_exactly
from ..messages import ParsedAnswer, ResponseModel
from ..usage import RequestUsage
from .accumulator import AnswerAccumulator
from .calls.arguments import read_loose_arguments
from .calls.parts import ARGUMENTS_KEYS
from .json_text import is_json_object, load_json_at
from .output_text import SpokenText
from .provider_errors import RefusedRequest

MODES = ("json_schema", "json_object", "words")  # the best one first
WRAPPING_KEYS = ("properties", *ARGUMENTS_KEYS)
MAX_LOOSE_OBJECTS = 5
MAX_PROBLEMS = 8  # of an invalid answer, told in its error
ABOUT_FORMAT = re.compile(
    r"response_?format|json_?schema|json_object|text\.format|schema|structured|grammar", re.IGNORECASE
)
# Comments as JavaScript has them, and the texts in which there are none.
COMMENT = re.compile(r'(?P<text>"(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
FENCE = re.compile(r"```(?:\w+)?\s*\n?(.*?)```", re.DOTALL)


class TypingModes:
    """How a server is asked for a typed answer: by the best way that it knows, which is remembered."""

    def __init__(self) -> None:
        self._first = 0  # of `MODES`

    async def ask_for_answer(
        self, ask: Callable[[str], Awaitable[AnswerAccumulator]], response_model: type[ResponseModel]
    ) -> ParsedAnswer[ResponseModel]:
        """Ask by one way after the other, until one is not refused. Raises `ModelError`.

        A server that says it knows a schema may pass it over: then the model answers in prose.
        """
        index, last = self._first, len(MODES) - 1
        discarded: tuple[RequestUsage, ...] = ()
        while True:
            try:
                accumulator = await ask(MODES[index])
                parsed = read_typed_answer(accumulator, response_model)
            except ModelError as error:
                discarded = error.discarded = (*discarded, *error.discarded)
                is_prose = error.code == ErrorCode.INVALID and _is_prose(accumulator.written.text)
                if index == last or not (is_prose or isinstance(error, RefusedRequest)):
                    raise
                index += 1
            else:
                self._first = index
                return replace(parsed, discarded=discarded)


def read_typed_answer(
    accumulator: AnswerAccumulator, response_model: type[ResponseModel]
) -> ParsedAnswer[ResponseModel]:
    """The typed answer that has come. Raises `ModelError` with the code `INVALID` or `DECLINED` when it is none."""
    try:
        value = _read_value(accumulator, response_model)
    except ModelError as error:
        error.discarded = accumulator.list_counted_requests()
        raise
    return ParsedAnswer(value, accumulator.model, accumulator.token_counts)


def _read_value(accumulator: AnswerAccumulator, response_model: type[ResponseModel]) -> ResponseModel:
    if accumulator.has_refused:
        raise ModelError(ErrorCode.DECLINED, retry=False)
    if accumulator.finish_reason == "content_filter":
        raise ModelError(ErrorCode.DECLINED, "filtered", retry=False)
    if accumulator.finish_reason == "length":
        raise ModelError(ErrorCode.INVALID, "out of tokens")
    called = accumulator.get_call_text()
    text = accumulator.written.text.strip() or called[max(0, called.find("{")) :]
    text = text or accumulator.get_thought()  # as servers take all of it for one (vllm-project/vllm#48863)
    if not text:
        raise ModelError(ErrorCode.INVALID, "an answer without content")
    return validate_answer(text, response_model)


def names_format(text: str) -> bool:
    """Whether a refusal is about the form of the answer."""
    return ABOUT_FORMAT.search(text) is not None


def build_instructions(system: str, mode: str, response_model: type[BaseModel]) -> str:
    """The system prompt, with the schema in words where that is not sent by itself."""
    if mode == "json_schema":
        return system
    schema = json.dumps(response_model.model_json_schema(), ensure_ascii=False)
    told = (
        f"Answer with one JSON object and nothing else. It must be valid against this JSON schema:\n{schema}"
    )
    return f"{system}\n\n{told}".strip()


def validate_answer(text: str, response_model: type[ResponseModel]) -> ResponseModel:
    """The typed answer in a text. Raises `ModelError` with the code `INVALID` when there is none that is valid."""
    text = SpokenText().flush_text(text)  # without its thoughts
    try:
        return _validate_json(text, response_model)
    except ValidationError as error:
        failure = error
    for candidate in _iter_candidates(text):
        try:
            return _validate_json(candidate, response_model)
        except ValidationError as error:
            failure = error
    for candidate in _iter_loose_candidates(text):
        try:
            return _validate_json(candidate, response_model)
        except ValidationError:
            continue
    raise _build_invalid_answer_error(failure, response_model) from None


def _validate_json(text: str, response_model: type[ResponseModel]) -> ResponseModel:
    """The typed answer that is this text, also with a choice in other capitals. Raises ValidationError."""
    try:
        return response_model.model_validate_json(text)
    except ValidationError as error:
        errors = error.errors()
        if all(each["type"] == "json_invalid" for each in errors):
            raise
        value = json.loads(text)
        if not write_choices_exactly(value, errors, response_model.model_json_schema()):
            raise
        return response_model.model_validate_json(json.dumps(value))


def _is_prose(text: str) -> bool:
    """Whether there are words and no JSON object, nor the beginning of one."""
    return bool(text.strip()) and "{" not in text


def _iter_candidates(text: str) -> Iterator[str]:
    """The JSON objects in the text: in fences, and the first that begins anywhere."""
    yield from (match[1].strip() for match in FENCE.finditer(text))
    start = text.find("{")
    if start < 0:
        return
    found = load_json_at(text, start)
    if found and (start, found[1]) != (0, len(text)):
        yield text[start : found[1]]


def _iter_loose_candidates(text: str) -> Iterator[str]:
    """The objects in a text that is not quite JSON, and those within an object: a schema, a call, or one that has
    nothing else in it.
    """
    for value in [each for written in _list_forms(text) for each in _list_loose_objects(written)]:
        yield json.dumps(value)
        if isinstance(value, dict):
            inner = [value[key] for key in WRAPPING_KEYS if key in value]
            inner += value.values() if len(value) == 1 else []
            yield from (json.dumps(each) for each in inner if isinstance(each, dict))
            # A field that may be left out is often null in place of that.
            yield json.dumps({key: each for key, each in value.items() if each is not None})


def _list_forms(text: str) -> list[str]:
    """The text, and without comments, and with the last brace that it lacks."""
    bare = COMMENT.sub(lambda found: found["text"] or "", text)
    braced = bare[max(0, bare.find("{")) :].rstrip().removesuffix("```").rstrip() + "}"
    return [text, *([bare] if bare != text else []), *([braced] if is_json_object(braced) else [])]


def _list_loose_objects(text: str) -> list[Any]:
    found: list[Any] = [json.loads(loose)] if (loose := read_loose_arguments(text)) != text else []
    start = text.find("{")
    while start >= 0 and len(found) < MAX_LOOSE_OBJECTS and (decoded := load_json_at(text, start)):
        found.append(decoded[0])
        start = text.find("{", decoded[1])
    return found


def _build_invalid_answer_error(error: ValidationError, response_model: type[BaseModel]) -> ModelError:
    """The error for an answer that does not validate, such as “orders.0.price: float_parsing, mood: missing”.

    The values are left out, as they may hold what a customer wrote.
    """
    field_names = set(_iter_field_names(response_model.model_json_schema()))
    problems = [
        _format_problem(each["loc"], each["type"], field_names) for each in error.errors(include_input=False)
    ]
    return ModelError(ErrorCode.INVALID, ", ".join(problems[:MAX_PROBLEMS]))


def _format_problem(location: tuple[int | str, ...], kind: str, field_names: set[str]) -> str:
    # A step that is neither a field nor an index is written by the model, such as the key of a dictionary.
    steps = [str(step) if isinstance(step, int) or step in field_names else "*" for step in location]
    return f"{'.'.join(steps)}: {kind}" if steps else kind


def _iter_field_names(schema: Any) -> Iterator[str]:
    """The names of all fields in a JSON schema, at any depth."""
    if isinstance(schema, dict):
        fields = schema.get("properties")
        yield from fields if isinstance(fields, dict) else ()
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else ():
        yield from _iter_field_names(part)
