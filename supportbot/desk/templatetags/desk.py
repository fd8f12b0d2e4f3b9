"""The desk's part of admin's header."""

from typing import Any

from django import template

from ..budget_alerts import describe_spent_budget, find_spent_budgets
from ..durations import format_duration
from ..rights import can_answer, can_read

register = template.Library()

register.filter("duration", format_duration)


@register.inclusion_tag("desk/_bar.html", name="desk_bar")
def show_desk_bar(user: Any) -> dict[str, Any]:
    """The desk's link and switches. It asks the database for nothing: the socket brings the number that wait."""
    return {"is_reader": can_read(user), "can_answer": can_answer(user)}


@register.simple_tag(name="spent_budgets")
def list_spent_budgets() -> list[str]:
    """Which tokens of today are used up, in words; empty on most days."""
    return [describe_spent_budget(budget) for budget in find_spent_budgets()]


@register.filter("initial")
def get_initial(name: str) -> str:
    """The letter of an avatar."""
    return name[:1].upper()
