"""Of two members of staff who have one ticket's form open nobody overwrites what the other one changed."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from supportbot.audit.models import AuditEvent
from supportbot.conversations.staff_group import ensure_staff_groups
from tests import admin_forms
from tickets.models import Ticket


@pytest.fixture
def sam(db: None) -> User:
    sam = User.objects.create(username="sam", first_name="Sam", last_name="Reed", is_staff=True)
    sam.groups.add(ensure_staff_groups()[0])
    return sam


@pytest.fixture
def sams_desk(sam) -> Client:
    client = Client()
    client.force_login(sam)
    return client


@pytest.fixture
def ticket(db: None) -> Ticket:
    return Ticket.objects.create(number="TKT-00000001", issue="Late.\n\nAnd wet.")


def page_of(ticket: Ticket) -> str:
    return reverse("admin:tickets_ticket_change", args=[ticket.pk])


def open_form(client: Client, ticket: Ticket) -> dict[str, str]:
    """The fields as a browser sends them back when nothing was changed: lines end with two characters."""
    form = client.get(page_of(ticket)).context["adminform"].form
    sent = {}
    for name in form.fields:
        value = "" if form[name].value() is None else str(form[name].value())
        sent[name] = sent[form[name].html_initial_name] = value.replace("\n", "\r\n")
    return sent


def save(client: Client, ticket: Ticket, form: dict[str, str], **changed: str):
    return client.post(page_of(ticket), form | changed, follow=True)


def test_two_who_change_different_fields_both_keep_theirs(desk, sams_desk, ticket):
    mine, sams = open_form(desk, ticket), open_form(sams_desk, ticket)

    save(sams_desk, ticket, sams, status="resolved", tag_names="Refund, wet")
    page = save(desk, ticket, mine, priority="high", order_number="ORD-123").content.decode()

    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority, ticket.order_number) == ("resolved", "high", "ORD-123")
    assert sorted(tag.name for tag in ticket.tags.all()) == ["refund", "wet"]
    assert "Meanwhile somebody else changed: “Status”, “Tags”." in page


def test_the_later_of_two_who_change_one_field_is_told_by_whom_and_to_what(desk, sams_desk, ticket):
    mine, sams = open_form(desk, ticket), open_form(sams_desk, ticket)

    save(sams_desk, ticket, sams, status="resolved")
    page = save(desk, ticket, mine, status="pending", subject="My words")

    told = page.content.decode()
    assert "Sam Reed has changed this to “Resolved” since you opened the page." in told
    ticket.refresh_from_db()
    assert (ticket.status, ticket.subject) == ("resolved", "")
    form = page.context["adminform"].form
    assert (form["status"].value(), form["subject"].value()) == ("pending", "My words")
    assert '<span class="state" data-status="resolved">' in told, "above the form stands what is stored"


def test_who_was_told_may_still_decide(desk, sams_desk, ticket, agent):
    mine, sams = open_form(desk, ticket), open_form(sams_desk, ticket)
    save(sams_desk, ticket, sams, status="resolved", assignee=str(agent.pk))
    page = save(desk, ticket, mine, status="pending")

    form = page.context["adminform"].form
    again = {name: str(form[name].value() or "") for name in form.fields}
    again |= {form[name].html_initial_name: form.data[form[name].html_initial_name] for name in form.fields}
    save(desk, ticket, again)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == ("pending", agent), "and what only the other one changed stays"


def test_two_who_change_one_field_to_the_same_are_not_troubled(desk, sams_desk, ticket):
    mine, sams = open_form(desk, ticket), open_form(sams_desk, ticket)
    save(sams_desk, ticket, sams, status="resolved")
    page = save(desk, ticket, mine, status="resolved")
    assert "since you opened the page" not in page.content.decode()
    assert AuditEvent.objects.filter(action="ticket_changed").count() == 1


def test_a_form_that_changes_nothing_leaves_words_of_several_lines_alone(desk, ticket):
    save(desk, ticket, open_form(desk, ticket))
    ticket.refresh_from_db()
    assert ticket.issue == "Late.\n\nAnd wet."
    assert not AuditEvent.objects.exists()


def test_words_of_several_lines_are_stored_as_the_assistant_stores_them(desk, ticket):
    save(desk, ticket, open_form(desk, ticket), issue="One.\r\n\r\nTwo.")
    ticket.refresh_from_db()
    assert ticket.issue == "One.\n\nTwo."


def test_words_that_somebody_else_changed_are_told_in_short(desk, sams_desk, ticket):
    mine, sams = open_form(desk, ticket), open_form(sams_desk, ticket)
    save(sams_desk, ticket, sams, issue="Sam's words " * 50)
    page = save(desk, ticket, mine, issue="My words")
    (told,) = page.context["adminform"].form.errors["issue"]
    assert told.startswith("Sam Reed has changed this to “Sam's words")
    assert len(told) < 350


def test_an_open_page_is_told_what_a_colleague_did(desk, sams_desk, ticket):
    last_event = desk.get(page_of(ticket)).context["last_event"]
    news = reverse("admin:tickets_ticket_news", args=[ticket.pk])
    assert desk.get(news, {"since": last_event}).status_code == 204

    save(sams_desk, ticket, open_form(sams_desk, ticket), status="resolved")
    told = desk.get(news, {"since": last_event})

    words = " ".join(told.content.decode().split())
    assert "<strong>Sam Reed</strong> changed “Status” from “Open” to “Resolved”" in words
    assert "&quot;status&quot;: &quot;resolved&quot;" in words, "so that the page can show it in its form"
    seen = AuditEvent.objects.latest("pk").pk
    assert desk.get(news, {"since": last_event, "seen": seen}).status_code == 204


def test_a_page_is_not_told_what_its_own_reader_did_but_shows_what_is_stored(desk, ticket):
    last_event = desk.get(page_of(ticket)).context["last_event"]
    save(desk, ticket, open_form(desk, ticket), status="resolved")
    told = desk.get(reverse("admin:tickets_ticket_news", args=[ticket.pk]), {"since": last_event})
    assert "<li>" not in told.content.decode()
    assert '<span class="state" data-status="resolved">' in told.content.decode()


def test_a_tag_that_is_too_long_is_refused_in_words(desk, ticket):
    page = save(desk, ticket, open_form(desk, ticket), tag_names="x" * 41).content.decode()
    assert "A tag has at most 40 characters." in page


class TestAssigneeWhoLeftTheTeam:
    @pytest.fixture(autouse=True)
    def _toms(self, ticket: Ticket) -> None:
        tom = User.objects.create(username="tom", is_staff=True)
        Ticket.objects.update(assignee=tom)
        User.objects.filter(pk=tom.pk).update(is_staff=False)

    def test_a_save_of_another_field_leaves_the_ticket_theirs(self, desk, ticket):
        form = admin_forms.open_form(desk, page_of(ticket))
        page = desk.get(page_of(ticket)).content.decode()
        assert "tom (no longer on the team)" in page

        desk.post(page_of(ticket), form | {"priority": "high"})

        ticket.refresh_from_db()
        assert (ticket.priority, ticket.assignee.username) == ("high", "tom")
        assert AuditEvent.objects.get().details["changes"].keys() == {"priority"}

    def test_others_are_not_given_to_them(self, desk, ticket):
        User.objects.filter(username="tom").update(is_staff=True, is_active=False)
        other = Ticket.objects.create(number="TKT-00000009", issue="Broken")
        assert "tom (no longer on the team)" not in desk.get(page_of(other)).content.decode()

    def test_it_can_be_given_to_somebody_else_or_to_nobody(self, desk, sam, ticket):
        for chosen in (sam.pk, ""):
            form = admin_forms.open_form(desk, page_of(ticket))
            desk.post(page_of(ticket), form | {"assignee": chosen})
            ticket.refresh_from_db()
            assert ticket.assignee_id == (chosen or None)

    def test_it_stays_a_colleagues_who_has_taken_it_since(self, desk, sam, ticket):
        form = admin_forms.open_form(desk, page_of(ticket))
        Ticket.objects.update(assignee=sam)
        desk.post(page_of(ticket), form | {"priority": "high"})
        ticket.refresh_from_db()
        assert (ticket.priority, ticket.assignee) == ("high", sam)

    def test_nobody_else_who_is_not_of_the_team_can_be_given_it(self, desk, alice, ticket):
        form = admin_forms.open_form(desk, page_of(ticket))
        page = desk.post(page_of(ticket), form | {"assignee": alice.pk})
        assert "Select a valid choice" in page.content.decode()
        desk.post(page_of(ticket), form | {"assignee": alice.pk, "initial-assignee": alice.pk})
        ticket.refresh_from_db()
        assert ticket.assignee.username == "tom"
