"""A site that sends mail and reads the answers."""

import importlib.util
from typing import Any

import pytest
from django.contrib.auth.models import User

from supportbot.conversations.models import Conversation
from tests.mail.mails import write_to_customer
from tests.servers.mail_servers import Mailbox, dovecot, smtp_server


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


@pytest.fixture(scope="package")
def box() -> Any:
    with dovecot() as running:
        yield running


@pytest.fixture
def imap(box: Mailbox, mail_settings: Any, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    monkeypatch.setenv("SSL_CERT_FILE", str(box.certificate))
    mail_settings(imap_url=box.url)
    box.empty()
    return box


def read_settings() -> dict[str, Any]:
    """As a process that begins now reads them from its environment."""
    spec = importlib.util.find_spec("supportbot.settings")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


@pytest.fixture
def outbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is sent with the settings that its SMTP_URL makes."""
    with smtp_server() as running:
        monkeypatch.setenv("SMTP_URL", running.url)
        for name, value in read_settings().items():
            if name.startswith("EMAIL_"):
                setattr(settings, name, value)
        yield running
