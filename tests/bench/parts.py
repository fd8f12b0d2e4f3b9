"""What is measured: each part starts its own servers, measures in turns, and gives a table."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from time import perf_counter

from .backends import backends
from .browser import get
from .desk import desk
from .idle import idle
from .lengths import lengths
from .orders import orders
from .plan import BOTH, Plan
from .processes import processes
from .profile import profile
from .report import Table
from .result import Result, medians
from .systems import SYSTEMS, Script, Server, fill, scripted_model, serving, supportbot
from .turns import turns
from .uploads import uploads

# A chat is held when its words come in time, and also begin in time: a server that keeps its customers
# waiting for the first word has little to do for the others, and their lag looks well.
HELD_LAG_MS = 250
HELD_FIRST_MS = 1000


@contextmanager
def started(plan: Plan) -> Iterator[dict[str, Server]]:
    """All systems at once, warmed up, so that measurements can take turns: an idle one costs nothing."""
    with ExitStack() as stack:
        model = stack.enter_context(scripted_model(plan.data, plan.script))
        servers = {name: stack.enter_context(serving(name, model, plan.data)) for name in plan.systems}
        for server in servers.values():
            server.warm_up()
        yield servers


def stream(plan: Plan) -> Iterator[Table]:
    """CPU a token, lag and first token at each number of chats, and what memory a chat takes."""
    table = Table("Streaming", BOTH)
    first: dict[str, Result] = {}  # in a process that has had no other chats
    with started(plan) as servers:
        for chats in sorted(plan.levels, reverse=True):
            found: dict[str, list[Result]] = {name: [] for name in servers}
            for _ in range(plan.rounds if chats <= 200 else 1):
                for name, server in servers.items():
                    result = server.measure(chats, plan.window)
                    found[name].append(plan.note("stream", f"{name}, {chats} chats", result))
                    first.setdefault(name, result)
            if len(found) == 2:
                _compare(table, chats, *(medians(found[name]) for name in SYSTEMS))
    if table.rows:
        for what, name in (("an idle chat", "idle_kb_per_chat"), ("a streaming chat", "active_kb_per_chat")):
            table.add(f"memory of {what}", "kB", *(getattr(first[system], name) for system in SYSTEMS))
        yield table


def _compare(table: Table, chats: int, textbook: Result, ours: Result) -> None:
    for what, unit, name in (
        ("CPU a token", "us", "cpu_us_per_token"),
        ("lag p50", "ms", "lag_p50_ms"),
        ("lag p99", "ms", "lag_p99_ms"),
        ("first token p50", "ms", "first_p50_ms"),
        ("first token p99", "ms", "first_p99_ms"),
        ("missing tokens", "", "missing"),
    ):
        table.add(f"{chats} chats: {what}", unit, getattr(textbook, name), getattr(ours, name))
    for name, result in zip(BOTH, (textbook, ours), strict=True):
        errors = f"; errors: {result.errors}" if result.errors else ""
        table.notes.append(f"{name}, {chats} chats: {result.noise()}{errors}")


def most(plan: Plan) -> Iterator[Table]:
    """The most chats that one process holds in time and with every token there."""
    held: dict[str, int] = {}
    table = Table("Capacity of one process", BOTH)
    with started(plan) as servers:
        for name, server in servers.items():

            def probe(chats: int, name: str = name, server: Server = server) -> Result:
                return plan.note("most", f"{name}, {chats} chats", server.measure(chats, plan.window))

            held[name], limited = search(probe, plan.most_probes, plan.most_limit)
            print(f"most: {name} holds {held[name]} chats", flush=True)
            if limited:
                table.notes.append(f"{name}: at least; the load generator or the bound ended the search")
    if len(held) == 2:
        what = f"most chats with p99 of lag < {HELD_LAG_MS} ms and of first token < {HELD_FIRST_MS} ms"
        table.add(what, "", held["textbook"], held["ours"])
        yield table


def search(probe: Callable[[int], Result], probes: int, limit: int, start: int = 60) -> tuple[int, bool]:
    """Double, then bisect. Also whether something other than the server set the limit."""
    low, high, chats, limited = 0, 0, start, False
    for _ in range(probes):
        result = probe(chats)
        if result.whole and result.lag_p99_ms < HELD_LAG_MS and result.first_p99_ms < HELD_FIRST_MS:
            low = chats
        else:
            high, limited = chats, result.generators_limit
        if low >= limit or (high and high - low <= max(5, low // 20)):
            break
        chats = (low + high) // 2 if high else min(limit, low * 2)
    return low, limited or not high


def database(plan: Plan) -> Iterator[Table]:
    """Whether a turn costs more when the database is full of other conversations."""
    short = Script(tokens=20, interval_ms=10)
    full = plan.data / "full.sqlite3"
    with ExitStack() as stack:
        model = stack.enter_context(scripted_model(plan.data, short))
        fill(full, conversations=plan.conversations)
        names = ("empty", f"{plan.conversations:,} conversations")
        places = (plan.data / "beside.sqlite3", full)
        servers = [stack.enter_context(supportbot(model, place)) for place in places]
        found: dict[str, list[Result]] = {name: [] for name in names}
        for server in servers:
            server.warm_up()
        for _ in range(plan.rounds):
            for name, server in zip(names, servers, strict=True):
                found[name].append(plan.note("database", name, server.measure(10, plan.window)))
    empty, filled = (medians(found[name]) for name in names)
    table = Table("supportbot: other conversations in the database", names)
    table.add("CPU a turn", "ms", empty.cpu_ms_per_turn, filled.cpu_ms_per_turn)
    table.add("first token p50", "ms", empty.first_p50_ms, filled.first_p50_ms)
    yield table


def page(plan: Plan) -> Iterator[Table]:
    """Whether a long conversation's page opens as fast as a short one's."""
    place = plan.data / "pages.sqlite3"
    opened = ("50", "1000")
    made = fill(place, conversations=0, pages=(50, 1000))
    times: dict[str, list[float]] = {length: [] for length in opened}
    sizes: dict[str, int] = {}
    with scripted_model(plan.data, plan.script) as model, supportbot(model, place) as server:
        for _ in range(10 * plan.rounds):
            for length in opened:
                start = perf_counter()
                _, html, _ = get(server.url.rstrip("/") + made["pages"][length], made["cookies"])
                times[length].append(1000 * (perf_counter() - start))
                sizes[length] = len(html) // 1024
    table = Table("supportbot: opening a page", ("50 messages", "1,000 messages"))
    table.add("time to the whole page", "ms", *(median(times[length]) for length in opened))
    table.add("size", "kB", *(sizes[length] for length in opened))
    yield table


PARTS: dict[str, Callable[[Plan], Iterator[Table]]] = {
    "stream": stream,
    "turns": turns,
    "idle": idle,
    "most": most,
    "processes": processes,
    "database": database,
    "page": page,
    "desk": desk,
    "lengths": lengths,
    "backends": backends,
    "uploads": uploads,
    "orders": orders,
    "profile": profile,
}
