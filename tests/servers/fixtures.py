"""Sites as fixtures, for the conftest of those who want them."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.provider import Provider

from .processes import wait_until
from .site import SQLITE, Site

NewSite = Callable[..., Site]
MIGRATED = "migrated.sqlite3"


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
def stocked_database(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """An SQLite database with the demo shop in it, to be copied.

    To make it takes seconds, so the first of the test processes makes it for all.
    """
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent
    place = folder / "stocked.sqlite3"
    try:
        (folder / "stocking").mkdir()
    except FileExistsError:
        wait_until(place.exists)
        return place
    site = Site(folder, f"{SQLITE}{folder / 'stocking' / 'shop.sqlite3'}")
    site.manage("migrate", "--verbosity", "0")
    shutil.copy(folder / "stocking" / "shop.sqlite3", folder / MIGRATED)
    site.manage("demo_shop")
    return (folder / "stocking" / "shop.sqlite3").rename(place)


@pytest.fixture(scope="session")
def migrated_database(stocked_database: Path) -> Path:
    """One with nothing in it but its tables, to be copied."""
    return stocked_database.with_name(MIGRATED)


def copied_site(database: Path, folder: Path, **settings: str) -> Site:
    """A site with a copy of this database."""
    place = folder / f"shop-{secrets.token_hex(4)}.sqlite3"
    shutil.copy(database, place)
    return Site(folder, f"{SQLITE}{place}", **settings)


def asking(model: Provider | None) -> dict[str, str]:
    """The settings of a site whose answers come from a scripted provider, else from the demo model."""
    return {"LLM_BACKEND": "chat", "LLM_BASE_URL": model.url} if model else {}
