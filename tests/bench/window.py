"""The window of a measurement: what arrived in it, what was used in it, and what that makes."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic_ns, process_time

from .machine import Watched, machine_cpu_seconds
from .result import Result

SECOND = 1_000_000


def now_us() -> int:
    """The clock that the scripted model stamps its tokens with: one for all processes of a machine."""
    return monotonic_ns() // 1000


class Recording:
    """What arrives: lag of each token, time to each first one, in microseconds, and how it was packed."""

    def __init__(self) -> None:
        self.lags, self.firsts, self.second_lags = array("q"), array("q"), array("q")
        self.turns = self.frames = self.bytes = 0


@dataclass(frozen=True)
class Used:
    """CPU seconds used up to a moment: by the server, by this client, by everything on the machine."""

    at: int
    server: float
    client: float
    machine: float

    @classmethod
    def by_now(cls, server: Watched) -> "Used":
        return cls(now_us(), server.cpu_seconds(), process_time(), machine_cpu_seconds())


@dataclass
class Window:
    """A whole measurement. `model` is what the scripted model says of itself, memory and opening are per chat."""

    recording: Recording
    begin: Used
    end: Used
    model: dict[str, float]
    idle_kb: float
    active_kb: float
    opening_ms: float = 0
    second_lags: "array[int]" = field(default_factory=lambda: array("q"))

    def result(self, chats: int, missing: int, errors: Counter[str]) -> Result:
        recording, seconds = self.recording, (self.end.at - self.begin.at) / SECOND
        tokens = max(1, len(recording.lags))
        server, client = self.end.server - self.begin.server, self.end.client - self.begin.client
        machine, model = self.end.machine - self.begin.machine, self.model["cpu_seconds"]
        return Result(
            chats=chats,
            began=self.begin.at / SECOND,
            seconds=seconds,
            tokens=len(recording.lags),
            turns=recording.turns,
            cpu_percent=100 * server / seconds,
            cpu_us_per_token=SECOND * server / tokens,
            cpu_ms_per_turn=1000 * server / max(1, recording.turns),
            lag_p50_ms=percentile(recording.lags, 0.5) / 1000,
            lag_p99_ms=percentile(recording.lags, 0.99) / 1000,
            first_p50_ms=percentile(recording.firsts, 0.5) / 1000,
            first_p99_ms=percentile(recording.firsts, 0.99) / 1000,
            second_p99_ms=percentile(self.second_lags, 0.99) / 1000,
            missing=missing,
            errors=dict(errors),
            frames_per_token=recording.frames / tokens,
            bytes_per_token=recording.bytes / tokens,
            idle_kb_per_chat=self.idle_kb,
            active_kb_per_chat=self.active_kb,
            opening_ms_per_chat=self.opening_ms,
            model_late_p99_ms=self.model["late_p99_ms"],
            model_percent=100 * model / seconds,
            client_percent=100 * client / seconds,
            others_percent=100 * max(0.0, machine - server - client - model) / seconds,
        )


def percentile(values: "array[int]", part: float) -> float:
    """Nearest rank; infinite when there is nothing to rank, so that silence never passes for speed."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("inf")
