"""Signing in and out in one tab, and what becomes of the page in another."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from supportbot.conversations.realtime.fragments import render_owner, render_typing
from supportbot.conversations.turns.changes import OwnerState
from tests.provider import Provider
from tests.servers import Site

from .album import Tray, photo
from .chat import Somebody, find_traces
from .chromium import launch_without_cookies
from .lines import network, note_lines

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "Where is my order?"
ANSWER = "It should reach you tomorrow."
SIGNED_OUT = "You have been signed out"
EMAIL = "gerda.gast@example.com"


async def test_who_signs_out_in_one_tab_is_told_so_in_the_other_and_what_comes_then_is_not_shown(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, "alice")
    answer = provider.say(ANSWER, hold_after=2)
    await chat.say(QUESTION)
    await expect(chat.answer).to_contain_text("It should")
    other = await chat.another_tab()

    await other.menu("Sign out")

    await expect(chat.page.get_by_text(SIGNED_OUT)).to_be_visible()
    answer.release()
    await other.connected()
    await expect(chat.page.locator("#chat")).to_have_attribute("data-connection", "gone")
    assert not await find_traces(chat.page, QUESTION, ANSWER, "alice", "Alice")


async def test_after_a_sign_in_in_another_tab_the_photos_and_forms_of_a_page_are_taken(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    other = await chat.another_tab()
    await other.sign_in("alice")
    await other.page.close()
    await chat.connected()
    tray = Tray(chat)

    await tray.attached(photo(tmp_path, "parcel.jpg"))
    async with chat.page.expect_response(lambda response: response.request.method == "DELETE") as gone:
        await chat.page.get_by_role("button", name="Remove photo").click()
    assert (await gone.value).status == 204
    await chat.menu("New conversation")

    await chat.connected()
    await expect(chat.turns).to_have_count(0)


async def test_who_was_signed_out_leaves_nothing_behind_and_signs_in_again_to_where_they_were(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, "alice")
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    await chat.box.fill("And the invoice?")
    path = chat.path
    other = await chat.another_tab()
    await other.menu("Sign out")
    await expect(chat.page.get_by_text(SIGNED_OUT)).to_be_in_viewport(ratio=1)
    await expect(chat.box).not_to_be_focused()
    assert not await find_traces(chat.page, ANSWER, "And the invoice?", "Alice")

    await chat.page.get_by_role("button", name="Reload the page").click()
    await chat.page.get_by_label("Username").fill("alice")
    await chat.page.get_by_label("Password").fill("alice")
    await chat.page.get_by_role("button", name="Sign in").click()

    assert chat.path == path
    await expect(chat.assistant.locator(".text")).to_have_text([ANSWER])
    await expect(chat.box).to_have_value("")


async def test_a_page_that_is_loaded_again_signed_out_asks_to_sign_in(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, "alice")
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    path = chat.path
    await chat.menu("Sign out")
    await chat.connected()

    await chat.page.goto(f"{site.url}{path}")
    chat.watch.seen[:] = [each for each in chat.watch.seen if "404 (Not Found)" not in each]
    await expect(chat.page.get_by_text("Not found")).to_have_count(0)
    await chat.page.get_by_label("Username").fill("alice")
    await chat.page.get_by_label("Password").fill("alice")
    await chat.page.get_by_role("button", name="Sign in").click()

    await expect(chat.assistant.locator(".text")).to_have_text([ANSWER])
    assert chat.path == path


async def test_a_conversation_that_is_deleted_takes_no_draft_of_another_one_with_it(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    lines = await note_lines(chat)
    await chat.open()
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    await chat.box.fill("And the invoice?")
    path = chat.path
    await chat.menu("New conversation")
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    await chat.box.fill("One more thing")

    await lines[-1].close(code=4404)

    await expect(chat.page.get_by_role("alert")).to_contain_text("no longer available")
    assert not await find_traces(chat.page, QUESTION, ANSWER, "One more thing")
    await chat.open(path)
    await expect(chat.box).to_have_value("And the invoice?")


async def test_a_guest_ends_the_chat_and_the_next_person_finds_nothing_of_it(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    lines = await note_lines(chat)
    await chat.open()
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    await chat.box.fill("And the invoice?")
    begun, other = chat.path, await chat.another_tab()
    await other.box.fill("One more thing")
    lines[-1].send(render_owner(OwnerState("human", 1, "Alex", True, "Gerda Gast", EMAIL)))
    lines[-1].send(render_typing("staff", "Alex"))
    await expect(other.page.locator("#typing")).to_have_text("Alex is writing…")

    await chat.page.get_by_label("Menu").click()
    await chat.page.get_by_text("End this chat and forget it on this device").click()
    await chat.page.get_by_role("button", name="End and forget it").click()

    await chat.connected()
    assert chat.path != begun
    assert not await find_traces(chat.page, ANSWER, "And the invoice?")
    await expect(other.page.get_by_text("no longer available")).to_be_visible()
    assert not await find_traces(other.page, QUESTION, ANSWER, "One more thing", "Alex", "Gerda Gast", EMAIL)
    await chat.page.go_back()
    await expect(chat.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert not await find_traces(chat.page, ANSWER)
    chat.watch.seen[:] = [each for each in chat.watch.seen if "404 (Not Found)" not in each]


async def test_the_form_that_a_guest_is_filling_in_stays_when_somebody_else_takes_the_chat(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    lines = await note_lines(chat)
    await chat.open()
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    lines[-1].send(render_owner(OwnerState("waiting", None, "", True, "", "")))
    name, email = chat.page.get_by_label("Name"), chat.page.get_by_label("E-mail")
    await name.fill("Gerda Gast")
    await email.press_sequentially("gerda")

    lines[-1].send(render_owner(OwnerState("human", 1, "Alex", True, "", "")))

    await expect(chat.page.get_by_text("Alex, support team")).to_be_visible()
    await expect(chat.page.get_by_role("button", name="Continue with the assistant")).to_have_count(0)
    await expect(email).to_be_focused()
    await expect(email).to_have_value("gerda")
    await expect(name).to_have_value("Gerda Gast")

    await email.press("Enter")
    await expect(email).to_have_accessible_description(
        "That doesn't look like an e-mail address. Please check it."
    )
    await expect(email).to_have_attribute("aria-invalid", "true")
    await expect(email).to_be_focused()
    await expect(chat.page.get_by_role("alert")).to_have_text("")  # it is said once

    lines[-1].send(render_owner(OwnerState("human", 1, "Alex", True, "Gerda Gast", EMAIL)))
    await expect(email).to_be_hidden()
    await expect(email).to_have_value(EMAIL)
    await expect(chat.box).to_be_focused()


async def test_a_page_that_the_browser_kept_is_hidden_and_loaded_anew_when_it_comes_back(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say(ANSWER)
    await chat.ask(QUESTION)

    await chat.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await expect(chat.answer).to_be_hidden()
    async with chat.page.expect_navigation():
        await chat.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    await chat.connected()
    await expect(chat.answer.locator(".text")).to_have_text(ANSWER)


async def test_who_comes_back_signed_out_is_told_that_it_may_be_that(somebody: Somebody, site: Site) -> None:
    """The line was lost, and the tab comes back without having heard why."""
    async with network(site) as (proxy, reached):
        chat = await somebody(reached, "alice")
        proxy.darken()
        proxy.cut()
        await expect(chat.page.get_by_text("Reconnecting…")).to_be_visible()
        await chat.page.context.clear_cookies()

        proxy.lighten()

        await expect(chat.page.get_by_text(SIGNED_OUT)).to_be_in_viewport()
        chat.watch.seen.clear()  # Chromium complains of the absence


async def test_a_guest_who_signs_in_in_another_tab_goes_on_without_a_reload(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say("Hello.")
    await chat.ask("Hi")
    await chat.box.fill(QUESTION)
    other = await chat.another_tab()

    await other.sign_in("alice")

    provider.say(ANSWER)
    await expect(chat.page.locator("#chat")).to_have_attribute("data-connection", "open")
    await expect(chat.box).to_have_value(QUESTION)
    await chat.box.press("Enter")
    await expect(chat.turns).to_have_count(2)
    await chat.ended()
    await expect(chat.assistant.locator(".text")).to_have_text(["Hello.", ANSWER])
    await other.open(chat.path)
    await expect(other.assistant.locator(".text")).to_have_text(["Hello.", ANSWER])


async def test_a_fragment_that_comes_after_a_newer_one_is_not_shown(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    turns: list[Any] = []
    lines: list[WebSocketRoute] = []

    def connect(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(message: Any) -> None:
            turns.extend([message] if "data-turn=" in message else [])
            route.send(message)

        server.on_message(pass_on)
        lines.append(route)

    await chat.page.route_web_socket("**/ws/**", connect)
    await chat.open()
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    assert 'data-state="running"' in turns[0]

    lines[-1].send(turns[0])
    lines[-1].send('<p id="notice" class="notice" role="status" hx-swap-oob="true">The next one</p>')

    await expect(chat.page.get_by_text("The next one")).to_be_visible()
    # Now, and not after the page has found that something is missing.
    assert await chat.turns.last.get_attribute("data-state") == "done"
    assert await chat.answer.locator(".text").inner_text() == ANSWER


async def test_a_page_that_stays_open_over_a_socket_renews_its_session_once_a_day(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    chat.watch.ignored.add("Failed to load resource: net::ERR_FAILED")
    await chat.page.clock.install()
    await chat.open()
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    await chat.page.clock.fast_forward("23:30:00")

    await chat.page.route("**/frames/?*", lambda route: route.abort(), times=1)
    async with chat.page.expect_event("requestfailed"):
        await chat.page.clock.fast_forward("00:40:00")
    await chat.page.evaluate("fetch('/healthz')")  # by its end the page knows of the failure
    async with chat.page.expect_response("**/frames/?*") as renewed:
        await chat.page.clock.fast_forward("00:10:00")
    await chat.page.clock.fast_forward("23:00:00")

    cookies = await (await renewed.value).header_values("set-cookie")
    assert any(cookie.startswith("sessionid=") for cookie in cookies)
    await chat.connected()
    assert [url for url in asked if "/frames/" in url] == [(await renewed.value).url] * 2


async def test_who_blocks_cookies_is_told_that_the_chat_needs_them(
    chromium: Browser, site: Site, tmp_path: Path
) -> None:
    async with await launch_without_cookies(chromium.browser_type, tmp_path) as context:
        page = context.pages[0]
        await page.goto(site.url)
        await expect(page.get_by_role("alert")).to_contain_text("Your browser blocks cookies on this page")
