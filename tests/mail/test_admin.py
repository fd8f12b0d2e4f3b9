"""Members of staff say in admin which mail they want."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.staff_group import ensure_staff_groups
from supportbot.mail.incoming.posting import post_kept_mail
from supportbot.mail.models import IncomingMail, MailPreference
from tests.admin_forms import overtake

ADD = reverse("admin:mail_mailpreference_add")


@pytest.fixture
def desk(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def sam(db: None) -> User:
    sam = User.objects.create_user("sam", is_staff=True)
    sam.groups.add(ensure_staff_groups()[0])
    return sam


def test_staff_make_their_own_preference_and_are_taken_to_it_from_then_on(desk: Client, agent: User) -> None:
    desk.post(ADD, {"waiting": ""})

    own = MailPreference.objects.get()
    assert (own.user, own.waiting) == (agent, False)
    again = desk.post(ADD, {"waiting": "on"})
    assert again.headers["Location"] == reverse("admin:mail_mailpreference_change", args=[own.pk])
    assert not MailPreference.objects.get().waiting


class TestIncomingMails:
    @pytest.fixture
    def kept(self, alice: User) -> IncomingMail:
        chat = Conversation.objects.create(user=alice)
        return IncomingMail.objects.create(
            key="k",
            outcome="foreign",
            sender="bob@example.com",
            text="The <b>red</b> one.",
            conversation=chat,
        )

    def address(self, kept: IncomingMail) -> str:
        return reverse("admin:mail_incomingmail_change", args=[kept.pk])

    def test_staff_see_who_wrote_and_why_it_was_kept(self, desk: Client, kept: IncomingMail) -> None:
        page = desk.get(self.address(kept)).content.decode()
        assert "bob@example.com" in page
        assert "isn’t the one we wrote to" in page
        assert "The &lt;b&gt;red&lt;/b&gt; one." in page

    def test_staff_see_by_its_title_which_conversation_it_is_for(
        self, desk: Client, kept: IncomingMail
    ) -> None:
        listed = reverse("admin:mail_incomingmail_changelist")
        assert kept.conversation is not None
        for title, shown in (("", f"Conversation {kept.conversation_id}"), ("A red lamp", "A red lamp")):
            Conversation.objects.update(title=title)
            for address in (self.address(kept), listed):
                assert shown in desk.get(address).content.decode()

    def test_one_press_posts_it_as_the_customers_message_once(
        self, desk: Client, kept: IncomingMail, agent: User
    ) -> None:
        for _ in range(2):
            desk.post(self.address(kept), {"conversation": kept.conversation_id, "_post": "1"})

        message = Message.objects.get(role="customer")
        assert (message.text, message.channel) == ("The <b>red</b> one.", "mail")
        kept.refresh_from_db()
        assert (kept.outcome, kept.handled_by, kept.text) == ("attached", agent, "")
        assert AuditEvent.objects.filter(action="mail_posted", actor_id=agent.pk).count() == 1

    def test_it_can_be_posted_elsewhere(self, desk: Client, kept: IncomingMail) -> None:
        other = Conversation.objects.create(guest_key="g")
        desk.post(self.address(kept), {"conversation": other.pk, "_post": "1"})
        assert Message.objects.get(role="customer").conversation == other

    def test_without_a_conversation_nothing_is_posted(self, desk: Client, kept: IncomingMail) -> None:
        page = desk.post(self.address(kept), {"conversation": "", "_post": "1"}, follow=True).content.decode()
        assert "choose its conversation first" in page
        assert not Message.objects.exists()

    def test_it_can_be_set_aside(self, desk: Client, kept: IncomingMail) -> None:
        desk.post(self.address(kept), {"conversation": kept.conversation_id, "_dismiss": "1"})
        kept.refresh_from_db()
        assert (kept.outcome, kept.needs_staff) == ("foreign", False)
        assert not Message.objects.exists()

    def test_the_list_of_what_is_to_be_looked_at(self, desk: Client, kept: IncomingMail) -> None:
        IncomingMail.objects.create(key="a", outcome="automatic", sender="robot@example.com")
        page = desk.get(reverse("admin:mail_incomingmail_changelist"), {"open": "1"}).content.decode()
        assert "bob@example.com" in page
        assert "robot@example.com" not in page

    def test_posting_one_takes_few_queries(self, kept: IncomingMail, agent: User) -> None:
        with CaptureQueriesContext(connection) as taken:
            post_kept_mail(kept.pk, agent)
        assert Message.objects.get(role="customer").channel == "mail"
        assert len(taken) <= 25

    def test_of_two_who_press_post_at_once_the_later_one_is_told(
        self, desk: Client, kept: IncomingMail, sam: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = Conversation.objects.create(guest_key="g")
        overtake(monkeypatch, lambda: post_kept_mail(kept.pk, sam))

        page = desk.post(self.address(kept), {"conversation": other.pk, "_post": "1"}, follow=True)

        assert "somebody has seen to it already" in page.content.decode()
        assert Message.objects.get(role="customer").conversation == kept.conversation
        kept.refresh_from_db()
        assert (kept.outcome, kept.handled_by, kept.text) == ("attached", sam, "")
        assert AuditEvent.objects.filter(action="mail_posted").count() == 1

    def test_a_save_at_that_moment_leaves_the_mail_handled(
        self, desk: Client, kept: IncomingMail, sam: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        overtake(monkeypatch, lambda: post_kept_mail(kept.pk, sam))
        desk.post(self.address(kept), {"conversation": kept.conversation_id})
        kept.refresh_from_db()
        assert (kept.needs_staff, kept.handled_by) == (False, sam)

    def test_a_mail_is_posted_where_its_reader_saw_that_it_would_go(
        self, desk: Client, kept: IncomingMail
    ) -> None:
        """A colleague has chosen another conversation since the page was opened, and has saved that."""
        shown, other = kept.conversation_id, Conversation.objects.create(guest_key="g")
        IncomingMail.objects.update(conversation=other)
        sent = {"conversation": shown, "initial-conversation": shown, "_post": "1"}

        page = desk.post(self.address(kept), sent)
        assert not Message.objects.exists()
        assert "since you opened the page" in page.content.decode()

        sent["initial-conversation"] = page.context["adminform"].form.data["initial-conversation"]
        desk.post(self.address(kept), sent)
        assert Message.objects.get(role="customer").conversation_id == shown

    def test_a_save_of_nothing_keeps_the_conversation_that_a_colleague_chose(
        self, desk: Client, kept: IncomingMail
    ) -> None:
        shown, other = kept.conversation_id, Conversation.objects.create(guest_key="g")
        IncomingMail.objects.update(conversation=other)
        sent = {"conversation": shown, "initial-conversation": shown, "_dismiss": "1"}
        desk.post(self.address(kept), sent)
        kept.refresh_from_db()
        assert (kept.conversation, kept.needs_staff) == (other, False)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_colleagues_in_two_processes_post_a_mail_once(client: Client) -> None:
    """The second one asks for the row while the first one's transaction still holds it."""
    desks = []
    for name in ("root", "toor"):
        desks.append(Client())
        desks[-1].force_login(User.objects.create_superuser(name))
    chats = [Conversation.objects.create(guest_key=key) for key in "xy"]
    for number in range(3):
        kept = IncomingMail.objects.create(key=f"k{number}", outcome="foreign", text=f"Mail {number}")
        press_at_once(desks, kept, chats)
        assert Message.objects.filter(role="customer", text=f"Mail {number}").count() == 1


def press_at_once(desks: list[Client], kept: IncomingMail, chats: list[Conversation]) -> None:
    address, gate = reverse("admin:mail_incomingmail_change", args=[kept.pk]), threading.Barrier(len(desks))

    def press(desk: Client, chat: Conversation) -> None:
        gate.wait(timeout=10)
        desk.post(address, {"conversation": chat.pk, "_post": "1"})
        connections.close_all()

    threads = [threading.Thread(target=press, args=pair) for pair in zip(desks, chats, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
