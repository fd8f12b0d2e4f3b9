"""A conversation at the desk can be read and answered in any window, and choosing alone does nothing there."""

import pytest
from playwright.async_api import expect

from tests.servers import Site

from .desk import Desk, waiting_customer
from .lines import BUSY

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WINDOWS = {
    "a laptop": (1280, 800),
    "a laptop, zoomed to 200 %": (640, 400),
    "a laptop, zoomed to 400 %": (320, 200),
    "a phone": (390, 844),
    "a phone on its side": (844, 390),
    "a small old phone": (320, 568),
}
READABLE_PIXELS = 90  # of the conversation that can be seen: some four lines
LEAST_PIXELS_TO_HIT = 24  # WCAG 2.2, 2.5.8
UNBROKEN = "a" * 96
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


async def test_what_has_no_place_to_break_pushes_nothing_out_of_any_window(desk: Desk, site: Site) -> None:
    async with waiting_customer(site) as customer:
        site.rows(
            "UPDATE conversations_conversation SET contact_name = %s, contact_email = %s, waiting_reason = %s"
            " WHERE id = %s",
            *(UNBROKEN, f"{UNBROKEN}@example.com", f"This one: https://shop.example/{UNBROKEN}"),
            customer.number,
        )
        await desk.open_list()
        row = desk.page.locator(f"#board [data-conversation='{customer.number}']")
        for window, (width, height) in WINDOWS.items():
            await desk.page.set_viewport_size({"width": width, "height": height})
            assert not await desk.page.evaluate(TOO_WIDE), window
            for control in (row.get_by_role("button", name="Take over"), row.get_by_text("guest")):
                await control.click(trial=True)

        await desk.page.goto(f"{site.url}/admin/desk/guest/{customer.number}/")
        await expect(desk.page.get_by_role("heading", name=UNBROKEN)).to_be_visible()
        assert not await desk.page.evaluate(TOO_WIDE)

        await desk.page.goto(f"{site.url}/admin/conversations/conversation/")
        await expect(desk.page.locator("td.field-customer").first).to_have_attribute("data-label", "Customer")
        lists = desk.page.locator(".results")
        assert not await lists.evaluate("list => list.scrollWidth > list.clientWidth"), "rows are cards"

        await desk.page.get_by_role("button", name="Filter").click()
        await desk.page.locator("#filters").get_by_role("button", name="Close").click()
        await expect(desk.page.locator("#filters")).to_be_hidden()
        await desk.page.get_by_role("button", name="Filter").click()
        await desk.page.locator("#changelist-filter").get_by_role("link", name="Waiting for a person").click()
        await expect(desk.page.get_by_role("link", name="Clear all filters")).to_be_in_viewport()

        await desk.page.set_viewport_size({"width": 1280, "height": 800})
        heights = "links => links.map(link => link.offsetHeight)"
        filters = desk.page.locator("#changelist-filter li a")
        assert min(await filters.evaluate_all(heights)) >= LEAST_PIXELS_TO_HIT


async def test_a_conversation_can_be_read_and_answered_in_any_window(desk: Desk, site: Site) -> None:
    page = desk.page
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        send = page.locator(".reply-foot").get_by_role("button", name="Reply", exact=True)
        for window, (width, height) in WINDOWS.items():
            await page.set_viewport_size({"width": width, "height": height})

            for control in (page.get_by_role("button", name="Hand back"), desk.box, send):
                await control.click(trial=True)  # it can be scrolled to, and nothing lies on it
                await expect(control, window).to_be_in_viewport(ratio=0.9)
            assert await page.locator("#scroll").evaluate("log => log.clientHeight") >= READABLE_PIXELS, (
                window
            )
            assert not await page.evaluate(TOO_WIDE), window


