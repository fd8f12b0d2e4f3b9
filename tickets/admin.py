"""Where staff work on tickets."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import Truncator, format_lazy
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .models import Ticket
from .questions import handover_note, triage

QUESTIONS = (triage, handover_note)
PARAGRAPH_FIELDS = ("issue", "summary", "wants", "tried", "still_open")
# Fields that the assistant may write while a member of staff has the form open.
ASSISTANT_FIELDS = (
    *("subject", "category", "suggested_priority", "sentiment", "language", "priority"),
    *PARAGRAPH_FIELDS,
)
ASSISTANT_HELP_TEXT = _("Written by the assistant; your edits replace it.")
# Statuses and priorities are words, so the database would sort them by the alphabet.
STATUS_RANK = Case(*(When(status=status, then=rank) for rank, status in enumerate(Ticket.Status)))
PRIORITY_RANK = Case(*(When(priority=priority, then=rank) for rank, priority in enumerate(Ticket.Priority)))


def _build_status_action(status: Ticket.Status) -> Callable[..., None]:
    description = format_lazy(_("Set status to “{status}”"), status=status.label)

    @admin.action(description=description, permissions=["change"])
    def set_status(model_admin: "TicketAdmin", request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        note = gettext("Set status to “%(status)s”.") % {"status": status.label}
        count = model_admin.update_tickets(request, queryset, note, status=status)
        done = ngettext(
            "Set %(count)d ticket to “%(status)s”.", "Set %(count)d tickets to “%(status)s”.", count
        )
        model_admin.message_user(request, done % {"count": count, "status": status.label})

    set_status.__name__ = f"set_{status.value}"
    return set_status


@admin.action(description=_("Assign to me"), permissions=["change"])
def assign_to_me(model_admin: "TicketAdmin", request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
    count = model_admin.update_tickets(request, queryset, gettext("Assigned to me."), assignee=request.user)
    done = ngettext("%(count)d ticket assigned to you.", "%(count)d tickets assigned to you.", count)
    model_admin.message_user(request, done % {"count": count})


@admin.action(description=_("Ask the assistant for a new summary"), permissions=["change"])
def ask_the_assistant(model_admin: "TicketAdmin", request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
    """Ask again. The answers replace what the assistant wrote before; what staff wrote stays."""
    conversations: Any = apps.get_app_config("conversations")
    tickets = list(queryset.exclude(conversation=None))
    enqueued = [
        conversations.ask(question, ticket.number, ticket.conversation_id)
        for ticket in tickets
        for question in QUESTIONS
    ]
    if not all(enqueued):
        refusal = gettext("The assistant is not asked about tickets here: LLM_BACKGROUND is 0.")
        model_admin.message_user(request, refusal, messages.WARNING)
        return
    done = ngettext(
        "The assistant was asked about %(count)d ticket. Reload the page in a moment.",
        "The assistant was asked about %(count)d tickets. Reload the page in a moment.",
        len(tickets),
    )
    model_admin.message_user(request, done % {"count": len(tickets)})


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    list_display = ["number", "short_issue", "priority", "status", "contact", "age", "chat", "assignee"]
    list_filter = ["status", "priority", "category", "sentiment", "language", "assignee", "created"]
    list_select_related = ["customer", "assignee"]
    list_per_page = 50
    show_full_result_count = False  # it would count all tickets a second time on every page

    class Media:
        css = {"all": ["chat/transcript.css"]}

    search_fields = [
        "number",
        "subject",
        "issue",
        "customer__username",
        "customer__first_name",
        "customer__last_name",
        "customer__email",
    ]
    search_help_text = _("Number, subject, issue, or the customer's name or e-mail")
    # Django takes expressions here too, of which its stubs know nothing.
    ordering = [STATUS_RANK.asc(), PRIORITY_RANK.desc(), "-created"]  # type: ignore[list-item]
    actions = [*map(_build_status_action, Ticket.Status), assign_to_me, ask_the_assistant]
    fieldsets = [
        (None, {"fields": ["number", "issue", "priority", "status", "assignee", "contact", "conversation"]}),
        (
            _("In short"),
            {"fields": ["subject", ("category", "suggested_priority"), ("sentiment", "language"), "summary"]},
        ),
        (_("For the colleague who takes it over"), {"fields": ["wants", "tried", "still_open"]}),
        (_("Dates"), {"fields": ["request", "created", "updated"], "classes": ["collapse"]}),
    ]
    readonly_fields = ["number", "contact", "conversation", "request", "created", "updated"]

    def get_fieldsets(self, request: HttpRequest, obj: Ticket | None = None) -> Any:
        """A new ticket has no number, customer or conversation to show yet, and nothing was said about it."""
        if obj is None:
            return [(None, {"fields": ["issue", "priority", "status", "assignee"]})]
        return self.fieldsets

    def get_form(
        self, request: HttpRequest, obj: Ticket | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Fields that the assistant wrote say so, until somebody writes something else there."""
        form = super().get_form(request, obj, change, **kwargs)
        for name in obj.by_assistant if obj else ():
            if field := form.base_fields.get(name):
                field.help_text = ASSISTANT_HELP_TEXT
                field.widget.attrs["data-by"] = "assistant"
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The form carries the values that it showed, because the assistant may write while it is open."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in ASSISTANT_FIELDS:
            field.show_hidden_initial = True
        if field and db_field.name in PARAGRAPH_FIELDS:
            field.widget.attrs["rows"] = 4
        return field

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        """Save what was changed in the form; every other field keeps what is stored by now."""
        for name in ASSISTANT_FIELDS:
            if name in form.initial and name not in form.changed_data:
                setattr(obj, name, form.initial[name])
        obj.by_assistant = [name for name in obj.by_assistant if name not in form.changed_data]
        super().save_model(request, obj, form, change)

    @admin.display(description=_("issue"), ordering="issue")
    def short_issue(self, ticket: Ticket) -> str:
        return ticket.subject or Truncator(ticket.issue).chars(80)

    @admin.display(description=_("customer"), ordering="customer__email")
    def contact(self, ticket: Ticket) -> str:
        if ticket.customer is None:
            return gettext("Guest")
        name = ticket.customer.get_full_name() or ticket.customer.get_username()
        return f"{name} <{ticket.customer.email}>" if ticket.customer.email else name

    @admin.display(description=_("age"), ordering="-created")
    def age(self, ticket: Ticket) -> str:
        return timesince(ticket.created, depth=1)

    def render_change_form(  # noqa: PLR0917 - Django calls it so
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Ticket | None = None,
    ) -> HttpResponse:
        """The page shows the transcript to whoever may read conversations, and that is recorded."""
        if obj and obj.conversation_id and request.user.has_perm("conversations.view_conversation"):
            conversations: Any = apps.get_app_config("conversations")
            conversations.record_reading(request.user, obj.conversation_id)
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("conversation"))
    def chat(self, ticket: Ticket) -> str:
        return render_to_string(
            "admin/tickets/ticket/_chat.html", {"conversation_id": ticket.conversation_id}
        )

    def update_tickets(
        self, request: HttpRequest, queryset: QuerySet[Ticket], note: str, **values: Any
    ) -> int:
        """Set the values on the chosen tickets at once, with a note in each one's history; returns their number."""
        tickets = list(queryset)
        queryset.update(**values, updated=timezone.now())
        # Nobody is anonymous in admin, but the stubs cannot know that.
        LogEntry.objects.log_actions(request.user.pk, tickets, CHANGE, note)  # type: ignore[arg-type]
        return len(tickets)
