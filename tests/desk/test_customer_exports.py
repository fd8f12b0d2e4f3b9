"""A customer is given all that the shop has about them as one file, and nothing that is of others or the team."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.test import Client
from django.utils import timezone

from orders.models import Order, OrderItem
from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Rating, ToolCall
from supportbot.desk.models import Note
from supportbot.mail.models import IncomingMail, SentMail
from tests.conversations.photos import PICTURE
from tickets.models import Ticket, TicketReply
from tickets.models.status_change import StatusChange

from .exports import attach_photo, press_export, read_parts, say

PARTS = {"account", "conversations", "ratings", "tickets", "orders", "mails_received", "mails_sent"}


def begin(word: str, **values: Any) -> Conversation:
    """A conversation with all that may be kept about one; the word stands in whatever its customer may read."""
    chat = Conversation.objects.create(title=word, contact_email=f"{word}@example.org", **values)
    say(chat, ("customer", f"Where is my {word}?"), ("assistant", f"**The {word}** is late."))
    reply = say(chat, ("staff", f"I am sorry about the {word}."), author_name="Sam")
    say(chat, ("customer", f"{word} by mail"), channel="mail")
    Rating.objects.create(
        conversation=chat, handler="staff", is_good=False, rated=timezone.now(), words=f"{word}!"
    )
    ticket = Ticket.objects.create(
        subject=f"Late {word}",
        issue=f"Late {word}",
        by_assistant=["subject"],
        status="pending",
        conversation=chat,
        customer=chat.user,
    )
    TicketReply.objects.create(ticket=ticket, message=reply, author_name="Sam")
    StatusChange.objects.create(ticket=ticket, old="open", new="pending", actor="staff")
    IncomingMail.objects.create(
        key=word, outcome="posted", sender=f"{word}@example.org", subject=f"About {word}", conversation=chat
    )
    SentMail.objects.create(conversation=chat, email=f"{word}@example.org", kind="answer")
    return chat


def test_an_account_is_given_all_that_it_has_said_and_read_with_its_photos_tickets_ratings_mails_and_orders(
    leads, alice
):
    chat = begin("lamp", user=alice)
    attach_photo(say(chat, ("customer", "")))
    begin("kettle", user=alice)
    order = Order.objects.get(number="ORD-123")
    OrderItem.objects.create(order=order, name="Lamp", price="19.9")

    archive = press_export(leads, "customer", alice.pk)
    parts = read_parts(archive)

    assert parts.keys() == PARTS
    assert parts["account"][0]["email"] == "alice@example.com"
    lamp, kettle = parts["conversations"]
    assert [(each["from"], each.get("text")) for each in lamp["messages"]] == [
        ("customer", "Where is my lamp?"),
        ("assistant", "**The lamp** is late."),
        ("staff", "I am sorry about the lamp."),
        ("customer", "lamp by mail"),
        ("customer", None),
    ]
    assert lamp["messages"][2]["name"] == "Sam"
    assert lamp["messages"][3]["by"] == "e-mail"
    assert (kettle["title"], kettle["email"]) == ("kettle", "kettle@example.org")
    (photo,) = lamp["messages"][4]["photos"]
    assert ZipFile(BytesIO(archive)).read(photo) == PICTURE.data
    assert [each["words"] for each in parts["ratings"]] == ["lamp!", "kettle!"]
    ticket = parts["tickets"][0]
    assert (ticket["about"], ticket["status"]) == ("Late lamp", "pending")
    assert ticket["conversation"] == lamp["conversation"] == str(chat.public_id)
    assert ticket["replies"][0]["text"] == "I am sorry about the lamp."
    assert ticket["status_changes"][0]["status"] == "pending"
    assert {each["number"] for each in parts["orders"]} == {"ORD-123", "ORD-456"}
    assert next(item for each in parts["orders"] for item in each["items"])["price"] == "19.90 USD"
    assert [each["sender"] for each in parts["mails_received"]] == ["lamp@example.org", "kettle@example.org"]
    assert [each["to"] for each in parts["mails_sent"]] == ["lamp@example.org", "kettle@example.org"]


def test_nothing_of_another_customer_and_nothing_that_is_for_the_team_or_the_model_is_in_it(
    leads, alice, bob
):
    chat = begin("lamp", user=alice, summary="Secret summary", waiting_reason="Secret reason")
    attach_photo(say(chat, ("customer", "Look")))
    call = ToolCall(message=chat.messages.get(seq=2), position=0, call_id="c1", name="lookup_order")
    call.arguments = call.result = "Secret result"
    call.save()
    Note.objects.create(conversation=chat, author_name="Sam", text="Secret note")
    chat.tickets.update(summary="Secret handover", wants="Secret wish", priority="high", sentiment="angry")
    foreign = begin("kettle", user=bob)
    attach_photo(say(foreign, ("customer", "Bob's secret")))
    Order.objects.create(number="ORD-999", customer=bob, email="alice@example.com")
    # What somebody else has sent to her conversation, and her ticket about a conversation of his.
    IncomingMail.objects.create(
        key="k", outcome="foreign", sender="secret@example.org", text="Secret mail", conversation=chat
    )
    Ticket.objects.create(issue="Mine", customer=alice, conversation=foreign)
    Ticket.objects.create(issue="Secret issue", customer=bob, conversation=chat)
    begin("guests", guest_key="g", contact_name="Secret guest")

    archive = press_export(leads, "customer", alice.pk)

    with ZipFile(BytesIO(archive)) as files:
        whole = b"".join(map(files.read, files.namelist())).decode(errors="replace").lower()
        assert [name for name in files.namelist() if not name.endswith(".json")] == ["conversations/1.jpg"]
    words = ("secret", "kettle", "ord-999", str(foreign.public_id), "angry", "guests", "lookup_order")
    assert "lamp" in whole
    assert [word for word in words if word in whole] == []


def test_a_guest_is_given_what_is_surely_theirs(leads, alice):
    def leave(word: str, email: str, **values: Any) -> Conversation:
        chat = begin(word, **values)
        chat.contact_email = email
        chat.save()
        return chat

    chat = leave("first", "Gus@example.org", guest_key="a")
    leave("nameless", "", guest_key="a")
    leave("elsewhere", "gus@EXAMPLE.org", guest_key="b")
    leave("other", "zoe@example.org", guest_key="a")  # somebody else at the same computer
    leave("longer", "gus@example.org.uk", guest_key="c")
    leave("account", "gus@example.org", user=alice)
    keyless = leave("keyless", "", guest_key="")
    leave("foreign", "", guest_key="")
    Order.objects.create(number="ORD-777", email="gus@example.org")
    Ticket.objects.create(issue="Nobody's", customer=None)

    def list_titles(key: int) -> list[str]:
        parts = read_parts(press_export(leads, "guest", key))
        assert (parts["account"], parts["orders"]) == ([], [])
        titles = [each["title"] for each in parts["conversations"]]
        assert [each["words"] for each in parts["ratings"]] == [f"{title}!" for title in titles]
        assert [each["about"] for each in parts["tickets"]] == [f"Late {title}" for title in titles]
        return titles

    assert list_titles(chat.pk) == ["first", "nameless", "elsewhere"]
    assert list_titles(keyless.pk) == ["keyless"]


def test_of_a_guest_who_signed_in_nothing_is_exported_but_by_the_page_of_the_account(leads, alice):
    chat = begin("lamp", user=alice)

    response = leads.post(f"/admin/desk/guest/{chat.pk}/export/")

    assert response["location"] == f"/admin/desk/guest/{chat.pk}/"
    assert not AuditEvent.objects.filter(action="customer_exported").exists()
    assert leads.post("/admin/desk/customer/987654321/export/").status_code == 404


def test_those_who_may_export_are_offered_it_and_others_are_not(leads, agent, alice):
    guest = begin("lamp", guest_key="g")
    agents = Client()
    agents.force_login(agent)

    for page in (f"/admin/desk/customer/{alice.pk}/", f"/admin/desk/guest/{guest.pk}/"):
        assert f'action="{page}export/"' in leads.get(page).content.decode()
        assert "Export data" not in agents.get(page).content.decode()
        assert agents.post(f"{page}export/").status_code == 403
        assert leads.get(f"{page}export/").status_code == 405  # no link has it made


def test_each_export_is_on_record_without_a_word_or_name_of_the_customer(leads, lead, alice):
    guest = begin("lamp", guest_key="g")
    for kind, key in (("customer", alice.pk), ("customer", alice.pk), ("guest", guest.pk)):
        press_export(leads, kind, key)

    events = AuditEvent.objects.filter(action="customer_exported").order_by("pk")
    assert list(events.values_list("actor_id", "actor_name", "subject", "conversation_id", "details")) == [
        (lead.pk, "Lea", f"Account {alice.pk}", None, {}),
        (lead.pk, "Lea", f"Account {alice.pk}", None, {}),
        (lead.pk, "Lea", "", guest.pk, {}),
    ]
