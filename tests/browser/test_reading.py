"""Whoever reads a conversation can: on any screen, by keyboard, by ear, and while an answer still comes."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.provider import HOLD, End, Provider, words
from tests.servers import Site

from .chat import Chat, Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LONG = "".join(f"line {number}\n\n" for number in range(40))
RICH = f"""Do this, please:

```
{"x" * 300}
```

| Item | Price |
| --- | ---: |
| Headphones without a cable, black | 79.90 |
| {"y" * 80} | 9.50 |
"""
FROM_END = "e => Math.round(e.scrollHeight - e.scrollTop - e.clientHeight)"


async def from_end(chat: Chat) -> int:
    return int(await chat.page.locator("#scroll").evaluate(FROM_END))


async def is_moved(chat: Chat, pixels: int) -> None:
    """At least so far from the end."""
    async with asyncio.timeout(10):
        while await from_end(chat) < pixels:
            await chat.page.evaluate("new Promise(requestAnimationFrame)")


async def begin_stream(chat: Chat, provider: Provider, *pieces: Any) -> Any:
    """A long answer, and after it one that comes up to its first HOLD."""
    provider.say(LONG)
    await chat.ask("One")
    reply = provider.play(*pieces, End())
    await chat.say("Two")
    await expect(chat.answer.locator(".text")).not_to_be_empty()
    return reply


async def test_a_page_that_is_reloaded_in_mid_answer_stays_at_its_end(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    """What comes then replaces the answer: it is shorter for a moment, which is no movement of the reader."""
    chat = await somebody(site, viewport={"width": 390, "height": 844})
    provider.say("Here they are:\n\n- one\n- two\n- three")
    await chat.ask("One")
    listed = "It was sent.\n\n" + "- A thing, which has a name that is rather long\n" * 7
    reply = provider.play(*words(listed), HOLD, *words("\nMore.\n\n" * 8), End())
    await chat.say("Two")
    await expect(chat.answer).to_contain_text("rather long")

    await chat.page.reload()
    await expect(chat.page.locator("#chat[data-connection=open]")).to_have_count(1)
    reply.release()
    await chat.ended()

    assert await from_end(chat) <= 3
    await expect(chat.page.get_by_role("button", name="New messages")).to_be_hidden()


async def test_a_movement_upwards_ends_the_following_until_one_is_back_at_the_end(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, viewport={"width": 390, "height": 600})
    page, follow = chat.page, chat.page.get_by_role("button", name="New messages")
    reply = await begin_stream(
        chat,
        provider,
        *words("Here it"),
        HOLD,
        *words("is, and\n\nmore"),
        HOLD,
        *words("comes."),
        HOLD,
        *words("Soon."),
        HOLD,
    )

    await page.mouse.move(200, 300)
    await page.mouse.wheel(0, -40)  # less than a line would be enough
    await is_moved(chat, 40)
    reply.release()
    await expect(follow).to_be_visible()
    await expect(chat.answer.locator(".tail")).to_have_text("more")

    assert await from_end(chat) >= 40
    stop = page.get_by_role("button", name="Stop")
    await expect(stop).to_be_visible()
    shown = [
        await each.bounding_box()
        for each in (page.locator("#scroll"), follow, stop, page.locator("#composer"))
    ]
    assert not [pair for pair in pairs(shown) if overlap(*pair)]

    await chat.box.press("PageUp")
    await is_moved(chat, 300)
    await page.locator("#scroll").focus()
    await page.keyboard.press("End")
    await expect(follow).to_be_hidden()
    reply.release()
    await expect(chat.answer.locator(".text")).to_contain_text("comes.")
    assert await from_end(chat) <= 3

    await page.mouse.wheel(0, -40)
    await is_moved(chat, 40)
    await is_answered(chat)
    await expect(follow).to_be_hidden()
    reply.release()
    await follow.click()
    await expect(chat.box).to_be_focused()
    assert await from_end(chat) <= 3


async def is_answered(chat: Chat) -> None:
    """The server has said something that is no message."""
    await chat.page.evaluate("""new Promise((resolve) => {
        chat.addEventListener("htmx:wsAfterMessage", resolve, { once: true });
        dispatchEvent(new Event("online"));  // on which the page asks for a sign of life
    })""")


async def test_a_greeting_that_is_longer_than_the_window_promises_no_new_messages(
    somebody: Somebody, site: Site
) -> None:
    chat = await somebody(site, viewport={"width": 320, "height": 320})
    assert await from_end(chat) > 3

    await is_answered(chat)

    await expect(chat.page.get_by_role("button", name="New messages")).to_be_hidden()


def pairs(boxes: list[Any]) -> list[tuple[Any, Any]]:
    return [(one, other) for place, one in enumerate(boxes) for other in boxes[place + 1 :]]


def overlap(one: Any, other: Any) -> bool:
    return all(
        one[start] < other[start] + other[size] - 0.5 and other[start] < one[start] + one[size] - 0.5
        for start, size in (("x", "width"), ("y", "height"))
    )


async def test_a_page_in_large_letters_follows_though_its_field_has_changed_its_height(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, viewport={"width": 390, "height": 844})
    await chat.page.evaluate("document.documentElement.style.fontSize = '32px'")
    provider.say("Your order is here: https://shop.example/a-very-long/address/that/goes/on/and/on")

    await chat.box.fill("Where is my order?")
    await chat.page.get_by_role("button", name="Send").click()
    await chat.ended()

    await expect(chat.page.get_by_role("button", name="New messages")).to_be_hidden(timeout=2_000)
    assert await from_end(chat) <= 3


async def test_code_tables_and_numbers_keep_their_shape_on_a_phone(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, viewport={"width": 320, "height": 640})
    provider.say(RICH)
    await chat.ask("How?")
    scroll, answer = chat.page.locator("#scroll"), chat.answer

    for width in (320, 390, 640, 768, 1024, 1280):
        await chat.page.set_viewport_size({"width": width, "height": 640})
        assert await scroll.evaluate("e => e.scrollWidth") <= width
        widest = (
            "e => Math.max(...[...e.querySelectorAll('.text')].map(t => t.getBoundingClientRect().right))"
        )
        assert await scroll.evaluate(widest) <= width
    await chat.page.set_viewport_size({"width": 320, "height": 640})
    price = answer.get_by_role("cell", name="79.90")
    assert await price.evaluate("e => getComputedStyle(e).textAlign") == "right"
    lines = (
        "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length }"
    )
    assert await price.evaluate(lines) == 1
    for each in (answer.locator("pre"), answer.locator("table")):
        assert await each.evaluate("e => e.scrollWidth > e.clientWidth")
        await expect(each).to_have_attribute("tabindex", "0")

    provider.say("اتصل بنا: [+49 30 1234567](tel:+49301234567)")
    await chat.ask("أين؟")
    places = """e => [0, 13].map((place) => {
        const number = document.createTreeWalker(e, NodeFilter.SHOW_TEXT).nextNode();
        const range = document.createRange();
        range.setStart(number, place);
        range.setEnd(number, place + 1);
        return range.getBoundingClientRect().left;
    })"""
    plus, seven = await answer.last.get_by_role("link").evaluate(places)
    assert plus < seven  # as it is dialled, also where all else reads from the right


async def test_a_page_that_is_left_open_overnight_says_of_which_day_its_messages_are(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say("It has left.")
    await chat.ask("Where is it?")
    times = chat.page.locator("time")

    await chat.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=1))
    await chat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    for each in (times.first, times.last):
        await expect(each).to_have_text(re.compile(r"^\d+ \w+( \d+)?, \d\d:\d\d$"))


async def test_what_is_marked_stays_marked_while_an_answer_comes_and_ends(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    reply = provider.play(
        *words("Your number is **4711**. "), HOLD, *words("Keep it.\n\nMore"), HOLD, *words(" of it."), End()
    )
    await chat.say("My own words")
    tail = chat.answer.locator(".tail")
    await expect(tail).to_have_text("Your number is 4711.")

    await tail.evaluate("e => getSelection().selectAllChildren(e.querySelector('strong'))")
    reply.release()
    await expect(tail).to_have_text("More")
    assert await selected(chat.page) == "4711"
    mine = await chat.customer.element_handle()
    await chat.customer.locator(".text").evaluate("e => getSelection().selectAllChildren(e)")
    reply.release()
    await chat.ended()
    assert await selected(chat.page) == "My own words"
    assert await mine.evaluate("e => e.isConnected")  # where somebody reads, it stays the same element


async def selected(page: Page) -> str:
    return str(await page.evaluate("getSelection().toString().trim()"))


GROWING = {
    "- [": "",
    "x] Paid[": "☑ Paid",
    "^1]\n\nAt HTTPS://a.test/*b*c **ORD": "[1]At HTTPS://a.test/*b*c ORD",
    "-123** is [on": "-123 is on",
    " its way](https://shop.exa": " its way",
    "mple/t) and ~~la": " (shop.example) and la",
    "te~~ `on ti": "te on ti",
    "me` ![Mu": "me Mu",
    "g](mug.png) [ca": "g ca",
    "ll](tel:+49 3": "ll",
    "0 12)\n\nMore\n--": " (+493012)More",
    "-\n| It": "It",
    "em | Price |\n|--": "emPrice",
    "-|--:|\n| Ca": "Ca",
    "ble | 9.50 |\n\n```py": "ble9.50",
    "thon\nx = **2": "x = **2",
    "\n\ny\n``": "\n\ny",
}


async def test_no_mark_is_seen_raw_while_an_answer_comes(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    pieces = [step for piece in GROWING for step in (*words(piece), HOLD)]
    reply = provider.play(*pieces, *words("`\n\n<b>!"), HOLD, End())
    await chat.say("What did I order?")
    text, seen = chat.answer.locator(".text"), ""

    for shown in GROWING.values():
        seen += shown
        await expect(text).to_have_text(
            re.compile(r"\s*".join(map(re.escape, "".join(seen.split()))) + r"\s*$")
        )
        reply.release()

    await expect(text).to_contain_text("<b>")
    await expect(text.locator("b, a[href*='exa']:not([href='https://shop.example/t'])")).to_have_count(0)
    assert await text.locator("strong").all_inner_texts() == ["ORD-123"]
    await expect(text.get_by_role("link", name="on its way")).to_have_attribute(
        "href", "https://shop.example/t"
    )
    assert await text.locator("pre").inner_text() == "x = **2\n\ny\n"
    reply.release()
    await chat.ended()


LISTEN = """() => {
  window.heard = [];
  const read = ({ addedNodes }) => Array.from(addedNodes, (each) => each.textContent);
  const note = (records) => heard.push(...records.flatMap(read));
  new MutationObserver(note).observe(document.getElementById("spoken"), { childList: true });
}"""


async def test_a_screen_reader_hears_that_an_answer_comes_each_sentence_once_and_how_it_ends(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site)
    await chat.page.clock.install()
    await chat.open()
    await chat.page.evaluate(LISTEN)
    reply = provider.play(
        HOLD,
        *words("It has **left**. You can"),
        HOLD,
        *words(" track it.\n\n- today\n- tomorrow"),
        End("length"),
    )
    await chat.say("Where is it?")
    await expect(chat.answer).to_have_attribute("data-status", "streaming")
    await chat.page.clock.run_for(7_900)
    reply.release()
    await expect(chat.answer.locator("strong")).to_have_text("left")
    await chat.page.clock.run_for(2_000)
    reply.release()
    await chat.ended()

    started, waited, *sentences, ended = await chat.page.evaluate("heard")
    assert started == "The assistant is answering."
    assert waited == "The assistant is still working on it."
    assert " ".join(sentences).replace("today.", "today") == "It has left. You can track it. today tomorrow"
    assert ended == "The answer was cut off."
    await chat.page.clock.run_for(6_000)
    await expect(chat.page.locator("#spoken")).to_be_empty()
    await expect(chat.page.get_by_role("article", name="You")).to_contain_text("Where is it?")
    await expect(chat.page.get_by_role("article", name="Assistant")).to_contain_text("It has left.")

    provider.fail(400)
    await chat.say("And now?")
    await chat.ended("failed")
    failure = (await chat.page.locator(".failure p").first.inner_text()).strip()
    assert (await chat.page.evaluate("heard"))[-2:] == ["The assistant is answering.", failure]

    known = len(await chat.page.evaluate("heard"))
    for length in (3_700, 3_800, 4_001, 4_002, 10):
        await chat.box.fill("x" * length)
    counted = [f"{count} of 4,000 characters" for count in ("3,700", "4,001")]
    said = (await chat.page.evaluate("heard"))[known:]
    assert [each.partition(".")[0] for each in said] == counted  # and not at each key


async def test_nothing_that_must_be_seen_is_a_matter_of_the_newest_browsers_or_of_colours(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody.away(site, viewport={"width": 320, "height": 256}, color_scheme="dark")

    async def make_old(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.text()).replace("light-dark(", "not-known("))

    await chat.page.route("**/*.css", make_old)
    await chat.open()
    await expect(chat.page.get_by_text("Hi, how can we help?")).to_be_in_viewport(ratio=1)
    provider.say(LONG)
    await chat.ask("مرحبا (ORD-123)")
    mine = chat.customer.locator(".text")
    style = "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.borderTopWidth, s.direction] }"
    assert await mine.evaluate(style) == ["rgb(255, 255, 255)", "rgb(58, 79, 184)", "0px", "rtl"]
    assert await chat.page.locator("#scroll").evaluate("e => e.clientHeight") > 256 / 2

    await chat.page.emulate_media(forced_colors="active")
    assert (await mine.evaluate(style))[2] == "1px"
    await chat.box.focus()
    outline = "e => getComputedStyle(e).outlineStyle"
    assert await chat.page.locator("#composer").evaluate(outline) == "solid"
    await chat.page.emulate_media(forced_colors="none", media="print")
    last = chat.answer.get_by_text("line 39")
    height = "document.documentElement.scrollHeight"
    assert await last.evaluate("e => e.getBoundingClientRect().bottom") <= await chat.page.evaluate(height)
    assert (await mine.evaluate(style))[:2] == ["rgb(23, 26, 35)", "rgba(0, 0, 0, 0)"]
