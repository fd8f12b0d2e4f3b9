"""Two members of staff with one ticket open: the conversation goes on there, and both pages stay true."""

import pytest
from playwright.async_api import expect

from tests.servers import Site

from .chat import Somebody
from .desk import Desk, waiting_customer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def open_ticket(somebody: Somebody, site: Site, name: str, pk: int) -> Desk:
    desk = Desk(await somebody.away(site))
    await desk.sign_in(name)
    await desk.page.goto(f"{site.url}/admin/tickets/ticket/{pk}/change/")
    await desk.is_live()
    return desk


async def test_a_ticket_is_answered_and_resolved_while_a_colleague_has_its_form_open(
    somebody: Somebody, site: Site
) -> None:
    async with waiting_customer(site) as customer:
        ((pk,),) = site.rows("SELECT id FROM tickets_ticket WHERE conversation_id = %s", customer.number)
        agent = await open_ticket(somebody, site, "agent", pk)
        sam = await open_ticket(somebody, site, "sam", pk)

        covered = "document.querySelector('.submit-row').offsetHeight"
        kept_free = "parseFloat(getComputedStyle(document.documentElement).scrollPaddingBottom)"
        assert await sam.page.evaluate(f"{kept_free} >= {covered}")  # what has the focus is seen
        await sam.page.get_by_label("Priority:", exact=True).select_option("high")
        await sam.page.get_by_label("Order:").fill("ORD-123")
        # As on a page that was opened before the agent joined the team: who has the ticket since is no choice there.
        await sam.page.locator("#id_assignee option", has_text="Alex").evaluate("option => option.remove()")
        await agent.press("Take over")
        await expect(agent.page.locator("#chat[data-mine]")).to_be_visible()
        await agent.choose("Reply")
        await agent.box.fill("A new lamp is on its way.")
        await agent.press("Reply and resolve")
        await customer.window.until(lambda window: window.said("staff"))

        # Both pages show what is stored, also in the form; what Sam has chosen there stays.
        for desk in (agent, sam):
            await expect(desk.page.locator("#ticket-state [data-status=resolved]")).to_be_visible()
            await expect(desk.page.get_by_label("Status:")).to_have_value("resolved")
        await expect(sam.page.locator("#ticket-news")).to_contain_text("Alex Agent replied to the customer")
        await expect(agent.page.locator("#ticket-news")).to_be_empty()
        await expect(sam.page.get_by_label("Priority:", exact=True)).to_have_value("high")

        await sam.press("Save and continue editing")
        await expect(sam.page.locator("#ticket-state")).to_contain_text("Resolved")
        await expect(sam.page.locator("#ticket-state")).to_contain_text("Priority: High")
        stored = (
            "SELECT status, priority, username FROM tickets_ticket JOIN auth_user u ON u.id = assignee_id"
        )
        assert site.rows(f"{stored} WHERE tickets_ticket.id = %s", pk) == [("resolved", "high", "agent")]

        # The customer answers: it is open again, and the pages say so.
        await customer.say("It has not arrived.")
        await expect(sam.page.locator("#ticket-state [data-status=open]")).to_be_visible()
        await expect(sam.page.get_by_label("Status:")).to_have_value("open")
