"""Tickets in admin: the list, the form, and the ticket's page."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supportbot.concurrent_edits import LockedRowAdmin, show_news

from ..actors import build_staff_actor
from ..audit import record_ticket_event
from ..changes import change_ticket, open_ticket
from ..models import Ticket
from ..people import find_account, name_person
from ..search import find_tickets
from ..tags import list_tags, parse_tags, set_tags
from . import ticket_views
from .actions import (
    ask_the_assistant,
    assign_to_colleague,
    assign_to_me,
    build_status_action,
    delete_tickets,
)
from .list_filters import VIEWS, AssigneeFilter, TagFilter, ViewFilter, count_views
from .ticket_form import TicketForm

NEW_TICKET_FIELDS = [
    *("issue", "priority", "status", "assignee"),
    ("guest_name", "guest_email"),
    ("order_number", "tag_names"),
]
MOMENTS = ["created", "waiting_since", "due", "first_response", "resolved", "closed", "updated"]


@admin.register(Ticket)
class TicketAdmin(LockedRowAdmin):
    form = TicketForm
    list_display = [
        "number",
        "show_state",
        "short_issue",
        "priority",
        "due_time",
        "contact",
        "show_assignee",
        "age",
        "chat",
    ]
    list_filter = [
        ViewFilter,
        "status",
        "priority",
        AssigneeFilter,
        TagFilter,
        "category",
        "sentiment",
        "created",
    ]
    list_select_related = ["customer", "assignee"]
    list_per_page = 50
    show_full_result_count = False  # it would count all tickets a second time on every page
    show_facets = admin.ShowFacets.NEVER  # and so would they, for each value of each filter
    sortable_by = ["show_state", "age"]  # the others have no index
    search_fields = ["number"]  # that there is a search; what it finds is in `search`
    search_help_text = _(
        "Number, order, tag, the customer’s name or e-mail, or words of the ticket or its messages"
    )
    ordering = ["rank", "-created"]
    actions = [
        *map(build_status_action, Ticket.Status),
        assign_to_me,
        assign_to_colleague,
        ask_the_assistant,
    ]
    fieldsets = [
        (
            None,
            {"fields": [("status", "priority"), "assignee", ("order_number", "tag_names"), "issue"]},
        ),
        (
            _("In short"),
            {"fields": ["subject", ("category", "suggested_priority"), ("sentiment", "language"), "summary"]},
        ),
        (_("For the colleague who takes it over"), {"fields": ["wants", "tried", "still_open"]}),
        (_("Guest"), {"fields": ["guest_name", "guest_email"], "classes": ["collapse"]}),
        (
            _("Dates"),
            {
                "fields": [*MOMENTS, "reopened_count", "request"],
                "classes": ["collapse"],
            },
        ),
    ]
    readonly_fields = [*MOMENTS, "reopened_count", "request"]

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/reply/", wrap(ticket_views.post_reply), name="tickets_ticket_reply"),
            path("<int:pk>/merge/", wrap(ticket_views.merge_tickets), name="tickets_ticket_merge"),
            path("<int:pk>/news/", wrap(ticket_views.show_news), name="tickets_ticket_news"),
            path("number/<str:number>/", wrap(ticket_views.open_by_number), name="tickets_ticket_number"),
            *super().get_urls(),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Ticket | None = None) -> Any:
        """Nothing was said about a new ticket yet, and no time has passed."""
        return self.fieldsets if obj else [(None, {"fields": NEW_TICKET_FIELDS})]

    def get_readonly_fields(self, request: HttpRequest, obj: Ticket | None = None) -> Any:
        """Where answers go is the conversation's affair, once there is one, and an account's own."""
        fields = [*self.readonly_fields]
        if obj is not None and (obj.conversation_id is not None or obj.customer_id is not None):
            fields += ["guest_name", "guest_email"]
        if obj is not None and obj.merged_into_id is not None:
            fields.append("status")  # the matter goes on in another ticket
        return fields

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the signs beside it: whoever works on a ticket does not change or delete a colleague there."""
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield is not None and isinstance(formfield.widget, RelatedFieldWidgetWrapper):
            formfield.widget = formfield.widget.widget
        return formfield

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the page of one ticket shows, so that it asks for it at once."""
        tickets = super().get_queryset(request)
        if request.resolver_match and "object_id" not in request.resolver_match.kwargs:
            return tickets
        merged = Exists(Ticket.objects.filter(merged_into=OuterRef("pk")))
        return tickets.select_related("assignee", "merged_into", "customer").annotate(has_merged=merged)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Only some of many are shown, and the page says so."""
        if not search_term.strip():
            return queryset, False
        found = find_tickets(search_term)
        if found.has_more:
            told = gettext(
                "More tickets match than can be shown: these are %(count)d of them. Search for more words."
            )
            messages.warning(request, told % {"count": len(found.keys)})
        return queryset.filter(pk__in=found.keys), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # A search is among all tickets, and has queries enough of its own.
        counts = {} if SEARCH_VAR in request.GET else count_views(request.user.pk)
        shown = request.GET.get("view", "")
        views = [(name, label, counts.get(name, ""), name == shown) for name, label in VIEWS.items()]
        context = {"views": views, "shown_view": shown}
        return super().changelist_view(request, (extra_context or {}) | context)

    def render_change_form(  # noqa: PLR0917 - Django calls it so
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Ticket | None = None,
    ) -> HttpResponse:
        if obj is not None:
            context |= ticket_views.build_page_context(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        """Store what was changed in the form; every other field keeps what is stored by now."""
        actor = build_staff_actor(request.user)
        if not change:
            obj.customer = find_account(obj.guest_email)
            open_ticket(obj, actor)
            set_tags(obj, parse_tags(form.cleaned_data["tag_names"]), actor)
            return
        changed = form.list_changed_fields()
        ticket = Ticket.objects.lock_ticket(obj.pk)
        values = {name: form.cleaned_data[name] for name in changed if name != "tag_names"}
        by_assistant = [name for name in ticket.by_assistant if name not in values]
        if by_assistant != ticket.by_assistant:
            ticket.by_assistant = by_assistant
            ticket.save(update_fields=["by_assistant"])
        change_ticket(ticket, actor, **values)
        if "tag_names" in changed:
            set_tags(ticket, parse_tags(form.cleaned_data["tag_names"]), actor)
        show_news(request, form)

    def delete_model(self, request: HttpRequest, obj: Ticket) -> None:
        with transaction.atomic():
            record_ticket_event("ticket_deleted", obj, build_staff_actor(request.user))
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        delete_tickets(request, queryset)

    @admin.display(description=_("tags"))
    def tag_names(self, ticket: Ticket) -> str:
        """For who may only look; others have a field of this name."""
        return ", ".join(list_tags(ticket))

    @admin.display(description=_("issue"))
    def short_issue(self, ticket: Ticket) -> str:
        return ticket.subject or Truncator(ticket.issue).chars(80)

    @admin.display(description=_("status"), ordering=F("rank"))
    def show_state(self, ticket: Ticket) -> str:
        return format_html(
            '<span class="state" data-status="{}">{}</span>', ticket.status, ticket.get_status_display()
        )

    @admin.display(description=_("due"))
    def due_time(self, ticket: Ticket) -> str:
        if ticket.due is None:
            return "–"
        return render_to_string("admin/tickets/ticket/_due.html", {"ticket": ticket})

    @admin.display(description=_("customer"))
    def contact(self, ticket: Ticket) -> str:
        name = ticket.customer_name or gettext("Guest")
        return f"{name} <{ticket.reply_email}>" if ticket.reply_email else name

    @admin.display(description=_("assignee"))
    def show_assignee(self, ticket: Ticket) -> str:
        return name_person(ticket.assignee) if ticket.assignee else "–"

    @admin.display(description=_("age"), ordering="-created")
    def age(self, ticket: Ticket) -> str:
        return timesince(ticket.created, depth=1)

    @admin.display(description=_("conversation"))
    def chat(self, ticket: Ticket) -> str:
        return render_to_string(
            "admin/tickets/ticket/_chat.html", {"conversation_id": ticket.conversation_id}
        )
