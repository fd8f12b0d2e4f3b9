"""What staff cost: their lists, and that they watch."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from statistics import median

from .desk_lists import lists
from .machine import OTHER_CORES, PROJECT, pin
from .plan import Plan
from .report import Table
from .result import Result, medians
from .systems import Server, scripted_model, supportbot, supportbot_environment
from .watchers import READY

STAFF = CHATS = 50
PROMISED_RATIO = 1.15
OPENING_SECONDS = 5  # until all pages of staff are open, which is not what is measured
ALONE, WATCHED = "nobody watches", f"{STAFF} staff watch"


def desk(plan: Plan) -> Iterator[Table]:
    """Whether staff's lists open as fast with months of conversations behind them, and what it costs to watch."""
    yield from watch(plan)
    yield from lists(plan)


def watch(plan: Plan) -> Iterator[Table]:
    """The server's CPU for 50 streams, with and without a member of staff at each of them, in turns."""
    place = plan.data / "watched.sqlite3"
    environment = supportbot_environment(place)
    found: dict[str, list[Result]] = {ALONE: [], WATCHED: []}
    with scripted_model(plan.data, plan.script) as model, supportbot(model, place) as server:
        server.warm_up()
        for _ in range(2 * plan.rounds):
            for name, results in found.items():
                with watching(server, environment) if name == WATCHED else nullcontext():
                    result = server.measure(CHATS, plan.window, warm=OPENING_SECONDS)
                    results.append(plan.note("desk", name, result))
    alone, watched = medians(found[ALONE]), medians(found[WATCHED])
    table = Table(f"{CHATS} streams", (ALONE, WATCHED))
    table.add("CPU a token", "us", alone.cpu_us_per_token, watched.cpu_us_per_token)
    table.add("lag p99", "ms", alone.lag_p99_ms, watched.lag_p99_ms)
    table.add("missing tokens", "", alone.missing, watched.missing)
    ratios = [
        after.cpu_us_per_token / before.cpu_us_per_token
        for before, after in zip(found[ALONE], found[WATCHED], strict=True)
    ]
    table.notes.append(
        f"CPU by pairs: {', '.join(f'{ratio:.2f}' for ratio in ratios)}, median {median(ratios):.2f}; "
        f"promised is {PROMISED_RATIO}"
    )
    yield table


@contextmanager
def watching(server: Server, environment: Mapping[str, str]) -> Iterator[None]:
    """Each conversation that begins meanwhile is watched. Raises `RuntimeError` if in the end some were not."""
    words = [sys.executable, "-m", "tests.bench.watchers", "--url", server.url, "--staff", str(STAFF)]
    process = subprocess.Popen(
        words, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    try:
        pin(process.pid, OTHER_CORES)
        if process.stdout.readline().strip() != READY:
            raise RuntimeError("the staff could not sign in")
        yield
    finally:
        process.terminate()
        told, _errors = process.communicate(timeout=30)
    found = json.loads(told)
    if found["pages"] < STAFF or found["closed"] or found["frames"] < STAFF:
        raise RuntimeError(f"the staff did not watch: {found}")
