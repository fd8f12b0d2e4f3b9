"""What one request cost, in one form for all providers: the tokens, and the price where the provider names it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TICKS_PER_DOLLAR = Decimal(10) ** 10  # of xAI's field `cost_in_usd_ticks`
MAX_TICKS = 10**15  # a hundred thousand dollars, for one request
COUNT_AS_TEXT = re.compile(r"[0-9]{1,12}")
MAX_COUNT = 2**31  # what is larger fits into no integer column, and is no number of tokens either


@dataclass(frozen=True, slots=True)
class RequestUsage:
    """What the provider of one request counted, in its own words."""

    model: str
    usage: Mapping[str, Any]


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
        """Tokens that are billed as output, those of the reasoning included.

        xAI's chat completions leave the reasoning out of `completion_tokens`: traffic recorded in the tests of
        charmbracelet/fantasy has 608 + 25 tokens, 59 of reasoning, and a total of 692. Others count it as output.
        """
        is_apart = self.input + self.output + self.reasoning == self.total
        return self.output + self.reasoning if is_apart else self.output


def parse_usage(raw: Mapping[str, Any]) -> Usage:
    """Read the counts of chat completions or of the Responses API. What is missing or no number counts as 0."""
    input_details = raw.get("prompt_tokens_details") or raw.get("input_tokens_details")
    output_details = raw.get("completion_tokens_details") or raw.get("output_tokens_details")
    ticks = raw.get("cost_in_usd_ticks")
    sent = _read_count(raw, "prompt_tokens", "input_tokens")
    said = _read_count(raw, "completion_tokens", "output_tokens")
    return Usage(
        input=sent,
        cached=_read_count(input_details, "cached_tokens"),
        output=said,
        reasoning=_read_count(output_details, "reasoning_tokens"),
        total=_read_count(raw, "total_tokens") or sent + said,
        cost=Decimal(ticks) / TICKS_PER_DOLLAR if isinstance(ticks, int) and 0 <= ticks < MAX_TICKS else None,
    )


def _read_count(raw: Any, *names: str) -> int:
    """The first of these fields that holds a plausible number of tokens, else 0: any server may have written them."""
    values = (raw.get(name) for name in names) if isinstance(raw, Mapping) else ()
    read = (
        int(value) if isinstance(value, str) and COUNT_AS_TEXT.fullmatch(value) else value for value in values
    )
    numbers = (value for value in read if isinstance(value, int | float) and not isinstance(value, bool))
    return next((int(value) for value in numbers if 0 <= value < MAX_COUNT), 0)  # NaN is neither
