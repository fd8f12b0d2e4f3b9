"""In whatever order the page's scripts come, it connects when all of them are there, and works."""

import pytest
from playwright.async_api import Route

from tests.provider import Provider
from tests.servers import Site

from .chat import Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ALL_OTHERS_ARE_THERE = """() => {
  const wanted = document.querySelectorAll("script[src], link[rel=modulepreload]").length - 1;
  const loaded = performance.getEntriesByType("resource").filter(({ name }) => new URL(name).pathname.endsWith(".js"));
  return document.readyState === "interactive" && loaded.length === wanted;
}"""


@pytest.mark.parametrize("late", ["htmx-2.min", "hx-ws-2.min", "page", "connection", "chat"])
async def test_a_page_connects_when_the_last_of_its_scripts_is_there(
    somebody: Somebody, site: Site, provider: Provider, late: str
) -> None:
    chat = await somebody.away(site)
    held: list[Route] = []
    sockets: list[str] = []

    def hold(route: Route) -> None:
        held.append(route)

    await chat.page.route(f"**/static/**/{late}.js", hold)
    chat.page.on("websocket", lambda socket: sockets.append(socket.url))
    await chat.page.goto(site.url, wait_until="commit")
    await chat.page.wait_for_function(ALL_OTHERS_ARE_THERE)
    assert len(held) == 1
    assert sockets == []

    await held[0].continue_()

    await chat.connected()
    assert len(sockets) == 1
    provider.say("It should reach you tomorrow.")
    assert await chat.ask("Where is my order?") == "It should reach you tomorrow."
