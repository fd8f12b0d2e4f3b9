"""Everything on the chat's page that can be pressed, typed or read."""

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.provider import Provider
from tests.servers import Site

from .chat import TICKET, Chat, Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "Where is my order?"
ANSWER = "It left our warehouse on Monday and should reach you tomorrow."
BEGINNING = "It left our warehouse "


async def test_enter_sends_shift_enter_makes_a_line_and_nothing_sends_nothing(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    for nothing in ("", "   ", "\u200b\u3164"):
        await chat.say(nothing)
    hint = chat.page.get_by_text("Please write a message first.").first
    await expect(hint).to_be_visible()
    await chat.box.fill("One line")
    await expect(hint).to_be_hidden()
    await chat.box.press("Shift+Enter")
    await chat.box.press_sequentially("and another")
    await expect(chat.customer).to_have_count(0)

    provider.say(ANSWER)
    await chat.page.get_by_role("button", name="Send").dblclick()

    await chat.ended()
    await expect(chat.box).to_have_value("")
    assert await chat.customer.locator(".text").all_inner_texts() == ["One line\nand another"]
    await expect(hint).to_be_hidden()  # once was enough


async def test_an_answer_can_be_stopped_and_what_came_of_it_stays(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say(ANSWER, hold_after=4)
    stop = chat.page.get_by_role("button", name="Stop")
    await expect(stop).to_be_hidden()
    await chat.say(QUESTION)
    await expect(chat.answer.locator(".text")).to_have_text(BEGINNING)

    await stop.click()

    await chat.ended("stopped")
    await expect(chat.page.locator(".failure").get_by_text("You stopped this answer.")).to_be_visible()
    await expect(chat.answer.locator(".text")).to_have_text(BEGINNING)
    await expect(stop).to_be_hidden()
    await provider.until(lambda provider: not provider.open_streams)
    provider.say(ANSWER)
    assert await chat.ask("And now?") == ANSWER


async def test_a_failed_answer_can_be_tried_again(somebody: Somebody, site: Site, provider: Provider) -> None:
    chat = await somebody(site)
    for _first_and_second_try in range(2):
        provider.fail(503)
    await chat.say(QUESTION)
    await chat.ended("failed")
    await expect(
        chat.page.locator(".failure").get_by_text("The assistant isn't working right now.")
    ).to_be_visible()
    await expect(chat.customer.locator(".text")).to_have_text(QUESTION)

    provider.say(ANSWER)
    await chat.page.get_by_role("button", name="Try again").click()

    await chat.ended()
    await expect(chat.assistant.locator(".text")).to_have_text([ANSWER])
    await expect(chat.page.locator(".failure")).to_have_count(0)


async def test_there_is_a_way_to_a_person_also_when_the_model_fails(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.fail(400)
    await chat.say(QUESTION)
    await chat.ended("failed")

    await chat.page.locator(".failure").get_by_role("button", name="Talk to a person").click()

    await expect(chat.system.locator(".text")).to_contain_text(TICKET)
    await expect(chat.page.locator("#owner")).to_have_text("Waiting for a person")
    # There is nothing to press here any more, and no word says so.
    failure = chat.page.locator(".failure")
    await expect(failure).to_have_text("The assistant isn't available right now.", use_inner_text=True)


async def test_a_starter_is_said_when_it_is_pressed(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say(ANSWER)
    greeting = chat.page.get_by_text("Hi, how can we help?", exact=True)
    starter = chat.page.get_by_role("button", name="Where is my order?")
    await expect(greeting).to_be_visible()

    await starter.click()

    await chat.ended()
    await expect(chat.customer.locator(".text")).to_have_text(["Where is my order?"])
    await expect(greeting).to_be_hidden()
    await expect(starter).to_be_hidden()


async def test_an_answer_that_became_too_long_goes_on_when_the_customer_wants_it(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say("It is a long story, which", finish="length")
    provider.say("ends well.")
    await chat.ask(QUESTION)
    await chat.box.fill("One more thing")

    await chat.page.get_by_role("button", name="Continue").dblclick()

    await expect(chat.turns).to_have_count(2)
    await chat.ended()
    await expect(chat.customer.locator(".text")).to_have_text([QUESTION, "Please continue."])
    await expect(chat.assistant.locator(".text")).to_have_text(["It is a long story, which", "ends well."])
    await expect(chat.page.get_by_role("button", name="Continue")).to_be_hidden()
    await expect(chat.box).to_have_value("One more thing")


async def test_a_new_conversation_begins_empty_and_the_old_one_is_found_again(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    old = chat.path

    await chat.menu("New conversation")
    await chat.connected()
    await expect(chat.turns).to_have_count(0)
    assert chat.path != old

    await chat.menu("My conversations")
    await chat.page.get_by_role("link", name=QUESTION).click()
    await chat.connected()
    assert chat.path == old
    await expect(chat.assistant.locator(".text")).to_have_text([ANSWER])


async def test_a_guests_chat_joins_the_account_and_stays_there_after_signing_out(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say(ANSWER)
    await chat.ask(QUESTION)
    begun = chat.path

    await chat.sign_in("bob")
    assert chat.path == begun
    await expect(chat.customer.locator(".text")).to_have_text([QUESTION])

    await chat.menu("Sign out")
    await chat.connected()
    assert chat.path != begun
    await expect(chat.turns).to_have_count(0)
    response = await chat.page.request.get(f"{site.url}{begun}")
    assert response.status == 404


async def test_a_transcript_can_be_taken_along(somebody: Somebody, site: Site, provider: Provider) -> None:
    chat = await somebody(site)
    provider.say(ANSWER)
    await chat.ask(QUESTION)

    await chat.page.get_by_label("Menu").focus()
    await chat.page.keyboard.press("Enter")
    own = ("End this conversation", "Download as text", "Download as JSON", "Send by e-mail")
    for name in ("New conversation", "My conversations", "My tickets", *own):
        await chat.page.keyboard.press("Tab")
        await expect(chat.page.locator(".menu nav").get_by_text(name, exact=True)).to_be_focused()
    await chat.page.keyboard.press("Escape")
    for words, ending in (("Download as text", ".txt"), ("Download as JSON", ".json")):
        async with chat.page.expect_download() as download:
            await chat.menu(words)
        taken = await download.value
        text = await asyncio.to_thread(Path(await taken.path()).read_text)
        assert taken.suggested_filename.endswith(ending)
        assert text.index(QUESTION) < text.index(ANSWER)
        await chat.page.locator("#scroll").dispatch_event("pointerdown")  # no click comes of a tap on a phone
        await expect(chat.page.locator(".menu nav")).to_be_hidden()
    assert json.loads(text)["messages"] == await chat.transcript()


async def reader(somebody: Somebody, site: Site, messages: int) -> Chat:
    """Somebody who comes back to a long conversation."""
    pages = ["--conversations", "0", "--pages", str(messages)]
    filled = json.loads(site.python("-m", "tests.bench.filled_database", *pages))
    chat = await somebody.away(site)
    cookies = [{"name": name, "value": value, "url": site.url} for name, value in filled["cookies"].items()]
    await chat.page.context.add_cookies(cookies)  # type: ignore[arg-type]
    await chat.open(filled["pages"][str(messages)])
    return chat


async def test_older_messages_come_when_they_are_wanted_and_what_is_read_stays_where_it_is(
    somebody: Somebody, site: Site
) -> None:
    chat = await reader(somebody, site, 1000)
    await expect(chat.turns).to_have_count(25)
    await expect(chat.turns.last).to_be_in_viewport()
    first = chat.page.locator(f"#{await chat.turns.first.get_attribute('id')}")

    earlier = chat.page.get_by_role("button", name="Earlier messages")
    await earlier.focus()  # which scrolls to it
    await expect(chat.turns).to_have_count(50)

    await expect(earlier).to_be_focused()
    await expect(first).to_be_in_viewport()
    await expect(chat.turns.first).not_to_be_in_viewport()


async def overflow(page: Page) -> int:
    """How much wider the page is than the window."""
    sizes = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    return int(sizes[0] - sizes[1])


NESTED = "".join(f"{'   ' * depth}1. Within\n" for depth in range(12))
WIDE = f"""{"A-very-long-word" * 20}

| {" | ".join(f"Column {number}" for number in range(12))} |
| {" | ".join("---" for _ in range(12))} |
| {" | ".join("something" for _ in range(12))} |

`{"code" * 60}`

```
{"a line of code that goes on " * 8}
```

{NESTED}

{"> " * 18}Within
"""
# Of each place that is nested in others.
WIDTHS = (
    "e => Array.from(e.querySelectorAll('li, blockquote p'), (each) => each.getBoundingClientRect().width)"
)


async def test_nothing_is_wider_than_a_narrow_phone(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    assert await overflow(chat.page) == 0
    provider.say(WIDE)
    await chat.ask("W" * 300)
    assert await overflow(chat.page) == 0
    assert min(await chat.answer.evaluate(WIDTHS)) > 100  # room for a word
    await chat.page.get_by_label("Menu").click()
    await expect(chat.page.get_by_role("link", name="My conversations")).to_be_in_viewport(ratio=1)
    assert await overflow(chat.page) == 0

    for path in ("/conversations/", "/accounts/login/"):
        await chat.page.goto(f"{site.url}{path}")
        assert await overflow(chat.page) == 0


async def test_everything_can_be_reached_and_used_with_the_keyboard(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    page, keyboard = chat.page, chat.page.keyboard
    await expect(chat.box).to_be_focused()
    starters = await page.locator(".starters button").all()
    person = page.get_by_role("button", name="Talk to a person", exact=True)
    send, menu = page.get_by_role("button", name="Send"), page.get_by_label("Menu")
    attach = page.get_by_role("button", name="Attach photos")
    await person.focus()
    for control in [menu, *starters, attach, chat.box, send]:
        await keyboard.press("Tab")
        await expect(control).to_be_focused()

    await menu.focus()
    await keyboard.press("Enter")
    # There is nothing to take along yet.
    nav = page.locator(".menu nav")
    language = nav.locator("summary").filter(has_text="English")
    entries = [
        nav.get_by_text(name, exact=True) for name in ("New conversation", "My conversations", "My tickets")
    ]
    for entry in [*entries, language, nav.get_by_text("Sign in", exact=True)]:
        await keyboard.press("Tab")
        await expect(entry).to_be_focused()
    await keyboard.press("Escape")
    await expect(page.get_by_text("My conversations")).to_be_hidden()
    await expect(menu).to_be_focused()

    provider.say(ANSWER)
    await starters[0].focus()
    await keyboard.press("Enter")
    await chat.ended()
