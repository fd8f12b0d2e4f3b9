"""What staff write is sent as what they chose at the press: no note reaches the customer, whatever happens."""

from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.servers import Site

from .album import photo
from .chat import Somebody
from .desk import Desk, Waiting, waiting_customer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NOTE = "She has bought it twice."
# The same press in the same moment: while the photo is still being prepared.
PRESS_WITH_THE_PHOTO = """name => document.getElementById("chooser").addEventListener(
    "change", () => document.getElementById(name).click(), { once: true })"""


def staff_said(site: Site, customer: Waiting) -> list[str]:
    """What the customer was sent by staff."""
    query = (
        "SELECT text FROM conversations_message WHERE role = 'staff' AND conversation_id = %s ORDER BY seq"
    )
    return [text for (text,) in site.rows(query, customer.number)]


async def mode_is(desk: Desk, mode: str) -> None:
    await expect(desk.page.locator("#chat")).to_have_attribute("data-mode", mode)
    await expect(desk.page.locator(f".modes [value={mode}]")).to_be_checked()


async def refuse_once(page: Page, action: str) -> None:
    """The server refuses the first such frame of the page."""
    refused: list[str] = []

    def connect(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            if f'"action":"{action}"' in str(frame) and not refused:
                refused.append(str(frame))
                client_id = str(frame).split('"client_id":"')[1].split('"')[0]
                route.send(
                    '<div class="notice" id="notice" role="alert" hx-swap-oob="true"'
                    f' data-refused="{client_id}">Not now.</div>'
                )
            else:
                server.send(frame)

        route.on_message(pass_on)

    await page.route_web_socket("**/ws/desk/c/**", connect)


async def test_what_was_begun_as_a_note_stays_one_whoever_gets_the_conversation(
    desk: Desk, site: Site
) -> None:
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        await mode_is(desk, "reply")  # whoever takes it over wants to answer
        await expect(desk.box).to_be_focused()
        await desk.choose("Internal note")
        await desk.box.fill(NOTE)

        other = await desk.another_tab()
        await other.open(customer.number)
        await other.chat.click_as_in_safari()
        for press, owner in (("Hand back", "bot"), ("Take over", "human")):
            await other.press(press)
            if press == "Hand back":
                await expect(other.page.get_by_role("button", name="Take over")).to_be_focused()
            await expect(desk.page.locator(f"#chat[data-owner={owner}]")).to_be_visible()
            await mode_is(desk, "note")
        await desk.page.reload()
        await desk.is_live()
        await mode_is(desk, "note")
        await expect(desk.box).to_have_value(NOTE)

        await desk.choose("Reply")
        await expect(desk.box).to_have_value("")
        await desk.choose("Internal note")
        await desk.box.press("Enter")
        await expect(desk.notes.locator(".text")).to_have_text(NOTE)
        assert staff_said(site, customer) == []


@pytest.mark.parametrize("way", ["Try again", "Edit"])
async def test_a_note_that_was_refused_is_sent_again_as_a_note(desk: Desk, site: Site, way: str) -> None:
    await refuse_once(desk.page, "note")
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        await desk.listen()
        await desk.note(NOTE)
        failed = desk.page.locator("#outbox [data-status=failed]")
        await expect(failed.locator(".why")).to_have_text("Not now.")
        await desk.heard("Not now.")
        if way == "Try again":
            await desk.page.reload()
            await desk.is_live()
        await expect(failed).to_have_attribute("data-kind", "note")
        await desk.choose("Reply")
        await desk.box.fill("Hello")

        await failed.get_by_role("button", name=way).click()
        if way == "Edit":
            await mode_is(desk, "note")
            await expect(desk.box).to_have_value(NOTE)
            await desk.box.press("Enter")

        await expect(desk.notes.locator(".text")).to_have_text(NOTE)
        await desk.choose("Reply")
        await expect(desk.box).to_have_value("Hello")
        assert staff_said(site, customer) == []


async def test_enter_on_the_choice_of_what_one_writes_sends_nothing(desk: Desk, site: Site) -> None:
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        await desk.box.fill("Hello")
        await desk.page.get_by_role("radio", name="Reply").press("Enter")
        await expect(desk.box).to_be_focused()
        await desk.page.get_by_role("radio", name="Reply").evaluate("radio => radio.form.requestSubmit()")

        await expect(desk.log.locator("[data-role=staff] .text")).to_have_text("Hello")
        await expect(desk.owner).to_have_attribute("data-owner", "human")


async def test_a_reply_to_a_conversation_that_one_has_lost_is_refused_in_words_and_is_no_note(
    desk: Desk, site: Site
) -> None:
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        await desk.box.fill("Hello")
        other = await desk.another_tab()
        await other.open(customer.number)
        await other.press("Hand back")
        await expect(desk.page.locator("#chat[data-owner=bot]")).to_be_visible()

        await desk.box.press("Enter")

        failed = desk.page.locator("#outbox [data-status=failed]")
        await expect(failed).to_have_attribute("data-kind", "reply")
        await expect(failed.locator(".why")).to_contain_text("Take it over first.")
        await expect(desk.notes).to_have_count(0)
        assert staff_said(site, customer) == []


async def test_a_press_that_waits_for_a_photo_is_done_with_it_or_not_at_all_and_a_note_takes_none(
    desk: Desk, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "no.tiff").write_text("no photo")
    chooser = desk.page.locator("#chooser")
    async with waiting_customer(site) as customer:
        await desk.take(customer.number)
        await desk.box.fill("Like this one?")
        await desk.page.evaluate(PRESS_WITH_THE_PHOTO, "reply-and-close")
        await chooser.set_input_files(tmp_path / "no.tiff")
        await expect(desk.page.locator("#tray-note")).to_contain_text("can't be sent")

        await desk.box.press("Enter")
        await expect(desk.log.locator("[data-role=staff] .text")).to_have_text("Like this one?")
        await expect(desk.owner).to_have_attribute("data-owner", "human")

        await desk.page.evaluate(PRESS_WITH_THE_PHOTO, "reply-and-close")
        await chooser.set_input_files(photo(tmp_path, "lamp.png"))
        await expect(desk.owner).to_have_attribute("data-owner", "closed")
        await expect(desk.log.locator("[data-role=staff] .images img")).to_have_count(1)

        await desk.choose("Internal note")
        await chooser.set_input_files(photo(tmp_path, "lamp.png"))
        await expect(desk.page.locator("#tray-note")).to_contain_text("Photos can't be added to a note.")
        await expect(desk.page.locator("#tray > *")).to_have_count(0)


async def test_what_somebody_has_who_is_no_longer_of_the_staff_can_be_taken_over(
    desk: Desk, site: Site
) -> None:
    take = desk.page.get_by_role("button", name="Take over")
    async with waiting_customer(site) as customer:
        sam = "(SELECT id FROM auth_user WHERE username = 'sam')"
        site.rows(
            f"UPDATE conversations_conversation SET owner = 'human', assignee_id = {sam} WHERE id = %s",
            customer.number,
        )
        await desk.open(customer.number)
        await expect(take).to_be_hidden()
        site.rows("UPDATE auth_user SET is_active = %s WHERE username = 'sam'", False)
        try:
            await desk.take(customer.number)
        finally:
            site.rows("UPDATE auth_user SET is_active = %s WHERE username = 'sam'", True)


async def test_a_note_for_a_colleague_reaches_them_until_its_author_deletes_it(
    desk: Desk, site: Site, somebody: Somebody
) -> None:
    offered = desk.page.get_by_role("option")
    sam = Desk(await somebody.away(site))
    mentions = sam.page.locator("#mention-count")
    async with waiting_customer(site) as customer:
        await sam.sign_in("sam")
        await desk.open(customer.number)
        await desk.box.press_sequentially("Ask @s")
        await expect(offered.filter(has_text="Sam Summers")).to_have_attribute("aria-selected", "true")
        await desk.box.press("Enter")
        await expect(desk.box).to_have_value("Ask @Sam Summers ")
        await expect(offered).to_have_count(0)
        await desk.box.press("Enter")

        await expect(desk.notes).to_contain_text("Mentions Sam Summers")
        await desk.box.press_sequentially("Ask @s")  # at the same place as in the note before
        await expect(offered).to_have_count(1)
        await desk.box.press("Home")
        await expect(offered).to_have_count(0)
        await desk.box.fill("")
        await expect(mentions).to_have_attribute("data-count", "1")
        await sam.page.get_by_role("link", name="Ask @Sam Summers").click()
        await expect(mentions).to_have_attribute("data-count", "0")
        await expect(sam.notes).to_have_count(1)
        await expect(sam.notes.get_by_text("Delete")).to_have_count(0)

        await desk.notes.get_by_text("Delete", exact=True).click()
        await desk.press("Delete this note for everyone")
        for page in (desk, sam):
            await expect(page.notes).to_have_count(0)
