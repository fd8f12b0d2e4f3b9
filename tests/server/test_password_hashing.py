"""Signing in takes no core from those who chat: few hashes at once, on threads of their own, and a bounded line."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from supportbot import settings as own_settings
from supportbot.server import password_hashing
from supportbot.server.password_hashing import HASHING_THREADS, ThreadedPasswordHasher
from supportbot.server.process import process

PAGES = ("/accounts/login/", "/admin/login/")


@pytest.fixture
def _own_hashers(settings: Any) -> None:
    settings.PASSWORD_HASHERS = own_settings.PASSWORD_HASHERS


@pytest.fixture
def hashing(monkeypatch):
    """Hashes that take until `go_on` is set, and which threads are at them."""

    class Hashing:
        threads: list[str] = []
        most_at_once = 0
        at_once = 0
        go_on = threading.Event()
        has_begun = threading.Event()

    def hash_slowly(self: Any, password: str, salt: str, iterations: int | None = None) -> str:
        Hashing.at_once += 1
        Hashing.most_at_once = max(Hashing.most_at_once, Hashing.at_once)
        Hashing.threads.append(threading.current_thread().name)
        Hashing.has_begun.set()
        assert Hashing.go_on.wait(20)
        Hashing.at_once -= 1
        return "pbkdf2_sha256$1$salt$never"

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", hash_slowly)
    yield Hashing
    Hashing.go_on.set()


def test_the_hashes_are_djangos_own():
    own = ThreadedPasswordHasher()
    stored = own.encode("secret", "salt", 10)

    assert stored == PBKDF2PasswordHasher().encode("secret", "salt", 10)
    assert own.verify("secret", stored)
    assert not own.verify("guess", stored)


def test_twenty_guesses_at_once_take_a_bounded_number_of_threads(hashing):
    with ThreadPoolExecutor(20) as guessers:
        waiting = [guessers.submit(ThreadedPasswordHasher().encode, f"guess {n}", "salt") for n in range(20)]
        assert hashing.has_begun.wait(10)
        hashing.go_on.set()
        wait(waiting, 20)

    assert len(hashing.threads) == 20
    assert hashing.most_at_once <= HASHING_THREADS
    assert all(name.startswith("hashing") for name in hashing.threads)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_own_hashers")
@pytest.mark.parametrize("path", PAGES)
def test_who_comes_when_too_many_wait_is_told_so_at_once(path, hashing, monkeypatch):
    monkeypatch.setattr(password_hashing, "MAX_SIGN_INS_PER_ADDRESS", 1)
    monkeypatch.setattr(password_hashing, "MAX_SIGN_INS", 2)

    def guess(address: str) -> Any:
        return Client(REMOTE_ADDR=address).post(path, {"username": "nobody", "password": "guess"})

    with ThreadPoolExecutor(1) as guesser:
        first = guesser.submit(guess, "192.0.2.1")
        assert hashing.has_begun.wait(10)

        second = guess("192.0.2.1")
        assert (second.status_code, second["Retry-After"]) == (503, "5")
        assert "Many people are signing in" in second.content.decode()
        assert Client(REMOTE_ADDR="192.0.2.1").get(path).status_code == 200  # looking costs nothing
        hashing.go_on.set()
        assert first.result(20).status_code == 200

    assert guess("192.0.2.1").status_code == 200
    assert not process.get(password_hashing.HashingThreads).sign_ins


def test_passwords_are_hashed_by_the_bounded_hasher():
    assert own_settings.PASSWORD_HASHERS[0].endswith(ThreadedPasswordHasher.__name__)
