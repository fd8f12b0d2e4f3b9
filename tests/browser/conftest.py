from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.provider import Provider
from tests.servers import Site
from tests.servers.fixtures import asking, copied_site, new_site, stocked_database
from tests.servers.model import LastingProvider

from .chat import Somebody
from .chromium import launch
from .desk import Desk

__all__ = ["new_site", "stocked_database"]

expect.set_options(timeout=15_000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright, await launch(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def model() -> Iterator[LastingProvider]:
    with LastingProvider() as model:
        yield model


# All customers of the tests are guests of one network.
OF_MANY = {"ADDRESS_TICKETS_PER_HOUR": "0", "ADDRESS_PERSON_REQUESTS_PER_HOUR": "0"}


@pytest.fixture(scope="session")
def scripted_site(
    model: LastingProvider, stocked_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with copied_site(
        stocked_database, tmp_path_factory.mktemp("scripted"), **asking(model), **OF_MANY
    ) as site:
        yield site


@pytest.fixture(scope="session")
def demo_site(stocked_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with the demo model, which answers at once."""
    with copied_site(stocked_database, tmp_path_factory.mktemp("demo"), **OF_MANY) as site:
        yield site


@pytest.fixture
def provider(model: LastingProvider) -> Iterator[Provider]:
    """The model of `site`: what it says is up to the test."""
    with model.for_one_test() as provider:
        yield provider


@pytest.fixture
def site(scripted_site: Site, provider: Provider) -> Iterator[Site]:
    before = len(scripted_site.log_text())
    yield scripted_site
    print(scripted_site.log_text()[before:])  # shown when the test has failed
    scripted_site.check_log()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def agents_cookies(chromium: Browser, scripted_site: Site) -> Any:
    """The agent is signed in: once for all tests that begin at the desk."""
    people = Somebody(chromium)
    desk = Desk(await people.away(scripted_site))
    await desk.sign_in("agent")
    cookies = await desk.page.context.storage_state()
    await people.leave()
    return cookies


@pytest_asyncio.fixture(loop_scope="session")
async def desk(somebody: Somebody, site: Site, agents_cookies: Any) -> Desk:
    """The agent at the desk, with no page open yet."""
    return Desk(await somebody.away(site, storage_state=agents_cookies))


@pytest_asyncio.fixture(loop_scope="session")
async def somebody(chromium: Browser) -> AsyncIterator[Somebody]:
    """Makes people with a browser each. The test fails when anything unseemly went on in one of them."""
    people = Somebody(chromium)
    yield people
    await people.leave()
