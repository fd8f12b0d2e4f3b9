"""What the support staff can do with tickets in admin, and what they cannot."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Message, StaffPresence, Turn
from supportbot.jobs.models import Job
from tests.conversations.markup import parse
from tickets.models import Ticket

LIST = reverse("admin:tickets_ticket_changelist")


def page_of(ticket):
    return reverse("admin:tickets_ticket_change", args=[ticket.pk])


def many_tickets(count):
    customers = User.objects.bulk_create(
        User(username=f"customer{n}", email=f"customer{n}@example.com") for n in range(count)
    )
    conversations = Conversation.objects.bulk_create(Conversation(user=customer) for customer in customers)
    return Ticket.objects.bulk_create(
        Ticket(
            number=f"TKT-{n:08}",
            issue=f"Problem {n}",
            customer=customer,
            conversation=talk,
            assignee=customer,
        )
        for n, (customer, talk) in enumerate(zip(customers, conversations, strict=True))
    )


def test_the_list_says_what_staff_need_to_know(desk, alice, agent):
    talk = Conversation.objects.create(user=alice)
    Ticket.objects.create(
        number="TKT-00000042",
        issue="The parcel is late. " * 20,
        priority="high",
        customer=alice,
        conversation=talk,
        assignee=agent,
        created=timezone.now() - timedelta(hours=3),
    )
    page = desk.get(LIST).content.decode()
    for words in ("TKT-00000042", "High", "Open", "Alice &lt;alice@example.com&gt;", "3\xa0hours", "agent"):
        assert words in page
    assert "The parcel is late. The parcel" in page
    assert "The parcel is late. " * 5 not in page, "a long issue is cut in the list"
    assert (
        f'<a href="{reverse("admin:conversations_conversation_change", args=[talk.pk])}">Open chat</a>'
        in page
    )


def test_open_and_urgent_and_new_tickets_come_first(desk):
    now = timezone.now()
    for number, status, priority, hours in (
        ("closed", "closed", "high", 0),
        ("low", "open", "low", 0),
        ("older", "open", "high", 2),
        ("newer", "open", "high", 1),
        ("waiting", "pending", "high", 0),
        ("medium", "open", "medium", 0),
    ):
        created = now - timedelta(hours=hours)
        Ticket.objects.create(number=number, issue="x", status=status, priority=priority, created=created)
    rows = desk.get(LIST).context["cl"].result_list
    assert [ticket.number for ticket in rows] == ["newer", "older", "medium", "low", "waiting", "closed"]


def test_the_list_takes_as_many_queries_for_300_tickets_as_for_10(desk):
    many_tickets(10)
    with CaptureQueriesContext(
        connection,
    ) as few:
        desk.get(LIST)
    Ticket.objects.all().delete()
    User.objects.filter(username__startswith="customer").delete()
    many_tickets(300)
    with CaptureQueriesContext(connection) as many:
        assert len(desk.get(LIST).context["cl"].result_list) == 50
    assert len(many) == len(few) <= 10


@pytest.mark.parametrize("words", ["TKT-00000001", "lamp", "alice@example.com", "Alice"])
def test_a_ticket_is_found_by_number_issue_and_customer(desk, alice, words):
    Ticket.objects.create(number="TKT-00000001", issue="The lamp is broken", customer=alice)
    Ticket.objects.create(number="TKT-00000002", issue="The parcel is late")
    found = desk.get(LIST, {"q": words}).context["cl"].result_list
    assert [ticket.number for ticket in found] == ["TKT-00000001"]


@pytest.mark.parametrize("status", Ticket.Status.values)
def test_staff_set_the_status_of_many_tickets_at_once(desk, agent, status):
    chosen, left = many_tickets(12)[:10], Ticket.objects.get(number="TKT-00000011")
    Ticket.objects.update(status="closed" if status == "open" else "open")
    data = {"action": f"set_{status}", "_selected_action": [ticket.pk for ticket in chosen]}
    page = desk.post(LIST, data, follow=True)
    label = Ticket.Status(status).label
    assert f"Set 10 tickets to “{label}”." in page.content.decode()
    assert Ticket.objects.filter(status=status).count() == 10
    left.refresh_from_db()
    assert left.status != status
    assert LogEntry.objects.filter(user=agent, change_message__contains=label).count() == 10


def test_staff_take_tickets_on(desk, agent):
    ticket = Ticket.objects.create(issue="Late")
    page = desk.post(LIST, {"action": "assign_to_me", "_selected_action": [ticket.pk]}, follow=True)
    assert "1 ticket assigned to you." in page.content.decode()
    ticket.refresh_from_db()
    assert ticket.assignee == agent


def test_staff_give_many_tickets_to_a_colleague(desk, agent):
    sam = User.objects.create_user("sam", first_name="Sam", last_name="Summers", is_staff=True)
    sam.groups.set(agent.groups.all())
    gone = User.objects.create_user("gone", is_staff=True, is_active=False)
    editor = User.objects.create_user("editor", is_staff=True)
    StaffPresence.objects.create(user=agent)
    chosen, left = many_tickets(12)[:10], Ticket.objects.get(number="TKT-00000011")
    action = {"action": "assign_to_colleague", "_selected_action": [ticket.pk for ticket in chosen]}

    asked = desk.post(LIST, action)
    offered = [option.text for option in parse(asked.content.decode()).one(id="id_assignee").all("option")]
    refused = [desk.post(LIST, action | {"assignee": each.pk}) for each in (gone, editor)]
    done = desk.post(LIST, action | {"assignee": sam.pk}, follow=True)

    assert "Who gets the 10 tickets" in asked.content.decode()
    assert offered == ["---------", "agent (here)", "Sam Summers (away)"]
    assert asked.context["chosen"] == [str(ticket.pk) for ticket in chosen]
    assert all("Select a valid choice." in page.content.decode() for page in refused)
    assert "10 tickets assigned to Sam Summers." in done.content.decode()
    assert Ticket.objects.filter(assignee=sam).count() == 10
    left.refresh_from_db()
    assert left.assignee != sam
    assert LogEntry.objects.filter(user=agent, change_message__contains="Sam Summers").count() == 10


def test_a_colleague_gets_all_tickets_of_the_list_also_beyond_the_page(desk, agent):
    many_tickets(12)
    chosen = {"action": "assign_to_colleague", "select_across": "1", "index": "0", "_selected_action": ["1"]}

    asked = desk.post(LIST, chosen)
    desk.post(LIST, chosen | {"select_across": asked.context["select_across"], "assignee": agent.pk})

    assert asked.context["count"] == Ticket.objects.filter(assignee=agent).count() == 12


def test_the_ticket_s_page_shows_the_whole_conversation(desk, alice):
    talk = Conversation.objects.create(user=alice)
    turn = Turn.objects.create(conversation=talk)
    Message.objects.create(conversation=talk, turn=turn, seq=1, role="customer", text="Where is <b>it</b>?")
    ticket = Ticket.objects.create(issue="Late", customer=alice, conversation=talk)
    page = desk.get(page_of(ticket)).content.decode()
    assert ticket.number in page
    assert "Where is &lt;b&gt;it&lt;/b&gt;?" in page


def test_the_conversation_is_shown_only_to_those_who_may_read_conversations(desk, agent, alice):
    talk = Conversation.objects.create(user=alice)
    turn = Turn.objects.create(conversation=talk)
    Message.objects.create(conversation=talk, turn=turn, seq=1, role="customer", text="Where is it?")
    ticket = Ticket.objects.create(issue="Late", customer=alice, conversation=talk)
    group = agent.groups.get()
    group.permissions.remove(*group.permissions.filter(codename="view_conversation"))
    assert "Where is it?" not in desk.get(page_of(ticket)).content.decode()


def test_that_staff_read_the_conversation_there_is_on_record(desk, agent, alice):
    talk = Conversation.objects.create(user=alice)
    ticket = Ticket.objects.create(number="TKT-00000001", issue="Late", conversation=talk)
    alone = Ticket.objects.create(number="TKT-00000002", issue="Late")

    desk.get(page_of(ticket))
    desk.get(page_of(alone))

    event = AuditEvent.objects.get(action="read_transcript")
    assert (event.actor_id, event.conversation_id) == (agent.pk, talk.pk)


def test_staff_change_a_ticket_but_not_whose_it_is(desk, alice, bob, agent):
    ticket = Ticket.objects.create(number="TKT-00000001", issue="Late", customer=alice, request="turn:1")
    data = {"issue": "Late parcel", "priority": "low", "status": "pending", "assignee": agent.pk}
    forged = {"number": "TKT-1", "customer": bob.pk, "conversation": "", "request": "turn:9"}
    assert desk.post(page_of(ticket), data | forged).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.issue, ticket.status, ticket.assignee) == ("Late parcel", "pending", agent)
    assert (ticket.number, ticket.customer, ticket.request) == ("TKT-00000001", alice, "turn:1")


def test_a_ticket_is_assigned_to_staff_only(desk, alice, agent):
    ticket = Ticket.objects.create(issue="Late")
    data = {"issue": "Late", "priority": "low", "status": "open", "assignee": alice.pk}
    page = desk.post(page_of(ticket), data)
    assert page.status_code == 200
    assert "assignee" in page.context["adminform"].form.errors


def test_staff_open_a_ticket_by_hand_and_it_gets_a_number(desk):
    add = reverse("admin:tickets_ticket_add")
    assert "TKT-" not in desk.get(add).content.decode()
    desk.post(add, {"issue": "Called by phone", "priority": "medium", "status": "open", "assignee": ""})
    assert Ticket.objects.get().number.startswith("TKT-")


def test_staff_without_the_group_see_no_tickets(client, db):
    client.force_login(User.objects.create(username="intern", is_staff=True))
    assert client.get(LIST).status_code == 403


def test_support_staff_cannot_delete_tickets(desk):
    ticket = Ticket.objects.create(issue="Late")
    assert (
        desk.post(reverse("admin:tickets_ticket_delete", args=[ticket.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert Ticket.objects.exists()


def filled_in(chat: Conversation | None = None, **values: str) -> Ticket:
    ticket = Ticket.objects.create(issue="Late", conversation=chat)
    ticket.apply_assistant_values({"subject": "Parcel is late", "wants": "The parcel."} | values)
    return ticket


def form_of(desk, ticket):
    """The fields of the ticket's page as they are shown, with what they are sent back with."""
    form = desk.get(page_of(ticket)).context["adminform"].form
    shown = {name: form[name].value() or "" for name in form.fields}
    kept = {
        form[name].html_initial_name: shown[name]
        for name in form.fields
        if form[name].field.show_hidden_initial
    }
    return shown | kept


