"""What a customer has written is never lost and never sent twice."""

import asyncio

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.provider import Provider
from tests.servers import Site
from tests.servers.fixtures import NewSite

from .album import must_load_anew
from .chat import TICKET, Chat, Somebody
from .lines import Lines, loses_its_first_line, network

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "Where is my order?"
ANSWER = "It should reach you tomorrow."
FILL = """() => {
  for (let size = 4_000_000; size >= 1; size = Math.floor(size / 2)) {
    for (let number = 0; ; number += 1) {
      try { sessionStorage.setItem(`full-${size}-${number}`, "x".repeat(size)); } catch { break; }
    }
  }
}"""


async def is_answered_once(chat: Chat) -> None:
    await chat.ended()
    await expect(chat.customer.locator(".text")).to_have_text([QUESTION])
    await expect(chat.assistant.locator(".text")).to_have_text([ANSWER])
    assert [each["content"] for each in await chat.transcript()] == [QUESTION, ANSWER]


async def test_a_message_that_is_written_while_the_server_is_away_is_sent_once_when_it_is_back(
    somebody: Somebody, new_site: NewSite, provider: Provider
) -> None:
    provider.say(ANSWER)
    with new_site(provider) as site:
        chat = await somebody(site)
        site.stop()
        await expect(chat.page.get_by_text("Reconnecting…")).to_be_visible()
        await chat.say(QUESTION)
        await expect(chat.customer).to_have_attribute("data-status", "sending")
        await expect(chat.box).to_have_value("")

        site.start()

        await chat.connected()
        await is_answered_once(chat)
        chat.watch.seen.clear()  # Chromium and htmx complain of the absence in many words
        await chat.page.close()


