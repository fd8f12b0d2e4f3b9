"""Starting the site: again and again, on a port that is taken, and with settings that are wrong."""

import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.servers import Site
from tests.servers.fixtures import NewSite
from tests.servers.processes import wait_until
from tests.servers.site import PROJECT

from_nothing = pytest.mark.usefixtures("begins_with_nothing")


def demo_rows(site: Site) -> list[tuple[object, ...]]:
    users = site.rows("SELECT username, password FROM auth_user ORDER BY id")
    orders = site.rows("SELECT number, status, expected_delivery FROM orders_order ORDER BY id")
    items = site.rows("SELECT order_id, name, quantity FROM orders_orderitem ORDER BY id")
    return [*users, *orders, *items]


@from_nothing
def test_setting_up_a_second_time_keeps_everything_as_it_is(new_site: NewSite) -> None:
    site = new_site()
    before = demo_rows(site)

    site.manage("migrate", "--verbosity", "0")
    site.manage("demo_shop")

    assert demo_rows(site) == before
    assert len(before) > 8


@from_nothing
def test_it_says_who_can_sign_in_to_the_demo_shop(new_site: NewSite) -> None:
    with new_site() as site:
        assert "alice / alice   bob / bob   agent / agent   sam / sam   admin / admin" in site.log_text()


@from_nothing
def test_a_port_that_is_taken_is_said_in_a_sentence(new_site: NewSite) -> None:
    site = new_site()
    with socket.create_server(("127.0.0.1", site.port)):
        done = site.try_to("serve")

    assert done.returncode not in (0, -11)
    assert f"Port {site.port} on 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr


@from_nothing
def test_it_serves_also_where_its_log_has_no_room_left(new_site: NewSite) -> None:
    site = new_site()
    command = [sys.executable, "manage.py", "serve"]
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(command, cwd=PROJECT, env=site.environment, stdout=full, stderr=full)

    def answers() -> bool:
        with suppress(OSError), urlopen(f"{site.url}/healthz", timeout=5) as response:
            return bool(response.status == 200)
        return process.poll() is not None

    try:
        wait_until(answers)
        assert process.poll() is None, "it has ended"
    finally:
        process.terminate()
        process.wait()


@from_nothing
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("empty.sqlite3", "manage.py migrate"),
        ("no-such-folder/shop.sqlite3", "The database cannot be reached"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_a_sentence(
    new_site: NewSite, tmp_path: Path, place: str, told: str
) -> None:
    done = new_site().try_to("serve", DATABASE_URL=f"sqlite:///{tmp_path / place}")

    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


NO_KEY = {"PORT": "abc", "LLM_BACKEND": "chat"}
NO_SECRET = {"DEBUG": "0", "SECRET_KEY": "", "LLM_BACKEND": "grok"}
NO_FALLBACK = {"LLM_FALLBACK": "grok-4.5, qwen3@127.0.0.1:11434, @http://127.0.0.1:11434/v1"}
NO_ADDRESS = {"LLM_BACKEND": "chat", "LLM_BASE_URL": "llm.example.com"}
NO_SERVERS = {"DATABASE_URL": "foo", "REDIS_URL": "foo", "SMTP_URL": "smtp://u:p@h:abc", "TIME_ZONE": "Mars"}
NO_WORDS = {"SMTP_URL": "foo", "ALERT_EMAILS": "x", "LLM_REASONING_EFFORT": "banana", "LLM_BACKEND": "chat"}


@pytest.mark.parametrize(
    ("command", "wrong", "told"),
    [
        ("serve", NO_KEY, {"E001": "PORT", "E003": "XAI_API_KEY"}),
        ("migrate", NO_SECRET, {"E001": "LLM_BACKEND", "E002": "SECRET_KEY"}),
        ("migrate", NO_FALLBACK, {"E007": "qwen3@127.0.0.1:11434"}),
        ("migrate", NO_ADDRESS, {"E004": "https://llm.example.com/v1"}),
        ("check", NO_SERVERS, {"E001": [f"{name}: Input should" for name in NO_SERVERS]}),
        ("collectstatic", {"EXTRA_APPS": "stok"}, {"E001": "EXTRA_APPS: There is no app stok"}),
        ("check", NO_WORDS, {"E001": ["SMTP_URL: ", "ALERT_EMAILS: ", "LLM_REASONING_EFFORT: "]}),
    ],
)
def test_wrong_settings_are_all_told_by_name_before_anything_is_done(
    new_site: NewSite, command: str, wrong: dict[str, str], told: dict[str, str | list[str]]
) -> None:
    done = new_site().try_to(command, **wrong)

    assert done.returncode not in (0, -11)
    assert "Traceback" not in done.stderr
    for check, words in told.items():
        assert f"(supportbot.{check})" in done.stderr
        for each in [words] if isinstance(words, str) else words:
            assert each in done.stderr


WITH_PASSWORD = [
    {
        "DATABASE_URL": "postgres://shop:p4ss/word@host/name",
        "REDIS_URL": "host:p4ss",
        "SMTP_URL": "smtp://u:p4ss@host:p4ss",
        "LLM_FALLBACK": "qwen3@u:p4ss@host/v1",
    },
    {"DATABASE_URL": "mysql://shop:p4ss@host/name"},
]


@pytest.mark.parametrize("wrong", WITH_PASSWORD, ids=["every address", "another kind of database"])
def test_the_password_in_an_address_that_is_wrong_is_not_shown(
    new_site: NewSite, wrong: dict[str, str]
) -> None:
    done = new_site().try_to("check", **wrong)

    for name in wrong:
        assert name in done.stderr
    assert "p4ss" not in done.stdout + done.stderr


def test_what_can_be_read_is_not_objected_to(new_site: NewSite) -> None:
    done = new_site().try_to(
        "check",
        DATABASE_URL="postgres://shop:p%2Fss@[::1]/shop",
        REDIS_URL="rediss://user:p%40ss@[::1]:6379/0",
        SMTP_URL="smtps://me%40example.com:secret@mail.example.com",
        ALERT_EMAILS="lead@example.com, Bob <bob@intranet>",
        TIME_ZONE="Europe/Berlin",
        LLM_REASONING_EFFORT="High",
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_several_processes_are_not_meant_for_sqlite(new_site: NewSite) -> None:
    done = new_site().try_to("check", REDIS_URL="redis://127.0.0.1:6379/0")

    assert done.returncode == 0
    assert "(supportbot.W015) REDIS_URL is for several processes, but SQLite is for one." in done.stderr
