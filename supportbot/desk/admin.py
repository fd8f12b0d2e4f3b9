"""What the desk shows in Django admin."""

from collections.abc import Iterator
from typing import Any

from axes.admin import AccessAttemptAdmin
from django.contrib import admin
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils.text import capfirst

from supportbot.audit.recording import record_event, record_events
from supportbot.concurrent_edits import ConcurrentEditAdmin

from .admin_site.accounts import AccountAdmin, GroupAdmin
from .conversation_admin import ConversationAdmin
from .models import SavedReply

__all__ = ["AccountAdmin", "ConversationAdmin", "GroupAdmin", "SavedReplyAdmin"]


class CapitalisedChoicesFilter(admin.ChoicesFieldListFilter):
    """Names of choices as a list of them has them: our models' are those of the middle of a sentence."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": capfirst(choice["display"])}


AccessAttemptAdmin.actions = []  # its only one fails, and what it would delete no longer locks anybody out

admin.FieldListFilter.register(
    lambda field: bool(getattr(field, "choices", None)), CapitalisedChoicesFilter, take_priority=True
)


@admin.register(SavedReply)
class SavedReplyAdmin(ConcurrentEditAdmin):
    """Everyone has replies of their own; shared ones are changed by who owns them, or by an administrator.

    Administrators alone change those of colleagues whose accounts were deleted.
    """

    list_display = ["title", "is_shared", "owner"]
    list_filter = ["is_shared"]
    list_select_related = ["owner"]
    search_fields = ["title", "text"]
    fields = ["title", "text", "is_shared"]

    def get_queryset(self, request: HttpRequest) -> Any:
        replies = super().get_queryset(request)
        if request.user.is_active and request.user.is_superuser:
            return replies
        return replies.filter(Q(is_shared=True) | Q(owner=request.user.pk))

    def has_change_permission(self, request: HttpRequest, obj: SavedReply | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: SavedReply | None = None) -> bool:
        if obj is not None and not obj.is_shared and request.user.has_perm("auth.delete_user"):
            return True  # it goes with its owner's account; by itself nobody else is shown it
        return super().has_delete_permission(request, obj) and self._may_edit(request, obj)

    def save_model(self, request: HttpRequest, obj: SavedReply, form: Any, change: bool) -> None:
        if not change:
            staff: Any = request.user  # nobody is anonymous in admin
            obj.owner = staff
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            action = "saved_reply_changed" if change else "saved_reply_added"
            record_event(action, staff=request.user, subject=obj.title)

    def delete_model(self, request: HttpRequest, obj: SavedReply) -> None:
        with transaction.atomic():
            record_event("saved_reply_deleted", staff=request.user, subject=obj.title)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        with transaction.atomic():
            deleted: list[dict[str, Any]] = [{"subject": reply.title} for reply in queryset]
            record_events("saved_reply_deleted", deleted, staff=request.user)
            super().delete_queryset(request, queryset)

    def _may_edit(self, request: HttpRequest, reply: SavedReply | None) -> bool:
        staff: Any = request.user
        return reply is None or reply.owner_id == staff.pk or staff.is_superuser
