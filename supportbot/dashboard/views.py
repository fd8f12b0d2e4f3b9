"""The numbers in admin: may I, which period, render."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from supportbot.server.app_failures import call_or_log

from . import building
from .csv_export import stream_csv
from .formats import format_count
from .periods import CHOICES, ChosenPeriod, choose_period
from .reports import FailedReport
from .rights import can_open_rows, require_dashboard
from .rows import RowList, find_rows, list_cells, list_headings, read_values

ROWS_PER_PAGE = 100
ROWS_A_FETCH = 500

View = Callable[[HttpRequest], HttpResponseBase]


def catch_number_failures(view: View) -> View:
    """The view is of the number that its address names. When that fails, the page says so; the log says why."""

    @wraps(view)
    def call_and_answer(request):
        if not request.GET:
            return redirect("dashboard")
        key = request.GET.get("number", "")
        answers = (Http404, PermissionDenied)
        response = call_or_log(f"@dashboard_number {key}", partial(view, request), answers=answers)
        if response is not None:
            return response
        context = admin.site.each_context(request) | {"title": key, "report": FailedReport(key)}
        return render(request, "dashboard/failed.html", context, status=503)

    return call_and_answer


@require_safe
@require_dashboard
def show_dashboard(request):
    """All numbers of the chosen period."""
    chosen = choose_period(request.GET)
    sections = building.build_sections(chosen, partial(can_open_rows, request.user))
    context = admin.site.each_context(request) | {
        "title": _("Numbers"),
        "chosen": chosen,
        "choices": CHOICES.items(),
        "sections": sections,
        "export": f"{reverse('dashboard-table')}?{_repeat_period(chosen)}",
    }
    return render(request, "dashboard/numbers.html", context)


@require_safe
@require_dashboard
@catch_number_failures
def list_rows(request):
    """The rows behind a number."""
    found = _find_open_rows(request)
    pages = Paginator(found.rows, ROWS_PER_PAGE)
    page = pages.get_page(request.GET.get("p"))
    query = request.GET.copy()
    query.pop("p", None)
    context = admin.site.each_context(request) | {
        "title": found.number.label,
        "found": found,
        "page": page,
        "count": format_count(pages.count),
        "pages": pages.get_elided_page_range(page.number),
        "headings": list_headings(found.number),
        "rows": list(list_cells(found.number, page.object_list)),
        "query": query.urlencode(),
    }
    return render(request, "dashboard/rows.html", context)


@require_safe
@require_dashboard
@catch_number_failures
def export_rows(request):
    """All rows behind a number, for a spreadsheet."""
    found = _find_open_rows(request)
    for row in found.rows[:1]:  # a number that fails does so before a file has begun
        read_values(found.number, row)
    rows = (read_values(found.number, row) for row in found.rows.iterator(ROWS_A_FETCH))
    return stream_csv(request.GET["number"], list_headings(found.number), rows)


@require_safe
@require_dashboard
@catch_number_failures
def export_table(request):
    """A table of the dashboard, for a spreadsheet."""
    key, chosen = request.GET.get("number", ""), choose_period(request.GET)
    describe = building.list_numbers().get(key)
    if describe is None:
        raise Http404
    report = building.build_report(key, describe(chosen.period), chosen, partial(can_open_rows, request.user))
    for table in report.tables:
        if table.name == request.GET.get("table"):
            rows = ([row.key or row.label, *(cell.value for cell in row.cells)] for row in table.rows)
            name = f"{key}-{table.name}-{chosen.first:%Y-%m-%d}-{chosen.last:%Y-%m-%d}"
            return stream_csv(name, table.headings, rows)
    raise Http404


def _find_open_rows(request: Any) -> RowList:
    """Raises Http404 for no such list, PermissionDenied without the right to what its rows open."""
    found = find_rows(request.GET)
    if not can_open_rows(request.user, found.number.opens.model):
        raise PermissionDenied
    return found


def _repeat_period(chosen: ChosenPeriod) -> str:
    return f"period=own&first={chosen.first.isoformat()}&last={chosen.last.isoformat()}"
