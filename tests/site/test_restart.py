"""A process that ends in the middle of an answer loses nothing, however it ends."""

import asyncio
import signal

import pytest

from tests.provider import Provider
from tests.servers import Site
from tests.servers.fixtures import NewSite

from .visitor import Visitor

pytestmark = pytest.mark.usefixtures("begins_with_nothing")

QUESTION = "Where is my order, please?"
ANSWER = "It left our warehouse on Monday and should reach you tomorrow."
BEGINNING = "It left our warehouse"
# In a process of its own, since importing the server installs a reactor.
SIGNAL_WITH_OPEN_PAGE = """
import asyncio
from supportbot.conversations.management.commands.serve import DrainingServer

async def keep_page_open():
    page = asyncio.create_task(asyncio.sleep(60))
    server = DrainingServer(None, ["tcp:0"])
    server.connections = {"a page": {"application_instance": page}}
    server.kill_all_applications()
    print(page.cancelling())

asyncio.run(keep_page_open())
"""


def stored(site: Site) -> list[tuple[str, str, str]]:
    """Every message with its status and the state of its turn, in order."""
    return list(
        site.rows(
            "SELECT message.text, message.status, turn.state FROM conversations_message message "
            "JOIN conversations_turn turn ON turn.id = message.turn_id ORDER BY message.id"
        )
    )


async def test_an_orderly_end_keeps_the_beginning_of_an_answer_and_it_can_be_tried_again(
    new_site: NewSite, provider: Provider, visitor: Visitor
) -> None:
    provider.say(ANSWER, hold_after=4)
    with new_site(provider) as site:
        path = await visitor.begin(site)
        async with visitor.window(site, path) as window:
            await window.say(QUESTION)
            await window.until(lambda window: window.answer == BEGINNING)

            assert site.stop() == 0
        assert [row[1:] for row in stored(site)] == [("complete", "interrupted"), ("partial", "interrupted")]
        assert stored(site)[1][0].strip() == BEGINNING

        site.start()
        provider.say(ANSWER)
        async with visitor.window(site, path) as window:
            await window.until_ended("interrupted")
            assert window.answer == BEGINNING
            await window.send(action="retry", turn=window.turn)
            await window.until_ended("done")
            assert window.answer == ANSWER
        assert stored(site) == [(QUESTION, "complete", "done"), (ANSWER, "complete", "done")]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
async def test_an_orderly_end_or_a_closed_terminal_lets_an_answer_finish_that_comes_in_time(
    new_site: NewSite, provider: Provider, visitor: Visitor, end: signal.Signals
) -> None:
    answer = provider.say(ANSWER, hold_after=4)
    with new_site(provider, DRAIN_SECONDS="20") as site:
        path = await visitor.begin(site)
        async with visitor.window(site, path) as window:
            await window.say(QUESTION)
            await window.until(lambda window: window.answer == BEGINNING)

            ending = asyncio.create_task(asyncio.to_thread(site.stop, end))
            answer.release()
            await window.until_ended("done")  # in the page that shows it, not only for the next one
            assert window.answer == ANSWER

            assert await ending == 0
        assert stored(site) == [(QUESTION, "complete", "done"), (ANSWER, "complete", "done")]


def test_the_signal_to_end_leaves_open_pages_what_serves_them(new_site: NewSite) -> None:
    assert new_site().python("-c", SIGNAL_WITH_OPEN_PAGE).split() == ["0"]


async def test_what_waited_when_the_process_was_killed_is_answered_after_the_next_start(
    new_site: NewSite, provider: Provider, visitor: Visitor
) -> None:
    provider.say(ANSWER, hold_after=4)
    with new_site(provider) as site:
        path = await visitor.begin(site)
        async with visitor.window(site, path) as window:
            await window.say(QUESTION)
            await window.until(lambda window: window.answer == BEGINNING)
            await window.say("And when will it be here?")
            await window.until(lambda window: len(window.said("customer")) == 2)
            site.kill()

        site.rows(
            "UPDATE conversations_turn SET lease_until = '2020-01-01 00:00:00', created = '2020-01-01 00:00:00'"
        )
        provider.say("On Tuesday.")
        site.start()
        await provider.until(lambda provider: len(provider.requests) == 2)  # though nobody looks
        async with visitor.window(site, path) as window:
            await window.until_ended("done")
            assert window.answer == "On Tuesday."
