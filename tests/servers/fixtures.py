"""Sites as fixtures, for the conftest of those who want them."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.provider import Provider

from .processes import wait_until
from .site import RUN_SECONDS, SQLITE, Site

NewSite = Callable[..., Site]


@pytest.fixture
def new_site(stocked_database: Path, tmp_path: Path) -> Iterator[NewSite]:
    """Makes sites with the demo shop, not started yet. At the end their logs are looked through."""
    made: list[Site] = []

    def make(model: Provider | None = None, **settings: str) -> Site:
        made.append(copied_site(stocked_database, tmp_path, **asking(model), **settings))
        return made[-1]

    yield make
    for site in made:
        print(site.log_text())  # shown when the test has failed
        site.check_log()


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """An SQLite database with nothing in it but its tables, to be copied."""

    def migrate(place: Path) -> None:
        manage_database(place, "migrate", "--verbosity", "0")

    return make_once(find_shared_folder(tmp_path_factory, worker_id) / "migrated.sqlite3", migrate)


@pytest.fixture(scope="session")
def stocked_database(
    migrated_database: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """One with the demo shop in it, to be copied."""

    def stock(place: Path) -> None:
        shutil.copy(migrated_database, place)
        manage_database(place, "demo_shop")

    return make_once(find_shared_folder(tmp_path_factory, worker_id) / "stocked.sqlite3", stock)


def find_shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of all test processes of this run."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


def make_once(database: Path, make: Callable[[Path], None]) -> Path:
    """To make it takes seconds, so the first of the test processes makes it for all."""
    workshop = database.with_suffix("")
    try:
        workshop.mkdir()
    except FileExistsError:
        wait_until(database.exists, RUN_SECONDS)
        return database
    make(workshop / database.name)
    return (workshop / database.name).rename(database)


def manage_database(place: Path, *command: str) -> None:
    Site(place.parent, f"{SQLITE}{place}").manage(*command)


def copied_site(database: Path, folder: Path, **settings: str) -> Site:
    """A site with a copy of this database."""
    place = folder / f"shop-{secrets.token_hex(4)}.sqlite3"
    shutil.copy(database, place)
    return Site(folder, f"{SQLITE}{place}", **settings)


def asking(model: Provider | None) -> dict[str, str]:
    """The settings of a site whose answers come from a scripted provider, else from the demo model."""
    return {"LLM_BACKEND": "chat", "LLM_BASE_URL": model.url} if model else {}
