"""A load balancer hears whether the process lives and can serve, whatever it calls it."""

import errno
import logging
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import InterfaceError, connection
from django.test import AsyncClient, Client

from supportbot.server import write_probe
from supportbot.server.log_filters import RefusalFilter
from supportbot.server.process import process
from supportbot.server.write_probe import LastProbe

pytestmark = pytest.mark.django_db(transaction=True)
HOSTS = ("10.1.2.3", "10.1.2.3:8000", "[::1]:8000", "evil.example", "", "a b", "x" * 300)


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ALLOWED_HOSTS = ["help.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    forget_probe()


def forget_probe() -> None:
    """As when the time between two has passed."""
    process.get(LastProbe).tried_at = float("-inf")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_any_host_is_answered_plainly(path, caplog):
    for host in HOSTS:
        response = Client().get(path, HTTP_HOST=host)
        assert (response.status_code, response["Content-Type"]) == (200, "text/plain"), host
        assert Client().head(path, HTTP_HOST=host).status_code == 200
    assert not caplog.records


async def test_the_server_answers_any_host_plainly_too(caplog):
    for path in ("/healthz", "/readyz"):
        assert (await AsyncClient().get(path, headers={"host": "10.1.2.3"})).status_code == 200
    assert not caplog.records


def test_other_pages_keep_to_the_allowed_hosts(caplog):
    assert Client().get("/", HTTP_HOST="evil.example").status_code == 400

    (refusal,) = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert RefusalFilter().filter(refusal)
    assert "Traceback" not in logging.Formatter().format(refusal)


def test_a_probe_leaves_nothing_behind(settings):
    tables = connection.introspection.table_names()

    assert Client().get("/readyz").content == b"ready\n"

    assert connection.introspection.table_names() == tables
    assert list(Path(settings.MEDIA_ROOT).iterdir()) == []


@contextmanager
def no_free_pages(cursor):
    """What earlier tests have deleted leaves room in the file."""
    (pages,) = cursor.execute("PRAGMA freelist_count").fetchone()
    (size,) = cursor.execute("PRAGMA page_size").fetchone()
    cursor.execute("CREATE TABLE filler (content BLOB)")
    cursor.execute("INSERT INTO filler VALUES (zeroblob(%s))", [pages * size])
    yield
    cursor.execute("DROP TABLE filler")


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_database_that_cannot_grow_is_not_ready():
    forget_probe()
    with connection.cursor() as cursor, no_free_pages(cursor):
        (limit,) = cursor.execute("PRAGMA max_page_count").fetchone()
        cursor.execute("PRAGMA max_page_count = 1")  # no less than there are
        full = Client().get("/readyz")
        cursor.execute(f"PRAGMA max_page_count = {limit}")

    assert (full.status_code, full.content) == (503, b"not ready: OperationalError\n")
    assert Client().get("/readyz").content == full.content, "it is not tried again at once"
    forget_probe()
    assert Client().get("/readyz").status_code == 200


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_a_database_that_may_only_be_read_is_not_ready():
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        assert Client().get("/readyz").status_code == 503
        cursor.execute("SET default_transaction_read_only = off")


def test_however_often_it_is_asked_it_writes_now_and_then(monkeypatch):
    written: list[int] = []
    monkeypatch.setattr(os, "posix_fallocate", lambda _file, _begin, length: written.append(length))

    answers = {Client().get("/readyz").content for _ in range(20)}

    assert answers == {b"ready\n"}
    assert 0 < sum(written) <= 2 * 64 * 1024  # of the place of the photos, and of a database in a file


def test_those_who_ask_at_once_have_it_written_once(monkeypatch):
    written: list[int] = []
    is_writing = Event()

    def write_slowly() -> None:
        written.append(1)
        is_writing.wait(0.2)

    monkeypatch.setattr(write_probe, "_try_writes", write_slowly)
    forget_probe()
    with ThreadPoolExecutor(8) as threads:
        for _asker in range(8):
            threads.submit(write_probe.check_writes)

    assert written == [1]


def test_a_database_that_is_away_in_any_way_is_not_ready():
    def fail(*_args: Any) -> None:
        raise InterfaceError

    with connection.execute_wrapper(fail):
        assert Client().get("/readyz").content == b"not ready: InterfaceError\n"


def test_a_full_disk_is_not_ready(monkeypatch):
    def fill(_file: int, _begin: int, _length: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", fill)

    assert Client().get("/readyz").content == b"not ready: OSError\n"
    assert Client().get("/healthz").status_code == 200


def test_a_place_for_photos_that_cannot_be_written_to_is_not_ready(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"

    assert Client().get("/readyz").status_code == 503


def test_a_process_whose_redis_is_away_is_not_ready(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings.PROCESS_TRANSPORT = "redis"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"redis_url": f"redis://127.0.0.1:{port}/0"}
    )

    response = Client().get("/readyz")

    assert (response.status_code, response.content) == (503, b"not ready: ConnectionError\n")
    assert "Not ready: ConnectionError" in [record.getMessage() for record in caplog.records]
