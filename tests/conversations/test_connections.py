"""An open page: told no faster than it reads, healed when it missed something, and one of not too many."""

import asyncio
from collections.abc import Callable

import pytest

from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.realtime.broadcast import Watchers, get_watched_revisions
from supportbot.conversations.realtime.socket_sessions import CLOSE_NOT_FOUND, CLOSE_TOO_MANY, OpenSockets
from supportbot.server.backpressure import SocketWriter
from supportbot.server.process import process

from .page import ORIGIN, Page
from .rows import until


async def line_of(conversation: Conversation) -> SocketWriter:
    """The line of the only page of the conversation, when it is open."""
    await until(has_page)
    (page,) = process.get(Watchers).pages[conversation.pk]
    return page._writer


async def test_a_page_that_does_not_read_gets_nothing_until_it_does(page, model, chat):
    reply = model.say("It has shipped and comes today.", hold_after=2)
    await page.say("Hello")
    await page.until(lambda page: page.turns and page.streamed() == "It has ")

    (await line_of(chat)).pauseProducing()
    reply.release()
    await until(Turn.objects.filter(state="done").aexists)
    assert await page.is_quiet()

    (await line_of(chat)).resumeProducing()
    assert "It has shipped and comes today." in (await page.settled("done")).text


async def test_why_something_was_not_taken_is_told_when_it_reads_again(page, chat):
    """No look at the database would tell it, and the message would be on its way for ever."""
    (await line_of(chat)).pauseProducing()
    await page.say(" ", "a1")
    assert await page.is_quiet()

    (await line_of(chat)).resumeProducing()

    await page.until(lambda page: page.notices)
    assert page.notices[0]["data-refused"] == "a1"


async def test_for_a_page_that_does_not_read_the_others_are_not_told_again(page, model, chat, alices):
    stuck = await line_of(chat)
    stuck.pauseProducing()
    other = await alices.open(chat)
    model.say("It has shipped.")

    await other.ask("Where is it?")

    assert get_watched_revisions() == {chat.pk: (await Conversation.objects.aget()).revision}
    stuck.resumeProducing()
    await page.settled("done")
    await other.close()


async def test_it_is_told_all_that_it_missed_in_order(page, model, chat):
    model.otherwise(lambda request: model.say(f"Answer {len(model.requests) + 1}."))
    await page.ask("Question 1")
    (await line_of(chat)).pauseProducing()
    for number in (2, 3):
        await page.say(f"Question {number}")
        await until(Turn.objects.filter(state="done", messages__text=f"Question {number}").aexists)
    assert await page.is_quiet()

    (await line_of(chat)).resumeProducing()
    await page.until(lambda page: len(page.turns) == 3)

    assert list(page.turns) == sorted(page.turns)
    assert [turn["data-state"] for turn in page.turns.values()] == ["done"] * 3
    assert [each.one("p").text for each in page.messages("assistant")] == [f"Answer {n}." for n in (1, 2, 3)]


async def test_it_misses_no_turn_that_ends_while_the_next_one_begins(page, model, chat):
    first = model.say("Answer one.", hold_after=1)
    second = model.say("Answer two.", hold_after=1)
    await page.say("One")
    await page.until(lambda page: page.has_words)
    await page.say("Two")
    await page.until(lambda page: len(page.turns) == 2)

    (await line_of(chat)).pauseProducing()
    first.release()
    await until(Message.objects.filter(text="Answer ", status="streaming").aexists)
    (await line_of(chat)).resumeProducing()
    await page.until(lambda page: page.last["data-state"] == "running")

    assert [turn["data-state"] for _, turn in sorted(page.turns.items())] == ["done", "running"]
    second.release()
    await page.settled("done")


async def test_however_often_it_asks_again_it_gets_nothing_while_it_does_not_read(page, model, chat):
    model.say("It has shipped.")
    await page.ask("Hello")

    (await line_of(chat)).pauseProducing()
    for _ in range(20):
        await page.request(action="resync", seen=0)
        await page.request(action="ping")
        await page.request(text="")
    assert await page.is_quiet()

    page.turns.clear()
    (await line_of(chat)).resumeProducing()
    assert "It has shipped." in (await page.settled("done")).text


