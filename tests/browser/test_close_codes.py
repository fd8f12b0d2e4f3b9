"""Whatever a line is closed with, the page comes back by itself, and never in a hurry that would hurt the server."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import WebSocketRoute, expect

from supportbot.server.close_codes import CLOSE_TRY_AGAIN
from tests.provider import Provider
from tests.servers import Site

from .chat import Chat, Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# All that a server, a proxy or a browser may give, and some of an application's own.
CODES = (*range(1000, 1014), 1015, 3000, 4000, 4001, 4100, 4999)
# Milliseconds: no page comes back sooner, and every page has come back later.
SOONEST, LATEST = 450, 4000
PULSE = '<i id="pulse" hx-swap-oob="true" data-newest="0" hidden></i>'
MORNING = datetime(2026, 6, 1, 9, tzinfo=UTC)


async def is_closed(chat: Chat) -> None:
    await expect(chat.page.locator("#chat[data-connection=closed]")).to_be_visible()


async def test_a_page_comes_back_after_every_close_code(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    """B33: twenty codes one after the other, and then the chat goes on."""
    chat = await somebody.away(site)
    lines: list[WebSocketRoute] = []

    def connect(route: WebSocketRoute) -> None:
        lines.append(route)
        if len(lines) > len(CODES):
            route.connect_to_server()

    await chat.page.route_web_socket("**/ws/**", connect)
    await chat.page.clock.install(time=MORNING)
    await chat.open()
    lines[-1].send(PULSE)  # the page asks at once whether anything comes over the line
    await expect(chat.page.locator("#pulse[data-newest='0']")).to_have_count(1)
    await chat.page.clock.pause_at(MORNING + timedelta(minutes=1))
    for number, code in enumerate(CODES, start=1):
        lines[-1].send(PULSE)  # a line that carries something: the next attempt comes soon
        await expect(chat.page.locator("#pulse[data-newest='0']")).to_have_count(1)
        await lines[-1].close(code=code)
        await is_closed(chat)
        await chat.page.clock.fast_forward(SOONEST)
        assert len(lines) == number, f"after {code} it came back at once"
        await chat.page.clock.fast_forward(LATEST - SOONEST)
        await chat.connected()
        assert len(lines) == number + 1, f"after {code} it did not come back"

    provider.say("It should reach you tomorrow.")
    assert await chat.ask("Where is my order?") == "It should reach you tomorrow."


@pytest.mark.parametrize("code", [1000, 1006, 1008, 1011, 4000, CLOSE_TRY_AGAIN])
async def test_a_page_that_is_sent_away_again_and_again_does_not_run_in_circles(
    somebody: Somebody, site: Site, code: int
) -> None:
    """B33: ever more seldom, for a minute, although the line opens each time: nothing comes over it."""
    chat = await somebody.away(site)
    lines: list[WebSocketRoute] = []

    async def refuse(route: WebSocketRoute) -> None:
        lines.append(route)
        await route.close(code=code)

    await chat.page.route_web_socket("**/ws/**", refuse)
    await chat.page.clock.install(time=MORNING)
    await chat.page.goto(site.url)
    await is_closed(chat)
    for _ in range(60):
        await chat.page.clock.run_for(1000)

    assert 3 <= len(lines) <= 20
    if code == CLOSE_TRY_AGAIN:
        await expect(chat.page.get_by_text("Very busy right now. Trying again…")).to_be_visible()
