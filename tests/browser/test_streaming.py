"""What a page shows of an answer is what is stored, whatever happens to the page while it comes."""

import pytest
from playwright.async_api import expect

from tests.provider import HOLD, End, Provider, Think, words
from tests.servers import Site

from .chat import Chat, Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "Where is my order ORD-123?"
ANSWER = "It left our warehouse on Monday and should reach you tomorrow."
BEGINNING = "It left our warehouse "


async def shows(chat: Chat, answer: str, status: str) -> None:
    """One question and one answer with this text."""
    await expect(chat.customer.locator(".text")).to_have_text([QUESTION])
    await expect(chat.assistant.locator(".text")).to_have_text([answer])
    await expect(chat.answer).to_have_attribute("data-status", status)


async def test_a_page_that_is_loaded_again_in_mid_answer_goes_on_where_it_was(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    answer = provider.say(ANSWER, hold_after=4)
    await chat.say(QUESTION)
    await shows(chat, BEGINNING, "streaming")

    await chat.reload()
    await shows(chat, BEGINNING, "streaming")
    answer.release()

    await shows(chat, ANSWER, "complete")
    await chat.reload()
    await shows(chat, ANSWER, "complete")


async def test_two_tabs_show_the_same_answer_as_it_comes(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    answer = provider.say(ANSWER, hold_after=4)
    first = await chat.another_tab()
    await chat.say(QUESTION)
    late = await chat.another_tab()
    for tab in (chat, first, late):
        await shows(tab, BEGINNING, "streaming")

    answer.release()

    for tab in (chat, first, late):
        await shows(tab, ANSWER, "complete")


async def test_an_answer_comes_to_its_end_while_nobody_looks(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    answer = provider.say(ANSWER, hold_after=4)
    await chat.say(QUESTION)
    await shows(chat, BEGINNING, "streaming")
    path = chat.path
    await chat.page.goto("about:blank")

    answer.release()
    await provider.until(lambda provider: not provider.open_streams)
    await chat.open(path)

    await shows(chat, ANSWER, "complete")


MARKDOWN = """Here is what I **found**:

- one parcel with `HEAD-01`
- two cables

| Item | Price |
| --- | --- |
| Headphones | 79.90 |

```
1 < 2 and no *emphasis*
```

And [our terms](https://shop.example.com/terms).
"""


async def test_markdown_is_rendered_while_it_comes_and_is_the_same_after_a_reload(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    answer = provider.say(MARKDOWN, hold_after=32)  # within the code
    await chat.say("What did I order?")
    text = chat.answer.locator(".text")
    await expect(text.locator("li")).to_have_text(["one parcel with HEAD-01", "two cables"])
    await expect(text.locator("td")).to_have_text(["Headphones", "79.90"])
    await expect(chat.answer).to_have_attribute("data-status", "streaming")

    answer.release()
    await chat.ended()
    await expect(text.locator("pre")).to_have_text("1 < 2 and no *emphasis*\n")
    await expect(text.get_by_role("link", name="our terms")).to_have_attribute(
        "href", "https://shop.example.com/terms"
    )
    at_once = await text.inner_html()
    await chat.reload()
    assert await text.inner_html() == at_once


HOSTILE = """Look: <script>alert(1)</script> <img src=x onerror=alert(2)> <b hx-get="/new/" hx-trigger="load">bold</b>

![a picture](https://elsewhere.example/pixel.png) and ![another](/static/x.png)

<div id="chat" hx-swap-oob="true">gone</div> <iframe src="https://elsewhere.example/"></iframe>

[a link](javascript:alert(3)) and <https://elsewhere.example/?q=stolen> and {{ settings.SECRET_KEY }}

<style>body { display: none }</style> <form action="https://elsewhere.example"><input name=password></form>
"""


async def test_markup_in_an_answer_or_a_question_is_only_text(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    provider.say(HOSTILE)

    await chat.ask(HOSTILE)  # any dialog, request or breach of the policy fails the test at its end
    await chat.reload()

    for text in (chat.customer.locator(".text"), chat.answer.locator(".text")):
        await expect(text).to_contain_text("<script>alert(1)</script>")
        await expect(text).to_contain_text('<div id="chat" hx-swap-oob="true">gone</div>')
        await expect(
            text.locator("script, img, iframe, style, form, input, [hx-get], [onerror]")
        ).to_have_count(0)
        await expect(text.locator("a[href^=javascript]")).to_have_count(0)


async def test_a_tool_is_shown_while_it_is_asked_for_and_when_it_is_done(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site, "alice")
    provider.call("lookup_order", order_id="ORD-123")
    answer = provider.say(ANSWER, hold_after=0)
    await chat.say(QUESTION)

    await expect(chat.tools).to_have_text(["Looked up order ORD-123"])
    await expect(chat.tools).to_have_attribute("data-state", "done")
    await expect(chat.answer).to_have_attribute("data-status", "streaming")
    answer.release()

    await chat.ended()
    await expect(chat.answer.locator(".text")).to_have_text(ANSWER)


async def test_a_model_that_thinks_first_says_so_quietly_and_then_speaks(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    chat = await somebody(site)
    answer = provider.play(Think("They want to know about"), HOLD, *words(ANSWER), End())
    await chat.say(QUESTION)
    thinking = chat.answer.locator(".thinking")
    await expect(thinking).to_have_count(1)
    label = "tail => getComputedStyle(tail, '::before').content"
    dots = "text => getComputedStyle(text, '::after').content"
    assert await thinking.evaluate(label) == '"thinking…"'
    assert await chat.answer.locator(".text").evaluate(dots) == "none"

    answer.release()

    await shows(chat, ANSWER, "complete")
    await expect(thinking).to_have_count(0)
    assert await chat.answer.locator(".text").evaluate(dots) == "none"
