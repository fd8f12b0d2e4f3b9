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

from supportbot.row_ids import parse_row_id

from ..models import Tag, Ticket, build_unassigned_condition
from ..people import name_person

MAX_LISTED_TAGS = 50
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
        "unassigned": active & build_unassigned_condition(),
        "waiting": active & Q(status=Ticket.Status.OPEN),
        "overdue": active & Q(status=Ticket.Status.OPEN, due__lt=timezone.now()),
    }[view]


def count_views(staff_id: int | None) -> dict[str, int]:
    """How many tickets each saved view shows: one query of the active tickets, which have an index of their own."""
    counts = {view: Count("pk", filter=build_view_condition(view, staff_id)) for view in VIEWS}
    return Ticket.objects.filter_active().order_by().aggregate(**counts)


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


class RowFilter(admin.SimpleListFilter):
    """Narrows the list to the tickets of one of many rows, such as a colleague or a tag."""

    field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What can be chosen, and what is chosen. While one searches only that: a search has queries enough."""
        chosen = parse_row_id(self.value() or "")
        rows = [] if SEARCH_VAR in request.GET else self.list_rows()
        if chosen and all(row.pk != chosen for row in rows):
            rows += self.get_rows().filter(pk=chosen)
        return sorted(((str(row.pk), self.name_row(row)) for row in rows), key=lambda row: row[1].casefold())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        key = parse_row_id(self.value() or "")
        return queryset.filter(**{self.field: key}) if key else queryset

    def get_rows(self) -> Any:
        """The queryset of all that could be chosen."""
        raise NotImplementedError

    def list_rows(self) -> list[Any]:
        """Those of them that are offered."""
        raise NotImplementedError

    def name_row(self, row: Any) -> str:
        return str(row)


class AssigneeFilter(RowFilter):
    """Whose tickets: of those who have some that still have to be dealt with."""

    title = _("assignee")
    parameter_name = field = "assignee"

    def get_rows(self) -> Any:
        return get_user_model()._default_manager.all()

    def list_rows(self) -> list[Any]:
        busy = Ticket.objects.filter_active().exclude(assignee=None).order_by().values("assignee")
        return list(self.get_rows().filter(pk__in=busy))

    def name_row(self, row: Any) -> str:
        return name_person(row)


class TagFilter(RowFilter):
    title = _("tag")
    parameter_name, field = "tag", "tags"

    def get_rows(self) -> Any:
        return Tag.objects.all()

    def list_rows(self) -> list[Any]:
        return list(self.get_rows()[:MAX_LISTED_TAGS])