async def test_records_that_did_not_come_are_fetched_when_they_are_opened_again(
    desk: Desk, site: Site
) -> None:
    page = desk.page
    async with waiting_customer(site) as customer:
        await desk.open(customer.number)
        await page.set_viewport_size({"width": 375, "height": 667})
        await page.route("**/records/", lambda route: route.fulfill(status=503), times=1)
        said = f"Response Status Error Code 503 from /admin/desk/c/{customer.number}/records/, [object HTMLDivElement]"
        desk.chat.watch.ignored.update((BUSY, said))
        opener = page.get_by_text("Orders, tickets and other records")
        async with page.expect_response("**/records/"):
            await opener.click()
        await opener.click()
        await opener.click()

        await expect(page.get_by_role("heading", name="Orders")).to_be_visible()
        assert not await page.evaluate(TOO_WIDE)


async def test_the_way_to_new_messages_lies_on_no_words(desk: Desk, site: Site) -> None:
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        for _ in range(2):
            await desk.reply("\n".join("A long answer in many lines." for _ in range(20)))
        await expect(desk.log.locator("[data-role=staff]")).to_have_count(2)
        await desk.page.locator("#scroll").evaluate("log => log.scrollTo(0, 0)")
        await customer.say("Thank you")
        way = desk.page.locator("#to-end")
        await expect(way).to_be_visible()

        shown, log, box = [
            await each.bounding_box()
            for each in (way, desk.page.locator("#scroll"), desk.page.locator("#composer"))
        ]
        assert shown
        assert log
        assert box
        assert log["y"] + log["height"] <= shown["y"]
        assert shown["y"] + shown["height"] <= box["y"]
        await way.click()
        await expect(way).to_be_hidden()

        # On paper there is all of it, and it can be read without grounds.
        await desk.page.emulate_media(media="print", color_scheme="dark")
        assert await desk.page.locator("#scroll").evaluate("e => e.scrollHeight - e.clientHeight") == 0
        bottom = await desk.page.locator("#scroll").evaluate("e => e.getBoundingClientRect().bottom")
        assert bottom <= await desk.page.evaluate("document.documentElement.scrollHeight")
        ours = desk.log.locator("[data-role=staff] > .text").first
        style = "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor] }"
        assert await ours.evaluate(style) == ["rgb(23, 26, 35)", "rgba(0, 0, 0, 0)"]


async def test_a_choice_does_nothing_before_its_button_is_pressed(desk: Desk, site: Site) -> None:
    ((agent,),) = site.rows("SELECT id FROM auth_user WHERE username = 'agent'")
    ((sam,),) = site.rows("SELECT id FROM auth_user WHERE username = 'sam'")
    ((leads,),) = site.rows("SELECT id FROM auth_group WHERE name = 'Support leads'")
    site.rows("INSERT INTO auth_user_groups (user_id, group_id) VALUES (%s, %s)", agent, leads)
    site.rows(
        "INSERT INTO desk_savedreply (title, text, owner_id, is_shared) VALUES ('Hello', 'Good morning!', %s, false)",
        agent,
    )
    await desk.page.route("**/replies/**", lambda route: route.fulfill(status=503), times=1)
    desk.chat.watch.ignored.add(BUSY)
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        # With the next frame, what a busy server did not give is asked for.
        await customer.say("Is somebody there?")
        await desk.page.get_by_label("Saved replies").select_option("Hello")
        await expect(desk.box).to_have_value("")
        await desk.press("Insert")
        await expect(desk.box).to_have_value("Good morning!")

        await desk.page.get_by_label("Assign to").select_option(str(sam))
        await desk.press("Insert")  # nothing is chosen there any more, so it says where to choose
        await expect(desk.page.get_by_label("Saved replies")).to_be_focused()
        await expect(desk.owner).to_have_text("With Alex")
        await desk.press("Assign")
        await expect(desk.owner).to_have_text("With Sam")
        # There is no button to take it from a colleague, so none is spoken of.
        await expect(desk.page.get_by_placeholder("A colleague has this conversation")).to_be_visible()
    site.rows("DELETE FROM auth_user_groups WHERE user_id = %s AND group_id = %s", agent, leads)
    site.rows("DELETE FROM desk_savedreply WHERE owner_id = %s", agent)
