from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from supportbot.row_ids import parse_row_id

from .models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    list_display = ["created", "actor", "actor_name", "action", "conversation_id", "subject"]
    list_filter = ["actor", "action", "created"]
    search_fields = ["actor_name__istartswith", "subject__istartswith"]
    search_help_text = _("The beginning of a name or of a subject, or a conversation’s number")
    list_per_page = 100
    sortable_by = ["created"]  # the others would have all events sorted
    # Each of them would count all events once more.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """A number is a conversation's."""
        if (conversation_id := parse_row_id(search_term)) is not None:
            return queryset.filter(conversation_id=conversation_id), False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
