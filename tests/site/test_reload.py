"""`make dev`: what is changed in the code or in a template is served a moment later, without anybody's doing."""

import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.servers import Site, wait_until
from tests.servers.fixtures import NewSite
from tests.servers.processes import Process
from tests.servers.site import PROJECT

SERVED = ("manage.py", "supportbot", "tickets", "orders", "templates", "static")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the code that a test may change."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in SERVED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, copy / name)
        else:
            shutil.copy(PROJECT / name, copy / name)
    return copy


@pytest.fixture
def site(new_site: NewSite) -> Site:
    return new_site()


@pytest.fixture
def server(site: Site, project: Path, tmp_path: Path) -> Iterator[Process]:
    command = [sys.executable, "manage.py", "serve", "--reload"]
    log = tmp_path / "reload.log"
    with Process(command, log, folder=project, environment=site.environment) as process:
        process.wait_until(lambda: login_page(site))
        yield process


def login_page(site: Site) -> str:
    """The HTML of a page, and nothing while nobody answers."""
    with suppress(URLError, OSError), urlopen(f"{site.url}/accounts/login/", timeout=5) as response:
        return str(response.read().decode())
    return ""


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_a_changed_template_and_changed_code_are_served_without_a_restart_by_hand(
    server: Process, site: Site, project: Path
) -> None:
    append(project / "templates/_base.html", "<!-- changed -->")
    wait_until(lambda: "<!-- changed -->" in login_page(site))

    append(project / "supportbot/settings.py", '\nCOMPANY_NAME = "Northwind"\n')
    wait_until(lambda: "Northwind" in login_page(site))


def test_an_app_that_was_added_meanwhile_is_watched_too(server: Process, site: Site, project: Path) -> None:
    (project / "stock").mkdir()
    append(project / "stock/__init__.py", "")
    append(project / "supportbot/settings.py", "\nfrom stock.name import COMPANY_NAME\n")
    append(project / "stock/name.py", 'COMPANY_NAME = "Northwind"\n')
    wait_until(lambda: "Northwind" in login_page(site))

    append(project / "stock/name.py", 'COMPANY_NAME = "Southwind"\n')

    wait_until(lambda: "Southwind" in login_page(site))


def test_a_syntax_error_is_shown_and_its_repair_is_served(server: Process, site: Site, project: Path) -> None:
    settings = project / "supportbot/settings.py"
    before = settings.read_text()

    append(settings, "\nCOMPANY_NAME = (\n")
    wait_until(lambda: "SyntaxError" in server.log.read_text())
    assert not login_page(site)

    settings.write_text(before)
    wait_until(lambda: login_page(site))


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP], ids=["asked to", "its terminal was closed"])
def test_it_ends_as_a_whole_and_frees_its_port(server: Process, site: Site, end: signal.Signals) -> None:
    assert server.end(end) == 0

    with socket.create_server(("127.0.0.1", site.port)):
        pass
    assert "Traceback" not in server.log.read_text()
