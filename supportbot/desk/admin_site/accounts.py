"""Accounts and groups in admin, as Django has them, but that two administrators do not undo each other's changes."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator

from supportbot.audit.recording import record_events
from supportbot.concurrent_edits import ConcurrentEditAdmin, ConcurrentEditForm

from ..models import SavedReply

admin.site.unregister([User, Group])


class AccountForm(ConcurrentEditForm, UserChangeForm):
    """An account that somebody has closed meanwhile stays closed, and its rights are those that are stored."""


@admin.register(User)
class AccountAdmin(ConcurrentEditAdmin, auth_admin.UserAdmin):
    form = AccountForm

    @method_decorator(transaction.atomic)  # in which the account is locked
    def user_change_password(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().user_change_password(*args, **kwargs)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self.delete_queryset(request, User.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with transaction.atomic():
            private = SavedReply.objects.filter(owner__in=queryset, is_shared=False)
            deleted: list[dict[str, Any]] = [{"subject": reply.title} for reply in private]
            record_events("saved_reply_deleted", deleted, staff=request.user)
            super().delete_queryset(request, queryset)


@admin.register(Group)
class GroupAdmin(ConcurrentEditAdmin, auth_admin.GroupAdmin):
    """The groups of accounts, which are what their members may do."""
