"""What requests to models took and cost together, as staff read it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from .models import ModelRequest


def summarise_usage(requests: Iterable[ModelRequest]) -> dict[str, Any]:
    """The sums of some requests, for one line. Tokens are integers, `cost` is in US dollars or None."""
    rows = list(requests)
    costs = [row.cost for row in rows if row.cost is not None]
    return {
        "count": len(rows),
        "models": ", ".join(dict.fromkeys(row.model or row.backend for row in rows)),
        "input": sum(row.input for row in rows),
        "cached": sum(row.cached for row in rows),
        "output": sum(row.output for row in rows),
        "reasoning": sum(row.reasoning for row in rows),
        "cost": sum(costs, Decimal(0)) if costs else None,
    }


def format_dollars(cost: Decimal | None) -> str:
    """“$0.0042” or “$12.50”; empty where no price is known."""
    if cost is None:
        return ""
    places = 2 if cost >= 1 or not cost else 4
    # Rounded first: to write it out Django cuts digits off.
    return f"${number_format(round(cost, places), places, use_l10n=True, force_grouping=True)}"


def format_time_between(until: datetime | None, since: datetime | None) -> str:
    """The time from one moment to another, such as “0.4 s”; empty if either is not known.

    Where the clock was set back meanwhile it is nothing.
    """
    if until is None or since is None:
        return ""
    return _("%(seconds)s s") % {"seconds": f"{max(0.0, (until - since).total_seconds()):.1f}"}
