"""The desk's part of admin's header."""

from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.utils.formats import number_format

from supportbot.conversations.templatetags.chat import render_day

from ..budget_alerts import describe_spent_budget, find_spent_budgets
from ..durations import format_duration
from ..live.facts import load_facts
from ..live.page import render_live_part
from ..rights import can_answer, can_read
from ..script_texts import build_bar_texts
from ..waiting_list.board import get_shown_board

register = template.Library()

register.filter("duration", format_duration)


@register.inclusion_tag("desk/_bar.html", name="desk_bar")
def show_desk_bar(user: Any) -> dict[str, Any]:
    """The desk's links and switches. It asks the database for nothing: the socket brings what no page shows yet."""
    board = get_shown_board(user.pk)
    return {
        "waiting_count": board.waiting_count if board else "",
        "unanswered_count": len(board.list_unanswered(user.pk)) if board else "",
        "mention_count": len(board.list_mentions_of(user.pk)) if board else "",
        "is_reader": can_read(user),
        "can_answer": can_answer(user),
        "sees_tickets": user.has_perm("tickets.view_ticket"),
        "sees_numbers": user.has_perm("dashboard.view_dashboard"),
        "script_texts": build_bar_texts(),
    }


@register.simple_tag(name="spent_budgets")
def list_spent_budgets() -> list[str]:
    """Which tokens of today are used up, in words; empty on most days."""
    return [describe_spent_budget(budget) for budget in find_spent_budgets()]


@register.simple_tag(name="live_conversation", takes_context=True)
def show_live_conversation(context: Context, conversation_id: int | None, reference: str = "") -> str:
    """The live conversation, for a page of another app that is about it; empty for who may not read it.

    A page that has it includes `desk/_live_scripts.html` in its head and `desk/_live_styles.html` last of its sheets.
    `reference` is what it is about, in at most 20 characters: handlers of `StaffReplied` get it with what is written
    there.
    """
    request = context["request"]
    facts = load_facts.run_sync(conversation_id) if conversation_id and can_read(request.user) else None
    return render_live_part(request, facts, reference) if facts else ""


@register.filter("day_of_moment")
def render_day_of_moment(value: Any) -> Any:
    """The day of a moment, in the reader's time zone; any other value as it is."""
    return render_day(value) if isinstance(value, datetime) else value


@register.filter("thousands")
def group_thousands(number: int) -> str:
    """“12,345”, in the form of the reader's language."""
    return number_format(number, use_l10n=True, force_grouping=True)


@register.filter("initial")
def get_initial(name: str) -> str:
    """The letter of an avatar."""
    return name[:1].upper()
