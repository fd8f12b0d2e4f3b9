"""Functions of apps that a decorator has made into something of ours, found in the modules of one name in all apps."""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, TypeVar

Kind = TypeVar("Kind")


def collect_app_functions(kind: type[Kind], modules: Iterable[ModuleType]) -> list[Kind]:
    """Those of one kind that are defined in these modules' apps, in their order. A kind has its `function`."""
    found: list[Any] = [
        value for module in modules for value in vars(module).values() if _is_from_app(value, kind, module)
    ]
    return found


def _is_from_app(value: Any, kind: type[Any], module: ModuleType) -> bool:
    """A module also holds what it imports from other apps."""
    return isinstance(value, kind) and is_defined_in_app(value.function, module)


def is_defined_in_app(function: Callable[..., Any], module: ModuleType) -> bool:
    """Whether a function is defined in any module of the app that `module` belongs to."""
    app = module.__name__.rpartition(".")[0] or module.__name__
    return f"{function.__module__}.".startswith(f"{app}.")
