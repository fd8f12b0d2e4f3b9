"""The ticket's page: the conversation first and live, its history, and an answer where there is none."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Rating, StaffPresence
from supportbot.desk.models import Note, SavedReply
from supportbot.jobs.models import Job
from tests.tickets.steps import page_of
from tickets.actors import ASSISTANT, SYSTEM, build_staff_actor
from tickets.answers import confirm_by_customer, reopen_by_customer
from tickets.audit import record_ticket_event
from tickets.changes import change_ticket
from tickets.history import load_history
from tickets.models import Tag, Ticket
from tickets.search import find_tickets
from tickets.tools import my_tickets


@pytest.fixture
def phoned(db: None) -> Ticket:
    """A ticket that staff opened by hand."""
    return Ticket.objects.create(number="TKT-00000009", issue="Called by phone")


def answer(desk: Client, ticket: Ticket, button: str = "reply", text: str = "Hello", client_id: str = "c1"):
    address = reverse("admin:tickets_ticket_reply", args=[ticket.pk])
    return desk.post(address, {"text": text, "client_id": client_id, button: ""}, follow=True)


def test_the_conversation_stands_before_the_form_and_is_live(desk, ticket, talk):
    page = desk.get(page_of(ticket)).content.decode()
    assert page.index(f'ws-connect="/ws/desk/c/{talk.pk}/') < page.index('id="ticket_form"')
    assert 'data-reference="TKT-00000001"' in page
    assert "Reply and resolve" in page
    orders = reverse("admin:orders_order_changelist")
    assert f'href="{orders}?q=ORD-123"' in page


def test_a_saved_reply_names_the_ticket_that_the_page_is_about(desk, ticket, talk, agent):
    SavedReply.objects.create(title="Hello", text="{{customer}}, about {{ticket}}", owner=agent)
    page = desk.get(page_of(ticket)).content.decode()
    (address,) = re.findall(r'data-address="([^"]+/replies/[^"]*)"', page)
    assert desk.get(address).json()["replies"] == [{"title": "Hello", "text": "Alice, about TKT-00000001"}]


def test_its_history_says_who_did_what(desk, ticket, agent):
    change_ticket(ticket, build_staff_actor(agent), status="pending", subject="Late")
    words = " ".join(desk.get(page_of(ticket)).content.decode().split())
    assert "<strong>agent</strong> changed “Status” from “Open” to “Pending”" in words
    assert "<strong>agent</strong> changed “Subject”" in words


def test_its_history_says_once_what_a_customer_did(desk, ticket, talk):
    turns.submit_message.run_sync(talk.pk, "It is late", "a1", can_start=False)
    Ticket.objects.filter(pk=ticket.pk).update(status="pending")
    turns.request_person.run_sync(talk.pk)
    turns.cancel_person_request.run_sync(talk.pk)
    assert Ticket.objects.get().status == "open"
    asked = Rating.objects.create(conversation=talk, ticket=ticket.number, handler="staff")
    turns.store_rating.run_sync(talk.pk, asked.pk, True, None)
    turns.store_rating.run_sync(talk.pk, asked.pk, None, "So quick")

    said = [line.sentence for line in load_history(ticket.number)]

    assert said == [
        "added to “Issue”",
        "asked for a person",
        "rated it as good",
        "wrote a few words about the rating",
    ]


def test_its_history_names_what_a_customer_and_the_system_did(ticket, talk, agent):
    change_ticket(ticket, build_staff_actor(agent), status="pending")
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.submit_message.run_sync(talk.pk, "Here it is", "a1", can_start=False)
    change_ticket(ticket, build_staff_actor(agent), status="resolved")
    turns.submit_message.run_sync(talk.pk, "Not yet", "a2", can_start=False)
    confirm_by_customer(Ticket.objects.get())
    reopen_by_customer(Ticket.objects.get())
    confirm_by_customer(Ticket.objects.get())
    reopen_by_customer(Ticket.objects.get(), cause="person")
    change_ticket(Ticket.objects.get(), SYSTEM, status="closed")
    record_ticket_event("ticket_changed", ticket, ASSISTANT, changes={"subject": None, "category": None})

    said = [(line.who, line.sentence) for line in load_history(ticket.number) if line.who != "agent"]

    assert said == [
        ("The customer", "replied"),
        ("The customer", "reopened it by a reply"),
        ("The customer", "said that it is solved"),
        ("The customer", "reopened it"),
        ("The customer", "said that it is solved"),
        ("The customer", "reopened it"),
        ("The system", "closed it, as nobody had written for long enough"),
        ("The AI assistant", "filled in “Subject”, “Category”"),
    ]


def test_the_desk_leads_to_the_page_of_the_ticket(desk, talk):
    turns.request_person.run_sync(talk.pk)
    ticket = Ticket.objects.get(conversation=talk)
    page = desk.get(reverse("admin:conversations_conversation_change", args=[talk.pk])).content.decode()
    (address,) = re.findall(rf'href="([^"]+)">{ticket.number}<', page)
    assert desk.get(address, follow=True).redirect_chain == [(page_of(ticket), 302)]
    assert desk.get(address.replace("TKT", "XXX")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_nothing_can_be_posted_to_the_list_of_old_changes(desk, ticket):
    address = reverse("admin:tickets_ticket_history", args=[ticket.pk])
    assert (desk.get(address).status_code, desk.post(address).status_code) == (200, 405)


def test_who_may_not_read_conversations_sees_the_ticket_without_it(ticket, agent, client, talk):
    agent.groups.first().permissions.remove(
        *agent.groups.first().permissions.filter(codename="view_conversation")
    )
    client.force_login(agent)
    page = client.get(page_of(ticket)).content.decode()
    assert "You may not read conversations with customers." in page
    assert "ws-connect" not in page
    assert not AuditEvent.objects.filter(action="read_transcript").exists()


@pytest.mark.django_db(transaction=True)
def test_a_ticket_without_a_conversation_gets_one_when_it_is_first_answered(desk, phoned, alice, agent):
    Ticket.objects.filter(pk=phoned.pk).update(customer=alice)
    assert "There is no conversation yet." in desk.get(page_of(phoned)).content.decode()

    answer(desk, phoned, text="We have looked into it.")
    answer(desk, phoned, text="We have looked into it.")  # the button was pressed twice

    phoned.refresh_from_db()
    assert (phoned.conversation.user, phoned.conversation.owner) == (alice, "human")
    assert [reply.message.text for reply in phoned.replies.all()] == ["We have looked into it."]
    assert (phoned.status, phoned.assignee) == ("pending", agent)
    assert Job.objects.filter(kind="send_unread_reply").count() == 1


@pytest.mark.django_db(transaction=True)
def test_reply_and_resolve_ends_both(desk, phoned, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": "smtp://mail:25"})
    Ticket.objects.filter(pk=phoned.pk).update(guest_name="Gus", guest_email="gus@example.com")
    answer(desk, phoned, "resolve")
    phoned.refresh_from_db()
    assert (phoned.status, phoned.conversation.owner) == ("resolved", "closed")
    assert (phoned.conversation.reply_email, phoned.conversation.contact_name) == ("gus@example.com", "Gus")


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_the_customer_is_told_once_that_somebody_came_and_closed_it(desk, phoned, alice):
    Ticket.objects.filter(pk=phoned.pk).update(customer=alice)
    answer(desk, phoned, "resolve")
    phoned.refresh_from_db()
    told = list(phoned.conversation.messages.values_list("text", flat=True))

    answer(desk, phoned, "resolve")

    phoned.conversation.refresh_from_db()
    assert phoned.conversation.owner == "closed"
    assert list(phoned.conversation.messages.values_list("text", flat=True)) == told


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_here", [True, False])
def test_pressed_again_it_ends_nothing_that_the_customer_has_begun_since(desk, phoned, alice, agent, is_here):
    Ticket.objects.filter(pk=phoned.pk).update(customer=alice)
    answer(desk, phoned, "resolve")
    phoned.refresh_from_db()
    StaffPresence.objects.create(user=agent, is_here=is_here)
    lease = turns.submit_message.run_sync(phoned.conversation_id, "It is broken again", "a1").lease

    answer(desk, phoned, "resolve")

    phoned.refresh_from_db()
    owner = "human" if is_here else "bot"
    assert (phoned.status, phoned.conversation.owner) == ("open", owner)
    assert phoned.conversation.bot_silent_until is None
    assert bool(lease) is not is_here
    assert not phoned.conversation.turns.filter(stop_requested=True).exists()


@pytest.mark.parametrize(
    ("email", "why"), [("", "no account and no e-mail address"), ("gus@example.com", "SMTP_URL is not set")]
)
def test_a_ticket_that_cannot_be_answered_says_why(desk, phoned, email, why):
    Ticket.objects.filter(pk=phoned.pk).update(guest_email=email)
    assert why in desk.get(page_of(phoned)).content.decode()
    assert why in answer(desk, phoned).content.decode()
    phoned.refresh_from_db()
    assert phoned.conversation is None


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_stays_in_the_form(desk, phoned, alice, settings):
    Ticket.objects.filter(pk=phoned.pk).update(customer=alice)
    page = answer(desk, phoned, text="x" * (settings.MESSAGE_MAX_CHARS + 1)).content.decode()
    assert "Please shorten it." in page
    assert "x" * settings.MESSAGE_MAX_CHARS in page


def test_a_note_can_be_written_on_any_ticket(desk, phoned):
    answer(desk, phoned, "note", "He called twice.")
    phoned.refresh_from_db()
    assert Note.objects.get().text == "He called twice."
    assert (phoned.conversation.owner, phoned.status) == ("bot", "open")


def test_a_ticket_by_hand_knows_its_guest_its_order_and_its_tags(desk, agent):
    fields = {"issue": "Called about #1001", "priority": "high", "status": "open", "assignee": ""}
    desk.post(
        reverse("admin:tickets_ticket_add"),
        fields | {"guest_name": "Gus", "guest_email": "gus@example.com", "tag_names": "Phone, VIP"},
    )
    ticket = Ticket.objects.get()
    assert (ticket.guest_name, ticket.guest_email, ticket.order_number) == (
        "Gus",
        "gus@example.com",
        "#1001",
    )
    assert [tag.name for tag in ticket.tags.order_by("name")] == ["phone", "vip"]
    assert AuditEvent.objects.filter(action="ticket_opened", actor_id=agent.pk).count() == 1


def test_an_order_that_staff_write_in_small_letters_is_found(desk, agent):
    fields = {
        "issue": "Called",
        "priority": "low",
        "status": "open",
        "assignee": "",
        "order_number": " ord-77 ",
    }
    desk.post(reverse("admin:tickets_ticket_add"), fields)
    ticket = Ticket.objects.get()
    assert ticket.order_number == "ORD-77"
    assert find_tickets("ord-77").keys == [ticket.pk]


def test_a_ticket_by_hand_with_the_address_of_an_account_is_that_accounts(desk, alice, agent):
    agent.email = "agent@example.com"
    agent.save()
    add = reverse("admin:tickets_ticket_add")
    fields = {"issue": "Called", "priority": "low", "status": "open", "assignee": ""}
    for email in ("Alice@Example.com", "agent@example.com", "nobody@example.com"):
        desk.post(add, fields | {"guest_email": email})
    found = Ticket.objects.order_by("pk").values_list("customer__username", flat=True)
    assert list(found) == ["alice", None, None]


def test_where_answers_go_is_changed_by_hand_only_before_there_is_a_conversation(desk, phoned, alice):
    talk = Conversation.objects.create(guest_key="g", contact_email="gus@example.com")
    known = Ticket.objects.create(issue="Late", conversation=talk)
    fields = {"issue": "Late", "priority": "low", "status": "open", "guest_email": "new@example.com"}
    for ticket in (phoned, known):
        desk.post(page_of(ticket), fields)
        ticket.refresh_from_db()
        assert ticket.priority == "low"
    assert (phoned.guest_email, known.guest_email) == ("new@example.com", "gus@example.com")


def test_several_at_once_are_in_the_log_one_by_one(desk, agent):
    tickets = [Ticket.objects.create(number=f"TKT-0000000{n}", issue="x") for n in range(3)]
    desk.post(
        reverse("admin:tickets_ticket_changelist"),
        {"action": "set_resolved", "_selected_action": [ticket.pk for ticket in tickets]},
    )
    events = AuditEvent.objects.filter(action="ticket_changed", actor_id=agent.pk)
    assert sorted(events.values_list("subject", flat=True)) == [ticket.number for ticket in tickets]
    assert not Ticket.objects.filter(resolved=None).exists()


def test_who_deleted_a_ticket_is_in_the_log(ticket, client):
    admin = User.objects.create_superuser("admin")
    client.force_login(admin)
    client.post(reverse("admin:tickets_ticket_delete", args=[ticket.pk]), {"post": "yes"})
    assert not Ticket.objects.exists()
    event = AuditEvent.objects.get(action="ticket_deleted")
    assert (event.subject, event.actor_name) == ("TKT-00000001", "admin")


def test_who_may_only_look_sees_the_ticket_and_nothing_to_press(client, ticket):
    ticket.tags.add(Tag.objects.create(name="vip"))
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    client.force_login(reader)
    page = client.get(page_of(ticket)).content.decode()
    assert "ORD-123 is late" in page
    assert "vip" in page
    for button in ("_save", "target", "reply"):
        assert f'name="{button}"' not in page


@pytest.mark.parametrize("page", ["reply", "merge", "news", "number"])
def test_staff_without_rights_to_tickets_reach_none_of_it(client, ticket, page):
    client.force_login(User.objects.create(username="intern", is_staff=True))
    address = reverse(f"admin:tickets_ticket_{page}", args=[ticket.number if page == "number" else ticket.pk])
    answered = (
        client.get(address)
        if page in ("news", "number")
        else client.post(address, {"text": "x", "target": "x"})
    )
    assert answered.status_code == 403
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_the_customer_is_told_of_public_replies_by_the_assistant(chat, alice, agent):
    ctx = chat(alice)
    ticket = Ticket.objects.create(issue="Late", conversation_id=ctx.conversation, customer=alice)
    turns.take_over.run_sync(ctx.conversation, agent.pk)
    turns.post_staff_message.run_sync(ctx.conversation, agent.pk, "It arrives on Thursday.", "s1")

    (told,) = my_tickets(ctx)["tickets"]

    assert (told["ticket_id"], told["status"]) == (ticket.number, "pending")
    assert told["team_replied"] == ["It arrives on Thursday."]
