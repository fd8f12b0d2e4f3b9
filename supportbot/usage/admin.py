"""What the models used, by day and request by request. Nothing here can be changed."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from .models import ModelRequest, Outage
from .templatetags.usage import format_dollars

MAX_DAYS = 14


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ModelRequest)
class ModelRequestAdmin(ReadOnlyAdmin):
    list_display = [
        "created",
        "purpose",
        "model",
        "input",
        "cached",
        "output",
        "reasoning",
        "price",
        "conversation",
    ]
    list_filter = ["purpose", "backend", "model", "created"]
    list_select_related = ["conversation__user"]
    list_per_page = 50
    date_hierarchy = "created"
    show_full_result_count = False
    change_list_template = "admin/usage/modelrequest/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "days": _sum_by_day(ModelRequest.objects.all())}
        )

    @admin.display(description=_("cost"), ordering="cost")
    def price(self, row: ModelRequest) -> str:
        return format_dollars(row.cost)


@admin.register(Outage)
class OutageAdmin(ReadOnlyAdmin):
    list_display = ["began", "ended", "code", "failures"]


def _sum_by_day(requests: QuerySet[ModelRequest]) -> QuerySet[Any, dict[str, Any]]:
    """Sums by day and model, of the last `MAX_DAYS` days on which a model was asked anything."""
    days = requests.annotate(day=TruncDate("created")).values("day").distinct().order_by("-day")[:MAX_DAYS]
    oldest = min((row["day"] for row in days), default=None)
    recent = requests.filter(created__date__gte=oldest) if oldest else requests.none()
    return (
        recent.annotate(day=TruncDate("created"))
        .values("day", "model")
        .annotate(
            requests=Count("pk"),
            input=Sum("input"),
            cached=Sum("cached"),
            output=Sum("output"),
            reasoning=Sum("reasoning"),
            cost=Sum("cost"),
        )
        .order_by("-day", "model")
    )
