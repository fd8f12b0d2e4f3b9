"""What one measurement found, and how several of them become one."""

from dataclasses import asdict, dataclass, fields
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Result:
    chats: int
    began: float  # when the window began, on the machine's monotonic clock
    seconds: float
    tokens: int
    turns: int
    cpu_percent: float
    cpu_us_per_token: float
    cpu_ms_per_turn: float
    lag_p50_ms: float
    lag_p99_ms: float
    first_p50_ms: float
    first_p99_ms: float
    second_p99_ms: float  # lag of a token on second pages
    missing: int
    errors: dict[str, int]
    frames_per_token: float
    bytes_per_token: float
    idle_kb_per_chat: float
    active_kb_per_chat: float
    opening_ms_per_chat: float  # the server's CPU for the page and its socket
    # How far to trust the rest: the model's lateness, and who else was on the processors (100 is one core).
    model_late_p99_ms: float
    model_percent: float
    client_percent: float
    others_percent: float

    @property
    def whole(self) -> bool:
        return not self.missing and not self.errors

    @property
    def generators_limit(self) -> bool:
        """Whether the model and the load client had no more to give, so that the server may hold more."""
        return self.model_percent + self.client_percent > 85

    def noise(self) -> str:
        return (
            f"model late p99 {self.model_late_p99_ms:.1f} ms, model {self.model_percent:.0f} % and client "
            f"{self.client_percent:.0f} % of a core, others {self.others_percent:.0f} %"
        )

    def line(self) -> str:
        """All that is worth knowing while tuning, in one line."""
        errors = "".join(f", {count} x {what}" for what, count in self.errors.items())
        return (
            f"{self.cpu_us_per_token:.1f} us/token ({self.cpu_percent:.0f} % CPU, "
            f"{self.tokens / self.seconds:.0f} tokens/s), "
            f"lag p50 {self.lag_p50_ms:.1f} p99 {self.lag_p99_ms:.1f} ms, "
            f"first token p50 {self.first_p50_ms:.1f} p99 {self.first_p99_ms:.1f} ms, "
            f"{self.frames_per_token:.2f} frames and {self.bytes_per_token:.0f} bytes a token, "
            f"{self.missing} missing{errors}  [{self.noise()}]"
        )


def medians(results: list[Result]) -> Result:
    """The median of each number. What must not happen at all, a missing token or an error, is added up."""
    values: dict[str, Any] = {
        field.name: median(getattr(result, field.name) for result in results)
        for field in fields(Result)
        if field.name not in ("missing", "errors")
    }
    values["missing"] = sum(result.missing for result in results)
    values["errors"] = {}
    for result in results:
        for what, count in result.errors.items():
            values["errors"][what] = values["errors"].get(what, 0) + count
    return Result(**values)


def as_json(result: Result) -> dict[str, Any]:
    return {
        name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(result).items()
    }
