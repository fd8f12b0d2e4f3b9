"""The audit log in admin: to be searched and filtered, never changed."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from supportbot.read_only_admin import ReadOnlyAdmin
from supportbot.row_ids import parse_row_id

from .action_words import describe_action
from .models import AuditEvent


class ActionFilter(admin.AllValuesFieldListFilter):
    def choices(self, changelist: Any) -> Iterator[Any]:
        every, *actions = super().choices(changelist)
        yield every
        for choice in actions:
            yield {**choice, "display": describe_action(str(choice["display"]))}


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["created", "actor", "actor_name", "action_in_words", "conversation_id", "subject"]
    list_filter = ["actor", ("action", ActionFilter), "created"]
    fields = [
        "created",
        "actor",
        "actor_name",
        "actor_id",
        "action_in_words",
        "conversation_id",
        "subject",
        "details",
    ]
    search_fields = ["actor_name__istartswith", "subject__istartswith"]
    search_help_text = _("The beginning of a name or of a subject, or a conversation’s number")
    list_per_page = 100
    sortable_by = ["created"]  # the others would have all events sorted
    # Each of them would count all events once more.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description=_("action"))
    def action_in_words(self, event: AuditEvent) -> str:
        return describe_action(event.action)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """A number is a conversation's."""
        if (conversation_id := parse_row_id(search_term)) is not None:
            return queryset.filter(conversation_id=conversation_id), False
        return super().get_search_results(request, queryset, search_term)
