"""Where staff work on tickets."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.timesince import timesince

from .models import Ticket

# Statuses and priorities are words, so their own order would be the alphabet's.
BY_STATUS = Case(*(When(status=status, then=rank) for rank, status in enumerate(Ticket.Status)))
BY_PRIORITY = Case(*(When(priority=priority, then=rank) for rank, priority in enumerate(Ticket.Priority)))


def _set_status(status: Ticket.Status) -> Callable[..., None]:
    @admin.action(description=f"Set status to {status.label.lower()}", permissions=["change"])
    def action(model_admin: "TicketAdmin", request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        model_admin.change(request, queryset, f"Set status to {status.label.lower()}.", status=status)

    action.__name__ = f"set_{status.value}"
    return action


@admin.action(description="Assign to me", permissions=["change"])
def assign_to_me(model_admin: "TicketAdmin", request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
    model_admin.change(request, queryset, "Took it on.", assignee=request.user)


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    list_display = ["number", "short_issue", "priority", "status", "contact", "age", "chat", "assignee"]
    list_filter = ["status", "priority", "assignee", "created"]
    list_select_related = ["customer", "assignee"]
    list_per_page = 50

    class Media:
        css = {"all": ["chat/transcript.css"]}

    search_fields = [
        "number",
        "issue",
        "customer__username",
        "customer__first_name",
        "customer__last_name",
        "customer__email",
    ]
    search_help_text = "Number, issue, or the customer's name or e-mail"
    ordering = [BY_STATUS.asc(), BY_PRIORITY.desc(), "-created"]
    actions = [*map(_set_status, Ticket.Status), assign_to_me]
    fields = ["number", "issue", "priority", "status", "assignee", "contact", "conversation", "request"]
    fields += ["created", "updated"]
    readonly_fields = ["number", "contact", "conversation", "request", "created", "updated"]

    def get_fields(self, request: HttpRequest, obj: Ticket | None = None) -> list[str]:
        """A new ticket has no number, customer or conversation to show yet."""
        return [name for name in self.fields if obj or name not in self.readonly_fields]

    @admin.display(description="issue", ordering="issue")
    def short_issue(self, ticket: Ticket) -> str:
        return Truncator(ticket.issue).chars(80)

    @admin.display(description="customer", ordering="customer__email")
    def contact(self, ticket: Ticket) -> str:
        if ticket.customer is None:
            return "Guest"
        name = ticket.customer.get_full_name() or ticket.customer.get_username()
        return f"{name} <{ticket.customer.email}>" if ticket.customer.email else name

    @admin.display(ordering="-created")
    def age(self, ticket: Ticket) -> str:
        return timesince(ticket.created, depth=1)

    @admin.display(description="conversation")
    def chat(self, ticket: Ticket) -> str:
        return render_to_string(
            "admin/tickets/ticket/_chat.html", {"conversation_id": ticket.conversation_id}
        )

    def change(self, request: HttpRequest, queryset: QuerySet[Ticket], message: str, **values: Any) -> None:
        """Change the chosen tickets at once, and note in each one's history who did it."""
        tickets = list(queryset)
        queryset.update(**values, updated=timezone.now())
        LogEntry.objects.log_actions(request.user.pk, tickets, CHANGE, message)
        self.message_user(request, f"{len(tickets)} changed: {message}")
