"""A guest reads and answers a ticket on its page, is asked how it was, and has it opened again."""

import re

import pytest
from playwright.async_api import expect

from tests.servers import Site

from .chat import Somebody
from .desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_ticket_is_answered_solved_rated_and_opened_again(
    somebody: Somebody, site: Site, desk: Desk
) -> None:
    chat = await somebody(site, timezone_id="Pacific/Kiritimati")  # half a day from the site's
    await chat.page.locator(".bar").get_by_role("button", name="Talk to a person").click()
    await expect(chat.page.locator("#owner")).to_have_attribute("data-owner", "waiting")
    await desk.open_list()
    await (
        desk.page.locator("#board [data-owner=waiting]").last.get_by_role("button", name="Take over").click()
    )
    await desk.page.wait_for_url(re.compile(r"/conversation/\d+/change/"))
    await desk.is_live()
    await desk.reply("Which lamp do you mean?")
    await expect(chat.page.locator("[data-role=staff] .text")).to_have_text("Which lamp do you mean?")
    shown = chat.page.locator("[data-role=staff] time")
    await expect(shown).to_have_text(re.compile(r"^\d\d:\d\d$"))
    clock = await shown.inner_text()

    # What the team answers is on the ticket's page, and what is answered there reaches the team.
    page = await chat.page.context.new_page()
    await page.goto(chat.page.url)
    await page.get_by_label("Menu").click()
    await page.get_by_role("link", name="My tickets").click()
    entry = page.get_by_role("link", name="Waiting for your answer")
    room = "e => e.clientWidth - e.querySelector('.ticket-issue').clientWidth"
    assert await entry.evaluate(room) == 32, "Arabic begins at the right of all of it"
    await entry.click()
    await expect(page.locator("[data-role=staff] .text")).to_have_text("Which lamp do you mean?")
    await expect(page.locator("[data-role=staff] time")).to_have_text(
        re.compile(rf"^\d+ \w+ 20\d\d, {clock}$")
    )
    await page.get_by_label("Your message to our team").fill("The green one.")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".ticket-state")).to_have_text("Open: our team has it")
    for log in (chat.page.locator("#log"), desk.log):
        await expect(log.locator("[data-role=customer] .text").last).to_have_text("The green one.")

    # Closed, the chat asks how it was: by keyboard, with words, and the same in every tab.
    # A second press comes as soon as “Take over” stands where “Close” was: it reopens nothing.
    await desk.page.locator("#chat").evaluate(
        """chat => new MutationObserver((_changes, observer) => {
            if (chat.dataset.owner !== "closed") return;
            observer.disconnect();
            chat.querySelector("[data-action=take_over]").click();
        }).observe(chat, { attributeFilter: ["data-owner"] })"""
    )
    await desk.press("Close")
    rating = chat.page.locator("#rating")
    await rating.get_by_role("button", name="Good", exact=True).focus()
    await chat.page.keyboard.press("Enter")
    await expect(rating.get_by_role("button", name="Good", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    await expect(rating.get_by_role("textbox")).to_be_focused()
    await chat.page.keyboard.type("Quick & kind")
    await chat.page.keyboard.press("Tab")
    await chat.page.keyboard.press("Enter")
    await expect(rating).to_contain_text("Our team reads what you wrote")
    await expect(rating.locator("q")).to_have_text("Quick & kind")
    await expect(rating.get_by_role("textbox")).to_be_hidden()
    await expect(rating.get_by_text("Change what you wrote")).to_be_focused()
    await expect(desk.page.locator("#facts")).to_contain_text("Quick & kind")
    await expect(desk.owner).to_have_text("Closed")

    # The ticket is solved by now. It is not, says the customer, and the team hears of it.
    await page.reload()
    await expect(page.locator(".ticket-state")).to_have_text("Solved")
    await page.get_by_label("Is it not solved?").fill("It went out again.")
    await page.get_by_role("button", name="It is not solved").click()
    await expect(page.locator(".ticket-state")).to_have_text("Open: our team has it")
    await expect(desk.log.locator("[data-role=customer] .text").last).to_have_text("It went out again.")
    await expect(rating).to_be_empty()

    # The customer ends it, and would rather not be asked.
    await chat.menu("End this conversation")
    entry = chat.page.get_by_role("link", name="My conversations")
    await expect(entry).to_be_hidden()  # the menu covers nothing of what follows
    await chat.page.get_by_label("Menu").press("Enter")
    await expect(entry).to_be_visible()
    await chat.box.focus()  # as by Tab
    await expect(entry).to_be_hidden()
    await rating.get_by_role("button", name="No, thank you").click()
    await expect(rating).to_be_empty()
    await expect(chat.page.get_by_role("textbox", name="Your message")).to_be_focused()
