"""A customer and two members of staff side by side: ask for a person, wait, talk, hand back, close, write again."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.provider import Provider
from tests.servers import Site

from .album import photo, see
from .chat import Chat, Somebody, find_traces
from .desk import Desk, waiting_customer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def sign_in_staff(somebody: Somebody, site: Site, name: str) -> Desk:
    desk = Desk(await somebody.away(site))
    await desk.sign_in(name)
    return desk


async def ask_for_person(chat: Chat) -> None:
    await chat.page.locator(".bar").get_by_role("button", name="Talk to a person").click()
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "waiting")


async def test_a_customer_is_served_by_people(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    agent = await sign_in_staff(somebody, site, "agent")
    sam = await sign_in_staff(somebody, site, "sam")
    chat = await somebody(site, "alice")
    await chat.menu("New conversation")
    await chat.connected()

    # Asked for, and waiting: both desks show it at once.
    await ask_for_person(chat)
    for desk in (agent, sam):
        await expect(desk.waiting("Alice Archer")).to_have_count(1)
        await expect(desk.page).to_have_title(re.compile(r"^\(\d+\) "))

    # One takes it; the other sees it go, and whose it is.
    await agent.take_from_list("Alice Archer")
    await expect(sam.waiting("Alice Archer")).to_have_count(0)
    await expect(agent.owner).to_have_text("With Alex")
    await expect(chat.page.locator("#owner")).to_contain_text("Alex")

    # They talk, and each sees the other write.
    await agent.reply("Hello Alice, how can I help?")
    staff = chat.page.locator("[data-role=staff]")
    await expect(staff.locator(".text")).to_have_text("Hello Alice, how can I help?")
    await chat.box.press_sequentially("My lamp")
    await expect(agent.page.locator("#typing")).to_contain_text("The customer is writing")
    await chat.say("My lamp is broken.")
    await expect(agent.log.locator("[data-role=customer] .text").last).to_have_text("My lamp is broken.")

    # A photo goes with an answer.
    await agent.page.locator("#chooser").set_input_files(photo(tmp_path, "lamp.png"))
    await expect(agent.page.locator("#tray [data-state=ready]")).to_have_count(1)
    await agent.reply("Like this one?")
    await see(staff.locator(".images img"), "Photo")

    # A note is for the team alone.
    await sam.open_from_list("Alice Archer")
    await expect(agent.page.locator("#viewers")).to_contain_text("also looking")
    await expect(sam.page.get_by_role("button", name="Take over")).to_be_hidden()
    await agent.note("She has bought it twice.")
    for desk in (agent, sam):
        await expect(desk.notes.locator(".text")).to_have_text("She has bought it twice.")
    await expect(chat.page.get_by_text("bought it twice")).to_have_count(0)

    # Handed back, the bot answers again.
    await agent.press("Hand back")
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "bot")
    provider.say("Your lamp comes tomorrow.")
    await chat.ask("When does the new one come?")
    await expect(sam.log.locator("[data-role=assistant] .text").last).to_have_text(
        "Your lamp comes tomorrow."
    )

    # The other one takes it and closes it; the customer writes again, and gets the same person.
    await sam.press("Take over")
    await expect(agent.owner).to_have_text("With Sam")
    await sam.choose("Reply")
    await sam.box.fill("All done, Alice.")
    await sam.press("Reply and close")
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "closed")
    await expect(sam.owner).to_have_text("Closed")
    await chat.say("One more thing")
    await expect(chat.page.locator("#owner")).to_contain_text("Sam")
    await expect(sam.log.locator("[data-role=customer] .text").last).to_have_text("One more thing")
    assert len(provider.requests) == 1


async def test_a_takeover_in_mid_sentence_keeps_what_was_read(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    agent = await sign_in_staff(somebody, site, "agent")
    chat = await somebody(site, "bob")
    await chat.menu("New conversation")
    await chat.connected()
    answer = provider.say("It is on its way to you.", hold_after=3)
    await chat.say("Where is my lamp?")
    await expect(chat.answer.locator(".tail")).not_to_be_empty()
    read = await chat.answer.locator(".text").inner_text()

    await agent.page.goto(f"{site.url}/admin/conversations/conversation/")
    await agent.page.get_by_role("link", name="Where is my lamp?").first.click()
    await agent.is_live()
    await agent.press("Take over")

    await expect(chat.page.locator("#owner")).to_contain_text("Alex")
    answer.release()
    await expect(chat.answer).to_have_attribute("data-status", "partial")
    assert (await chat.answer.locator(".text").inner_text()).strip() == read.strip()
    await agent.reply("I'll look myself.")
    await expect(chat.page.locator("[data-role=staff] .text")).to_have_text("I'll look myself.")


async def test_staff_who_sign_out_leave_nothing_of_their_customers_in_any_tab(
    somebody: Somebody, site: Site
) -> None:
    waiting = await sign_in_staff(somebody, site, "sam")
    talking, writing = await waiting.another_tab(), await waiting.another_tab()
    async with waiting_customer(site) as customer:
        await talking.take(customer.number)
        await talking.listen()
        await customer.say("My lamp is broken.")
        await talking.heard("Customer: My lamp is broken.")
        await customer.window.send(action="typing")
        await expect(talking.page.locator("#typing")).not_to_be_empty()
        await expect(waiting.page.locator("#board")).to_contain_text("My lamp is broken.")
        await writing.open(customer.number)
        await writing.note("Send her a new one.")
        await expect(writing.notes).to_have_count(1)
        await writing.box.fill("She was kind.")
        title = await writing.page.title()

        await writing.press("Log out")

        await writing.chat.connected()
        assert not await find_traces(writing.page, "She was kind.", "lamp", "new one")
        for desk in (waiting, talking):
            await expect(desk.page.locator("#notice")).to_contain_text("You have been signed out")
            assert not await find_traces(desk.page, "lamp", "new one", "writing…", title)
