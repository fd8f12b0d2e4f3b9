"""Each member of staff says here what they want to be told by mail."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from supportbot.concurrent_edits import ConcurrentEditAdmin

from .incoming_admin import IncomingMailAdmin
from .models import MailPreference

__all__ = ["IncomingMailAdmin", "MailPreferenceAdmin"]


@admin.register(MailPreference)
class MailPreferenceAdmin(ConcurrentEditAdmin):
    list_display = ["user", "waiting", "tickets", "kept"]
    fields = ["waiting", "tickets", "kept"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MailPreference]:
        """One's own; an administrator sees all."""
        everybody = super().get_queryset(request)
        return everybody if request.user.is_superuser else everybody.filter(user=request.user.pk)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_own(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Every page of admin asks for this, to list the apps, so it must not cost a query.
        return bool(request.user.is_active and request.user.is_staff)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everybody has one: whoever has it already is taken to it."""
        own = MailPreference.objects.filter(user=request.user.pk).first()
        if own is not None:
            return redirect("admin:mail_mailpreference_change", own.pk)
        return super().add_view(request, form_url, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It goes with its account: whoever may delete that is asked for this right too."""
        return bool(request.user.is_active and request.user.has_perm("auth.delete_user"))

    def save_model(self, request: HttpRequest, obj: MailPreference, form: Any, change: bool) -> None:
        if not change:
            obj.user = cast(User, request.user)
        super().save_model(request, obj, form, change)

    def _is_own(self, request: HttpRequest, obj: Any) -> bool:
        is_staff = bool(request.user.is_active and request.user.is_staff)
        return is_staff and (obj is None or request.user.is_superuser or obj.user_id == request.user.pk)
