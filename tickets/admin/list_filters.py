"""What the list of tickets can be narrowed to. None of it reads all tickets or all accounts."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Tag, Ticket

MAX_LISTED_TAGS = 50
MAX_KEY_DIGITS = 18
VIEWS: dict[str, str | Promise] = {
    "mine": _("Mine"),
    "unassigned": _("Unassigned"),
    "waiting": _("Waiting for us"),
    "overdue": _("Overdue"),
}


def build_view_condition(view: str, staff_id: int | None) -> Q:
    """Which tickets a saved view shows: of those that still have to be dealt with, which have an index of their own.

    That an open ticket is one of them is said too: the database does not conclude it.
    """
    active = Q(status__in=Ticket.ACTIVE_STATUSES)
    return {
        "mine": active & Q(assignee=staff_id),
        "unassigned": active & Q(assignee=None),
        "waiting": active & Q(status=Ticket.Status.OPEN),
        "overdue": active & Q(status=Ticket.Status.OPEN, due__lt=timezone.now()),
    }[view]


def count_views(staff_id: int | None) -> dict[str, int]:
    """How many tickets each saved view shows: one query of the active tickets, which have an index of their own."""
    counts = {view: Count("pk", filter=build_view_condition(view, staff_id)) for view in VIEWS}
    active = Ticket.objects.filter(status__in=Ticket.ACTIVE_STATUSES)
    return active.order_by().aggregate(**counts)


class ViewFilter(admin.SimpleListFilter):
    """The saved views. They stand above the list, with their numbers, and not among the other filters."""

    title = _("view")
    parameter_name = "view"
    template = "admin/tickets/ticket/_no_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(VIEWS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        view = self.value()
        return queryset.filter(build_view_condition(view, request.user.pk)) if view in VIEWS else queryset


class AssigneeFilter(admin.SimpleListFilter):
    """Whose tickets: of those who have some that still have to be dealt with."""

    title = _("assignee")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if SEARCH_VAR in request.GET:  # a search has queries enough of its own
            return list_chosen(self.value())
        busy = Ticket.objects.filter_active().exclude(assignee=None).order_by().values("assignee")
        people: Any = get_user_model()._default_manager.filter(pk__in=busy)
        names = [(str(person.pk), person.get_full_name() or person.get_username()) for person in people]
        return sorted(names, key=lambda name: name[1].casefold())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        return queryset.filter(assignee=int(value)) if _is_key(value) else queryset


class TagFilter(admin.SimpleListFilter):
    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if SEARCH_VAR in request.GET:
            return list_chosen(self.value())
        return [(str(tag.pk), tag.name) for tag in Tag.objects.all()[:MAX_LISTED_TAGS]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        return queryset.filter(tags=int(value)) if _is_key(value) else queryset


def list_chosen(value: str | None) -> list[tuple[str, str]]:
    """The one that the list is narrowed to, so that it still is."""
    return [(value, value)] if value else []


def _is_key(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= MAX_KEY_DIGITS
