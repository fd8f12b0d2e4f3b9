"""Guessing passwords ends after five wrong ones, in plain words, and a lead can let a colleague in again."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client, RequestFactory

from supportbot.audit.models import AuditEvent
from supportbot.server.client_address import get_client_address

pytestmark = pytest.mark.django_db
WORDS = "There were too many wrong passwords"


@pytest.fixture(autouse=True)
def _locking(settings: Any) -> None:
    settings.AXES_ENABLED = True


def sign_in(name: str, password: str, path: str = "/accounts/login/", **headers: str) -> Any:
    return Client().post(path, {"username": name, "password": password}, **headers)


def guess(times: int, **headers: str) -> Any:
    return [sign_in("alice", f"guess {number}", **headers) for number in range(times)][-1]


def test_after_five_wrong_passwords_the_right_one_is_not_taken_either(alice):
    assert WORDS not in guess(4).content.decode()
    guess(1)

    locked = sign_in("alice", "alice")

    assert locked.status_code == 429
    assert WORDS in locked.content.decode()
    assert "sessionid" not in locked.cookies


def test_a_lockout_is_in_the_audit_log(alice):
    guess(5)

    assert AuditEvent.objects.get(action="login_locked").subject == "alice"


def test_the_admin_locks_a_guessed_password_too(agent):
    for _ in range(5):
        sign_in("agent", "guess", "/admin/login/")

    assert sign_in("agent", "agent", "/admin/login/").status_code == 429


def test_a_name_that_there_is_not_is_locked_in_the_same_words(db):
    for _ in range(5):
        sign_in("nobody", "guess")

    assert WORDS in sign_in("nobody", "guess").content.decode()


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/login/"])
def test_a_name_that_is_longer_than_any_is_locked_too(db, path):
    told = [sign_in("a" * 5000, "guess", path) for _ in range(5)]

    assert [response.status_code for response in told] == [200] * 4 + [429]
    assert AccessAttempt.objects.get().username == "a" * 150


def test_others_and_other_addresses_may_go_on(alice, bob):
    guess(5)

    assert sign_in("bob", "bob").status_code == 302
    assert sign_in("alice", "alice", REMOTE_ADDR="10.0.0.9").status_code == 302


def test_the_right_password_forgives_the_wrong_ones_before_it(alice):
    guess(4)
    sign_in("alice", "alice")

    assert WORDS not in guess(4).content.decode()


def test_who_may_unlock_lets_a_colleague_in_again(alice, django_user_model, client):
    guess(5)
    lead = django_user_model.objects.create_superuser("root", "root@example.com", "root")
    client.force_login(lead)

    attempt = AccessAttempt.objects.get()
    client.post(f"/admin/axes/accessattempt/{attempt.pk}/delete/", {"post": "yes"})

    assert sign_in("alice", "alice").status_code == 302


@pytest.mark.parametrize(
    ("is_behind_proxy", "forwarded", "address"),
    [
        (False, "6.6.6.6", "127.0.0.1"),
        (True, "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        (True, "192.0.2.7", "192.0.2.7"),
        (True, "", "127.0.0.1"),
    ],
)
def test_of_a_forwarded_address_only_what_our_own_proxy_added_counts(
    settings, is_behind_proxy, forwarded, address
):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"behind_proxy": is_behind_proxy})
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded)

    assert get_client_address(request) == address
