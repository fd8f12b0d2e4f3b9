"""The site as it is deployed: without DEBUG, its files named by their contents, nothing told to strangers."""

import re

import pytest
from playwright.async_api import Response, expect

from tests.servers import Site
from tests.servers.fixtures import NewSite
from tests.servers.site import PROJECT

from .chat import Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCRIPTS = {path.stem for path in (PROJECT / "static/chat").glob("*.js")}


def deployed(new_site: NewSite) -> Site:
    site = new_site(DEBUG="0", ALLOWED_HOSTS="127.0.0.1", CSRF_TRUSTED_ORIGINS="http://help.example.com")
    site.manage("collectstatic", "--noinput", "--verbosity", "0")
    return site


async def test_a_page_fetches_each_script_once_by_a_name_that_never_has_other_contents(
    somebody: Somebody, new_site: NewSite
) -> None:
    with deployed(new_site) as site:
        chat = await somebody.away(site)
        served: list[Response] = []

        def note(response: Response) -> None:
            served.append(response)

        chat.page.on("response", note)
        await chat.open()
        assert "order number?" in await chat.ask("Where is my order?")

        scripts = [each for each in served if each.request.resource_type == "script"]
        assert all("immutable" in each.headers["cache-control"] for each in scripts)
        own = [each.url for each in scripts if "/static/chat/" in each.url]
        names = [re.fullmatch(r".*/(\w+)\.[0-9a-f]{12}\.js", url) for url in own]
        assert all(names), own
        assert sorted(name[1] for name in names if name) == sorted(SCRIPTS)
        await chat.page.close()


async def test_a_deployed_site_serves_the_chat_and_says_little_about_what_is_not_there(
    somebody: Somebody, new_site: NewSite
) -> None:
    with deployed(new_site) as site:
        chat = await somebody(site)
        assert "order number?" in await chat.ask("Where is my order?")
        style = await chat.page.locator("link[rel=stylesheet]").last.get_attribute("href")
        assert style is not None
        served = await chat.page.request.get(f"{site.url}{style}")
        assert served.ok
        assert "immutable" in served.headers["cache-control"]

        missing = await chat.page.request.get(f"{site.url}/c/00000000-0000-4000-8000-000000000000/")
        assert missing.status == 404
        assert "This page doesn't exist, or you don't have access to it." in await missing.text()
        assert "urlpatterns" not in await missing.text()

        await chat.page.goto(f"{site.url}/accounts/login/")
        await expect(chat.page.get_by_text("alice / alice")).to_have_count(0)
        await chat.page.close()
