"""Whatever SMTP_URL is taken can be sent by, and no password leaves this machine without TLS."""

import asyncio
from itertools import product
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.mail import EmailMessage, get_connection

from supportbot.addresses import ADDRESS_SCHEMES, is_address, parse_smtp_url
from supportbot.jobs.queue import enqueue
from supportbot.jobs.worker import RunningJobs, run_due_jobs
from supportbot.mail.outgoing.smtp_backend import TLSNotOffered
from supportbot.server.process import process
from supportbot.usage.models import Outage
from tests.server.environments import read_settings
from tests.servers.mail_servers import smtp_server

BACKEND = "supportbot.mail.outgoing.smtp_backend.EmailBackend"
PORTS = ["", ":25", ":465", ":587", ":2525"]
MINE, OTHERS = (
    ["localhost", "127.0.0.1", "127.5.0.1", "[::1]"],
    ["mail.example.com", "10.0.0.3", "[2001:db8::1]"],
)
LOGINS = ["", "user:p%40ss@", "user@"]


@pytest.fixture
def mail_server(settings: Any) -> Any:
    """One without TLS that lets everybody in. Call it with what is written before the @."""
    with smtp_server(auth_require_tls=False) as running:

        def use(login: str, **changes: Any) -> Any:
            server = parse_smtp_url(running.url.replace("://", f"://{login}@"))
            settings.EMAIL_BACKEND = BACKEND
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
            settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = server.user, server.password
            settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = server.is_tls, server.needs_starttls
            for name, value in changes.items():
                setattr(settings, name, value)
            return running

        yield use


def send() -> None:
    EmailMessage("Subject", "Text", "a@example.com", ["b@example.com"]).send()


@pytest.mark.parametrize("scheme", ADDRESS_SCHEMES["smtp_url"])
def test_each_address_can_be_sent_by_and_no_password_leaves_this_machine_in_clear(scheme: str) -> None:
    for login, host, port in product(LOGINS, MINE + OTHERS, PORTS):
        url = f"{scheme}://{login}{host}{port}"
        assert is_address(url, ADDRESS_SCHEMES["smtp_url"])
        server = parse_smtp_url(url)
        get_connection(BACKEND, use_tls=server.needs_starttls, use_ssl=server.is_tls)
        if server.password and host in OTHERS:
            assert server.is_tls or server.needs_starttls, url
        if scheme == "smtps":
            assert server.is_tls or server.needs_starttls, url


@pytest.mark.parametrize(
    ("url", "port", "is_tls", "needs_starttls"),
    [
        ("", 587, False, False),
        ("smtp://mail.example.com", 587, False, True),
        ("smtp://mail.example.com:25", 25, False, False),
        ("smtp://u:p@mail.example.com:25", 25, False, True),
        ("smtp://u:p@127.0.0.1:25", 25, False, False),
        ("smtp://u:p@mail.example.com:465", 465, True, False),
        ("smtps://u:p@mail.example.com", 465, True, False),
        ("smtps://u:p@mail.example.com:587", 587, False, True),
        ("smtps://u:p@mail.example.com:2465", 2465, True, False),
    ],
)
def test_the_port_says_which_tls_it_is(url: str, port: int, is_tls: bool, needs_starttls: bool) -> None:
    server = parse_smtp_url(url)
    assert (server.port, server.is_tls, server.needs_starttls) == (port, is_tls, needs_starttls)


def test_the_settings_are_those_of_the_address() -> None:
    names = ["HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_SSL", "USE_TLS"]
    found = read_settings(
        {"SMTP_URL": "smtps://me%40example.com:p%40ss@mail.example.com:587"},
        *(f"EMAIL_{each}" for each in names),
    )
    assert found == ["mail.example.com", 587, "me@example.com", "p@ss", False, True]


@pytest.mark.parametrize("host", ["mail..example.com", f"{'a' * 64}.example.com"])
def test_a_name_that_no_host_can_have_is_no_address(host: str) -> None:
    assert not is_address(f"smtp://{host}", ADDRESS_SCHEMES["smtp_url"])
    assert is_address(f"postgres://shop@%2Ftmp%2F{'a' * 64}/shop", ADDRESS_SCHEMES["database_url"])


def test_a_relay_on_this_machine_gets_the_password_without_tls(mail_server: Any) -> None:
    outbox = mail_server("support:only-for-tests")
    send()
    assert outbox.logins == [("support", "only-for-tests")]
    assert len(outbox.sent) == 1


def test_a_password_may_have_letters_of_any_script(mail_server: Any) -> None:
    outbox = mail_server("g%C3%BCnther:schl%C3%BCssel")
    send()
    assert outbox.logins == [("günther", "schlüssel")]


def test_a_server_that_offers_no_tls_gets_neither_password_nor_mail(mail_server: Any) -> None:
    outbox = mail_server("support:only-for-tests", EMAIL_USE_TLS=True)
    with pytest.raises(TLSNotOffered):
        send()
    assert (outbox.logins, outbox.sent) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_the_log_says_why_nothing_is_sent_to_it(mail_server: Any, settings: Any, caplog: Any) -> None:
    mail_server("support:only-for-tests", EMAIL_USE_TLS=True)
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"alert_emails": ("lead@example.com",)})
    outage = Outage.objects.create(code="x", failures=1)
    enqueue("send_outage_alert", str(outage.pk))

    @async_to_sync
    async def run_job() -> None:
        await run_due_jobs()
        await asyncio.gather(*process.get(RunningJobs).tasks)

    run_job()

    [told] = [each.getMessage() for each in caplog.records if each.name == "supportbot.jobs.worker"]
    assert told == (
        "Job send_outage_alert failed: TLSNotOffered (the mail server of SMTP_URL offers no STARTTLS)"
    )
