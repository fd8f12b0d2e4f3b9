"""Calls as Python writes them: `[lookup_order(order_id="ORD-123")]` and `print(default_api.lookup_order(…))`.

Llama 4, Gemma and OLMo are taught to, several as a list or below each other. A comment may be a condition, so no call
beside one is exact.
"""

import ast
import io
import json
import tokenize
from collections.abc import Collection, Iterator
from typing import Any

from ..calls.arguments import read_loose_object
from .json_calls import is_loose

CALLING_METHODS = ("call", "invoke", "run")  # `lookup_order.call(…)` (Llama 3)
MAX_PYTHON_CHARS = 10_000


def iter_python_calls(body: str, loose_names: Collection[str]) -> Iterator[tuple[str, str]]:
    """The calls in a text that is nothing but calls: not those within an expression, such as a condition.

    One of a tool of `loose_names` may leave its arguments without names: then its model is told of it.
    """
    if "(" not in body or len(body) > MAX_PYTHON_CHARS:
        return
    try:
        tree = ast.parse(body.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    found = [_list_calls(each.value) if isinstance(each, ast.Expr) else [] for each in tree.body]
    is_commented = "#" in body and _has_comment(body)
    for call in [call for calls in found for call in calls] if all(found) else ():
        name = _get_function_name(call.func)
        is_exact = not call.args and all(each.arg for each in call.keywords) and not is_commented
        if not is_exact and not is_loose(name, loose_names):
            continue
        try:
            values = _read_object(call) or {
                str(each.arg): ast.literal_eval(each.value) for each in call.keywords
            }
            yield name, json.dumps(values, ensure_ascii=False)
        except (ValueError, TypeError):
            continue


def _has_comment(body: str) -> bool:
    tokens = tokenize.generate_tokens(io.StringIO(body.strip()).readline)
    return any(token.type == tokenize.COMMENT for token in tokens)


def _list_calls(expression: ast.expr) -> list[ast.Call]:
    """The calls of a list or of the function around them, such as `print`; nothing if something else is there too."""
    if isinstance(expression, (ast.List, ast.Tuple)):
        inner = expression.elts
    elif isinstance(expression, ast.Call) and any(isinstance(each, ast.Call) for each in expression.args):
        inner = [] if expression.keywords else expression.args
    else:
        return [expression] if isinstance(expression, ast.Call) else []
    found = [_list_calls(each) for each in inner]
    return [call for calls in found for call in calls] if all(found) else []


def _read_object(call: ast.Call) -> dict[str, Any] | None:
    """The one object in the place of all arguments, as JavaScript has them: `lookup_order({order_id: "ORD-123"})`."""
    is_alone = len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Dict)
    return read_loose_object(ast.unparse(call.args[0])) if is_alone else None


def _get_function_name(function: ast.expr) -> str:
    if not isinstance(function, ast.Attribute):
        return str(getattr(function, "id", ""))
    is_method = function.attr in CALLING_METHODS and isinstance(function.value, ast.Name)
    return _get_function_name(function.value) if is_method else function.attr
