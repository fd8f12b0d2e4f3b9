"""What staff do to several tickets of the list at once, which the audit log tells of too."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..actors import build_staff_actor
from ..audit import record_ticket_events
from ..changes import change_tickets
from ..models import Ticket
from ..people import find_team, name_person
from ..questions import handover_note, triage

QUESTIONS = (triage, handover_note)
# Of thousands, so that customers' messages need not wait until all are changed.
TICKETS_A_TRANSACTION = 500


def update_tickets(request: HttpRequest, queryset: QuerySet[Ticket], note: str, **values: Any) -> int:
    """Set the values on the chosen tickets, with a line in Django's own log too; returns how many there are."""
    return sum(_update_some(request, keys, note, values) for keys in _split_keys(queryset))


def delete_tickets(request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
    for keys in _split_keys(queryset):
        _delete_some(request, keys)


def _split_keys(queryset: QuerySet[Ticket]) -> Iterator[list[int]]:
    keys = list(queryset.values_list("pk", flat=True))
    for start in range(0, len(keys), TICKETS_A_TRANSACTION):
        yield keys[start : start + TICKETS_A_TRANSACTION]


@transaction.atomic
def _delete_some(request: HttpRequest, keys: list[int]) -> None:
    chosen = Ticket.objects.filter(pk__in=keys)
    tickets = chosen.select_for_update().order_by("pk")
    record_ticket_events(
        "ticket_deleted", ((ticket, {}) for ticket in tickets), build_staff_actor(request.user)
    )
    chosen.delete()


@transaction.atomic
def _update_some(request: HttpRequest, keys: list[int], note: str, values: dict[str, Any]) -> int:
    chosen = Ticket.objects.filter(pk__in=keys)
    if "status" in values:
        chosen = chosen.filter(merged_into=None)  # the matter goes on in another ticket
    tickets = list(
        chosen.select_for_update(of=("self",), no_key=True).order_by("pk").select_related("assignee")
    )
    change_tickets(tickets, build_staff_actor(request.user), **values)
    # Nobody is anonymous in admin, but the stubs cannot know that.
    LogEntry.objects.log_actions(request.user.pk, tickets, CHANGE, note)  # type: ignore[arg-type]
    return len(tickets)


def build_status_action(status: Ticket.Status) -> Callable[..., None]:
    description = format_lazy(_("Set status to “{status}”"), status=status.label)

    @admin.action(description=description, permissions=["change"])
    def set_status(model_admin: Any, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        note = gettext("Set status to “%(status)s”.") % {"status": status.label}
        count = update_tickets(request, queryset, note, status=status)
        done = ngettext(
            "Set %(count)d ticket to “%(status)s”.", "Set %(count)d tickets to “%(status)s”.", count
        )
        model_admin.message_user(request, done % {"count": count, "status": status.label})

    set_status.__name__ = f"set_{status.value}"
    return set_status


@admin.action(description=_("Assign to me"), permissions=["change"])
def assign_to_me(model_admin: Any, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
    count = update_tickets(request, queryset, gettext("Assigned to me."), assignee=request.user)
    done = ngettext("%(count)d ticket assigned to you.", "%(count)d tickets assigned to you.", count)
    model_admin.message_user(request, done % {"count": count})


class AssigneeForm(forms.Form):
    """Which colleague gets the chosen tickets."""

    assignee: Any = forms.ModelChoiceField(queryset=None, label=_("Assignee"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["assignee"]
        desk: Any = apps.get_app_config("desk")
        field.queryset = find_team()
        field.choices = [("", "---------"), *desk.list_colleagues(field.queryset)]


@admin.action(description=_("Assign to a colleague…"), permissions=["change"])
def assign_to_colleague(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Ticket]
) -> TemplateResponse | None:
    """Asks for the colleague first; the page that asks repeats what was chosen."""
    form = AssigneeForm(request.POST if "assignee" in request.POST else None)
    if not form.is_valid():
        context = model_admin.admin_site.each_context(request) | {
            "title": gettext("Assign to a colleague"),
            "form": form,
            "count": queryset.count(),
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/tickets/ticket/assign.html", context)
    assignee = form.cleaned_data["assignee"]
    name = name_person(assignee)
    note = gettext("Assigned to %(name)s.") % {"name": name}
    count = update_tickets(request, queryset, note, assignee=assignee)
    done = ngettext(
        "%(count)d ticket assigned to %(name)s.", "%(count)d tickets assigned to %(name)s.", count
    )
    model_admin.message_user(request, done % {"count": count, "name": name})
    return None


@admin.action(description=_("Ask the assistant for a new summary"), permissions=["change"])
def ask_the_assistant(model_admin: Any, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
    """Ask again. The answers replace what the assistant wrote before; what staff wrote stays."""
    conversations: Any = apps.get_app_config("conversations")
    chosen = queryset.exclude(conversation=None)
    conversations_by_number = dict(chosen.values_list("number", "conversation_id"))
    if not conversations_by_number:
        refusal = gettext("None of these tickets has a conversation to ask about.")
        model_admin.message_user(request, refusal, messages.WARNING)
        return
    if not all(conversations.ask_many(question, conversations_by_number) for question in QUESTIONS):
        refusal = gettext("The assistant is not asked about tickets here: LLM_BACKGROUND is 0.")
        model_admin.message_user(request, refusal, messages.WARNING)
        return
    done = ngettext(
        "The assistant was asked about %(count)d ticket. Reload the page in a moment.",
        "The assistant was asked about %(count)d tickets. Reload the page in a moment.",
        len(conversations_by_number),
    )
    model_admin.message_user(request, done % {"count": len(conversations_by_number)})
