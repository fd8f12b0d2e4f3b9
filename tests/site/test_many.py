"""One process on SQLite carries many chats at once, and pages that come and go."""

import asyncio
from functools import partial

from tests.provider import HOLD, Provider, Request, wire
from tests.servers import Site
from tests.servers.fixtures import NewSite

from .visitor import Visitor, Window

CHATS = 20
WORDS = 60


def answer_to(said: str) -> str:
    return " ".join(f"{said}-{number}" for number in range(WORDS))


async def chat(site: Site, *questions: str) -> None:
    """Ask one thing after the other, and wait each time for the whole answer."""
    visitor = Visitor()
    path = await visitor.begin(site)
    async with visitor.window(site, path) as window:
        for question in questions:

            def has_answered(window: Window, question: str = question) -> bool:
                told = window.said("customer")[-1:] == [question] and window.answer == answer_to(question)
                return told and window.newest["data-state"] == "done"

            await window.say(question)
            await window.until(has_answered)


async def test_all_of_twenty_chats_at_once_end_whole_and_as_they_are_stored(
    new_site: NewSite, provider: Provider
) -> None:
    def repeat(request: Request) -> None:
        provider.say(answer_to(request.messages[-1]["content"]))

    provider.otherwise(repeat)
    with new_site(provider) as site:
        await asyncio.gather(*(chat(site, f"first{number}", f"second{number}") for number in range(CHATS)))

        stored = site.rows("SELECT text, status FROM conversations_message WHERE role = 'assistant'")
    questions = [f"{word}{number}" for word in ("first", "second") for number in range(CHATS)]
    assert sorted(stored) == sorted((answer_to(question), "complete") for question in questions)


async def test_pages_that_are_closed_in_mid_answer_do_not_disturb_it(
    new_site: NewSite, provider: Provider, visitor: Visitor
) -> None:
    text = " ".join(f"word{number}" for number in range(40))
    held = [piece for word in wire.words(text) for piece in (word, HOLD)]
    answer = provider.play(*held, *wire.ending())
    with new_site(provider) as site:
        path = await visitor.begin(site)
        async with visitor.window(site, path) as window:
            await window.say("Tell me a story.")
            for last_word in text.split():
                async with visitor.window(site, path) as passing:
                    await passing.until(partial(_ends_with, last_word))
                    answer.release()  # the next word comes while this page closes

            await window.until_ended("done")
            assert window.answer == text


def _ends_with(word: str, window: Window) -> bool:
    return window.answer.endswith(word)
