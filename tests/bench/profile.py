"""Where supportbot's time goes while it is busy: all of its threads, by function."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from .plan import Plan
from .report import Table
from .systems import scripted_model, supportbot

SHOWN_FUNCTIONS = 25
LEAST_PART = 0.02  # of a process's CPU, for a thread to be shown
SCAFFOLD_PART = 0.97  # a function that is on nearly every stack of a thread says nothing


def profile(plan: Plan) -> Iterator[Table]:
    """Where the time goes, in all threads of the server. What it costs here is more than without being looked at."""
    place = plan.data / "profile.json"
    chats = plan.levels[0]
    with (
        scripted_model(plan.data, plan.script) as model,
        supportbot(model, plan.data / "profile.sqlite3", profile=place) as server,
    ):
        what = f"{chats} chats of {plan.script.tokens} tokens"
        plan.note("profile", what, server.measure(chats, max(plan.window, plan.script.seconds)))
    print(describe(json.loads(place.read_text())))
    yield from ()


def describe(found: dict[str, Any]) -> str:
    """The threads of a process by their CPU, and their functions by theirs."""
    threads = sorted(found["threads"].items(), key=lambda thread: -thread[1]["cpu_seconds"])
    whole = sum(thread["cpu_seconds"] for _, thread in threads)
    lines = []
    for name, thread in threads:
        used = thread["cpu_seconds"]
        if used >= LEAST_PART * whole and thread["stacks"]:
            percent, of_a_core = 100 * used / whole, 100 * used / found["seconds"]
            told = f"{used:.2f} s of CPU, {percent:.0f} % of the process, {of_a_core:.0f} % of a core"
            lines += ["", f"{name}: {told}", *_describe_functions(thread["stacks"])]
    return "\n".join(lines)


def _describe_functions(stacks: Sequence[tuple[Sequence[Sequence[str]], float]]) -> Iterator[str]:
    own: defaultdict[str, float] = defaultdict(float)
    all_of_it: defaultdict[str, float] = defaultdict(float)
    for stack, used in stacks:
        places = [" ".join(place) for place in stack]
        own[places[-1]] += used
        for place in set(places):
            all_of_it[place] += used
    seen = sum(own.values())
    yield f"seen at work for {seen:.2f} s of it; of these, in %, in a function with what it calls, and by itself:"
    telling = {place: used for place, used in all_of_it.items() if used < SCAFFOLD_PART * seen}
    for heading, shown in (("", telling), ("most by themselves:", own)):
        yield heading
        for place in sorted(shown, key=shown.__getitem__, reverse=True)[:SHOWN_FUNCTIONS]:
            yield f"{100 * all_of_it[place] / seen:8.1f}  {100 * own[place] / seen:8.1f}  {place}"
