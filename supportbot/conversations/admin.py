"""Where staff read conversations. Nothing here can be changed: what was said was said."""

from django.contrib import admin
from django.utils.timesince import timesince

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
    search_help_text = "First words, id, or the customer's name or e-mail"
    ordering = ["-updated"]
    readonly_fields = ("customer", "owner", "public_id", "created", "updated")
    fields = readonly_fields
    view_on_site = False  # the page is the customer's alone; staff read the transcript here

    def get_queryset(self, request):
        return super().get_queryset(request).non_empty()

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser

    @admin.display(description="conversation", ordering="title")
    def title_or_number(self, conversation):
        return str(conversation)

    @admin.display(ordering="user__username")
    def customer(self, conversation):
        return conversation.customer_name

    @admin.display(ordering="last_seq")
    def messages(self, conversation):
        return conversation.last_seq

    @admin.display(description="last change", ordering="-updated")
    def age(self, conversation):
        return f"{timesince(conversation.updated, depth=1)} ago"
