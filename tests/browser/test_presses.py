"""What a customer presses is done, once and in its place among what they write, whatever becomes of the line."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.provider import Provider
from tests.servers import Site

from .album import Tray, heavy_photo
from .chat import Chat, Somebody
from .lines import BUSY, Lines
from .test_transport import NO_SOCKETS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "Where is my order?"
ANSWER = "It should reach you tomorrow."


async def wait_for_person(chat: Chat) -> None:
    await chat.page.locator(".bar").get_by_role("button", name="Talk to a person").click()
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "waiting")


async def go_on_and_ask(chat: Chat, provider: Provider) -> None:
    """Back to the assistant, and a question to it at once."""
    provider.say(ANSWER)
    await chat.page.get_by_role("button", name="Continue with the assistant").click()
    await chat.say(QUESTION)


async def has_heard_of_all(chat: Chat) -> None:
    """The page knows that all it has sent was handled."""
    await chat.page.wait_for_function("() => sessionStorage[`outbox:${chat.dataset.conversation}`] === '[]'")


@pytest.mark.parametrize("line", ["is_closed", "has_died"])
async def test_what_is_pressed_without_a_line_is_done_before_what_is_written_after_it(
    somebody: Somebody, site: Site, provider: Provider, line: str
) -> None:
    chat = await somebody.away(site)
    lines = Lines(chat)
    await lines.watch()
    await chat.open()
    await wait_for_person(chat)
    if line == "is_closed":
        await lines.close()
    else:
        lines.die()

    await go_on_and_ask(chat, provider)
    await lines.come_back()

    await expect(chat.assistant.locator(".text")).to_have_text([ANSWER])
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "bot")
    await has_heard_of_all(chat)


async def test_a_press_whose_receipt_was_lost_is_not_done_again_over_what_followed(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    lines = Lines(chat)
    await lines.watch()
    await chat.open()
    provider.say("Hello.")
    await chat.ask("Hello")
    answer = provider.say(ANSWER, hold_after=2)
    lines.die(still_reach_server=True)

    await chat.menu("End this conversation")
    await chat.say(QUESTION)
    await provider.until(lambda provider: len(provider.requests) == 2)
    await lines.come_back()
    await has_heard_of_all(chat)
    answer.release()

    await chat.ended()
    await expect(chat.answer.locator(".text")).to_have_text(ANSWER)
    await expect(chat.customer.locator(".text")).to_have_text(["Hello", QUESTION])
    assert len(provider.requests) == 2


async def test_a_press_that_a_server_without_sockets_could_not_take_is_done_with_the_next_request(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    await chat.page.add_init_script(NO_SOCKETS)
    await chat.page.goto(site.url)
    await wait_for_person(chat)

    async def refuse(route: Route) -> None:
        await (route.fulfill(status=503, body="{}") if route.request.method == "POST" else route.fallback())

    await chat.page.route(re.compile("/frames/"), refuse, times=1)
    chat.watch.ignored.add(BUSY)
    await go_on_and_ask(chat, provider)

    await expect(chat.assistant.locator(".text")).to_have_text([ANSWER])
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "bot")


async def test_an_end_that_waits_for_a_photo_shows_it_and_is_done_once(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    provider.say("Hello.")
    await chat.ask("Hello")
    tray = Tray(chat)
    await tray.line_is_slow()
    await tray.attach(heavy_photo(tmp_path, "parcel.jpg"))
    await expect(tray.in_state("uploading")).to_have_count(1)
    await chat.say("It arrived like this.")

    await chat.menu("End this conversation")

    await chat.page.get_by_label("Menu").click()
    end = chat.page.get_by_role("button", name="End this conversation")
    await expect(end).to_be_disabled()
    await expect(end).to_have_attribute("aria-busy", "true")
    notice = chat.page.get_by_role("alert")
    await expect(notice).to_have_text("This conversation ends as soon as your message is sent.")
    provider.otherwise(lambda request: provider.say(ANSWER))
    await tray.line_is_slow(-1)
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "closed")
    await has_heard_of_all(chat)
    await expect(notice).to_have_text("")
    await expect(chat.customer.locator(".text")).to_have_text(["Hello", "It arrived like this."])
