"""Points in the product where a process can be made to die, by name and without any hook in the product.

Every named function has three of them or more: `before` and `written` stand inside its transaction, before
anything is written and before the commit; `stored` comes when the commit is on the disk and nobody knows yet.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

TRANSACTIONS = {
    "turns": ("submit", "begin_answer", "settle", "checkpoint", "retry", "stop"),
    "calls": ("record", "go_on"),
    "recovery": ("hand_back", "_recover"),
}
PLAIN = {"calls": ("run", "_set_result"), "recovery": ("sweep",), "live": ("publish", "make_good")}


def names() -> list[str]:
    """All points, in the order of a turn's life."""
    inside = [f"{room}.{name}" for room, functions in TRANSACTIONS.items() for name in functions]
    plain = [f"{room}.{name}" for room, functions in PLAIN.items() for name in functions]
    plain += ["Tool.run", "Stream.add", "Page.resync"]
    return [
        *(f"{name}:{when}" for name in inside for when in ("before", "written", "stored")),
        *(f"{name}:{when}" for name in plain for when in ("before", "after")),
    ]


class Deadly:
    """Kills its process at the Nth passing of one point, given as `turns.submit:stored@3`."""

    def __init__(self, wanted: str) -> None:
        self._point, _, passing = wanted.partition("@")
        self._passing = int(passing or 1)
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()
        assert not wanted or self._point in names(), f"there is no point {self._point}"

    def pass_by(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            self._passed[point] += 1
            if self._passed[point] == self._passing:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.pass_by(f"{name}:before")
            result = function(*args, **kwargs)
            self.pass_by(f"{name}:after")
            self.pass_by(f"{name}:written")
            return result

        return wrapped

    def around_async(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.pass_by(f"{name}:before")
            result = await function(*args, **kwargs)
            self.pass_by(f"{name}:after")
            return result

        return wrapped

    def around_commit(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """For `stored` and `in_database`, which come back when the transaction given to them is committed."""

        @wraps(function)
        async def wrapped(transaction: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            result = await function(transaction, *args, **kwargs)
            # It may be wrapped in a check of the customer's right, and then is one of the arguments.
            names = (getattr(each, "name_of_point", "") for each in (transaction, *args))
            self.pass_by(f"{next(filter(None, names), '')}:stored")
            return result

        return wrapped


def install(wanted: str) -> None:
    """Put every point in its place. Call it when the apps are loaded and nothing runs yet."""
    from django.db import transaction

    from supportbot.assistant.tools import Tool
    from supportbot.conversations import calls, consumers, keeper, live, pages, recovery, runner, turns

    rooms: dict[str, ModuleType] = {"turns": turns, "calls": calls, "recovery": recovery, "live": live}
    deadly = Deadly(wanted)
    for room, functions in TRANSACTIONS.items():
        for name in functions:
            inner = getattr(rooms[room], name).__wrapped__
            outer = transaction.atomic(deadly.around(f"{room}.{name}", inner))
            outer.name_of_point = f"{room}.{name}"
            setattr(rooms[room], name, outer)
    for room, functions in PLAIN.items():
        for name in functions:
            around = deadly.around_async if room == "live" else deadly.around
            setattr(rooms[room], name, around(f"{room}.{name}", getattr(rooms[room], name)))
    for module in (consumers, keeper, runner, pages):
        for name in ("stored", "in_database"):
            if hasattr(module, name):
                setattr(module, name, deadly.around_commit(getattr(module, name)))
    Tool.run = deadly.around("Tool.run", Tool.run)  # type: ignore[method-assign]
    live.Stream.add = deadly.around_async("Stream.add", live.Stream.add)  # type: ignore[method-assign]
    pages.Page.resync = deadly.around_async("Page.resync", pages.Page.resync)  # type: ignore[method-assign]
