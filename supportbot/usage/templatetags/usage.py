"""What the models took, as staff read it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template

from ..models import ModelRequest, Outage

register = template.Library()


@register.simple_tag(name="current_outage")
def get_current_outage() -> Outage | None:
    """The time without a model that is not over yet."""
    return Outage.objects.filter(ended=None).first()


@register.inclusion_tag("admin/usage/_summary.html", name="usage_summary")
def summarise_usage(requests: Iterable[ModelRequest]) -> dict[str, Any]:
    """The sum of some requests, in a line."""
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


@register.filter("dollars")
def format_dollars(cost: Decimal | None) -> str:
    """“$0.0042”, with as many digits as it takes to see something; nothing where no price is known."""
    if cost is None:
        return ""
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}"


@register.filter("seconds")
def format_seconds(until: Any, since: Any) -> str:
    """From one moment to another: “0.4 s”."""
    return f"{(until - since).total_seconds():.1f} s" if until and since else ""
