"""The ticket's page: the conversation first and live, its history, an answer where there is none, and merging."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Rating, StaffPresence
from supportbot.desk.models import Note, SavedReply
from supportbot.jobs.models import Job
from tickets.actors import ASSISTANT, SYSTEM, build_staff_actor
from tickets.answers import confirm_by_customer, lock_continuing_ticket, reopen_by_customer
from tickets.audit import record_ticket_event
from tickets.changes import change_ticket
from tickets.history import load_history
from tickets.merging import MergeRefused, merge_ticket
from tickets.models import Tag, Ticket
from tickets.models.queryset import TicketQuerySet
from tickets.search import find_tickets
from tickets.tools import create_ticket, my_tickets


def page_of(ticket: Ticket) -> str:
    return reverse("admin:tickets_ticket_change", args=[ticket.pk])


@pytest.fixture
def talk(alice) -> Conversation:
    return Conversation.objects.create(user=alice)


@pytest.fixture
def ticket(talk, alice) -> Ticket:
    return Ticket.objects.create(
        number="TKT-00000001", issue="ORD-123 is late", conversation=talk, customer=alice
    )


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


def merge(ticket: Ticket, target: str, agent) -> Ticket:
    return merge_ticket(ticket.pk, target, build_staff_actor(agent))


def test_a_merged_ticket_says_into_which_and_the_customer_is_told_once(desk, ticket, talk, alice, agent):
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "We are on it.", "s1")
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)

    address = reverse("admin:tickets_ticket_merge", args=[ticket.pk])
    for _press in range(2):
        desk.post(address, {"target": " tkt-00000002 "}, follow=True)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution, ticket.merged_into) == ("closed", "merged", target)
    told = talk.messages.filter(role="system", text__contains="TKT-00000002")
    assert [message.text for message in told] == [
        "Your ticket TKT-00000001 is now a part of TKT-00000002. We'll go on with both there."
    ]
    pages = [" ".join(desk.get(page_of(each)).content.decode().split()) for each in (ticket, target)]
    assert f'Merged into <a href="{page_of(target)}">TKT-00000002</a>' in pages[0]
    assert "We are on it." in pages[0], "its conversation stays where it was"
    assert f'With <a href="{page_of(ticket)}">TKT-00000001</a>' in pages[1]
    assert "merged TKT-00000001 into this ticket" in pages[1]


def test_who_waits_on_a_merged_ticket_waits_on_the_one_that_goes_on(ticket, alice, agent):
    ended = Ticket.objects.create(number="TKT-00000002", issue="x", customer=alice, status="resolved")
    since = timezone.now() - timedelta(hours=3)
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=since)
    merge(ticket, ended.number, agent)
    ended.refresh_from_db()
    assert (ended.status, ended.waiting_since, ended.due) == ("open", since, since + timedelta(hours=8))


@pytest.mark.parametrize("priorities", [("high", "low"), ("low", "high")])
def test_what_is_urgent_stays_so_when_it_is_merged(ticket, alice, agent, priorities):
    Ticket.objects.filter(pk=ticket.pk).update(priority=priorities[0])
    target = Ticket.objects.create(
        number="TKT-00000002", issue="x", customer=alice, priority=priorities[1], assignee=agent
    )
    since = target.waiting_since
    ticket.refresh_from_db()
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=since)

    merge(ticket, target.number, agent)

    target.refresh_from_db()
    assert (target.priority, target.due) == ("high", since + timedelta(hours=4))


@pytest.mark.parametrize("end", ["customer", "closed", "resolved", ""])
def test_what_the_team_waits_for_on_a_merged_ticket_it_waits_for_on_the_one_that_goes_on(
    ticket, talk, alice, agent, end
):
    target = Ticket.objects.create(
        number="TKT-00000002", issue="Lamp", customer=alice, conversation=talk, status="pending"
    )
    if end == "customer":
        confirm_by_customer(target)
    elif end:
        change_ticket(target, SYSTEM, status=end)
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "Which colour?", "s1", reference=ticket.number)
    turns.hand_back.run_sync(talk.pk, agent.pk)
    ticket.refresh_from_db()

    merge(ticket, target.number, agent)

    target.refresh_from_db()
    assert (target.status, target.resolution, target.assignee) == ("pending", "", agent)
    turns.submit_message.run_sync(talk.pk, "Red.", "c1", can_start=False)
    target.refresh_from_db()
    assert (target.status, target.assignee) == ("open", agent)


def test_to_a_colleague_who_owes_an_answer_a_ticket_that_waits_for_one_is_merged_without_a_change(
    ticket, talk, alice, agent
):
    sam = User.objects.create_user("sam", is_staff=True)
    sam.groups.set(agent.groups.all())
    since = timezone.now() - timedelta(hours=3)
    owed = Ticket.objects.create(number="TKT-00000002", issue="x", customer=alice, assignee=sam)
    Ticket.objects.filter(pk=owed.pk).update(waiting_since=since)
    change_ticket(ticket, build_staff_actor(agent), status="pending", assignee=agent)

    merge(ticket, owed.number, agent)

    owed.refresh_from_db()
    assert (owed.status, owed.assignee, owed.waiting_since) == ("open", sam, since)


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_what_the_team_had_ended_is_answered_in_the_one_that_the_customer_had_ended(
    ticket, talk, alice, agent, status
):
    target = Ticket.objects.create(number="TKT-00000002", issue="Lamp", customer=alice, conversation=talk)
    confirm_by_customer(target)
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "It is done.", "s1", reference=ticket.number)
    turns.hand_back.run_sync(talk.pk, agent.pk)
    ticket.refresh_from_db()
    change_ticket(ticket, build_staff_actor(agent), status=status)

    merge(ticket, target.number, agent)
    turns.submit_message.run_sync(talk.pk, "It is not.", "c1", can_start=False)

    target.refresh_from_db()
    assert target.status == "open"


def test_whoever_speaks_of_a_merged_matter_again_gets_no_other_ticket(chat, alice, agent):
    ctx, other = chat(alice), Conversation.objects.create(user=alice)
    talk = Conversation.objects.get(pk=ctx.conversation)
    ticket = Ticket.objects.create(issue="Late", customer=alice, conversation=talk)
    target = Ticket.objects.create(issue="The same", customer=alice, conversation=other)
    merge(ticket, target.number, agent)

    turns.request_person.run_sync(talk.pk, text="I'd like to talk to a person.", client_id="p1")
    assert Ticket.objects.count() == 2
    assert target.number in talk.messages.filter(role="system").latest("pk").text

    said = create_ticket(ctx, "Late!", "low")
    assert (said["ticket_id"], Ticket.objects.count()) == (target.number, 2)


def test_nobody_is_told_of_a_merge_that_was_refused(ticket, talk, bob, agent):
    Ticket.objects.create(number="TKT-00000005", issue="Bob's", customer=bob)
    with pytest.raises(MergeRefused):
        merge(ticket, "TKT-00000005", agent)
    assert not talk.messages.exists()


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


def test_what_was_merged_into_a_merged_ticket_follows_it(ticket, alice, agent):
    second, third = (
        Ticket.objects.create(number=f"TKT-0000000{n}", issue="The same", customer=alice) for n in (2, 3)
    )
    merge(ticket, second.number, agent)
    merge(second, third.number, agent)
    ticket.refresh_from_db()
    assert ticket.merged_into == third


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("TKT-00000001", "into itself"),
        ("TKT-77777777", "no ticket with this number"),
        ("", "no ticket with this number"),
        ("TKT-00000005", "of different customers"),
        ("TKT-00000006", "has itself been merged"),
    ],
)
def test_what_cannot_be_merged_is_told_in_words(ticket, bob, alice, agent, target, why):
    Ticket.objects.create(number="TKT-00000005", issue="Bob's", customer=bob)
    gone = Ticket.objects.create(number="TKT-00000006", issue="Gone", customer=alice)
    merge(gone, Ticket.objects.create(number="TKT-00000007", issue="Here", customer=alice).number, agent)
    with pytest.raises(MergeRefused, match=re.escape(why)):
        merge(ticket, target, agent)
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_merged_ticket_is_not_opened_by_an_action_of_the_list(desk, ticket, alice, agent):
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)
    merge(ticket, target.number, agent)
    desk.post(
        reverse("admin:tickets_ticket_changelist"),
        {"action": "set_open", "_selected_action": [ticket.pk, target.pk]},
    )
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_a_merged_ticket_is_not_opened_by_its_form(desk, ticket, alice, agent):
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)
    merge(ticket, target.number, agent)
    desk.post(page_of(ticket), {"issue": "Late", "priority": "low", "status": "open"})
    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority) == ("closed", "low")


def test_a_merged_ticket_is_not_locked_before_the_one_that_goes_on(ticket, alice, agent, monkeypatch):
    """Whoever merges that one further writes this one after it, so the two would wait for each other."""
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)
    merge(ticket, target.number, agent)
    locked = []
    lock = TicketQuerySet.lock_ticket
    monkeypatch.setattr(TicketQuerySet, "lock_ticket", lambda rows, pk: locked.append(pk) or lock(rows, pk))

    assert lock_continuing_ticket(ticket.pk) == target
    assert locked == [target.pk]


@pytest.mark.parametrize("reference", ["TKT-00000001", ""])
def test_a_reply_in_the_conversation_of_a_merged_ticket_is_one_of_the_ticket_that_goes_on(
    ticket, talk, alice, agent, reference
):
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)
    merge(ticket, target.number, agent)
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "On its way.", "s1", reference=reference)

    target.refresh_from_db()
    assert (target.status, [reply.message.text for reply in target.replies.all()]) == (
        "pending",
        ["On its way."],
    )


def test_the_customer_is_told_of_public_replies_by_the_assistant(chat, alice, agent):
    ctx = chat(alice)
    ticket = Ticket.objects.create(issue="Late", conversation_id=ctx.conversation, customer=alice)
    turns.take_over.run_sync(ctx.conversation, agent.pk)
    turns.post_staff_message.run_sync(ctx.conversation, agent.pk, "It arrives on Thursday.", "s1")

    (told,) = my_tickets(ctx)["tickets"]

    assert (told["ticket_id"], told["status"]) == (ticket.number, "pending")
    assert told["team_replied"] == ["It arrives on Thursday."]
