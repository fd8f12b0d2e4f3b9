"""A conversation survives what happens to the network, the laptop and the server, and nobody has to reload."""

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, expect

from tests.faults.proxy import Proxy
from tests.provider import HOLD, Provider, Reply, wire
from tests.servers import Site, wait_until
from tests.servers.fixtures import NewSite
from tests.servers.turns import store_turns

from .chat import Chat, Somebody
from .lines import closes, goes_dark, has_healed, keep_notes, laptop, network, notices

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "Where is my order?"
ANSWER = "It left our warehouse on Monday and should reach you tomorrow."
BEGINNING = "It left our warehouse "
MIDDLE = "It left our warehouse on Monday and "
OFFLINE = "And how much was it?"
SECOND = "It was 79.90 in all."
# A model that is held up for minutes by the test must not be given up.
PATIENT = {"LLM_STALL_SECONDS": "600", "TURN_SECONDS": "1200"}
FORGOTTEN = pytest.mark.parametrize("is_forgotten", [False, True], ids=["goes_on", "is_forgotten"])


def say_in_three_parts(provider: Provider) -> Reply:
    """The answer, held after its beginning and after its middle."""
    words = wire.words(ANSWER)
    return provider.play(*words[:4], HOLD, *words[4:7], HOLD, *words[7:], *wire.ending())


async def shows(chat: Chat, answer: str, status: str) -> None:
    """One question and one answer with this text."""
    await expect(chat.customer.locator(".text")).to_have_text([QUESTION])
    await expect(chat.assistant.locator(".text")).to_have_text([answer])
    await expect(chat.answer).to_have_attribute("data-status", status)


async def is_answered(chat: Chat, provider: Provider) -> Reply:
    """Ask, and see the beginning of the answer."""
    answer = say_in_three_parts(provider)
    await chat.say(QUESTION)
    await shows(chat, BEGINNING, "streaming")
    await keep_notes(chat.page)
    return answer


# ---- The network ---------------------------------------------------------------------------------


async def stays_whole(chat: Chat, proxy: Proxy, answer: Reply, seconds: float, *, is_forgotten: bool) -> None:
    """The network is away for so long in mid-answer, which goes on meanwhile and also afterwards."""
    away = asyncio.create_task(goes_dark(proxy, seconds, is_forgotten=is_forgotten))
    answer.release()
    if is_forgotten or seconds > 15:
        await notices(chat.page, 15)
    if seconds > 15:
        await expect(chat.page.get_by_text("Reconnecting…")).to_be_visible()
    await away

    await expect(chat.assistant.locator(".text")).to_have_text([MIDDLE], timeout=45_000)
    await shows(chat, MIDDLE, "streaming")
    answer.release()
    await shows(chat, ANSWER, "complete")
    assert [each["content"] for each in await chat.transcript()] == [QUESTION, ANSWER]
    await has_healed(chat)


@FORGOTTEN
async def test_five_seconds_without_a_network_in_mid_answer_cost_no_letter(
    somebody: Somebody, site: Site, provider: Provider, is_forgotten: bool
) -> None:
    async with network(site) as (proxy, reached):
        chat = await somebody(reached)
        answer = await is_answered(chat, provider)
        await stays_whole(chat, proxy, answer, 5, is_forgotten=is_forgotten)


@pytest.mark.long
async def test_half_a_minute_and_two_minutes_without_a_network_are_noticed_and_heal(
    somebody: Somebody, new_site: NewSite, provider: Provider
) -> None:
    with new_site(provider, **PATIENT) as site:

        async def survive(seconds: float, *, is_forgotten: bool) -> None:
            async with network(site) as (proxy, reached):
                chat = await somebody(reached)
                async with one_at_a_time:
                    answer = await is_answered(chat, provider)
                await stays_whole(chat, proxy, answer, seconds, is_forgotten=is_forgotten)

        one_at_a_time = asyncio.Lock()  # so that each has the answer that is scripted for it
        cuts = [(seconds, is_forgotten) for seconds in (30, 120) for is_forgotten in (False, True)]
        await asyncio.gather(*(survive(seconds, is_forgotten=forgotten) for seconds, forgotten in cuts))


