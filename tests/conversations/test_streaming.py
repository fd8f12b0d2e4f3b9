"""Text reaches the page as it comes, once and in order, whatever happens to the sockets meanwhile."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async

from supportbot.conversations.models import Message, Turn
from supportbot.conversations.realtime.broadcast import Watchers
from supportbot.server.executors import on_database_thread
from supportbot.server.process import process
from tests.provider import HOLD, Call, wire

from .markup import parse
from .rows import until

THREADS = 8  # as many as the database ever has


async def test_the_page_is_shown_the_message_the_text_and_the_end(page, model):
    model.say("It has **shipped** and comes on Monday.")

    client_id = await page.say("Where is my order?")
    turn = await page.settled("done")

    (said,) = page.messages("customer")
    assert (said["data-client-id"], said["data-status"]) == (client_id, "complete")
    answer = turn.one("article", data_role="assistant")
    assert answer["data-status"] == "complete"
    assert answer.one("strong").text == "shipped"
    assert "It has shipped and comes on Monday." in answer.text


async def test_the_pieces_put_together_are_the_stored_text(page, model):
    model.say("Your order has shipped and arrives in two days from now.")

    await page.ask("Where is my order?")

    stored = await Message.objects.aget(role="assistant")
    assert "".join(delta["text"] for delta in page.deltas) == stored.text
    assert {delta["message"] for delta in page.deltas} == {str(stored.pk)}


async def test_each_piece_says_how_many_characters_stand_before_it(page, model):
    reply = model.say("Here 🎉🎉 it 👩‍👩‍👧 comes: ü.", hold_after=2)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    reply.release()
    await page.settled("done")

    before = 0
    for delta in page.deltas:
        assert delta["offset"] == before
        before += len(delta["text"])
    assert before == len("Here 🎉🎉 it 👩‍👩‍👧 comes: ü.")


async def test_the_first_words_come_before_the_answer_is_whole(page, model):
    reply = model.say("One two three", hold_after=1)

    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    assert page.streamed() == "One "
    assert page.last["data-state"] == "running"
    reply.release()
    await page.settled("done")


async def test_a_finished_block_comes_rendered_and_the_rest_as_it_is(page, model):
    reply = model.play(wire.text("It is **late**.\n\nSorry for *th"), HOLD, wire.text("at*."), *wire.ending())

    await page.say("Hello")
    await page.until(lambda page: "<strong>late</strong>" in "".join(page.frames))

    assert page.streamed() == "It is late.\nSorry for *th"
    reply.release()
    await page.settled("done")


@pytest.mark.parametrize(
    "before", ["One two", "One\n\ntwo", "One\n\ntwo\n\nthree", "```\none\n\ntwo", "🎉\n\n🎉"]
)
async def test_a_page_that_opens_in_mid_answer_has_the_same_text_once(page, model, alices, chat, before):
    reply = model.play(
        wire.text(before),
        HOLD,
        wire.text(" four\n\n"),
        HOLD,
        wire.text("five\n\n*six*"),
        HOLD,
        *wire.ending(),
    )
    await page.say("Hello")
    await page.until(lambda page: page.turns and before.split()[-1] in page.streamed())
    late = await alices.open(chat)
    await late.until(lambda late: late.turns and late.streamed())

    for end in ("four", "*six*"):
        assert late.streamed().split() == page.streamed().split()
        reply.release()
        for each in (page, late):
            await each.until(lambda each, end=end: end in each.streamed())

    assert late.streamed().split() == page.streamed().split()
    reply.release()
    assert (await late.settled("done")).text == (await page.settled("done")).text
    assert late.gaps == 0
    await late.close()


async def test_a_page_that_comes_back_is_told_only_what_changed(page, model, alices, chat):
    model.say("First answer.")
    model.say("Second answer.")
    first = await page.ask("One")
    await page.ask("Two")

    back = await alices.open(chat, seen=int(first["data-revision"]))
    await back.until(lambda back: back.turns)

    assert await back.is_quiet()
    assert "First answer." not in "".join(back.frames)
    assert "Second answer." in back.last.text
    await back.close()


async def test_a_page_that_missed_nothing_is_told_nothing(page, model, alices, chat):
    model.say("An answer.")
    turn = await page.ask("One")

    back = await alices.open(chat, seen=int(turn["data-revision"]))

    assert await back.is_quiet()
    await back.close()


@pytest.mark.parametrize("seen", ["", "-1", "x", "1e3", "99999999999999999999", "%00"])
async def test_a_page_that_says_nonsense_of_what_it_saw_is_told_everything(page, model, alices, chat, seen):
    model.say("An answer.")
    await page.ask("One")

    back = await alices.open(chat, seen=seen)
    await back.until(lambda back: back.turns)

    assert "An answer." in back.last.text
    await back.close()


async def test_a_page_may_ask_again_at_any_time(page, model):
    reply = model.say("One two three", hold_after=2)
    await page.say("Hello")
    await page.until(lambda page: page.turns and "two" in page.streamed())

    await page.request(action="resync", seen=10**30)
    known = len(page.frames)
    await page.until(lambda page: len(page.frames) > known and page.streamed() == "One two ")

    reply.release()
    await page.settled("done")
    assert page.gaps == 0


async def test_what_comes_while_a_page_catches_up_is_shown_once(page, model, alices, chat):
    other = await alices.open(chat)
    reply = model.play(
        wire.text("One\n\ntwo"), HOLD, wire.text("\n\nthree"), HOLD, wire.text("\n\nfour"), *wire.ending()
    )
    await page.say("Hello")
    for each in (page, other):
        await each.until(lambda each: each.turns and "two" in each.streamed())

    async with no_database():
        await page.request(action="resync", seen=0)
        await until(somebody_catches_up)
        reply.release()
        await other.until(lambda other: "three" in other.streamed())
    await page.take_all()

    assert page.streamed().split() == other.streamed().split() == ["One", "two", "three"]
    reply.release()
    await page.settled("done")
    await other.close()


@asynccontextmanager
async def no_database() -> AsyncIterator[None]:
    """Keep all threads of the database busy meanwhile, so that whoever asks it has to wait."""
    free = threading.Event()
    busy = [asyncio.create_task(on_database_thread()(free.wait)(20)) for _ in range(THREADS)]
    await asyncio.sleep(0)  # they are in line now
    try:
        yield
    finally:
        free.set()
        await asyncio.gather(*busy)


async def somebody_catches_up() -> bool:
    return any(page._buffered is not None for pages in process.get(Watchers).pages.values() for page in pages)


async def test_a_page_that_was_closed_is_forgotten(model, alices, chat):
    page = await alices.open(chat)
    model.say("Hello.")
    await page.ask("Hello")
    assert chat.pk in process.get(Watchers).pages

    await page.close()

    assert chat.pk not in process.get(Watchers).pages


async def test_every_page_of_the_conversation_sees_the_answer(page, model, alices, chat):
    other = await alices.open(chat)
    model.say("It has shipped.")

    await page.ask("Hello")

    assert (await other.settled("done")).text == page.last.text
    assert other.deltas == page.deltas
    await other.close()


async def test_other_conversations_hear_nothing(page, model, bobs, of_bob):
    other = await bobs.open(of_bob)
    model.say("It has shipped.")

    await page.ask("Hello")

    assert await other.is_quiet()
    await other.close()


async def test_closing_the_page_does_not_end_the_answer(model, alices, chat):
    reply = model.say("It has shipped.", hold_after=1)
    page = await alices.open(chat)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    await page.close()
    reply.release()

    await until(Turn.objects.filter(state="done").aexists)
    assert (await Message.objects.aget(role="assistant")).text == "It has shipped."


async def test_the_text_so_far_is_stored_while_it_streams(page, model):
    reply = model.say("It has shipped.", hold_after=2)

    await page.say("Hello")

    await until(Message.objects.filter(role="assistant", status="streaming", text="It has ").aexists)
    reply.release()
    await page.settled("done")


async def test_a_tool_shows_as_a_line_that_is_pending_and_then_done(page, model):
    model.call("lookup_order", order_id="ORD-123")
    model.say("It has shipped.")

    turn = await page.ask("Where is ORD-123?")

    states = [
        line["data-state"]
        for frame in page.frames
        if not frame.startswith("{")
        for line in parse(frame).all("li", data_tool="lookup_order")
    ]
    assert (states[0], states[-1]) == ("pending", "done")
    assert turn.one("li", data_tool="lookup_order").text == "Looked up order ORD-123"


async def test_what_is_streamed_equals_the_page_after_a_reload(page, model, alices, chat):
    model.calls(Call("lookup_order", {"order_id": "ORD-123"}), text="Let me *see*.")
    model.say("It has **shipped**.\n\n- today\n- tomorrow")
    turn = await page.ask("Where is ORD-123?")

    response = await sync_to_async(alices.client.get)(chat.get_absolute_url())

    reloaded = parse(response.content.decode()).one("section", data_turn=turn["data-turn"])
    assert reloaded.text == turn.text
    assert [each.tag for each in reloaded] == [each.tag for each in turn]
