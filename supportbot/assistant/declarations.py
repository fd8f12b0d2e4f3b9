"""What a decorator refuses while an app is imported: a mistake that would else show with a customer, or never.

Each function raises DeclarationError with a sentence for the developer. `owner` is what was decorated, such as
“Tool pay_out”.
"""

import inspect
import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

MAX_TIMEOUT_SECONDS = 86_400.0
MAX_STORED_NAME_CHARS = 40  # as rows keep names of jobs and questions
NO_TEXTS = (type(None), bytes, int, float, list, tuple, dict, set, BaseException)

Options = ParamSpec("Options")
Decorator = TypeVar("Decorator")


class DeclarationError(TypeError):
    """A mistake in what an app declares, in a sentence. Commands show it with its place, and without a traceback."""


def require_named_options(
    example: str,
) -> Callable[[Callable[Options, Decorator]], Callable[Options, Decorator]]:
    """For a decorator whose options have names: written without its brackets, it would take the function for one."""

    def wrap_decorator(make_decorator: Callable[Options, Decorator]) -> Callable[Options, Decorator]:
        signature = inspect.signature(make_decorator)

        @wraps(make_decorator)
        def check_and_call(*values: Options.args, **options: Options.kwargs) -> Decorator:
            if values:
                given = getattr(values[0], "__qualname__", repr(values[0]))
                raise DeclarationError(
                    f"Write {example}, with brackets and the names of the options: it was given {given}."
                )
            try:
                signature.bind(**options)
            except TypeError as error:
                raise DeclarationError(f"Write such as {example}: {error}.") from error
            return make_decorator(*values, **options)

        return check_and_call

    return wrap_decorator


def require_function(
    function: Any, kind: str, parameters: Sequence[str], *, is_async: bool = False, may_yield: bool = False
) -> None:
    """`function` must be one that can be called with these values, and that does its work when it is called.

    One that may yield does it while what it returns is read.
    """
    if not inspect.isroutine(function):
        raise DeclarationError(
            f"{kind} must be a function, not {function!r}. See how its decorator is written."
        )
    owner = f"{kind} {function.__qualname__}"
    if not (may_yield and inspect.isgeneratorfunction(function)):
        require_no_generator(function, owner)
    if inspect.iscoroutinefunction(function) != is_async:
        raise DeclarationError(
            f"{owner} must be written as {'async def' if is_async else 'def, not async def'}."
        )
    try:
        inspect.signature(function).bind(*parameters)
    except TypeError as error:
        wanted = ", ".join(parameters) or "nothing"
        raise DeclarationError(f"{owner} is called with {wanted}: {error}.") from error


def require_no_generator(function: Callable[..., Any], owner: str) -> None:
    """A function with `yield` does nothing when it is called."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise DeclarationError(
            f"{owner} must return its result: a function with yield does nothing when it is called."
        )


def require_docstring(function: Callable[..., Any], owner: str) -> str:
    """Returns the docstring, which a model reads as its instruction."""
    if not (docstring := inspect.getdoc(function)):
        raise DeclarationError(f"{owner} needs a docstring: it is what the model reads.")
    return docstring


def require_short_name(name: str, owner: str) -> None:
    if len(name) > MAX_STORED_NAME_CHARS:
        raise DeclarationError(f"{owner}: its name must have at most {MAX_STORED_NAME_CHARS} letters.")


def require_seconds(seconds: Any, owner: str, name: str) -> None:
    if not _is_number(seconds, int | float) or not 0 < seconds <= MAX_TIMEOUT_SECONDS:
        raise DeclarationError(
            f"{owner}: {name} must be seconds, more than 0 and at most a day, not {seconds!r}."
        )


def require_count(count: Any, owner: str, name: str) -> None:
    if not _is_number(count, int) or count < 1:
        raise DeclarationError(f"{owner}: {name} must be a whole number from 1, not {count!r}.")


def require_choice(value: Any, choices: Sequence[str], owner: str, name: str) -> None:
    if not isinstance(value, str) or value not in choices:
        raise DeclarationError(f"{owner}: {name} must be one of {', '.join(choices)}, not {value!r}.")


def require_text(text: Any, owner: str, name: str) -> None:
    """A `str`, or what becomes one for each reader, as `gettext_lazy` returns. That is not read before it is shown."""
    is_lazy = not callable(text) and any("__str__" in vars(each) for each in type(text).__mro__[:-1])
    if not isinstance(text, str) and (isinstance(text, NO_TEXTS) or not is_lazy):
        raise DeclarationError(f"{owner}: {name} must be a text, not {text!r}.")


def require_words(words: Any, owner: str, name: str) -> None:
    """Several texts. One alone would be taken for its letters."""
    if not isinstance(words, list | tuple) or not all(
        isinstance(each, str) and each.strip() for each in words
    ):
        raise DeclarationError(
            f"{owner}: {name} must be a tuple of words, such as (“forwarded”,) with its comma, not {words!r}."
        )


def require_subclass(value: Any, parent: type[Any], owner: str, name: str) -> None:
    if not isinstance(value, type) or not issubclass(value, parent):
        raise DeclarationError(f"{owner}: {name} must be a subclass of {parent.__name__}, not {value!r}.")


def _is_number(value: Any, kinds: Any) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)