def test_what_the_assistant_wrote_while_the_page_was_open_is_kept(desk):
    ticket = Ticket.objects.create(issue="Late")
    form = form_of(desk, ticket)
    ticket.apply_assistant_values({"subject": "Parcel is late"})
    more = {"issue": "Late\n\nAnd wet", "priority": "high"}  # said in the same message
    Ticket.objects.update(**more)

    desk.post(page_of(ticket), form | {"status": "pending", "wants": "Her parcel."})

    ticket.refresh_from_db()
    assert (ticket.status, ticket.subject, ticket.wants) == ("pending", "Parcel is late", "Her parcel.")
    assert (ticket.issue, ticket.priority) == ("Late\n\nAnd wet", "high")
    assert ticket.by_assistant == ["subject"]


def test_what_staff_change_is_theirs(desk):
    ticket = filled_in()

    desk.post(page_of(ticket), form_of(desk, ticket) | {"subject": "", "wants": "A refund."})

    ticket.refresh_from_db()
    assert (ticket.subject, ticket.wants, ticket.by_assistant) == ("", "A refund.", [])


def test_to_ask_the_assistant_once_more_takes_nothing_away_until_it_answers(desk, alice):
    ticket = filled_in(Conversation.objects.create(user=alice))
    Ticket.objects.update(wants="Written by staff.", by_assistant=["subject"])

    desk.post(LIST, {"action": "ask_the_assistant", "_selected_action": [ticket.pk]})
    jobs = set(Job.objects.values_list("kind", "key"))
    assert jobs == {("ask_question", f"{name}:{ticket.number}") for name in ("triage", "handover_note")}
    ticket.refresh_from_db()
    assert ticket.subject == "Parcel is late"
    ticket.apply_assistant_values({"subject": "Parcel lost", "wants": "Money."})

    ticket.refresh_from_db()
    assert (ticket.subject, ticket.wants) == ("Parcel lost", "Written by staff.")
    assert ticket.by_assistant == ["subject"]