async def test_one_page_that_does_not_read_holds_up_no_other(page, model, alices, chat):
    (await line_of(chat)).pauseProducing()
    other = await alices.open(chat)
    model.say("It has shipped.")

    assert "It has shipped." in (await other.ask("Hello")).text

    assert await page.is_quiet()
    await other.close()


async def test_a_page_may_ask_whether_the_line_is_alive(page, model):
    model.say("Hello.")
    turn = await page.ask("Hello")

    await page.request(action="ping")
    await page.until(lambda page: 'id="pulse"' in page.frames[-1])

    assert f'data-newest="{turn["data-revision"]}"' in page.frames[-1]


async def test_a_page_hears_that_what_it_sent_before_a_ping_has_been_handled(page, model, chat):
    """Also if it did not read when that was told: nothing that is stored would tell it later."""
    (await line_of(chat)).pauseProducing()
    await page.request(action="end")
    await page.request(action="ping", client_id="p1")
    assert await page.is_quiet()

    (await line_of(chat)).resumeProducing()

    await page.until(lambda page: any('data-handled="p1"' in frame for frame in page.frames))


async def test_the_twenty_first_page_of_a_visitor_is_refused(model, alices, chat, bobs, of_bob, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"visitor_sockets": 20})
    pages = [await alices.open(chat) for _ in range(20)]
    await until(has_pages(20))

    one_more = await alices.open(chat)
    await one_more.until(lambda page: page.close_code)
    assert one_more.close_code == CLOSE_TOO_MANY

    others = await bobs.open(of_bob)
    model.say("Hello.")
    assert (await others.ask("Hello"))["data-state"] == "done"
    for each in (*pages, others, one_more):
        await each.close()


@pytest.fixture
def _one_page(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"visitor_sockets": 1})


@pytest.mark.usefixtures("_one_page")
async def test_a_page_that_was_closed_makes_room_for_another(model, alices, chat):
    for _ in range(3):
        page = await alices.open(chat)
        await page.request(action="ping")
        await page.until(lambda page: page.frames)
        await page.close()

    assert not process.get(OpenSockets).by_visitor


@pytest.mark.usefixtures("_one_page")
async def test_a_page_whose_socket_dies_makes_room_too(model, alices, chat):
    page = await alices.open(chat)
    await until(has_page)

    page.socket.future.cancel()
    await asyncio.wait([page.socket.future])

    assert not process.get(OpenSockets).by_visitor
    assert not process.get(Watchers).pages


@pytest.mark.usefixtures("_one_page")
async def test_one_that_was_refused_takes_no_room(model, alices, chat, of_bob):
    foreign = Page(f"/ws/c/{of_bob.public_id}/", alices.headers(ORIGIN))
    await foreign.connect()
    await foreign.until(lambda page: page.close_code == CLOSE_NOT_FOUND)
    await foreign.close()

    page = await alices.open(chat)
    await until(has_page)
    refused = await alices.open(chat)
    await refused.until(lambda page: page.close_code == CLOSE_TOO_MANY)
    await refused.close()
    assert await has_pages(1)()

    await page.close()
    assert not process.get(OpenSockets).by_visitor


def has_pages(count: int) -> Callable:
    async def opened() -> bool:
        return sum(map(len, process.get(OpenSockets).by_visitor.values())) == count

    return opened


async def has_page() -> bool:
    return bool(process.get(OpenSockets).by_visitor)


def test_the_line_says_when_it_is_free_again():
    line, told = SocketWriter(None), []
    line.on_drain = lambda: told.append(line.is_full)

    line.resumeProducing()
    line.pauseProducing()
    assert (line.is_full, told) == (True, [])

    line.resumeProducing()
    assert (line.is_full, told) == (False, [False])
