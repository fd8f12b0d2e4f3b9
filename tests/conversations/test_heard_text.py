"""Pages of another process than the one that streams an answer show each word once, whatever of its pieces is lost."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from django.utils import timezone

from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.realtime import heard_text, process_messages
from supportbot.conversations.realtime.answer_stream import AnswerStream
from supportbot.conversations.realtime.broadcast import publish_frame
from supportbot.conversations.realtime.fragments import build_delta_frame, render_blocks
from supportbot.conversations.realtime.process_messages import outbox

from .other_process import MemoryStore, OtherProcess
from .page import Browser, Page
from .rows import until

WORDS = "It has shipped and comes today."
STORED = "It has "


@pytest.fixture
async def other(settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OtherProcess]:
    store = MemoryStore()
    settings.PROCESS_TRANSPORT = "memory"
    monkeypatch.setattr(process_messages, "_build_transport", store.build_transport)
    other = OtherProcess(store.build_transport())
    yield other
    await other.connection.close_connection()
    await process_messages.close_connection()


@pytest.fixture
async def answer(model: Any, chat: Conversation) -> Message:
    """An answer that another process streams, of which a part is stored."""
    lease = timezone.now() + timedelta(seconds=30)
    turn = await Turn.objects.acreate(
        conversation=chat, state="running", fencing_token=1, lease_until=lease, revision=1
    )
    await Conversation.objects.filter(pk=chat.pk).aupdate(revision=1)
    return await Message.objects.acreate(
        conversation=chat, turn=turn, seq=1, role="assistant", status="streaming", text=STORED
    )


async def send(other: OtherProcess, answer: Message, start: int, end: int) -> None:
    """The other process sends a piece of the answer."""
    await other.tell(answer.conversation, build_delta_frame(answer.pk, start, WORDS[start:end]))


async def open_page(alices: Browser, other: OtherProcess, answer: Message) -> Page:
    """A page that shows what is stored."""
    page = await alices.open(answer.conversation)
    await page.until(lambda page: page.turns)
    await until(lambda: other.has_listener(answer.conversation))
    return page


async def hear_question(other: OtherProcess) -> tuple[int, int]:
    """Which message this process asks for, and from where on."""
    kind, content = await other.hear()
    assert kind == "text_wanted"
    return content["message_id"], content["offset"]


def assert_shows_each_word_once(page: Page, words: str = WORDS) -> None:
    assert page.streamed() == words
    assert page.gaps == 0


async def test_a_page_that_opens_in_mid_answer_asks_once_for_what_is_not_stored(
    alices: Browser, other: OtherProcess, answer: Message
) -> None:
    page = await open_page(alices, other, answer)
    assert await hear_question(other) == (answer.pk, len(STORED))

    await send(other, answer, 12, 20)  # was on its way
    await send(other, answer, 7, 24)
    await send(other, answer, 24, len(WORDS))
    await page.until(lambda page: page.streamed() == WORDS)

    assert_shows_each_word_once(page)
    assert other.messages.empty()
    await page.close()


async def test_a_second_page_is_given_what_was_heard_here(
    alices: Browser, other: OtherProcess, answer: Message
) -> None:
    page = await open_page(alices, other, answer)
    await hear_question(other)
    await send(other, answer, 7, 24)
    await page.until(lambda page: page.streamed() == WORDS[:24])

    second = await open_page(alices, other, answer)
    await second.until(lambda second: second.streamed() == WORDS[:24])
    await send(other, answer, 24, len(WORDS))

    for each in (page, second):
        await each.until(lambda each: each.streamed() == WORDS)
        assert_shows_each_word_once(each)
        await each.close()
    assert other.messages.empty()


async def test_text_that_another_process_lacked_comes_here_once(
    alices: Browser, other: OtherProcess, answer: Message
) -> None:
    page = await open_page(alices, other, answer)
    for start, end in ((7, 24), (3, 26), (10, 20), (26, len(WORDS))):
        await send(other, answer, start, end)
    await page.until(lambda page: page.streamed() == WORDS)

    assert [delta["offset"] for delta in page.deltas] == [7, 24, 26]
    await page.close()


async def test_a_piece_that_was_lost_is_asked_for_once_and_no_page_finds_the_gap(
    alices: Browser, other: OtherProcess, answer: Message
) -> None:
    page = await open_page(alices, other, answer)
    await hear_question(other)
    await send(other, answer, 7, 12)
    await send(other, answer, 15, 20)
    assert await hear_question(other) == (answer.pk, 12)
    await send(other, answer, 20, 24)
    await send(other, answer, 12, len(WORDS))
    await page.until(lambda page: page.streamed() == WORDS)

    assert_shows_each_word_once(page)
    assert other.messages.empty()
    await page.close()


async def test_when_nobody_answers_the_page_finds_the_gap_and_asks_again(
    alices: Browser, other: OtherProcess, answer: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await open_page(alices, other, answer)
    await hear_question(other)
    await send(other, answer, 12, 20)
    await page.take_all()
    assert page.deltas == []

    monkeypatch.setattr(heard_text, "ANSWER_TIMEOUT_SECONDS", 0)
    await send(other, answer, 20, 24)
    await page.until(lambda page: page.gaps)
    monkeypatch.undo()
    await page.request(action="resync", seen=1)
    assert await hear_question(other) == (answer.pk, len(STORED))
    await send(other, answer, 7, len(WORDS))

    await page.until(lambda page: page.streamed() == WORDS)
    await page.close()


async def test_text_that_was_withdrawn_begins_anew(
    alices: Browser, other: OtherProcess, answer: Message
) -> None:
    page = await open_page(alices, other, answer)
    await send(other, answer, 7, 24)
    await other.tell(answer.conversation, render_blocks(answer.pk, "", "", 0, swap="true"))
    await send(other, answer, 0, 6)

    await page.until(lambda page: page.streamed() == WORDS[:6])

    assert page.gaps == 0
    await page.close()


async def test_what_is_heard_is_not_looked_up_as_well_and_is_forgotten_when_nothing_comes(
    alices: Browser, other: OtherProcess, answer: Message
) -> None:
    began = monotonic()
    page = await open_page(alices, other, answer)
    assert heard_text.get_conversations_heard_since(began) == []

    await send(other, answer, 7, 24)
    await page.until(lambda page: page.streamed() == WORDS[:24])

    assert heard_text.get_conversations_heard_since(began) == [answer.conversation_id]
    assert heard_text.get_conversations_heard_since(monotonic()) == []
    await send(other, answer, 24, len(WORDS))
    await page.until(lambda page: page.streamed() == WORDS)
    await page.close()
    assert heard_text.get_conversations_heard_since(began) == []


async def test_whoever_asks_is_sent_the_text_from_there_on_and_then_again_only_what_is_new(
    model: Any, chat: Conversation, other: OtherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "GATHER_SECONDS", 0.01)
    await other.join(f"conversation.{chat.pk}")
    stream = AnswerStream(chat.pk, 5)
    for word in ("It ", "has ", "shipped"):
        await stream.append(word)
        await hear_piece(other)

    # Of another message, of nothing more, and in earnest.
    for message_id, offset in ((4, 0), (5, 14), (5, 3)):
        await other.connection.send_message(
            process_messages.ALL_PROCESSES,
            "text_wanted",
            {"conversation_id": chat.pk, "message_id": message_id, "offset": offset},
        )
    assert await hear_piece(other) == (3, "has shipped")
    await stream.append(".")
    assert await hear_piece(other) == (14, ".")
    stream.close()
    await publish_frame(chat.pk, "<p></p>")
    assert (await other.hear())[1]["frame"] == "<p></p>", "and nothing came before it"


async def hear_piece(other: OtherProcess) -> tuple[int, str]:
    _kind, content = await other.hear()
    delta = json.loads(content["frame"])["delta"]
    return delta["offset"], delta["text"]
