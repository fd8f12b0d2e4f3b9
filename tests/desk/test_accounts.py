"""An administrator can delete any colleague, the team keeps what is the team's, and no change of rights is undone."""

from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from orders.models import Order
from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Message, Rating, StaffPresence, Turn
from supportbot.conversations.staff_group import LEADS
from supportbot.desk.models import Note, SavedReply
from supportbot.mail.models import IncomingMail, MailPreference
from supportbot.prompts.models import Prompt
from tests.admin_forms import open_form, read_form
from tickets.models import Ticket, TicketReply

CHANGE, DELETE = "admin:auth_user_change", "admin:auth_user_delete"


def fill_account(sam: User) -> None:
    """Give a colleague everything that a colleague may have."""
    MailPreference.objects.create(user=sam)
    StaffPresence.objects.create(user=sam)
    SavedReply.objects.create(title="Refunds", text="For all", owner=sam, is_shared=True)
    SavedReply.objects.create(title="My own", text="Mine", owner=sam)
    own = Conversation.objects.create(user=sam, assignee=sam)
    turn = Turn.objects.create(conversation=own, state="done")
    message = Message.objects.create(conversation=own, turn=turn, seq=1, role="staff", author=sam)
    note = Note.objects.create(conversation=own, author=sam, author_name="Sam", text="Rude")
    note.mentions.create(staff=sam)
    Rating.objects.create(conversation=own, staff=sam, handler="staff")
    IncomingMail.objects.create(key="k", outcome="foreign", conversation=own, handled_by=sam)
    Prompt.objects.create(author=sam).publish()
    ticket = Ticket.objects.create(number="TKT-00000001", customer=sam, assignee=sam, conversation=own)
    TicketReply.objects.create(ticket=ticket, message=message, author=sam)
    Order.objects.create(number="ORD-9", customer=sam)
    sam.user_permissions.add(Permission.objects.all()[0])
    LogEntry.objects.create(user=sam, action_flag=2)


def count_rows(user: User) -> dict[str, int]:
    """By the name of each relation of accounts: how many rows this account has there."""
    relations: list[Any] = [
        each for each in User._meta.get_fields(include_hidden=True) if each.auto_created and not each.concrete
    ]
    return {
        f"{each.related_model._meta.label}.{each.field.name}": each.related_model._base_manager.filter(
            **{each.field.name: user.pk}
        ).count()
        for each in relations
    }


def test_the_colleague_of_these_tests_has_everything_that_one_may_have(sam):
    fill_account(sam)
    assert [name for name, count in count_rows(sam).items() if not count] == []


@pytest.mark.parametrize("way", ["page", "list"])
def test_an_administrator_can_delete_a_colleague_who_has_everything(admin_client: Client, sam: User, way):
    fill_account(sam)
    key = sam.pk

    if way == "page":
        page = admin_client.get(reverse(DELETE, args=[key]))
        assert not page.context["perms_lacking"]
        assert "My own" in page.content.decode()
        assert "Refunds" not in page.content.decode(), "it does not go along"
        admin_client.post(reverse(DELETE, args=[key]), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [key], "post": "yes"}
        admin_client.post(reverse("admin:auth_user_changelist"), chosen)

    assert not User.objects.filter(pk=key).exists()
    kept = SavedReply.objects.get()
    assert (kept.title, kept.owner) == ("Refunds", None)
    event = AuditEvent.objects.get(action="saved_reply_deleted")
    assert (event.subject, event.actor_name) == ("My own", "admin")
    assert (Ticket.objects.get().assignee, Prompt.objects.get().author) == (None, None)


def test_who_may_delete_accounts_need_not_be_an_administrator(client: Client, agent: User, sam: User):
    agent.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "delete_user"]))
    client.force_login(agent)
    MailPreference.objects.create(user=sam)
    SavedReply.objects.create(title="My own", text="Mine", owner=sam)
    client.post(reverse(DELETE, args=[sam.pk]), {"post": "yes"})
    assert not User.objects.filter(pk=sam.pk).exists()


def test_the_team_goes_on_with_the_shared_replies_of_somebody_who_left(
    client: Client, admin_client: Client, agent: User, sam: User
):
    reply = SavedReply.objects.create(title="Refunds", text="For all", owner=sam, is_shared=True)
    sam.delete()
    client.force_login(agent)
    chat = Conversation.objects.create(guest_key="g")
    assert "Refunds" in client.get(reverse("desk-replies", args=[chat.pk])).content.decode()

    change = reverse("admin:desk_savedreply_change", args=[reply.pk])
    assert client.post(change, {"title": "Mine now", "text": "x"}).status_code == 403
    admin_client.post(change, {"title": "Refunds", "text": "Another text", "is_shared": "on"})
    reply.refresh_from_db()
    assert (reply.text, reply.is_shared) == ("Another text", True)


class TestTwoAdministrators:
    def test_an_account_that_one_has_closed_stays_closed(self, admin_client: Client, sam: User) -> None:
        """Also where the other one's page showed no group and no last sign-in."""
        sam.groups.clear()
        address, leads = reverse(CHANGE, args=[sam.pk]), Group.objects.get(name=LEADS)
        mine, others = open_form(admin_client, address), open_form(admin_client, address)

        admin_client.post(address, others | {"is_active": [], "groups": [leads.pk]})
        page = admin_client.post(address, mine | {"email": "new@example.com"}, follow=True)

        sam.refresh_from_db()
        assert (sam.is_active, sam.email, [*sam.groups.all()]) == (False, "new@example.com", [leads])
        assert "Meanwhile somebody else changed: “Active”, “Groups”." in unescape(page.content.decode())

    def test_the_later_of_two_who_choose_groups_is_told_and_may_decide(
        self, admin_client: Client, sam: User
    ) -> None:
        address, leads = reverse(CHANGE, args=[sam.pk]), Group.objects.get(name=LEADS)
        mine, others = open_form(admin_client, address), open_form(admin_client, address)
        admin_client.post(address, others | {"groups": []})
        told = admin_client.post(address, mine | {"groups": [leads.pk]}).content.decode()
        assert "has changed this to “nothing” since you opened the page" in told
        assert not sam.groups.exists()
        admin_client.post(address, read_form(told))
        assert [*sam.groups.all()] == [leads]

    def test_a_password_is_changed_and_its_digest_is_in_no_page(
        self, admin_client: Client, sam: User
    ) -> None:
        new = {"password1": "a new one 4711", "password2": "a new one 4711", "usable_password": "true"}
        admin_client.post(reverse("admin:auth_user_password_change", args=[sam.pk]), new)
        sam.refresh_from_db()
        assert sam.check_password("a new one 4711")
        assert sam.password not in admin_client.get(reverse(CHANGE, args=[sam.pk])).content.decode()
