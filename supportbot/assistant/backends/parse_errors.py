"""What is wrong with a typed answer, told by its fields and never by what the model wrote into them."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import ErrorCode, ModelError

MAX_PROBLEMS = 8


def build_invalid_answer_error(error: ValidationError, response_model: type[BaseModel] | None) -> ModelError:
    """The error for an answer that is not of this form, such as “orders.0.price: float_parsing, mood: missing”."""
    names = set(_iter_field_names(response_model.model_json_schema() if response_model else {}))
    told = [_format_problem(each["loc"], each["type"], names) for each in error.errors(include_input=False)]
    return ModelError(ErrorCode.INVALID, ", ".join(told[:MAX_PROBLEMS]))


def _format_problem(place: tuple[int | str, ...], kind: str, names: set[str]) -> str:
    # What is neither a field nor a number may be the model's own word, such as a key of a dictionary.
    steps = [str(step) if isinstance(step, int) or step in names else "*" for step in place]
    return f"{'.'.join(steps)}: {kind}" if steps else kind


def _iter_field_names(schema: Any) -> Iterator[str]:
    """The names of all fields in a JSON schema, however deep."""
    if isinstance(schema, dict):
        fields = schema.get("properties")
        yield from fields if isinstance(fields, dict) else ()
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else ():
        yield from _iter_field_names(part)
