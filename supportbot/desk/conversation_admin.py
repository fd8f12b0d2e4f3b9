"""Conversations in Django admin: the list, and the live page of each. What was said cannot be changed."""

from typing import Any

from django.contrib import admin, messages
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supportbot.conversations.models import Conversation
from supportbot.row_ids import parse_row_id

from .conversation_search import NEWEST_MESSAGES, find_conversations
from .durations import format_duration
from .live.facts import load_facts
from .live.page import render_conversation


class AssigneeFilter(admin.SimpleListFilter):
    """Mine, or nobody's."""

    title = _("assignee")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("Mine")), ("nobody", _("Unassigned"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.filter(assignee=request.user.pk)
        if self.value() == "nobody":
            return queryset.filter(assignee=None)
        return queryset


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    list_display = ["title_or_number", "customer", "owner", "assigned_to", "waiting_time", "messages", "age"]
    list_filter = ["owner", AssigneeFilter, "updated"]
    list_per_page = 50
    show_full_result_count = False  # it would count all conversations a second time on every page
    show_facets = admin.ShowFacets.NEVER  # and so would they, for each value of each filter
    sortable_by = ["age"]  # the others have no index
    search_fields = ["contact_email"]  # that there is a search; what it finds is in `conversation_search`
    search_help_text = format_lazy(
        _(
            "The beginning of a name or an e-mail address, a conversation’s number or id, "
            "or words of the newest {count} messages"
        ),
        count=f"{NEWEST_MESSAGES:,}",
    )
    ordering = ["-updated"]
    view_on_site = False  # the page is the customer's alone; staff answer here

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.non_empty().select_related("user", "assignee")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Only some of many are shown, and the page says so."""
        if not search_term.strip():
            return queryset, False
        found = find_conversations(search_term)
        if found.has_more:
            told = _(
                "More conversations match than can be shown: these are %(count)d of them. Search for more words."
            )
            messages.warning(request, told % {"count": len(found.keys)})
        return queryset.filter(pk__in=found.keys), False

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """What the address of the list may filter by. Whoever could ask about a key could guess it in parts."""
        is_key = lookup.split(LOOKUP_SEP, maxsplit=1)[0] in ("guest_key", "address_key")
        return not is_key and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The rows cannot be edited. Who may answer customers does so on the live page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The live page in the place of a form; all else, such as a POST, is refused as Django does it."""
        facts = None
        if object_id and request.method in ("GET", "HEAD") and self.has_view_permission(request):
            conversation_id = parse_row_id(object_id)
            if conversation_id is None:
                raise Http404  # Django's form takes “+7” for 7, and shows what is in the row
            facts = load_facts.run_sync(conversation_id)
        if facts is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        return render_conversation(request, facts, self.admin_site.each_context(request))

    @admin.display(description=_("conversation"), ordering="title")
    def title_or_number(self, conversation: Conversation) -> str:
        return conversation.title_or_number

    @admin.display(description=_("customer"), ordering="user__username")
    def customer(self, conversation: Conversation) -> str:
        return conversation.customer_name

    @admin.display(description=_("assignee"), ordering="assignee__username")
    def assigned_to(self, conversation: Conversation) -> str:
        return conversation.assignee_name or "–"

    @admin.display(description=_("waiting"), ordering="waiting_since")
    def waiting_time(self, conversation: Conversation) -> str:
        since = conversation.waiting_since
        return format_duration(since) if since else "–"

    @admin.display(description=_("messages"), ordering="last_seq")
    def messages(self, conversation: Conversation) -> int:
        return conversation.last_seq

    @admin.display(description=_("last change"), ordering="-updated")
    def age(self, conversation: Conversation) -> str:
        return gettext("%(time)s ago") % {"time": format_duration(conversation.updated)}