def test_staff_are_told_where_the_assistant_is_not_asked(desk, alice, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_background": False})
    ticket = filled_in(Conversation.objects.create(user=alice))

    page = desk.post(LIST, {"action": "ask_the_assistant", "_selected_action": [ticket.pk]}, follow=True)

    assert "The assistant is not asked about tickets here" in page.content.decode()
    ticket.refresh_from_db()
    assert ticket.subject == "Parcel is late"


def test_thousands_of_tickets_are_ended_by_short_statements_in_short_transactions(desk, monkeypatch):
    """With the values of every ticket in one statement the database and Python take seconds for a thousand."""
    monkeypatch.setattr("tickets.admin.actions.TICKETS_A_TRANSACTION", 100)
    many_tickets(250)
    with CaptureQueriesContext(connection) as queries:
        chosen = {"action": "set_closed", "select_across": "1", "index": "0", "_selected_action": ["1"]}
        page = desk.post(LIST, chosen, follow=True)

    assert "Set 250 tickets to “Closed”." in page.content.decode()
    assert Ticket.objects.filter(status="closed", due=None).exclude(closed=None).count() == 250
    assert AuditEvent.objects.filter(action="ticket_changed").count() == LogEntry.objects.count() == 250
    updates = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "tickets_ticket"')]
    assert len(updates) == 3, "one for each hundred, all of which get the same values"
    assert sum(map(len, updates)) < 250 * 20


def test_tickets_that_were_in_different_states_each_get_what_follows_for_them(desk):
    long_ago = timezone.now() - timedelta(days=9)
    Ticket.objects.create(number="TKT-00000001", issue="Open")
    resolved = {"status": "resolved", "resolved": long_ago, "resolution": "customer"}
    Ticket.objects.create(number="TKT-00000002", issue="Resolved by its customer", **resolved)
    Ticket.objects.create(number="TKT-00000003", issue="Urgent", priority="high", status="pending")
    keys = list(Ticket.objects.values_list("pk", flat=True))

    desk.post(LIST, {"action": "set_closed", "_selected_action": keys})
    first, second, third = Ticket.objects.order_by("number")
    assert (second.resolved, second.resolution) == (long_ago, "customer")
    assert (first.resolution, first.resolved == third.resolved == first.closed) == ("staff", True)

    desk.post(LIST, {"action": "set_open", "_selected_action": keys})
    first, second, third = Ticket.objects.order_by("number")
    assert [each.reopened_count for each in (first, second, third)] == [1, 1, 1]
    assert first.due > third.due, "what is urgent is due earlier"
    assert {each.resolved for each in (first, second, third)} == {None}
