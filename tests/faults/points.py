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
from typing import Any

from django.db import transaction

from supportbot.server.executors import DatabaseFunction

# Each is one transaction.
TRANSACTIONS = (
    *("submit_message", "begin_answer", "finish_turn", "checkpoint", "retry_turn", "request_stop"),
    *("store_requested_calls", "complete_call", "release_turn"),
)
PLAIN = {
    "turns": ("run_tool", "recover_abandoned_turns"),
    "broadcast": ("publish_change", "deliver_missed"),
    "recovery": ("_recover_conversation",),
    "tool_calls": ("_set_result",),
}
METHODS = ("Tool.run", "AnswerStream.append", "PageConnection.resync")


def names() -> list[str]:
    """All points."""
    inside = [f"turns.{name}" for name in TRANSACTIONS]
    plain = [f"{room}.{name}" for room, functions in PLAIN.items() for name in functions]
    return [
        *(f"{name}:{when}" for name in inside for when in ("before", "written", "stored")),
        *(f"{name}:{when}" for name in (*plain, *METHODS) for when in ("before", "after")),
    ]


class Deadly:
    """Kills its process at the Nth passing of one point, given as `turns.submit_message:stored@3`."""

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


def install(wanted: str) -> None:
    """Put every point in its place. Call it when the apps are loaded and nothing runs yet."""
    from supportbot.assistant.tools import Tool
    from supportbot.conversations import turns
    from supportbot.conversations.realtime import answer_stream, broadcast, connections
    from supportbot.conversations.turns import recovery, tool_calls
    from supportbot.conversations.worker import housekeeping, runner

    deadly = Deadly(wanted)
    for name in TRANSACTIONS:
        _surround_transaction(deadly, f"turns.{name}", getattr(turns, name))
    sweep = turns.recover_abandoned_turns
    sweep._function = deadly.around("turns.recover_abandoned_turns", sweep._function)
    turns.run_tool = deadly.around("turns.run_tool", turns.run_tool)
    recovery._recover_conversation = deadly.around(
        "recovery._recover_conversation", recovery._recover_conversation
    )
    tool_calls._set_result = deadly.around("tool_calls._set_result", tool_calls._set_result)
    for name in PLAIN["broadcast"]:
        setattr(broadcast, name, deadly.around_async(f"broadcast.{name}", getattr(broadcast, name)))
    assert runner.broadcast is housekeeping.broadcast is broadcast  # they call it there
    Tool.run = deadly.around("Tool.run", Tool.run)  # type: ignore[method-assign]
    for owner, name in ((answer_stream.AnswerStream, "append"), (connections.PageConnection, "resync")):
        setattr(owner, name, deadly.around_async(f"{owner.__name__}.{name}", getattr(owner, name)))


def _surround_transaction(deadly: Deadly, name: str, function: DatabaseFunction[..., Any]) -> None:
    """`before` and `written` inside of the transaction, `stored` when its commit has come back to the event loop."""
    function._function = transaction.atomic(deadly.around(name, function._function.__wrapped__))
    await_result = function._await_result

    async def await_stored(job: Callable[[], Any]) -> Any:
        result = await await_result(job)
        deadly.pass_by(f"{name}:stored")
        return result

    function._await_result = await_stored  # type: ignore[method-assign]
