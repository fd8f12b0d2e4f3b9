"""Staff hear of a customer who waits as they want it, and of every press that could not be done."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.servers import Site

from .chat import Somebody
from .desk import Desk, waiting_customer
from .lines import BUSY, CutLine, Lines

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What is told is written down, in the place of being heard and seen.
LISTEN = """() => {
    window.told = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...args) { told.push("a sound"); start.apply(this, args); };
    window.Notification = class {
        static permission = window.permission;
        static async requestPermission() { return this.permission; }
        constructor(words) {
            if (window.isPhone) throw new TypeError("Illegal constructor.");
            told.push(words);
        }
    };
}"""
# As a browser does until somebody uses the page; nobody has yet when it is loaded.
HOLD_SOUNDS = """
    localStorage.setItem("desk:sound", "on");
    Object.defineProperty(AudioContext.prototype, "state", { get: () => "suspended" });
    const used = new Promise((resolve) => addEventListener("pointerdown", resolve, { once: true, capture: true }));
    AudioContext.prototype.resume = () => {
        document.documentElement.dataset.held = "";
        return used;
    };
"""
CUSTOMER_WAITS = "A customer is waiting for a person"


async def listen(page: Page, *, permission: str = "granted", is_phone: bool = False) -> None:
    await page.add_init_script(
        f"window.permission = '{permission}'; window.isPhone = {str(is_phone).lower()};"
    )
    await page.add_init_script(f"({LISTEN})()")


async def told(page: Page) -> Any:
    """What was told since this was asked last."""
    return await page.evaluate("told.splice(0)")


async def wait_until_told(page: Page, *words: str) -> None:
    """Until exactly these were told: a page counts who waits before it tells of it."""
    async with asyncio.timeout(10):
        while len(await page.evaluate("told")) < len(words):  # noqa: ASYNC110 - a page calls nobody
            await asyncio.sleep(0.02)
    assert await told(page) == list(words)


async def count_waiting(page: Page) -> int:
    """How many customers wait already: other tests of this site leave some behind."""
    count = page.locator("#waiting-count[data-newest]")  # as it has come over the socket
    await expect(count).to_have_count(1)
    return int(await count.get_attribute("data-count") or 0)


async def hide(page: Page, is_hidden: bool) -> None:
    """The tab goes to the background, or comes back from it."""
    await page.evaluate(
        """isHidden => {
            Object.defineProperty(document, "hidden", { get: () => isHidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )


async def test_who_wants_it_is_told_of_a_new_customer_and_of_nothing_else(desk: Desk, site: Site) -> None:
    page = desk.page
    await listen(page)
    await page.goto(f"{site.url}/admin/")
    count = page.locator("#waiting-count")
    others = await count_waiting(page)
    sound = page.get_by_role("switch", name="Sound when a customer waits")
    notifications = page.get_by_role("switch", name="Browser notification when a customer waits")
    await desk.listen("desk-spoken")

    async with waiting_customer(site):
        await expect(count).to_have_attribute("data-count", str(others + 1))
        await desk.heard(CUSTOMER_WAITS)
        async with asyncio.timeout(10):  # until it was noticed as news
            while not await page.evaluate("localStorage.getItem('desk:told')"):  # noqa: ASYNC110 - a page calls nobody
                await asyncio.sleep(0.02)
        assert await told(page) == []  # neither is switched on

        await sound.click()
        await wait_until_told(page, "a sound")  # so that one knows it
        await notifications.click()
        await expect(notifications).to_be_checked()
        await wait_until_told(
            page,
            "You will be told like this when a customer waits, writes to you or is assigned to you, "
            "or a colleague mentions you",
        )

        async with waiting_customer(site) as second:
            await expect(count).to_have_attribute("data-count", str(others + 2))
            await wait_until_told(page, "a sound", CUSTOMER_WAITS)
            await expect(page).to_have_title(re.compile(rf"^\({others + 2}\) "))

            await second.window.send(action="cancel_person")
            await expect(count).to_have_attribute("data-count", str(others + 1))
            assert await told(page) == []  # that the first one still waits is no news

        await page.reload()
        await expect(count).to_have_attribute("data-count", str(others + 1))
        await expect(notifications).to_be_checked()
        assert await told(page) == []

        await notifications.click()
        await sound.click()
        async with waiting_customer(site):
            await expect(count).to_have_attribute("data-count", str(others + 2))
            assert await told(page) == []


async def test_staff_are_told_of_whom_they_are_given_and_what_these_write_while_they_look_elsewhere(
    desk: Desk, somebody: Somebody, site: Site
) -> None:
    sam = Desk(await somebody.away(site))
    await sam.sign_in("sam")
    elsewhere = await desk.another_tab()
    await listen(elsewhere.page)
    await elsewhere.page.goto(f"{site.url}/admin/")
    await elsewhere.page.get_by_role("switch", name="Sound when a customer waits, writes to you").click()
    await wait_until_told(elsewhere.page, "a sound")
    unanswered = elsewhere.page.locator("#unanswered-count[data-written]")
    await expect(unanswered).to_have_count(1)
    others = int(await unanswered.get_attribute("data-count") or 0)  # other tests leave some behind
    async with waiting_customer(site) as customer:
        await sam.take(customer.number)
        await elsewhere.page.evaluate("told.splice(0)")  # that the customer waited
        await elsewhere.listen("desk-spoken")
        await sam.page.get_by_label("Assign to").select_option(label="Alex Agent (here)")
        await sam.press("Assign")
        await elsewhere.heard("A colleague has assigned a customer to you")
        await expect(unanswered).to_have_attribute("data-count", str(others + 1))
        await expect(elsewhere.page.get_by_role("link", name="Yours")).to_be_visible()
        await wait_until_told(elsewhere.page, "a sound")

        await desk.open(customer.number)
        await customer.say("You look at this one.")
        await desk.page.wait_for_function("() => localStorage.getItem('desk:told-written')")
        await desk.open_list()
        await customer.say("You look at the list.")

        await wait_until_told(elsewhere.page, "a sound")
        await desk.open(customer.number)
        await desk.reply("Now I have seen it.")
        await expect(unanswered).to_have_attribute("data-count", str(others))
        await elsewhere.page.get_by_role("switch", name="Sound when a customer waits").click()


async def test_sounds_that_the_browser_has_held_back_do_not_come_all_at_once(desk: Desk, site: Site) -> None:
    page = desk.page
    await listen(page)
    await page.add_init_script(HOLD_SOUNDS)
    await page.clock.install()
    await page.goto(f"{site.url}/admin/")
    others = await count_waiting(page)

    async with waiting_customer(site):
        await expect(page.locator("#waiting-count")).to_have_attribute("data-count", str(others + 1))
        await expect(page.locator("html[data-held]")).to_have_count(1)
        await page.clock.run_for(2_000)
        await page.locator("h1").first.click()
        await page.get_by_role("switch", name="Sound when a customer waits").click()  # off
        await page.get_by_role("switch", name="Sound when a customer waits").click()  # on again

        await wait_until_told(page, "a sound")


@pytest.mark.parametrize(
    ("permission", "is_phone", "words"),
    [
        ("denied", False, "doesn't let this site show notifications"),
        ("granted", True, "can't show notifications for a page"),
    ],
)
async def test_notifications_that_cannot_be_had_are_not_switched_on(
    desk: Desk, site: Site, permission: str, is_phone: bool, words: str
) -> None:
    await listen(desk.page, permission=permission, is_phone=is_phone)
    await desk.open_list()
    notifications = desk.page.get_by_role("switch", name="Browser notification when a customer waits")

    await notifications.click()

    await expect(desk.page.locator("#notice")).to_contain_text(words)
    await expect(notifications).not_to_be_checked()
    async with waiting_customer(site) as customer:
        row = desk.page.locator(f"#board [data-conversation='{customer.number}']")
        await expect(row).to_have_count(1)


async def test_a_press_without_a_connection_says_that_nothing_was_done(desk: Desk, site: Site) -> None:
    line = CutLine(desk.page)
    await line.watch("**/ws/desk/*")
    async with waiting_customer(site) as customer:
        await desk.open_list()
        row = desk.page.locator(f"#board [data-conversation='{customer.number}']")
        await expect(row).to_have_count(1)
        await line.cut()
        await expect(desk.page.locator("#desk-bar[data-connection=closed]")).to_have_count(1)
        await row.get_by_role("button", name="Take over").click()

        await expect(desk.page.locator("#notice")).to_contain_text("nothing was done")
        owners = "SELECT owner FROM conversations_conversation WHERE id = %s"
        assert site.rows(owners, customer.number) == [("waiting",)]


async def test_a_press_over_a_line_that_has_died_says_that_the_server_did_not_answer(
    desk: Desk, site: Site
) -> None:
    lines = Lines(desk.chat)
    await lines.watch("**/ws/desk/c/**")
    async with waiting_customer(site) as customer:
        await desk.open(customer.number)
        lines.die()
        await desk.press("Take over")
        await desk.page.clock.run_for(5_000)

        await expect(desk.page.locator("#chat #notice")).to_contain_text("The server didn't answer.")
        await lines.come_back()
        await desk.press("Take over")
        await expect(desk.page.locator("#chat[data-mine]")).to_be_visible()
        await desk.page.clock.run_for(5_000)
        await expect(desk.page.locator("#chat #notice")).to_have_text("")


async def test_a_page_that_has_too_many_beside_it_still_shows_who_waits(desk: Desk, site: Site) -> None:
    await desk.page.clock.install()
    await desk.page.route_web_socket("**/ws/desk/*", lambda route: route.close(code=4429))
    await desk.page.route("**/admin/desk/board/*", lambda route: route.fulfill(status=503), times=2)
    desk.chat.watch.ignored.add(BUSY)
    lost = desk.page.locator("#desk-lost")
    await desk.page.goto(f"{site.url}/admin/desk/")
    await expect(desk.page.locator("#desk-bar[data-connection=gone]")).to_have_count(1)
    await expect(lost).to_be_empty()
    await desk.page.clock.run_for(21_000)
    await expect(lost).to_have_text("Not connected. Who is waiting may be out of date.")
    async with waiting_customer(site) as customer:
        await desk.page.clock.run_for(11_000)

        row = desk.page.locator(f"#board [data-conversation='{customer.number}']")
        await expect(row).to_have_count(1)
        await expect(lost).to_be_empty()
        await row.get_by_role("button", name="Take over").click()
        await expect(desk.page.locator("#notice")).to_contain_text("Reload it to continue.")


async def test_the_keyboard_stays_where_it_was_in_a_list_that_changes(desk: Desk, site: Site) -> None:
    async with waiting_customer(site) as first, waiting_customer(site) as second:
        await desk.open_list()

        def link(number: int) -> Any:
            return desk.page.locator(f"#board [data-conversation='{number}'] a")

        await link(first.number).focus()
        async with waiting_customer(site) as third:
            await expect(link(third.number)).to_have_count(1)
            await expect(link(first.number)).to_be_focused()

            await first.window.send(action="cancel_person")
            await expect(link(first.number)).to_have_count(0)
            await expect(link(second.number)).to_be_focused()


async def test_the_desk_tells_of_what_the_customer_says(desk: Desk, site: Site) -> None:
    page = desk.page
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        await desk.listen()
        await customer.say("My lamp is broken.")
        await desk.heard("Customer: My lamp is broken.")
        await desk.reply("I'm sorry to hear that.")
        await expect(desk.log.locator("[data-role=staff]")).to_have_count(1)
        await customer.say("And the shade as well.")
        heard = await desk.heard("Customer: And the shade as well.")
        assert not any("sorry" in words for words in heard)  # one knows what one has written

        others = await count_waiting(page)
        async with waiting_customer(site):
            await expect(page).to_have_title(re.compile(rf"^\({others + 1}\) "))
            await hide(page, True)
            await customer.say("Are you there?")
            await expect(page).to_have_title(re.compile(rf"^\({others + 2}\) "))
            await hide(page, False)
            await expect(page).to_have_title(re.compile(rf"^\({others + 1}\) "))


async def test_that_somebody_writes_is_not_shown_for_longer_because_something_else_comes(
    desk: Desk, site: Site
) -> None:
    await desk.page.clock.install()
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        await customer.window.send(action="typing")
        await expect(desk.page.locator("#typing")).to_contain_text("The customer is writing")
        await desk.page.clock.run_for(4_000)
        await desk.note("Still there")
        await expect(desk.notes).to_have_count(1)
        await desk.page.clock.run_for(1_500)

        await expect(desk.page.locator("#typing")).to_have_text("", timeout=1_000)
