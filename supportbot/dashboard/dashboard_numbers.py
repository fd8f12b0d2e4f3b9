"""The numbers of conversations and of the assistant."""

from typing import Any

from django.apps import apps
from django.db.models import Case, CharField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from supportbot.assistant.dashboard_numbers import (
    Amount,
    Breakdown,
    Column,
    Count,
    Durations,
    Kind,
    Opens,
    Period,
    Sums,
    confirmation_source,
    dashboard_number,
)
from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Rating, Turn
from supportbot.usage.failure_words import FAILURE_WORDS, describe_failure
from supportbot.usage.models import ModelRequest
from supportbot.usage.purposes import describe_purpose

from .formats import format_seconds

Owner = Conversation.Owner
OPENS_CONVERSATION = Opens("conversations.conversation")
# Events by which a conversation reaches a person, in the audit log's words.
ASKED, CAME = "person_requested", ("took_over", "assigned")
# From which a customer waits for one.
WAITS = (ASKED, "returned_to_queue")
# Those that change who is waited for.
WAIT_EVENTS = (*WAITS, *CAME, "request_cancelled", "handed_back", "closed", "ended", "reopened")


@dashboard_number
def count_conversations(period: Period) -> Count:
    return Count(
        section=_("Conversations"),
        label=_("Conversations"),
        meaning=_("Conversations that began in this time, and in which something was said."),
        rows=annotate_ends(Conversation.objects.non_empty().select_related("user"), period),
        at="created",
        opens=OPENS_CONVERSATION,
        columns=_list_conversation_columns(),
        kinds=Breakdown("end", _("How they ended"), list_ends()),
    )


def list_ends() -> tuple[Kind, ...]:
    """In the order in which they go before each other: a conversation is of the first kind that is true of it."""
    return (
        Kind(
            "person",
            _("Handed to a person"),
            _("The customer asked for a person, or someone from the team took the conversation over."),
        ),
        Kind(
            "returned",
            _("Reopened within 7 days"),
            _("It had ended with the assistant alone, and the customer wrote in it again within seven days."),
        ),
        Kind(
            "confirmed",
            _("Confirmed by the customer"),
            _("No one from the team was involved, and the customer said that it helped."),
        ),
        Kind(
            "denied",
            _("Didn’t help"),
            _("No one from the team was involved, and the customer said that it didn’t help."),
        ),
        Kind(
            "silence",
            _("Ended in silence"),
            _(
                "No one from the team was involved, and the customer ended it, or nothing more was said for a day. "
                "No one has said whether it helped."
            ),
        ),
        Kind("open", _("Not ended yet"), _("Something was said within the last day.")),
    )


def annotate_ends(rows: QuerySet[Conversation], period: Period) -> QuerySet[Conversation]:
    """The conversations with `end`, the kind of end that each of them has by now."""
    events = AuditEvent.objects.filter(created__gte=period.previous_start, conversation_id__isnull=False)
    with_person = events.filter(action__in=(ASKED, *CAME)).values("conversation_id")
    returned = events.filter(action="returned").values("conversation_id")
    config: Any = apps.get_app_config("dashboard")
    confirmed = Q(pk__in=())
    for find_confirmed in config.confirmation_sources:
        confirmed |= Q(pk__in=find_confirmed(period))
    end = Case(
        When(Q(owner__in=(Owner.WAITING, Owner.HUMAN)) | Q(pk__in=with_person), then=Value("person")),
        When(pk__in=returned, then=Value("returned")),
        When(confirmed, then=Value("confirmed")),
        When(pk__in=_find_rated(period, is_good=False), then=Value("denied")),
        When(~Q(owner=Owner.CLOSED), updated__gt=timezone.now() - Conversation.QUIET_END, then=Value("open")),
        default=Value("silence"),
        output_field=CharField(),
    )
    return rows.annotate(end=end)


@confirmation_source
def find_well_rated(period: Period) -> QuerySet[Rating, Any]:
    return _find_rated(period, is_good=True)


def _find_rated(period: Period, *, is_good: bool) -> QuerySet[Rating, Any]:
    rated = Rating.objects.filter(rated__gte=period.previous_start, is_good=is_good)
    return rated.values("conversation_id")