async def test_what_was_sent_and_what_was_only_typed_without_a_network_both_outlive_a_reload(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    async with network(site) as (proxy, reached):
        chat = await somebody(reached)
        proxy.darken()
        await chat.say(QUESTION)
        await expect(chat.page.get_by_text("Sending…")).to_be_visible()
        await chat.box.fill("I was about to say")
        proxy.lighten()
        provider.say(ANSWER)

        await chat.reload()

        await shows(chat, ANSWER, "complete")
        await expect(chat.box).to_have_value("I was about to say")
        assert [each["content"] for each in await chat.transcript()] == [QUESTION, ANSWER]
        await closes(chat)


async def everything(chat: Chat) -> list[list[str]]:
    """All messages of a page, with all that is known of each."""
    shown: list[list[str]] = await chat.page.locator("[data-message]").evaluate_all(
        "all => all.map(each => [each.dataset.message, each.dataset.role, each.dataset.status, each.innerText])"
    )
    return shown


async def test_a_tab_that_was_cut_off_has_all_that_the_other_one_has(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    async with network(site) as (proxy, reached):
        chat = await somebody(site)
        tab = await somebody.away(reached, storage_state=await chat.page.context.storage_state())
        await tab.page.clock.install()
        await tab.open(chat.path)
        answer = await is_answered(chat, provider)
        await shows(tab, BEGINNING, "streaming")
        await keep_notes(tab.page)

        proxy.darken()
        for _ in range(2):
            answer.release()
        await chat.ended()
        provider.say(SECOND)
        await chat.ask(OFFLINE)
        provider.say("You're welcome.")
        await tab.say("Thank you!")  # into the hole
        for _ in range(2):  # it asks whether the line is alive, and hears nothing
            await tab.page.clock.fast_forward(5_000)
        await notices(tab.page, 15)
        proxy.lighten(tell=False)

        # A line that it began to open in the hole never opens, and is given up first.
        await tab.page.clock.fast_forward(9_000)
        await expect(tab.customer).to_have_count(3, timeout=30_000)
        for each in (chat, tab):
            await expect(each.customer.locator(".text")).to_have_text([QUESTION, OFFLINE, "Thank you!"])
            await expect(each.assistant.locator(".text")).to_have_text([ANSWER, SECOND, "You're welcome."])
            await each.ended()
        assert await everything(tab) == await everything(chat)
        await has_healed(tab)


# ---- The laptop ----------------------------------------------------------------------------------

LINES = {
    "outlives_it": lambda proxy: None,
    "is_cut": Proxy.reset,
    "dies_unheard": lambda proxy: (proxy.darken(), proxy.lighten(tell=False)),
}


def has_answered(site: Site) -> bool:
    """The newest turn is over."""
    return site.rows("SELECT state FROM conversations_turn ORDER BY id DESC LIMIT 1") == [("done",)]


async def sleeps_through(
    chromium: Browser, site: Site, provider: Provider, line: str, seconds: float = 0
) -> None:
    """The laptop falls asleep in mid-answer, and wakes when that has ended, or so long after."""
    async with laptop(chromium) as machine, network(site) as (proxy, reached):
        somebody = Somebody(machine.browser)
        chat = await somebody(reached)
        answer = await is_answered(chat, provider)

        with machine.asleep():
            LINES[line](proxy)
            for _ in range(2):
                answer.release()
            await asyncio.to_thread(wait_until, lambda: has_answered(site))
            await asyncio.sleep(seconds)

        await shows(chat, ANSWER, "complete")
        provider.say(SECOND)
        assert await chat.ask(OFFLINE) == SECOND
        assert len(await chat.transcript()) == 4
        await has_healed(chat)
        await somebody.leave()


@pytest.mark.parametrize("line", LINES)
async def test_a_laptop_that_slept_through_the_end_of_an_answer_shows_all_of_it_on_waking(
    chromium: Browser, site: Site, provider: Provider, line: str
) -> None:
    await sleeps_through(chromium, site, provider, line)


@pytest.mark.long
async def test_a_laptop_that_slept_until_the_server_gave_it_up_comes_back_by_itself(
    chromium: Browser, site: Site, provider: Provider
) -> None:
    await sleeps_through(chromium, site, provider, "outlives_it", seconds=75)


@pytest.mark.parametrize(("missed", "shown"), [(15, 16), (120, 25)], ids=["much", "very_much"])
async def test_a_page_that_slept_through_long_turns_shows_them_within_ten_seconds(
    somebody: Somebody, site: Site, provider: Provider, missed: int, shown: int
) -> None:
    """More than one frame may hold; of very much the newest, after the page has loaded anew by itself."""
    async with network(site) as (proxy, reached):
        chat = await somebody(reached)
        provider.say("Hello.")
        await chat.ask("Hello")
        await chat.box.fill("What I was writing")
        proxy.darken()
        await asyncio.to_thread(store_turns, site, chat.path, missed, 'It\'s "so" & <so> é ' * 200)
        proxy.lighten()

        last = chat.assistant.filter(has_text=f"assistant {missed}:")
        await expect(last).to_be_visible(timeout=10_000)

        await expect(chat.turns).to_have_count(shown)
        await expect(chat.box).to_have_value("What I was writing")
        await chat.connected()
        await closes(chat)


# ---- The server ----------------------------------------------------------------------------------


def kill(site: Site) -> None:
    site.kill()
    # Nobody wants to wait ten seconds until the dead process's lease has run out.
    site.rows("UPDATE conversations_turn SET lease_until = '2020-01-01 00:00:00' WHERE state = 'running'")


def end(site: Site) -> None:
    assert site.stop() == 0


@pytest.mark.parametrize("goes_down", [kill, end], ids=["is_killed", "is_ended"])
async def test_a_server_that_went_down_in_mid_answer_leaves_what_is_stored_and_a_way_to_try_again(
    somebody: Somebody, new_site: NewSite, provider: Provider, goes_down: Callable[[Site], None]
) -> None:
    with new_site(provider) as site:
        chat = await somebody(site)
        await is_answered(chat, provider)
        # As it says in an outage, and can no longer take back.
        await chat.page.locator("#notice").evaluate(
            "notice => { notice.dataset.outage = ''; notice.textContent = 'Nothing can be saved' }"
        )
        goes_down(site)
        await expect(chat.page.get_by_text("Reconnecting…")).to_be_visible()
        await asyncio.to_thread(site.start)

        await chat.connected()
        await chat.ended("interrupted")
        await expect(chat.page.locator("#notice")).to_be_empty()
        ((stored,),) = site.rows("SELECT text FROM conversations_message WHERE role = 'assistant'")
        assert BEGINNING.startswith(stored)
        await shows(chat, stored, "partial")
        await expect(chat.answer.get_by_text("incomplete")).to_be_visible()
        await expect(chat.page.locator(".failure").get_by_text("The answer was interrupted.")).to_be_visible()

        provider.say(ANSWER)
        await chat.page.get_by_role("button", name="Try again").click()
        await chat.ended()
        await shows(chat, ANSWER, "complete")
        assert [each["content"] for each in await chat.transcript()] == [QUESTION, ANSWER]
        await has_healed(chat)
