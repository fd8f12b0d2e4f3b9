"""What was deleted in admin stands nowhere any longer but in a ticket, also not in the log that admin itself keeps."""

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Rating
from supportbot.desk.models import Note
from supportbot.mail.incoming.intake import take_mail
from supportbot.mail.models import IncomingMail, SentMail
from tests.mail.mails import build_answer
from tickets.models import Ticket

# What only this customer could have said, in a name, an address, a message, and beside them.
WORDS = ("Zenobia", "zed@example.org", "Haematite")
DELETE_CHAT = "admin:conversations_conversation_delete"
LIST = reverse("admin:conversations_conversation_changelist")


@pytest.fixture
def chat(settings: Any, agent: User) -> Conversation:
    """A stranger has written a mail, and staff have answered and rated, noted and kept what came of it."""
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"site_url": "https://h.example.com", "smtp_url": "smtp://h", "mail_address": "a@example.com"}
    )
    mail = build_answer(None, "Zenobia <zed@example.org>", "My Haematite lamp is broken.")
    take_mail(mail.as_bytes())
    chat = Conversation.objects.get()
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "Which Haematite lamp?", "s1")
    Note.objects.create(conversation=chat, author=agent, author_name="Agent", text="Zenobia is angry")
    Rating.objects.create(conversation=chat, words="Haematite!", handler="staff")
    SentMail.objects.create(conversation=chat, email="zed@example.org", kind="unread_reply")
    IncomingMail.objects.create(
        key="k", outcome="foreign", sender="zed@example.org", sender_name="Zenobia", conversation=chat
    )
    return chat


def find_tables() -> list[str]:
    """The tables that hold one of the words."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(word in str(row) for row in cursor.fetchall() for word in WORDS):
                found.append(table)
    return found


@pytest.mark.parametrize("way", ["page", "list"])
def test_of_a_conversation_that_was_deleted_its_ticket_alone_holds_a_word_and_then_nothing_does(
    admin_client: Client, chat: Conversation, way: str
):
    ticket = Ticket.objects.get()
    assert {"conversations_message", "tickets_ticket"} < set(find_tables())
    if way == "page":
        admin_client.post(reverse(DELETE_CHAT, args=[chat.pk]), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [chat.pk], "post": "yes"}
        admin_client.post(LIST, chosen)

    assert not Conversation.objects.exists()
    assert LogEntry.objects.get().object_repr == f"Conversation {chat.pk}"
    assert find_tables() == ["tickets_ticket"]
    page = admin_client.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])).content.decode()
    assert "My Haematite lamp is broken." in page

    admin_client.post(reverse("admin:tickets_ticket_delete", args=[ticket.pk]), {"post": "yes"})
    assert find_tables() == []


@pytest.mark.parametrize("is_staff", [False, True])
def test_the_name_of_a_customer_goes_with_the_account_and_that_of_a_colleague_stays(
    admin_client: Client, is_staff: bool
):
    gone = User.objects.create_user("Zenobia", "zed@example.org", is_staff=is_staff)
    LogEntry.objects.log_actions(gone.pk, [gone], CHANGE, "Changed e-mail.")  # by herself, so it goes along
    root = User.objects.get(username="admin")
    LogEntry.objects.log_actions(root.pk, [gone], CHANGE, "Changed e-mail.")

    admin_client.post(reverse("admin:auth_user_delete", args=[gone.pk]), {"post": "yes"})

    names = set(LogEntry.objects.values_list("object_repr", flat=True))
    assert names == ({"Zenobia"} if is_staff else {f"Account {gone.pk}"})
    assert LogEntry.objects.filter(action_flag=DELETION).count() == 1


# What rows are called by in admin, besides a number: what staff have named, and what the shop gave a number to.
NAMES = {
    "auth.Group.name",
    "auth.User.username",  # see `blank_account_name`
    *("axes.AccessFailureLog.username", "axes.AccessLog.username"),  # of which none are kept
    "desk.SavedReply.title",
    "orders.Order.number",
    "orders.OrderItem.name",
    "tickets.Ticket.number",
    *("usage.ModelRequest.backend", "usage.ModelRequest.model", "usage.ModelRequest.purpose"),
    # Who of the staff, and nobody can delete it.
    *(f"audit.AuditEvent.{each}" for each in ("actor", "actor_name", "action")),
}


def list_rows_of_admin() -> list[type[models.Model]]:
    """The models that admin has pages of, and those of the forms in these pages."""
    inlines = [inline.model for each in admin.site._registry.values() for inline in each.inlines]
    return [*admin.site._registry, *inlines]


def find_fields_of_name(model: type[models.Model]) -> set[str]:
    """The fields by whose text a row of this model is called."""
    texts = [
        each for each in model._meta.concrete_fields if isinstance(each, models.CharField | models.TextField)
    ]
    rows = {each.name: model(pk=7, **{each.attname: "Zenobia"}) for each in texts}
    for row in rows.values():
        for each in model._meta.concrete_fields:
            if isinstance(each, models.ForeignKey) and each.name == "user":
                row.user = User(username="sam")
    return {f"{model._meta.label}.{name}" for name, row in rows.items() if "Zenobia" in str(row)}


def test_no_row_of_admin_is_called_by_the_words_the_name_or_the_address_of_a_customer():
    found = {name for model in list_rows_of_admin() for name in find_fields_of_name(model)}
    assert found <= NAMES
    assert "tickets.Ticket.number" in found


def test_what_the_log_of_admin_held_before_is_called_by_its_number(admin_user: User, alice: User):
    kinds = {
        model: ContentType.objects.get_for_model(model)
        for model in (Conversation, IncomingMail, User, Ticket)
    }
    gone = alice.pk + 100
    rows = [(Conversation, 3), (IncomingMail, 4), (User, gone), (User, alice.pk), (Ticket, 5)]
    for model, key in rows:
        LogEntry.objects.create(
            user=admin_user,
            content_type=kinds[model],
            object_id=key,
            object_repr="Zenobia",
            action_flag=ADDITION,
        )

    migration = importlib.import_module("supportbot.desk.migrations.0003_customers_in_the_log_of_admin")
    migration.blank_customers(apps, None)

    names = list(LogEntry.objects.order_by("pk").values_list("object_repr", flat=True))
    assert names == ["Conversation 3", "Mail 4", f"Account {gone}", "Zenobia", "Zenobia"]
