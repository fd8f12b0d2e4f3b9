"""The arguments of tools: their schema, made of a function's annotations, and the check of what a model passes."""

import inspect
import json
from collections.abc import Callable, Sequence
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import from_json

MAX_PROBLEMS = 8  # of wrong arguments, told to the model at once
KEYWORD_PARAMETER_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def validate_arguments(model: type[BaseModel], text: str) -> BaseModel:
    """Raises ValidationError. Many models write `null` for what they leave out, which is not a value of most types."""
    try:
        return model.model_validate_json(text)
    except ValidationError:
        optional = {name for name, each in model.model_fields.items() if not each.is_required()}
        values = _parse_json(text) if "null" in text else None
        if not isinstance(values, dict) or not any(values.get(name, ...) is None for name in optional):
            raise
        kept = {name: value for name, value in values.items() if value is not None or name not in optional}
        return model.model_validate_json(json.dumps(kept))


def _parse_json(text: str) -> Any:
    """The value of a JSON text, None for one that is none."""
    try:
        return from_json(text)
    except ValueError:
        return None


def list_problems(error: ValidationError) -> Sequence[str]:
    """What is wrong with arguments, in lines for the model."""
    problems = [f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in error.errors()]
    return problems[:MAX_PROBLEMS]


def build_arguments_model(function: Callable[..., Any]) -> type[BaseModel]:
    """The parameters of a tool's function, but for `ctx`, as a pydantic model. Raises TypeError, see `tools.tool`."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].name != "ctx":
        raise TypeError(f"The first parameter of tool {function.__qualname__} must be ctx: ToolContext.")
    fields: dict[str, Any] = {}
    for parameter in parameters[1:]:
        if parameter.kind not in KEYWORD_PARAMETER_KINDS or parameter.name.startswith("_"):
            raise TypeError(
                f"Parameter {parameter} of tool {function.__qualname__} cannot be given by its name."
            )
        if parameter.name not in hints:
            raise TypeError(f"Parameter {parameter.name} of tool {function.__qualname__} needs a type.")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)


def strip_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without pydantic's titles, which repeat the names and cost tokens in every request."""
    stripped = {key: part for key, part in schema.items() if key != "title"}
    for key, part in stripped.items():
        if key in ("properties", "$defs"):  # their keys are names, of which one may be "title"
            stripped[key] = {name: strip_titles(value) for name, value in part.items()}
        elif isinstance(part, dict) and key != "default":
            stripped[key] = strip_titles(part)
    return stripped
