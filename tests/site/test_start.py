"""Starting the site: again and again, on a port that is taken, and with settings that are wrong."""

import socket
from pathlib import Path

import pytest

from tests.servers import Site
from tests.servers.fixtures import NewSite


def demo_rows(site: Site) -> list[tuple[object, ...]]:
    users = site.rows("SELECT username, password FROM auth_user ORDER BY id")
    orders = site.rows("SELECT number, status, expected_delivery FROM orders_order ORDER BY id")
    items = site.rows("SELECT order_id, name, quantity FROM orders_orderitem ORDER BY id")
    return [*users, *orders, *items]


def test_setting_up_a_second_time_keeps_everything_as_it_is(new_site: NewSite) -> None:
    site = new_site()
    before = demo_rows(site)

    site.manage("migrate", "--verbosity", "0")
    site.manage("demo_shop")

    assert demo_rows(site) == before
    assert len(before) > 8


def test_a_port_that_is_taken_is_said_in_a_sentence(new_site: NewSite) -> None:
    site = new_site()
    with socket.create_server(("127.0.0.1", site.port)):
        done = site.try_to("serve")

    assert done.returncode not in (0, -11)
    assert f"Port {site.port} on 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr


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


@pytest.mark.parametrize(
    ("command", "wrong", "told"),
    [
        ("serve", NO_KEY, {"E001": "PORT", "E003": "XAI_API_KEY"}),
        ("migrate", NO_SECRET, {"E001": "LLM_BACKEND", "E002": "SECRET_KEY"}),
        ("migrate", NO_FALLBACK, {"E007": "qwen3@127.0.0.1:11434"}),
        ("migrate", NO_ADDRESS, {"E004": "https://llm.example.com/v1"}),
    ],
)
def test_wrong_settings_are_all_told_by_name_before_anything_is_done(
    new_site: NewSite, command: str, wrong: dict[str, str], told: dict[str, str]
) -> None:
    done = new_site().try_to(command, **wrong)

    assert done.returncode not in (0, -11)
    assert "Traceback" not in done.stderr
    for check, words in told.items():
        assert f"(supportbot.{check})" in done.stderr
        assert words in done.stderr
