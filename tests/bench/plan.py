"""How much a run measures, and what it found."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .result import Result, as_json
from .systems import SYSTEMS, Script

BOTH = ("textbook", "supportbot")


@dataclass(frozen=True)
class Plan:
    """How much a run measures. `systems` may leave one out, then there are lines but no comparison."""

    data: Path
    systems: tuple[str, ...] = SYSTEMS
    levels: tuple[int, ...] = (50, 200)
    rounds: int = 1
    window: float = 3
    script: Script = field(default_factory=Script)
    conversations: int = 10_000
    # What staff's pages have behind them.
    listed: int = 10_000
    # What a look-up of an order has behind it, and the rows of an export.
    orders: int = 100_000
    imported_rows: int = 20_000
    # Chats in which nobody says anything.
    idle: int = 1_000
    most_limit: int = 1200
    most_probes: int = 4
    # Lengths of conversations, how many of each there are, and how often somebody asks in each of them.
    lengths: tuple[int, ...] = (20, 200, 2000)
    each: int = 4
    asked: int = 3
    # Answers that one backend reads at once.
    streams: int = 50
    results: list[dict[str, Any]] = field(default_factory=list)

    def note(self, part: str, what: str, result: Result) -> Result:
        """Print a measurement as soon as it is there, and keep it for the JSON file."""
        print(f"{part}: {what}: {result.line()}", flush=True)
        self.results.append({"part": part, "what": what, **as_json(result)})
        return result

    def note_numbers(self, part: str, what: str, **numbers: float) -> None:
        """The same for what is no measurement of a load."""
        told = ", ".join(f"{name} {number:,.2f}" for name, number in numbers.items())
        print(f"{part}: {what}: {told}", flush=True)
        self.results.append({"part": part, "what": what, **numbers})
