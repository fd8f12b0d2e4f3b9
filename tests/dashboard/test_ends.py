"""A conversation counts as one kind of end, the first that is true of it, and apps may add numbers of their own."""

from datetime import timedelta
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from supportbot.assistant.app_functions import collect_app_functions
from supportbot.assistant.dashboard_numbers import (
    Breakdown,
    ConfirmationSource,
    Count,
    DashboardNumber,
    Kind,
    Opens,
    Period,
    confirmation_source,
    dashboard_number,
)
from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Rating
from supportbot.dashboard.building import build_report
from supportbot.dashboard.periods import choose_period
from supportbot.dashboard.rows import find_rows
from tests.conversations.markup import parse
from tickets.models import StatusChange, Ticket

pytestmark = pytest.mark.django_db


def add_conversation(hours: float = 30, **values) -> Conversation:
    """One in which something was said so many hours ago."""
    at = timezone.now() - timedelta(hours=hours)
    return Conversation.objects.create(last_seq=2, guest_key="g", created=at, updated=at, **values)


def count_ends(leads) -> dict[str, int]:
    """By kind, as the page has them."""
    page = leads.get("/admin/numbers/?period=30")
    (report,) = [
        report
        for section in page.context["sections"]
        for report in section.reports
        if report.key == "dashboard.count_conversations"
    ]
    table = next(table for table in report.tables if table.name == "end") if report.tables else None
    return {row.key: row.cells[0].value for row in table.rows if row.cells[0].value} if table else {}


def rate(chat: Conversation, *, is_good: bool) -> None:
    Rating.objects.create(conversation=chat, handler="assistant", is_good=is_good, rated=timezone.now())


def confirm_ticket(chat: Conversation) -> None:
    Ticket.objects.create(
        issue="x", conversation=chat, status="closed", resolution="customer", resolved=timezone.now()
    )


ENDS = {
    "nothing was said for a day": (lambda: add_conversation(30), "silence"),
    "something was said today": (lambda: add_conversation(3), "open"),
    "its customer ended it today": (lambda: add_conversation(3, owner="closed"), "silence"),
    "a person is waited for": (lambda: add_conversation(30, owner="waiting"), "person"),
    "a person has it": (lambda: add_conversation(30, owner="human"), "person"),
    "a person had it": (
        lambda: record_event("took_over", conversation_id=add_conversation(30).pk),
        "person",
    ),
    "a person was asked for, and the customer was happy": (
        lambda: [
            (chat := add_conversation(30)),
            rate(chat, is_good=True),
            record_event("person_requested", conversation_id=chat.pk),
        ],
        "person",
    ),
    "the customer was happy": (lambda: rate(add_conversation(3), is_good=True), "confirmed"),
    "the customer was not happy": (lambda: rate(add_conversation(30), is_good=False), "denied"),
    "the customer was not happy, then happy": (
        lambda: [(chat := add_conversation(30)), rate(chat, is_good=False), rate(chat, is_good=True)],
        "confirmed",
    ),
    "the customer said so of the ticket": (lambda: confirm_ticket(add_conversation(30)), "confirmed"),
    "the customer was happy, and came back": (
        lambda: [
            (chat := add_conversation(30)),
            rate(chat, is_good=True),
            record_event("returned", conversation_id=chat.pk),
        ],
        "returned",
    ),
    "nothing was said at all": (lambda: Conversation.objects.create(guest_key="g"), None),
}


@pytest.mark.parametrize("what", ENDS)
def test_a_conversation_has_the_first_end_that_is_true(leads, what):
    make, kind = ENDS[what]
    make()

    assert count_ends(leads) == ({kind: 1} if kind else {})


@pytest.mark.parametrize(
    ("hours", "owner", "comes_back"),
    [
        (2, "bot", False),
        (25, "bot", True),
        (7 * 24 - 1, "bot", True),
        (7 * 24 + 1, "bot", False),
        (2, "closed", True),
        (8 * 24, "closed", False),
        (48, "waiting", False),
        (48, "human", False),
    ],
)
def test_who_writes_again_within_a_week_of_the_end_comes_back(hours, owner, comes_back):
    chat = add_conversation(hours, owner=owner)

    turns.submit_message.run_sync(chat.pk, "It still doesn't work", "c1", can_start=False)
    turns.submit_message.run_sync(chat.pk, "And another thing", "c2", can_start=False)

    found = AuditEvent.objects.filter(action="returned", conversation_id=chat.pk)
    assert list(found.values_list("actor", flat=True)) == ["customer"] * comes_back


def test_the_first_message_of_a_conversation_is_no_return():
    chat = Conversation.objects.create(guest_key="g", updated=timezone.now() - timedelta(days=2))

    turns.submit_message.run_sync(chat.pk, "Hello", "c1", can_start=False)

    assert not AuditEvent.objects.filter(action="returned").exists()


