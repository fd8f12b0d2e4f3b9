"""What a request took, in one form for all providers: tokens as they count them, and the price where they name it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TICKS_PER_DOLLAR = Decimal(10) ** 10  # of xAI's `cost_in_usd_ticks` in a dollar


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request. `cached` is a part of `input`; `reasoning` may or may not be a part of `output`."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0
    total: int = 0
    cost: Decimal | None = None  # US dollars, None when the provider does not say

    @property
    def billed_output(self) -> int:
        """xAI's chat completions count what the model thought apart from what it said; others within it."""
        is_apart = self.input + self.output + self.reasoning == self.total
        return self.output + self.reasoning if is_apart else self.output


def parse_usage(raw: Mapping[str, Any]) -> Usage:
    """The counts in a provider's own form: that of chat completions, or that of the Responses API."""
    sent = raw.get("prompt_tokens_details") or raw.get("input_tokens_details")
    said = raw.get("completion_tokens_details") or raw.get("output_tokens_details")
    ticks = raw.get("cost_in_usd_ticks")
    return Usage(
        input=_read_count(raw, "prompt_tokens", "input_tokens"),
        cached=_read_count(sent, "cached_tokens"),
        output=_read_count(raw, "completion_tokens", "output_tokens"),
        reasoning=_read_count(said, "reasoning_tokens"),
        total=_read_count(raw, "total_tokens"),
        cost=Decimal(ticks) / TICKS_PER_DOLLAR if isinstance(ticks, int) and ticks >= 0 else None,
    )


def _read_count(raw: Any, *names: str) -> int:
    """The first of these that is a number of tokens; 0 if none is, for it is a stranger's word."""
    found = (raw.get(name) for name in names) if isinstance(raw, Mapping) else ()
    return next((value for value in found if isinstance(value, int) and 0 <= value < 2**31), 0)
