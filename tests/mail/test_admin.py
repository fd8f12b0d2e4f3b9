"""Members of staff say in admin which mail they want."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Message
from supportbot.mail.models import IncomingMail, MailPreference

ADD = reverse("admin:mail_mailpreference_add")


@pytest.fixture
def desk(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


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