def test_a_ticket_ends_each_time_and_is_reopened_only_within_the_week(leads):
    """What is merged goes on elsewhere."""
    now = timezone.now()
    target = Ticket.objects.create(issue="a")
    for days, merged in ((3, None), (8, None), (None, None), (None, target)):
        ticket = Ticket.objects.create(issue="b", merged_into=merged)
        ended = now - timedelta(days=10)
        StatusChange.objects.create(ticket=ticket, old="open", new="closed", actor="staff", created=ended)
        if days:
            StatusChange.objects.create(
                ticket=ticket,
                old="closed",
                new="open",
                actor="customer",
                created=ended + timedelta(days=days),
            )
    report = next(
        report
        for section in leads.get("/admin/numbers/").context["sections"]
        for report in section.reports
        if report.key == "tickets.count_ends"
    )

    assert [figure.cell.value for figure in report.figures] == [4, 1, 1, 0, 2]
    (_label, totals), *kinds = report.plots[0].series
    assert sum(totals) == 4
    assert totals == [sum(values) for values in zip(*(values for _label, values in kinds), strict=True)]


@pytest.mark.parametrize(
    ("steps", "resolution", "ends"),
    [
        ([("open", "closed", "customer")], "customer", ["customer"]),
        ([("open", "resolved", "staff"), ("resolved", "closed", "customer")], "customer", ["customer"]),
        ([("open", "resolved", "staff"), ("resolved", "closed", "system")], "customer", ["customer"]),
        ([("open", "resolved", "staff"), ("resolved", "closed", "system")], "staff", ["staff"]),
        (
            [("open", "resolved", "staff"), ("resolved", "open", "customer"), ("open", "closed", "customer")],
            "customer",
            ["staff", "customer"],
        ),
    ],
)
def test_a_customer_may_confirm_what_the_team_has_ended(steps, resolution, ends):
    """The steps are a fortnight apart, so none of them is a reopening within the week."""
    ticket = Ticket.objects.create(issue="x", status=steps[-1][1], resolution=resolution)
    begin = timezone.now() - timedelta(days=14 * len(steps))
    for number, (old, new, actor) in enumerate(steps):
        at = begin + timedelta(days=14 * number)
        StatusChange.objects.create(ticket=ticket, old=old, new=new, actor=actor, created=at)

    query = {"number": "tickets.count_ends", "since": "2000-01-01T00:00Z", "until": "2100-01-01T00:00Z"}
    assert [change.end for change in find_rows(query).rows.order_by("pk")] == ends


def test_who_gave_up_waiting_is_not_counted_when_a_person_comes_later(leads):
    ended, waited = add_conversation(30), add_conversation(30)
    for chat, actions in (
        (ended, ("person_requested", "ended", "took_over")),
        (waited, ("person_requested", "took_over", "assigned", "returned_to_queue", "assigned")),
    ):
        for action in actions:
            record_event(action, conversation_id=chat.pk)
    query = {"number": "dashboard.measure_waits", "since": "2000-01-01T00:00Z", "until": "2100-01-01T00:00Z"}

    page = parse(leads.get("/admin/numbers/list/", query).content.decode())
    assert page.one(id="count").text == "2", "who was put back into the queue waited once more"
    assert f"/admin/conversations/conversation/{waited.pk}/change/" in [
        each["href"] for each in page.classed("rows-table")[0].all("a")
    ]


def make_app() -> ModuleType:
    """A stranger's app, which counts accounts by their first letter."""
    app = ModuleType("returns.dashboard_numbers")

    @dashboard_number
    def count_people(period: Period) -> Count:
        return Count(
            section="Returns",
            label="People",
            meaning="Accounts that were made in this time.",
            rows=User.objects.all(),
            at="date_joined",
            opens=Opens("auth.user"),
            breakdowns=(Breakdown("first_name", "First name", (Kind("Bob", "Robert"),)),),
        )

    @confirmation_source
    def find_all(period: Period):
        return Conversation.objects.values("pk")

    for made in (count_people, find_all):
        made.function.__module__ = app.__name__
        setattr(app, made.function.__name__, made)
    return app


def test_an_app_of_a_stranger_shows_its_numbers(alice, bob):
    app = make_app()

    (number,) = collect_app_functions(DashboardNumber, [app])
    chosen = choose_period({"period": "today"})
    report = build_report("x", number(chosen.period), chosen, lambda model: model == "auth.user")

    assert report.figures[0].cell.value == 2
    table = {row.label: row.cells[0].value for row in report.tables[1].rows}
    assert table == {"Robert": 1, "Alice": 1}
    assert report.tables[1].rows[0].cells[0].address.startswith("/admin/numbers/list/?number=x&")
    assert len(collect_app_functions(ConfirmationSource, [app])) == 1


def test_what_an_app_calls_confirmed_counts_as_that(leads, settings, monkeypatch):
    from django.apps import apps

    add_conversation(30)
    config = apps.get_app_config("dashboard")
    monkeypatch.setattr(
        config, "confirmation_sources", collect_app_functions(ConfirmationSource, [make_app()])
    )

    assert count_ends(leads) == {"confirmed": 1}


def test_rows_of_no_kind_are_opened_by_their_cell(leads, lead):
    ticket = Ticket.objects.create(issue="No category yet")

    query = {"number": "tickets.count_tickets", "since": "2000-01-01T00:00Z", "until": "2100-01-01T00:00Z"}
    found = find_rows(query | {"by": "category", "kind": ""})

    assert (found.kind, list(found.rows)) == ("not set", [ticket])
