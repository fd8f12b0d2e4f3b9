"""What the dashboard says of tickets: how many there are, how long they take, and how they end."""

from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from supportbot.assistant.dashboard_numbers import (
    Breakdown,
    Column,
    Count,
    Durations,
    Kind,
    Opens,
    Period,
    confirmation_source,
    dashboard_number,
)

from .models import StatusChange, Ticket

REOPENING_PERIOD = timedelta(days=7)


@dashboard_number
def count_tickets(period: Period) -> Count:
    return Count(
        section=_("Tickets"),
        label=_("Tickets"),
        meaning=_(
            "Tickets that were opened in this time, by the state and the category that they have by now."
        ),
        rows=Ticket.objects.select_related("customer"),
        at="created",
        opens=Opens("tickets.ticket"),
        columns=_list_ticket_columns(),
        breakdowns=(
            Breakdown("status", _("State"), _list_choices(Ticket.Status)),
            Breakdown("category", _("Category"), _list_choices(Ticket.Category)),
        ),
    )


@dashboard_number
def measure_first_responses(period: Period) -> Durations:
    return Durations(
        section=_("Tickets"),
        label=_("First responses"),
        meaning=_(
            "Tickets to which the team wrote for the first time in this time. Measured in opening hours."
        ),
        rows=Ticket.objects.filter(first_response__isnull=False).select_related("customer"),
        at="first_response",
        begins="created",
        ends="first_response",
        in_opening_hours=True,
        opens=Opens("tickets.ticket"),
        columns=(*_list_ticket_columns(), (_("First response"), lambda ticket: ticket.first_response)),
    )


@dashboard_number
def measure_resolutions(period: Period) -> Durations:
    return Durations(
        section=_("Tickets"),
        label=_("Tickets resolved"),
        meaning=_(
            "Tickets that were resolved in this time and are so still, without those that were merged. "
            "Measured in opening hours, from the opening to the last resolution."
        ),
        rows=Ticket.objects.filter(resolved__isnull=False, merged_into=None).select_related("customer"),
        at="resolved",
        begins="created",
        ends="resolved",
        in_opening_hours=True,
        opens=Opens("tickets.ticket"),
        columns=(*_list_ticket_columns(), (_("Resolved"), lambda ticket: ticket.resolved)),
    )


@dashboard_number
def count_ends(period: Period) -> Count:
    kinds = (
        Kind(
            "reopened",
            _("Reopened within 7 days"),
            _("It was open again within seven days of this end, whoever did that."),
        ),
        Kind("merged", _("Merged"), _("It goes on in another ticket.")),
        Kind("customer", _("Confirmed by the customer"), _("The customer said that it is solved.")),
        Kind(
            "staff",
            _("Ended by the team"),
            _("The team set it to resolved or closed. The customer did not say."),
        ),
    )
    return Count(
        section=_("Tickets"),
        label=_("Ends of tickets"),
        meaning=_("Each time that a ticket was resolved or closed. One that was open again ends again."),
        rows=annotate_ends(StatusChange.objects.select_related("ticket__customer")),
        at="created",
        opens=Opens("tickets.ticket", "ticket_id"),
        columns=(
            (_("Ticket"), lambda change: change.ticket),
            (_("When"), lambda change: change.created),
            (_("Customer"), lambda change: change.ticket.customer_name),
            (_("How it ended"), lambda change: next(k.label for k in kinds if k.value == change.end)),
        ),
        kinds=Breakdown("end", _("How they ended"), kinds),
    )


def annotate_ends(changes: QuerySet[StatusChange]) -> QuerySet[StatusChange]:
    """The steps by which tickets ended, with `end`: the first kind of end that is true of each."""
    active, ended = Ticket.ACTIVE_STATUSES, Ticket.ENDED_STATUSES
    later = StatusChange.objects.filter(ticket=OuterRef("ticket"), pk__gt=OuterRef("pk")).order_by("pk")
    opened = later.filter(new__in=active)
    reopened = opened.filter(
        created__gte=OuterRef("created"), created__lte=OuterRef("created") + REOPENING_PERIOD
    )
    # The customer may say so after the team has ended it: by the next step, or without one if it is closed by then.
    said_so = (
        Q(actor="customer")
        | Q(next_actor="customer", next_new__in=ended)
        | Q(~Exists(opened), ticket__resolution=Ticket.Resolution.CUSTOMER)
    )
    end = Case(
        When(Exists(reopened), then=Value("reopened")),
        When(ticket__merged_into__isnull=False, then=Value("merged")),
        When(said_so, then=Value("customer")),
        default=Value("staff"),
        output_field=CharField(),
    )
    ends = changes.filter(old__in=active, new__in=ended)
    return ends.annotate(
        next_actor=Subquery(later.values("actor")[:1]), next_new=Subquery(later.values("new")[:1]), end=end
    )


@confirmation_source
def find_confirmed_conversations(period: Period) -> QuerySet[Ticket, Any]:
    """Those of tickets of which the customer said that the matter is solved."""
    confirmed = Ticket.objects.filter(resolution=Ticket.Resolution.CUSTOMER, conversation__isnull=False)
    return confirmed.filter(resolved__gte=period.previous_start).values("conversation_id")


def _list_ticket_columns() -> tuple[Column, ...]:
    return (
        (_("Ticket"), str),
        (_("Subject"), lambda ticket: ticket.subject or ticket.issue[:80]),
        (_("Customer"), lambda ticket: ticket.customer_name),
        (_("Status"), lambda ticket: ticket.get_status_display()),
        (_("Opened"), lambda ticket: ticket.created),
    )


def _list_choices(choices: Any) -> tuple[Kind, ...]:
    return tuple(Kind(str(value), label) for value, label in choices.choices)