@dashboard_number
def count_ratings(period: Period) -> Count:
    with_words = Case(When(words="", then=Value("none")), default=Value("words"), output_field=CharField())
    return Count(
        section=_("Ratings"),
        label=_("Ratings"),
        meaning=_(
            "Each time that a customer said whether it helped, at the end of a conversation or ticket."
        ),
        rows=Rating.objects.filter(rated__isnull=False).annotate(with_words=with_words),
        at="rated",
        opens=Opens("conversations.conversation", "conversation_id"),
        columns=(
            (_("Rating"), lambda row: _("Good") if row.is_good else _("Not good")),
            (_("When"), lambda row: row.rated),
            (_("Handled by"), lambda row: row.get_handler_display()),
            (_("Ticket"), lambda row: row.ticket),
            (_("In their words"), lambda row: row.words),
        ),
        kinds=Breakdown(
            "is_good",
            _("Thumbs"),
            (
                Kind("True", _("Good"), _("The customer gave a thumbs up.")),
                Kind("False", _("Not good"), _("The customer gave a thumbs down.")),
            ),
        ),
        breakdowns=(
            Breakdown("handler", _("Handled by"), _list_choices(Rating.Handler)),
            Breakdown(
                "with_words",
                _("In words"),
                (Kind("words", _("With words")), Kind("none", _("Thumb alone"))),
            ),
        ),
    )


def _list_choices(choices: Any) -> tuple[Kind, ...]:
    return tuple(Kind(str(value), label) for value, label in choices.choices)


@dashboard_number
def measure_waits(period: Period) -> Durations:
    """From a customer's wish for a person, or a return to the queue, to the moment at which one came.

    Who gave up, nobody came to.
    """
    before = AuditEvent.objects.filter(
        conversation_id=OuterRef("conversation_id"), action__in=WAIT_EVENTS, pk__lt=OuterRef("pk")
    ).order_by("-pk")
    came = AuditEvent.objects.filter(action__in=CAME).annotate(
        asked=Subquery(before.values("created")[:1]), before=Subquery(before.values("action")[:1])
    )
    return Durations(
        section=_("Waiting for a person"),
        label=_("Customers to whom a person came"),
        meaning=_("Each time that someone from the team came to a customer who was waiting for a person."),
        rows=came.filter(before__in=WAITS),
        at="created",
        begins="asked",
        ends="created",
        opens=Opens("conversations.conversation", "conversation_id"),
        columns=(
            (_("Conversation"), lambda event: event.conversation_id),
            (pgettext("for a person", "Asked"), lambda event: event.asked),
            (_("Came"), lambda event: event.created),
            (_("Who came"), lambda event: event.actor_name),
            (_("Waited"), lambda event: format_seconds((event.created - event.asked).total_seconds())),
        ),
    )


@dashboard_number
def add_up_tokens(period: Period) -> Sums:
    return Sums(
        section=_("Tokens and cost"),
        label=_("Requests to models"),
        meaning=_("Each time a model was asked, for an answer, a summary or a note."),
        rows=ModelRequest.objects.all(),
        at="created",
        opens=Opens("conversations.conversation", "conversation_id"),
        columns=(
            (_("Model"), lambda row: row.model or row.backend),
            (_("When"), lambda row: row.created),
            (_("Purpose"), lambda row: describe_purpose(row.purpose)),
            (_("Tokens read"), lambda row: row.input),
            (_("Tokens written"), lambda row: row.output),
            (_("Cost in US dollars"), lambda row: row.cost),
        ),
        amounts=(
            Amount("input", _("Tokens read"), _("What the models were sent, as their providers count it.")),
            Amount("output", _("Tokens written"), _("What the models answered.")),
            Amount(
                "cost", _("Cost"), _("As the provider says, or by the prices in the settings."), "dollars"
            ),
        ),
        breakdowns=(Breakdown("model", _("Model")),),
    )


@dashboard_number
def count_failures(period: Period) -> Count:
    return Count(
        section=_("Failures"),
        label=_("Answers that failed"),
        meaning=_("Answers that the customer never got, or not in full, even after trying again."),
        rows=Turn.objects.filter(state__in=(Turn.State.FAILED, Turn.State.INTERRUPTED)).select_related(
            "conversation__user"
        ),
        at="created",
        opens=Opens("conversations.conversation", "conversation_id"),
        columns=(
            (_("Conversation"), lambda turn: turn.conversation.title_or_number),
            (_("When"), lambda turn: turn.created),
            (_("Why"), lambda turn: describe_failure(turn.error)),
            (_("Model"), lambda turn: turn.model or turn.backend),
        ),
        breakdowns=(
            Breakdown(
                "error",
                _("What went wrong"),
                tuple(Kind(str(code), words) for code, words in FAILURE_WORDS.items()),
            ),
        ),
    )


def _list_conversation_columns() -> tuple[Column, ...]:
    ends = {kind.value: kind.label for kind in list_ends()}
    return (
        (_("Conversation"), lambda conversation: conversation.title_or_number),
        (_("Customer"), lambda row: row.customer_name),
        (_("Began"), lambda row: row.created),
        (_("How it ended"), lambda row: ends[row.end]),
    )