async def test_a_message_that_got_lost_on_its_way_is_sent_again_after_a_reload(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    await loses_its_first_line(chat)
    await chat.open()
    await chat.say(QUESTION)
    await expect(chat.page.get_by_text("Sending…")).to_be_visible()
    provider.say(ANSWER)

    await chat.reload()

    await is_answered_once(chat)


async def test_a_message_whose_receipt_got_lost_is_not_sent_twice(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    ways: list[str] = ["deaf", "open"]

    def connect(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        if ways.pop(0) == "deaf":
            server.on_message(lambda message: None)

    await chat.page.route_web_socket("**/ws/**", connect)
    await chat.open()
    provider.say(ANSWER)
    await chat.say(QUESTION)
    await provider.until(lambda provider: len(provider.requests) == 1)
    await expect(chat.customer).to_have_attribute("data-status", "sending")

    await chat.reload()

    await is_answered_once(chat)


async def test_whoever_closes_a_page_before_their_message_was_sent_is_asked_and_the_page_itself_asks_nobody(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    lines = Lines(chat)
    await lines.watch()
    await chat.open()
    lines.die()
    await chat.say(QUESTION)
    provider.say(ANSWER)
    async with chat.page.expect_navigation():
        assert await must_load_anew(chat)
    await is_answered_once(chat)
    assert chat.watch.warnings == 0

    lines.die()
    await chat.say("And my lamp?")
    await chat.page.close(run_before_unload=True)

    async with asyncio.timeout(10):
        while not chat.watch.warnings:  # noqa: ASYNC110 - a page calls nobody
            await asyncio.sleep(0.02)


async def test_who_asks_for_a_person_on_a_dead_line_gets_one(somebody: Somebody, site: Site) -> None:
    chat = await somebody.away(site)
    await loses_its_first_line(chat)
    await chat.open()
    await chat.page.get_by_role("button", name="Talk to a person", exact=True).dblclick()
    await expect(chat.customer).to_have_attribute("data-status", "sending")

    await chat.reload()

    await chat.ended()
    await expect(chat.customer.locator(".text")).to_have_text(["I'd like to talk to a person."])
    await expect(chat.system).to_contain_text(TICKET)


async def test_a_stop_that_comes_late_does_not_stop_what_was_said_next(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    async with network(site) as (proxy, reached):
        chat = await somebody(reached)
        first = provider.say("It is on its way.", hold_after=2)
        await chat.say("Where is it?")
        await expect(chat.answer).to_contain_text("It is")
        proxy.darken()
        proxy.cut()
        await expect(chat.page.get_by_text("Reconnecting…")).to_be_visible()
        await chat.page.get_by_role("button", name="Stop").click()
        await chat.say(QUESTION)
        first.release()
        await provider.until(lambda provider: not provider.open_streams)
        provider.say(ANSWER)

        proxy.lighten()

        await expect(chat.turns).to_have_count(2)
        await chat.ended()
        await expect(chat.assistant.locator(".text")).to_have_text(["It is on its way.", ANSWER])
        chat.watch.seen.clear()  # Chromium complains of the absence


async def test_a_message_that_cannot_be_kept_is_not_taken_out_of_the_box(
    somebody: Somebody, site: Site
) -> None:
    """The browser's store is full: as much as it holds is five million characters."""
    chat = await somebody(site)
    await chat.box.fill(QUESTION)
    await chat.page.evaluate(FILL)
    await chat.box.fill("z" * 4000)
    await expect(chat.page.locator("#counter")).to_have_text("4,000 of 4,000 characters")
    await chat.box.fill(QUESTION)

    await chat.box.press("Enter")

    await expect(chat.page.get_by_role("alert")).to_contain_text("Your browser's storage is full")
    await expect(chat.box).to_have_value(QUESTION)
    await expect(chat.customer).to_have_count(0)
    starter = chat.page.get_by_role("button", name=QUESTION)
    await starter.click()
    await expect(starter).to_be_enabled()  # for when there is room again


async def test_what_is_being_written_is_seen_whole_when_the_window_becomes_narrower(
    somebody: Somebody, site: Site
) -> None:
    chat = await somebody(site)
    await chat.box.fill("word " * 30)

    await chat.page.set_viewport_size({"width": 375, "height": 800})

    await chat.page.wait_for_function(
        "text => text.clientHeight >= text.scrollHeight", arg=await chat.box.element_handle()
    )


async def test_the_enter_that_ends_a_word_of_japanese_sends_nothing(somebody: Somebody, site: Site) -> None:
    """In Safari it comes when the composition is over, and can be told by its key code alone."""
    chat = await somebody(site)
    await chat.box.fill("こんにちは")

    await chat.box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})

    await expect(chat.box).to_have_value("こんにちは")
    await expect(chat.customer).to_have_count(0)


async def test_a_line_that_has_died_without_a_word_is_noticed_and_replaced(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    lines: list[WebSocketRoute] = []
    dead: list[WebSocketRoute] = []

    def connect(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        lines.append(route)
        route.on_message(lambda message: None if route in dead else server.send(message))
        server.on_message(lambda message: None if route in dead else route.send(message))

    await chat.page.route_web_socket("**/ws/**", connect)
    await chat.page.clock.install()
    await chat.open()
    # It has carried something.
    await expect(chat.page.locator("#pulse:not([data-newest=''])")).to_have_count(1)
    dead += lines
    provider.say(ANSWER)
    await chat.say(QUESTION)

    await chat.page.clock.fast_forward(30_000)  # it is asked whether it lives
    await chat.page.clock.fast_forward(15_000)  # and does not answer

    await is_answered_once(chat)
    assert len(lines) == 2


async def test_a_page_says_why_it_is_not_connected_for_good(somebody: Somebody, site: Site) -> None:
    for code, why in (
        (4404, "This conversation is no longer available."),
        (4429, "open in too many tabs"),
    ):
        chat = await somebody.away(site)

        async def refuse(route: WebSocketRoute, code: int = code) -> None:
            await route.close(code=code)

        await chat.page.route_web_socket("**/ws/**", refuse)
        await chat.page.goto(site.url)

        await expect(chat.page.get_by_role("alert")).to_contain_text(why)
        await expect(chat.page.get_by_text("Not connected")).to_be_visible()
        await chat.page.get_by_label("Menu").click()
        await expect(chat.page.locator("[form=request]:visible")).to_have_count(0)  # they would do nothing


async def test_what_is_not_sent_yet_is_still_there_after_a_reload(somebody: Somebody, site: Site) -> None:
    chat = await somebody(site)
    await chat.box.fill("I was about to say")

    await chat.reload()

    await expect(chat.box).to_have_value("I was about to say")


async def test_a_message_that_is_too_long_is_told_and_kept(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    long = "x" * 4001

    await chat.say(long)

    await expect(chat.page.locator("#counter")).to_have_text(
        "4,001 of 4,000 characters. Please shorten your message."
    )
    await expect(chat.box).to_have_value(long)
    await expect(chat.customer).to_have_count(0)
    provider.say(ANSWER)
    await chat.say("📦" * 4000)
    await chat.ended()


async def test_too_many_messages_are_told_and_each_can_be_sent_again_or_changed(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    provider.otherwise(lambda request: provider.say(ANSWER))
    chat = await somebody(site)
    for number in range(10):
        await chat.ask(f"Question {number}")

    for words in ("One more", "And another"):
        await chat.say(words)
        await expect(chat.customer.last).to_have_attribute("data-status", "failed")
    refused = chat.page.locator("#outbox article")
    await expect(refused).to_contain_text(["One more", "And another"])
    await expect(refused.last).to_contain_text("You're sending messages very quickly.")

    await refused.last.get_by_role("button", name="Edit").click()
    await expect(chat.box).to_have_value("And another")
    await expect(refused).to_have_count(1)

    for table in ("conversations_message", "conversations_customerrequest"):  # a minute passes
        site.rows(f"UPDATE {table} SET created = '2020-01-01 00:00:00'")
    await refused.get_by_role("button", name="Try again").click()
    await expect(chat.turns).to_have_count(11)
    await chat.ended()
    await expect(chat.customer.last.locator(".text")).to_have_text("One more")
    await expect(refused).to_have_count(0)
