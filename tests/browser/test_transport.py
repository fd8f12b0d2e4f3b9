"""Whatever the network or the browser does not do, what is typed or clicked arrives, and its answer is shown."""

import asyncio
import re

import pytest
from playwright.async_api import Route, WebSocketRoute, expect

from tests.provider import Provider
from tests.servers import Site

from .chat import Somebody
from .lines import closes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "Where is my order?"
ANSWER = "It left our warehouse on Monday and should reach you tomorrow."
BEGINNING = "It left our warehouse "
# As a customer's browser has it behind a proxy that knows no WebSockets: each fails at once.
NO_SOCKETS = """
    window.WebSocket = class extends EventTarget {
        static CONNECTING = 0; static OPEN = 1; static CLOSED = 3;
        readyState = 0;
        constructor() {
            super();
            if (window.socketsHang) return;
            setTimeout(() => { this.readyState = 3; this.onclose?.({ code: 1006 }); });
        }
        close() { this.readyState = 3; setTimeout(() => this.onclose?.({ code: 1006 })); }
    };
"""


async def test_without_scripts_one_can_write_read_and_ask_for_a_person(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site, java_script_enabled=False)
    provider.say(ANSWER)
    await chat.page.goto(site.url)
    await expect(chat.page.locator(".noscript")).to_be_in_viewport()
    await expect(chat.page.get_by_role("button", name="Attach photos")).to_be_hidden()

    await chat.box.fill(QUESTION)
    await chat.page.get_by_role("button", name="Send").click()

    await expect(chat.customer.locator(".text")).to_have_text([QUESTION])
    assert QUESTION not in chat.page.url
    await provider.until(lambda provider: not provider.open_streams and provider.requests)
    check = chat.page.get_by_role("link", name="Check for the answer")
    await expect(check).to_be_in_viewport()
    await check.click()
    await check.click()
    await expect(chat.answer.locator(".text")).to_have_text(ANSWER)
    await chat.page.get_by_role("button", name="Talk to a person").click()
    await expect(chat.page.locator("#owner")).to_have_text("Waiting for a person")


async def test_what_is_typed_and_sent_before_the_scripts_are_there_is_answered(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    may_load = asyncio.Event()

    async def hold(route: Route) -> None:
        await may_load.wait()
        await route.continue_()

    await chat.page.route("**/chat.js", hold)
    provider.say(ANSWER)
    await chat.page.goto(site.url, wait_until="commit")
    await chat.box.fill("A draft")
    await expect(chat.box).to_have_value("A draft")
    may_load.set()
    await chat.connected()
    await expect(chat.box).to_have_value("A draft")  # the scripts leave it as it is

    may_load.clear()
    await chat.page.reload(wait_until="commit")
    await chat.box.fill(QUESTION)
    await chat.page.get_by_role("button", name="Send").click(no_wait_after=True)
    await expect(chat.customer.locator(".text").first).to_have_text(QUESTION)

    may_load.set()
    await chat.connected()
    await expect(chat.customer.locator(".text")).to_have_text([QUESTION])
    await chat.ended()


@pytest.mark.parametrize("hang", [False, True], ids=["refused", "silent"])
async def test_without_sockets_the_chat_says_so_and_goes_on_by_requests(
    somebody: Somebody, site: Site, provider: Provider, hang: bool
) -> None:
    chat = await somebody.away(site)
    await chat.page.add_init_script(f"window.socketsHang = {str(hang).lower()};{NO_SOCKETS}")
    answer = provider.say(ANSWER, hold_after=4)
    await chat.page.clock.install()
    await chat.page.goto(site.url)
    await chat.say(QUESTION)
    if hang:
        await chat.page.clock.run_for(13_000)

    await expect(chat.page.get_by_text("Live updates are blocked here.")).to_be_visible()
    await expect(chat.answer.locator(".text")).to_have_text(BEGINNING)
    await expect(chat.page.get_by_text("Sending…")).to_be_hidden()
    if hang:
        answer.release()
        await chat.ended()
        return
    await chat.page.get_by_role("button", name="Stop").click()
    await chat.ended("stopped")
    provider.say(ANSWER)
    await chat.page.get_by_role("button", name="Try again").click()
    await chat.ended()
    await expect(chat.assistant.locator(".text")).to_have_text([ANSWER])
    await chat.page.get_by_role("button", name="Talk to a person").first.click()
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "waiting")


# What stands between may answer in the server's place: one that wants a sign-in, one that routes anew, one of a hotel.
OF_OTHERS = [
    (401, "text/html", "<h1>Sign in</h1>"),
    (404, "text/plain", "404 page not found"),
    (200, "text/html", "<h1>Welcome</h1>"),
    (200, "application/json", "{}"),
]


