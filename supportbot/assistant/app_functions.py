"""Functions of apps that a decorator has made into something of ours, found in the modules of one name in all apps."""

from collections.abc import Iterable
from types import ModuleType
from typing import Any, TypeVar

from .declarations import DeclarationError

Kind = TypeVar("Kind")


def collect_app_functions(kind: type[Kind], modules: Iterable[ModuleType]) -> list[Kind]:
    """Those of one kind that are defined in these modules' apps, in their order. A kind has its `function`."""
    found: list[Any] = [
        value for module in modules for value in vars(module).values() if _is_from_app(value, kind, module)
    ]
    return found


def index_by_name(found: Iterable[Kind], plural: str) -> dict[str, Kind]:
    """Those of one kind, which has its `name` and its `function`. `plural` says what they are, such as “tools”.

    Raises DeclarationError when two different ones have the same name.
    """
    values: Iterable[Any] = found
    by_name: dict[str, Any] = {}
    for each in values:
        first = by_name.setdefault(each.name, each)
        if first is not each:
            functions = (first.function, each.function)
            places = " and ".join(f"{one.__module__}.{one.__qualname__}" for one in functions)
            raise DeclarationError(f"Two {plural} are named {each.name}: {places}. Rename one of them.")
    return by_name


def _is_from_app(value: Any, kind: type[Any], module: ModuleType) -> bool:
    """A module also holds what it imports from other apps. The app is the package that `module` is in."""
    app = module.__name__.rpartition(".")[0] or module.__name__
    return isinstance(value, kind) and f"{value.function.__module__}.".startswith(f"{app}.")
