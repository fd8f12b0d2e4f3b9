"""What any page of the desk shows is the newest, and what is pressed there is done or said not to be."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from tests.servers import Site

from .desk import Desk, waiting_customer
from .lines import BUSY, CutLine, Lines

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_list_that_was_asked_for_without_a_line_never_replaces_a_newer_one(
    desk: Desk, site: Site
) -> None:
    page, line = desk.page, CutLine(desk.page)
    held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()

    async def hold_first(route: Route) -> None:
        if held.done():
            await route.fulfill(status=503)
        else:
            held.set_result(route)

    await line.cut()
    await line.watch("**/ws/desk/*")
    await page.route(re.compile("/admin/desk/board/"), hold_first)
    desk.chat.watch.ignored.add(BUSY)
    await page.clock.install()
    async with waiting_customer(site) as customer:
        await page.goto(f"{site.url}/admin/desk/")
        await page.clock.run_for(10_000)
        asked = await held
        older = await asked.fetch()
        row = page.locator(f"#board [data-conversation='{customer.number}']")
        await expect(row).to_have_count(1)
        await customer.window.send(action="cancel_person")
        await customer.window.ping()
        line.mend()
        await page.clock.run_for(40_000)
        await expect(page.locator("#desk-bar[data-connection=open]")).to_be_visible()
        await expect(row).to_have_count(0)

        async with page.expect_response(asked.request.url) as come:
            await asked.fulfill(response=older)
        await (await come.value).finished()
        await page.clock.run_for(1_000)  # in which it would be shown

        await expect(row).to_have_count(0)


async def test_a_press_on_the_list_over_a_line_that_has_died_says_that_the_server_did_not_answer(
    desk: Desk, site: Site
) -> None:
    """Also if the line is noticed to be dead, and another one brings the list, before that is said."""
    lines = Lines(desk.chat)
    await lines.watch("**/ws/desk/*")
    async with waiting_customer(site) as customer:
        await desk.open_list()
        row = desk.page.locator(f"#board [data-conversation='{customer.number}']")
        await expect(row).to_have_count(1)
        lines.die()
        await row.get_by_role("button", name="Take over").click()
        await lines.end()
        await desk.page.clock.run_for(4_600)
        await expect(desk.page.locator("#desk-bar[data-connection=open]")).to_be_visible()
        await desk.page.clock.run_for(1_000)

        await expect(desk.page.locator("#notice")).to_contain_text("The server didn't answer.")


async def test_a_press_in_a_conversation_without_a_connection_is_not_done_later(
    desk: Desk, site: Site
) -> None:
    line = CutLine(desk.page)
    await line.watch("**/ws/desk/c/**")
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        await line.cut()
        await expect(desk.page.locator("#chat[data-connection=closed]")).to_have_count(1)
        await desk.press("Close")

        await expect(desk.page.locator("#chat #notice")).to_contain_text("nothing was done")
        line.mend()
        await desk.is_live()
        owners = "SELECT owner FROM conversations_conversation WHERE id = %s"
        assert site.rows(owners, customer.number) == [("human",)]