async def test_what_others_answer_in_the_place_of_the_server_costs_no_message(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    await chat.page.add_init_script(NO_SOCKETS)
    others = iter(OF_OTHERS)

    async def answer(route: Route) -> None:
        if (of_other := next(others, None)) is None:
            await route.continue_()
        else:
            status, content_type, body = of_other
            await route.fulfill(status=status, content_type=content_type, body=body)

    await chat.page.route("**/frames/", answer)  # what the page posts
    await chat.page.goto(site.url)
    await expect(chat.page.locator("#chat[data-polling][data-connection=open]")).to_be_visible()
    provider.say(ANSWER)

    await chat.say(QUESTION)

    await chat.ended()
    await expect(chat.customer.locator(".text")).to_have_text([QUESTION])
    assert next(others, None) is None
    chat.watch.seen.clear()  # Chromium complains of the statuses


async def test_what_a_firewall_never_lets_through_is_marked_as_not_sent_and_can_be_tried_again(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    await chat.page.add_init_script(NO_SOCKETS)
    is_blocked = True

    async def answer(route: Route) -> None:
        await (route.fulfill(status=403, body="<h1>Blocked</h1>") if is_blocked else route.continue_())

    await chat.page.route("**/frames/", answer)  # what the page posts
    await chat.page.goto(site.url)

    await chat.say(QUESTION)
    await expect(chat.page.locator("#outbox .why")).to_contain_text("blocked on its way to us")
    is_blocked = False
    provider.say(ANSWER, hold_after=4)
    await chat.page.locator("#outbox").get_by_role("button", name="Try again").click()
    await expect(chat.answer.locator(".text")).to_have_text(BEGINNING)
    await expect(chat.customer.locator(".text")).to_have_text([QUESTION])

    is_blocked = True
    stop = chat.page.get_by_role("button", name="Stop")
    await stop.click()
    await expect(chat.page.locator("#notice")).to_contain_text(
        "blocked on its way to us, so nothing was done"
    )
    is_blocked = False
    await stop.click()
    await chat.ended("stopped")
    chat.watch.seen.clear()  # Chromium complains of the statuses


async def test_a_page_leaves_requests_as_soon_as_a_socket_gets_through(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    is_blocked = True
    asked: list[str] = []

    def connect(route: WebSocketRoute) -> None:
        if not is_blocked:
            route.connect_to_server()

    await chat.page.route_web_socket("**/ws/**", connect)
    await chat.page.clock.install()
    await chat.page.goto(site.url)
    async with chat.page.expect_response("**/frames/?*"):
        await chat.page.clock.run_for(14_000)
    chat.page.on("request", lambda request: asked.append(request.url))
    await expect(chat.page.locator("#chat[data-polling]")).to_be_visible()
    assert asked == []  # one request has opened it, and answered its first ping

    is_blocked = False
    await chat.page.clock.run_for(16_000)

    await expect(chat.page.locator("#chat[data-connection=open]:not([data-polling])")).to_be_visible()
    provider.say(ANSWER)
    assert await chat.ask(QUESTION) == ANSWER


# While a look for a socket waits for its answer, the requests are lost and begun anew; then its time is up.
LOOK_TWICE = """async () => {
    const { startProbing } = await import(document.querySelector("link[href*='/transport.']").href);
    const timers = [], sockets = [], Hanging = window.WebSocket, wait = window.setTimeout;
    window.socketsHang = true;
    window.WebSocket = class extends Hanging { constructor() { super(); sockets.push(this); } };
    window.setTimeout = (call, delay, ...rest) => delay > 10_000 ? timers.push(call) : wait(call, delay, ...rest);
    startProbing("", () => {});
    timers[0]();
    startProbing("", () => {});
    sockets[0].close();
    await new Promise((resolve) => wait(resolve, 20));
    return timers.length;
}"""


async def test_a_page_that_loses_its_requests_while_it_looks_for_a_socket_looks_no_more_often(
    somebody: Somebody, site: Site
) -> None:
    chat = await somebody.away(site)
    await chat.page.add_init_script(NO_SOCKETS)
    await chat.page.goto(site.url)
    await expect(chat.page.locator("#chat[data-polling][data-connection=open]")).to_be_visible()

    # One for each time, and none that the first goes on with.
    assert await chat.page.evaluate(LOOK_TWICE) == 2


async def test_a_page_that_goes_offline_says_so_at_once_and_sends_what_was_written_when_it_is_back(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    await chat.page.context.set_offline(True)
    await expect(chat.page.get_by_text("You're offline")).to_be_visible(timeout=1_500)

    provider.say(ANSWER)
    await chat.page.evaluate("window.dispatchEvent(new Event('offline'))")
    await chat.page.context.set_offline(False)

    await expect(chat.page.get_by_text("You're offline")).to_be_hidden()
    assert await chat.ask(QUESTION) == ANSWER
    await closes(chat)


async def test_enter_makes_a_line_on_a_phone_and_the_button_sends(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    provider.say(ANSWER)
    await chat.box.fill("One line")
    await chat.box.press("Enter")
    await chat.box.press_sequentially("and another")
    await expect(chat.customer).to_have_count(0)

    await chat.page.get_by_role("button", name="Send").tap()

    await chat.ended()
    await expect(chat.customer.locator(".text")).to_have_text(re.compile("^One line\nand another$"))


@pytest.mark.parametrize("press", ["starter", "stop", "try again"])
async def test_after_a_button_that_goes_away_one_can_go_on_writing(
    somebody: Somebody, site: Site, provider: Provider, press: str
) -> None:
    chat = await somebody(site)
    if press == "starter":
        provider.say(ANSWER)
        await chat.page.get_by_role("button", name=QUESTION).click()
        await chat.ended()
    else:
        provider.say(ANSWER, hold_after=4)
        await chat.say(QUESTION)
        await expect(chat.answer.locator(".text")).to_have_text(BEGINNING)
        await chat.page.get_by_role("button", name="Stop").click()
        await chat.ended("stopped")
        if press == "try again":
            provider.say(ANSWER)
            await chat.page.get_by_role("button", name="Try again").click()
            await chat.ended()
    await expect(chat.box).to_be_focused()
