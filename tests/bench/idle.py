"""What chats take in which nobody says anything: memory, and the CPU of opening and of keeping them."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from .browser import get
from .machine import Watched
from .plan import BOTH, Plan
from .report import Table
from .result import Result, medians
from .systems import SYSTEMS, Server, scripted_model, serving

PAGES = 200  # opened without a socket


@dataclass(frozen=True)
class Found:
    """Of one system; `page_ms` is the CPU for a new visitor's page without its socket."""

    chats: Result
    page_ms: float

    def numbers(self) -> dict[str, float]:
        return {
            "kb_a_chat": self.chats.idle_kb_per_chat,
            "page_ms": self.page_ms,
            "socket_ms": self.chats.opening_ms_per_chat - self.page_ms,
            "percent_of_a_core": self.chats.cpu_percent,
        }


def idle(plan: Plan) -> Iterator[Table]:
    """Memory of a chat in which nobody says anything, and the CPU of opening it."""
    found: dict[str, Found] = {}
    with scripted_model(plan.data, plan.script) as model:
        for name in plan.systems:
            rounds = []
            for _ in range(plan.rounds):
                # A new process each time: memory that was used before would be used again.
                with serving(name, model, plan.data) as server:
                    rounds.append(_measure(plan, server))
                plan.note_numbers("idle", f"{name}, {plan.idle:,} chats", **rounds[-1].numbers())
            chats = medians([each.chats for each in rounds])
            found[name] = Found(chats, median(each.page_ms for each in rounds))
    if len(found) == 2:
        yield _compare(plan, *(found[name] for name in SYSTEMS))


def _measure(plan: Plan, server: Server) -> Found:
    server.warm_up()
    chats = server.measure(plan.idle, plan.window, idle=True)
    watched = Watched(server.pid)
    before = watched.cpu_seconds()
    for _ in range(PAGES):
        get(server.url)
    return Found(chats, 1000 * (watched.cpu_seconds() - before) / PAGES)


def _compare(plan: Plan, textbook: Found, ours: Found) -> Table:
    table = Table(f"{plan.idle:,} chats in which nobody says anything", BOTH)
    table.add("memory of a chat", "kB", textbook.chats.idle_kb_per_chat, ours.chats.idle_kb_per_chat)
    opening = (found.chats.opening_ms_per_chat for found in (textbook, ours))
    table.add("CPU of opening one: page and socket", "ms", *opening)
    table.add("CPU of opening a page alone", "ms", textbook.page_ms, ours.page_ms)
    sockets = (found.chats.opening_ms_per_chat - found.page_ms for found in (textbook, ours))
    table.add("CPU of opening a socket", "ms", *sockets)
    table.add("CPU of keeping all", "% of a core", textbook.chats.cpu_percent, ours.chats.cpu_percent)
    for name, found in zip(BOTH, (textbook, ours), strict=True):
        if found.chats.errors:
            table.notes.append(f"{name}: errors: {found.chats.errors}")
    return table
