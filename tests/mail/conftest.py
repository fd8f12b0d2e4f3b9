"""A site that sends mail and reads the answers."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from supportbot.conversations.models import Conversation
from tests.mail.mails import write_to_customer


@pytest.fixture
def mail_settings(settings: Any) -> Any:
    """Call it with settings of the environment to change them."""

    def change(**values: Any) -> None:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=values)

    settings.DEFAULT_FROM_EMAIL = "TechCorp support <support@example.com>"
    change(
        site_url="https://help.example.com",
        smtp_url="smtp://localhost",
        mail_address="support@example.com",
    )
    return change


@pytest.fixture
def chat(alice: User) -> Conversation:
    return Conversation.objects.create(user=alice)


@pytest.fixture
def sent(mail_settings: Any, chat: Conversation, agent: User) -> Any:
    """A mail to alice, with what staff have answered."""
    return write_to_customer(chat, agent, "Which lamp is it?")
