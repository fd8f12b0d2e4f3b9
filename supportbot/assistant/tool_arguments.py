"""The arguments of tools: their schema, made of a function's annotations, and the check of what a model passes."""

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any, get_type_hints
from warnings import catch_warnings, filterwarnings

from pydantic import BaseModel, ConfigDict, PydanticUserError, ValidationError, create_model
from pydantic_core import SchemaError

from .constraints import list_parts, require_possible_constraints
from .declarations import DeclarationError
from .loose_values import write_numbers_as_text
from .marked_values import BRANCHES, MARK, holds_mark, parse_json
from .provenance import FromCustomer, is_from_customer

MAX_PROBLEMS = 8  # of wrong arguments, told to the model at once
NAMED_SCHEMAS, LISTED_SCHEMAS = ("properties", "patternProperties", "$defs"), (*BRANCHES, "prefixItems")
KEYWORD_PARAMETER_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def validate_arguments(model: type[BaseModel], text: str) -> BaseModel:
    """Raises ValidationError.

    Many models write `null` for what they leave out, which is not a value of most types, and a number without the
    quotation marks of a text.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        errors = error.errors()
        has_no_text = any(each["type"] == "string_type" for each in errors)
        values = parse_json(text) if has_no_text or "null" in text else None
        if not isinstance(values, dict):
            raise
        has_texts = write_numbers_as_text(values, errors)
        fields = model.model_fields.items()
        optional = {each.validation_alias or name for name, each in fields if not each.is_required()}
        kept = {name: value for name, value in values.items() if value is not None or name not in optional}
        if not has_texts and kept == values:
            raise
        if has_texts and kept != values:
            with suppress(ValidationError):  # where null is a value
                return model.model_validate_json(json.dumps(values))
        return model.model_validate_json(json.dumps(kept))


def list_problems(error: ValidationError) -> Sequence[str]:
    """What is wrong with arguments, in lines for the model."""
    problems = [f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in error.errors()]
    return problems[:MAX_PROBLEMS]


def build_arguments_model(function: Callable[..., Any]) -> type[BaseModel]:
    """The parameters of a tool's function, but for `ctx`, as a pydantic model. Raises TypeError, see `tools.tool`."""
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].name != "ctx":
        raise DeclarationError(
            f"The first parameter of tool {function.__qualname__} must be ctx: ToolContext."
        )
    with _explain_types(function.__qualname__):
        hints = _read_hints(function, [parameter.name for parameter in parameters[1:]])
    fields: dict[str, Any] = {}
    for parameter in parameters[1:]:
        _require_name_and_type(parameter, function.__qualname__, hints)
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    with _explain_types(function.__qualname__), catch_warnings():
        # Of a parameter named `copy` or `json`, as methods of models are. Only the fields of this one are read.
        filterwarnings("ignore", "Field name .* shadows an attribute")
        model = create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)
    require_possible_constraints(model.__pydantic_core_schema__, f"Tool {function.__qualname__}")
    _require_annotated_marks(model, function.__qualname__)
    with _explain_types(function.__qualname__):
        schema = model.model_json_schema()
    _require_marks(model, schema, function.__qualname__, hints)
    return model


def _read_hints(function: Callable[..., Any], names: Sequence[str]) -> dict[str, Any]:
    """The types of these parameters. Those of `ctx` and of the result may be imported for type checkers alone."""
    annotations = {name: each for name, each in function.__annotations__.items() if name in names}
    globalns = inspect.unwrap(function).__globals__
    return get_type_hints(SimpleNamespace(__annotations__=annotations), globalns, include_extras=True)


@contextmanager
def _explain_types(tool: str) -> Iterator[None]:
    """Raises TypeError for parameters that no model can be told of, whatever is raised where their types are read."""
    try:
        yield
    except SchemaError as error:
        why = _describe_schema_error(error)
        raise DeclarationError(f"The parameters of tool {tool} cannot be checked: {why}.") from error
    except Exception as error:
        why = str(error)
        if isinstance(error, PydanticUserError):
            # What pydantic advises after its first sentence does not go for a tool.
            why = f"{error.message.partition('. ')[0]}. Use types that JSON can hold, or pydantic models."
        elif isinstance(error, NameError):
            why += ". Import it, and not for type checkers alone."
        raise DeclarationError(f"The parameters of tool {tool} have no JSON schema: {why}") from error


def _describe_schema_error(error: SchemaError) -> str:
    """The argument and what is wrong with it, without the way to it through all that pydantic builds."""
    lines = [line.strip().removeprefix("SchemaError: ") for line in str(error).splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("Error building"))


def _require_name_and_type(parameter: inspect.Parameter, tool: str, hints: dict[str, Any]) -> None:
    if parameter.kind not in KEYWORD_PARAMETER_KINDS or parameter.name.startswith("_"):
        raise DeclarationError(f"Parameter {parameter} of tool {tool} cannot be given by its name.")
    if parameter.name.startswith("model_") and hasattr(BaseModel, parameter.name):
        raise DeclarationError(
            f"Parameter {parameter.name} of tool {tool} has a name that pydantic needs. Rename it."
        )
    if parameter.name not in hints:
        raise DeclarationError(f"Parameter {parameter.name} of tool {tool} needs a type.")


def _require_annotated_marks(model: type[BaseModel], tool: str) -> None:
    """Raises TypeError for `order_id: str = FromCustomer()` and `order_id: FromCustomer`, which declare nothing."""
    for name, part in list_parts(model.__pydantic_core_schema__):
        default = part.get("default")
        if part.get("cls") is FromCustomer or default is FromCustomer or isinstance(default, FromCustomer):
            raise DeclarationError(
                f"Parameter {name} of tool {tool}: write FromCustomer() into its type, as in "
                "Annotated[str, FromCustomer()]."
            )


def _require_marks(model: type[BaseModel], schema: dict[str, Any], tool: str, hints: dict[str, Any]) -> None:
    """Raises TypeError for a parameter with several names, and for one whose mark its schema would lose."""
    for name, each in model.model_fields.items():
        alias = each.validation_alias or name
        if not isinstance(alias, str):
            raise DeclarationError(
                f"Parameter {name} of tool {tool} must have one name: give it as Field(alias=…)."
            )
        part = schema["properties"][alias]
        if is_from_customer(hints[name]) and not holds_mark(part, schema.get("$defs", {})):
            raise DeclarationError(
                f"Parameter {name} of tool {tool} has a schema of its own that hides FromCustomer(): put it last."
            )


def strip_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without our marks and pydantic's titles, which repeat the names and cost tokens in every request."""
    stripped = {key: part for key, part in schema.items() if key not in ("title", MARK)}
    for key, part in stripped.items():
        if key in NAMED_SCHEMAS:  # their keys are names, of which one may be "title"
            stripped[key] = {name: strip_schema(value) for name, value in part.items()}
        elif key in LISTED_SCHEMAS:
            stripped[key] = [strip_schema(each) for each in part]
        elif isinstance(part, dict) and key != "default":
            stripped[key] = strip_schema(part)
    return stripped
