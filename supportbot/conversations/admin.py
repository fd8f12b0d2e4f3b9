"""Where staff read conversations. Nothing here can be changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .models import Conversation


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    list_display = ["title_or_number", "customer", "owner", "messages", "age"]
    list_filter = ["owner", "updated"]
    list_select_related = ["user"]
    list_per_page = 50
    search_fields = [
        "title",
        "public_id",
        "user__username",
        "user__first_name",
        "user__last_name",
        "user__email",
    ]
    search_help_text = _("First words, id, or the customer's name or e-mail")
    ordering = ["-updated"]
    readonly_fields = ("customer", "owner", "public_id", "created", "updated")
    fields = readonly_fields
    view_on_site = False  # the page is the customer's alone; staff read the transcript here

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return Conversation.objects.non_empty().order_by(*self.get_ordering(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    @admin.display(description=_("conversation"), ordering="title")
    def title_or_number(self, conversation: Conversation) -> str:
        return str(conversation)

    @admin.display(description=_("customer"), ordering="user__username")
    def customer(self, conversation: Conversation) -> str:
        return conversation.customer_name

    @admin.display(description=_("messages"), ordering="last_seq")
    def messages(self, conversation: Conversation) -> int:
        return conversation.last_seq

    @admin.display(description=_("last change"), ordering="-updated")
    def age(self, conversation: Conversation) -> str:
        return gettext("%(time)s ago") % {"time": timesince(conversation.updated, depth=1)}
