"""What is wrong with a typed answer. The values are left out, as they may hold what a customer wrote."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import ErrorCode, ModelError

MAX_PROBLEMS = 8


def build_invalid_answer_error(error: ValidationError, response_model: type[BaseModel] | None) -> ModelError:
    """The error for an answer that does not validate, such as “orders.0.price: float_parsing, mood: missing”."""
    field_names = set(_iter_field_names(response_model.model_json_schema() if response_model else {}))
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
