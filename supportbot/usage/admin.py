"""What the models used, by day and request by request. Nothing here can be changed."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Case, Count, IntegerField, QuerySet, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supportbot.read_only_admin import ReadOnlyAdmin

from .failure_words import describe_failure
from .models import ModelRequest, Outage
from .purposes import describe_purpose
from .summaries import format_dollars

SHOWN_DAYS = 14
# Whose models and purposes can be filtered by: to look through all requests would take as long as there are many.
NEWEST_REQUESTS = 2_000


class NewestValuesFilter(admin.SimpleListFilter):
    """Filters by a field whose values are those of the newest requests."""

    parameter_name: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = ModelRequest.objects.order_by("-pk").values(self.parameter_name)[:NEWEST_REQUESTS]
        values = sorted({row[self.parameter_name] for row in newest})
        return [(value, self.describe_value(value)) for value in values if value]

    def describe_value(self, value: str) -> str:
        return value

    def queryset(self, request: HttpRequest, queryset: QuerySet[ModelRequest]) -> QuerySet[ModelRequest]:
        value = self.value()
        return queryset.filter(**{self.parameter_name: value}) if value else queryset


class PurposeFilter(NewestValuesFilter):
    title, parameter_name = _("purpose"), "purpose"

    def describe_value(self, value: str) -> str:
        return describe_purpose(value)


class ModelFilter(NewestValuesFilter):
    title, parameter_name = _("model"), "model"


@admin.register(ModelRequest)
class ModelRequestAdmin(ReadOnlyAdmin):
    list_display = [
        "created",
        "purpose_in_words",
        "model",
        "input",
        "cached",
        "output",
        "reasoning",
        "price",
        "conversation",
    ]
    list_filter = [PurposeFilter, ModelFilter, "created"]
    fields = ["created", "purpose_in_words", "backend", "model", "input", "cached", "output", "reasoning"]
    fields += ["price", "conversation", "turn"]
    sortable_by = ["created"]  # the others have no index
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ["conversation__user"]
    list_per_page = 50
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "days": sum_by_day(timezone.localdate())}
        )

    @admin.display(description=_("purpose"))
    def purpose_in_words(self, row: ModelRequest) -> str:
        return describe_purpose(row.purpose)

    @admin.display(description=_("cost"), ordering="cost")
    def price(self, row: ModelRequest) -> str:
        return format_dollars(row.cost) or "–"


@admin.register(Outage)
class OutageAdmin(ReadOnlyAdmin):
    list_display = ["began", "ended", "model", "failure_in_words", "failures"]
    fields = ["began", "ended", "last", "model", "failure_in_words", "failures"]

    @admin.display(description=_("first failure"))
    def failure_in_words(self, outage: Outage) -> str:
        return describe_failure(outage.code)


def sum_by_day(today: date) -> list[dict[str, Any]]:
    """Sums by day and model, of the last `SHOWN_DAYS` days, newest day first. One query, of these days' rows alone."""
    days = [today - timedelta(days=number) for number in range(SHOWN_DAYS)]
    begins = {day: timezone.make_aware(datetime.combine(day, time())) for day in days}
    # The database would have to be asked for the local day of each row, which on SQLite is Python's work.
    day = Case(
        *(When(created__gte=begin, then=Value(number)) for number, begin in enumerate(begins.values())),
        output_field=IntegerField(),
    )
    rows = ModelRequest.objects.filter(created__gte=begins[days[-1]]).annotate(number=day)
    sums = rows.values("number", "model").annotate(
        requests=Count("pk"),
        input=Sum("input"),
        cached=Sum("cached"),
        output=Sum("output"),
        reasoning=Sum("reasoning"),
        cost=Sum("cost"),
    )
    return [{**row, "day": days[row["number"]]} for row in sums.order_by("number", "model")]
