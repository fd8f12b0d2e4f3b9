"""Whether a long conversation answers as fast as a short one, beside a consumer that sends all of it each time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .customer import Asked, Customer, bytes_a_request
from .machine import Watched, read_url
from .plan import BOTH, Plan
from .report import Table
from .systems import Script, Server, fill, scripted_model, supportbot, textbook

# Hardly any answer, so that what is measured is what comes before it.
SHORT = Script(tokens=5, interval_ms=1)
# supportbot as it is; and as it is where the model is never asked for summaries, so that only the window bounds.
SUMMED_UP, WINDOW_ONLY = "supportbot", "supportbot, no summaries"


@dataclass(frozen=True)
class Kind:
    """A server, and where in it conversations of each length are."""

    server: Server
    paths: Mapping[int, list[str]]
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass
class Found:
    """Of all turns in conversations of one length."""

    asked: list[Asked] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    cpu_seconds: float = 0

    @property
    def leaving_ms(self) -> float:
        return median(each.leaving_ms for each in self.asked)

    @property
    def first_ms(self) -> float:
        return median(each.first_ms for each in self.asked)

    @property
    def request_kb(self) -> float:
        return median(self.sizes) / 1000

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu_seconds / len(self.asked)

    def numbers(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in ("leaving_ms", "first_ms", "request_kb", "cpu_ms")}


Measured = dict[str, dict[int, Found]]


def lengths(plan: Plan) -> Iterator[Table]:
    """Turns in conversations of 20, 200 and 2,000 messages: time, and what the model is sent."""
    with ExitStack() as stack:
        kinds = started(plan, stack)
        found: Measured = {name: defaultdict(Found) for name in kinds}
        for number in range(plan.each + 1):
            # The first conversation of each warms the server up.
            play(kinds, plan, number, found if number else {name: defaultdict(Found) for name in kinds})
    for name, by_length in found.items():
        for length, each in by_length.items():
            plan.note_numbers("lengths", f"{name}, {length:,} messages", **each.numbers())
    if set(BOTH) <= set(found):
        yield beside_each_other(plan, found)
    yield beside_short_ones(plan, found)


def started(plan: Plan, stack: ExitStack) -> dict[str, Kind]:
    """The servers by what they are called, with their conversations; one to warm up with beside those to measure."""
    kinds = {}
    if "textbook" in plan.systems:
        model = stack.enter_context(scripted_model(plan.data, SHORT))
        paths = {length: [f"/{length}/"] * (plan.each + 1) for length in plan.lengths}
        kinds["textbook"] = Kind(stack.enter_context(textbook(model, plan.data)), paths)
    if "ours" in plan.systems:
        kinds[SUMMED_UP] = filled(plan, stack, "summed-up")
        kinds[WINDOW_ONLY] = filled(plan, stack, "window-only", LLM_SUMMARISE_TOKENS="0")
    return kinds


def filled(plan: Plan, stack: ExitStack, name: str, **environment: str) -> Kind:
    place = plan.data / f"{name}.sqlite3"
    words = ["--summed-up"] if name == "summed-up" else []
    made: Mapping[str, Any] = fill(place, 0, plan.lengths, "--each", str(plan.each + 1), *words)
    # A model of its own, which so knows whose requests it counts.
    model = stack.enter_context(scripted_model(plan.data, SHORT))
    server = stack.enter_context(supportbot(model, place, environment=environment))
    return Kind(server, {length: made["paths"][str(length)] for length in plan.lengths}, made["cookies"])


def play(kinds: Mapping[str, Kind], plan: Plan, number: int, found: Measured) -> None:
    """One conversation of each kind and length: a turn here, a turn there, so that all meet the same machine."""
    customers = {
        (name, length): Customer(kind.server.url.rstrip("/") + kind.paths[length][number], kind.cookies)
        for length in plan.lengths
        for name, kind in kinds.items()
    }
    for _ in range(plan.asked):
        for (name, length), customer in customers.items():
            ask(kinds[name].server, customer, found[name][length])
    for customer in customers.values():
        customer.leave()


def ask(server: Server, customer: Customer, found: Found) -> None:
    watched = Watched(server.pid)
    read_url(f"{server.model.url}/stats")  # counts anew from here
    before = watched.cpu_seconds()
    found.asked.append(customer.ask())
    found.cpu_seconds += watched.cpu_seconds() - before
    found.sizes.append(bytes_a_request(server.model.url))


ROWS = (
    ("until the request has left", "ms", "leaving_ms"),
    ("until the first word", "ms", "first_ms"),
    ("CPU a turn", "ms", "cpu_ms"),
    ("request", "kB", "request_kb"),
)


def beside_each_other(plan: Plan, found: Measured) -> Table:
    table = Table("A turn in a long conversation", BOTH)
    for length in plan.lengths:
        for what, unit, name in ROWS:
            values = (getattr(found[system][length], name) for system in BOTH)
            table.add(f"{length:,} messages: {what}", unit, *values)
    return table


def beside_short_ones(plan: Plan, found: Measured) -> Table:
    short, *_, long = plan.lengths
    table = Table("Long beside short", (f"{short:,} messages", f"{long:,} messages"))
    for system, by_length in found.items():
        for what, unit, name in ROWS:
            table.add(
                f"{system}: {what}", unit, *(getattr(by_length[length], name) for length in (short, long))
            )
    return table
