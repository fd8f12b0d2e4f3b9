"""What this process holds in memory, in one object that can be made anew."""

from collections.abc import Collection
from typing import Any, TypeVar

Part = TypeVar("Part")


class Process:
    """The parts of a process's state, one of each class. A part is made when somebody first asks for it.

    Each module that needs state has a class for it and asks `process.get(ThatClass)`; nothing is kept in module
    globals, so a test begins with the state of a process that has just started.
    """

    def __init__(self) -> None:
        self._parts: dict[type, Any] = {}

    def get(self, part: type[Part]) -> Part:
        """The process's one object of this class, which must be made without arguments."""
        found: Part | None = self._parts.get(part)
        if found is None:
            found = self._parts.setdefault(part, part())
        return found

    def reset(self, keep: Collection[type] = ()) -> None:
        """Forget every part but those of the classes in `keep`, as if the process had just begun."""
        self._parts = {part: value for part, value in self._parts.items() if part in keep}


process = Process()
