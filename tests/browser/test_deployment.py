"""The site as it is deployed: without DEBUG, its files named by their contents, nothing told to strangers."""

import pytest
from playwright.async_api import expect

from tests.servers.fixtures import NewSite

from .chat import Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_deployed_site_serves_the_chat_and_says_little_about_what_is_not_there(
    somebody: Somebody, new_site: NewSite
) -> None:
    site = new_site(DEBUG="0", ALLOWED_HOSTS="127.0.0.1", CSRF_TRUSTED_ORIGINS="http://help.example.com")
    site.manage("collectstatic", "--noinput", "--verbosity", "0")
    with site:
        chat = await somebody(site)
        assert "order number?" in await chat.ask("Where is my order?")
        style = await chat.page.locator("link[rel=stylesheet]").get_attribute("href")
        assert style is not None
        served = await chat.page.request.get(f"{site.url}{style}")
        assert served.ok
        assert "immutable" in served.headers["cache-control"]

        missing = await chat.page.request.get(f"{site.url}/c/00000000-0000-4000-8000-000000000000/")
        assert missing.status == 404
        assert "There is nothing at this address, or it is not yours to see." in await missing.text()
        assert "urlpatterns" not in await missing.text()

        await chat.page.goto(f"{site.url}/accounts/login/")
        await expect(chat.page.get_by_text("alice / alice")).to_have_count(0)
        await chat.page.close()
