"""However much a page lacks, it gets it: in pieces, the oldest change first, or it is told to load anew."""

from collections.abc import Iterable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.realtime import broadcast, heard_text
from supportbot.conversations.realtime.audiences import get_customer_audience
from supportbot.conversations.realtime.change_frames import render_frames
from supportbot.conversations.realtime.connections import PageConnection
from supportbot.conversations.realtime.fragments import build_delta_frame
from supportbot.conversations.turns import changes, load_changes
from supportbot.server.backpressure import MAX_SENT_BYTES, SocketWriter

from .rows import until
from .test_connections import line_of

# What 4,000 characters of a message may become in a frame.
CONTENTS = {
    "words": "word " * 800,
    "escaped": "&" * 4000,
    "wide": "🙂" * 4000,
    "markdown": "- **item**\n" * 360,
    "table": "| a | b |\n|---|---|\n" + "| 1 | `2` |\n" * 330,
    "code": "```\n" + "<b>&</b>\n" * 440,
}


@sync_to_async
@transaction.atomic
def store_turns(chat: Conversation, texts: Iterable[list[str]]) -> None:
    """Turns that no page is told of: a message of the customer for each text, and the first of them as the answer."""
    row = Conversation.objects.get(pk=chat.pk)
    for said in texts:
        turn = Turn.objects.create(conversation=row, state="done", revision=row.next_revision())
        roles = ["customer"] * len(said) + ["assistant"]
        Message.objects.bulk_create(
            Message(conversation=row, turn=turn, seq=row.next_seq(), role=role, text=text)
            for role, text in zip(roles, [*said, said[0]], strict=True)
        )
    row.save()


@pytest.mark.parametrize("text", CONTENTS.values(), ids=CONTENTS)
async def test_what_a_page_missed_comes_in_frames_of_a_bounded_size(model, alices, chat, text):
    await store_turns(chat, [[text]] * 15)

    page = await alices.open(chat, seen=0)
    await page.until(lambda page: page.complete == 15)

    assert max(len(frame.encode()) for frame in page.frames) <= MAX_SENT_BYTES + 200  # and the pulse
    assert len(page.frames) > 1
    assert list(page.turns) == sorted(page.turns)
    assert len(page.turns) == 15
    assert len(page.messages("customer")) == len(page.messages("assistant")) == 15
    await page.close()


async def test_a_single_turn_that_is_longer_than_a_frame_is_shown_too(model, alices, chat):
    """Ten long pastes in one breath are one turn."""
    pastes = [f"{number}" + "&" * 3999 for number in range(10)]
    await store_turns(chat, [["before"], pastes, ["after"]])

    page = await alices.open(chat, seen=0)
    await page.until(lambda page: page.complete == 3)

    assert [each.one("div").text for each in page.messages("customer")] == ["before", *pastes, "after"]
    assert sorted(len(frame.encode()) > MAX_SENT_BYTES for frame in page.frames) == [False, False, True]
    await page.close()


async def test_a_page_that_stops_reading_gets_the_rest_and_not_all_of_it_again(model, alices, chat):
    await store_turns(chat, [["what the page opens with"]])
    page = await alices.open(chat, seen=0)
    await page.until(lambda page: page.complete == 1)
    line = await line_of(chat)
    send, sent = line.send, []

    async def send_one(frame: str) -> bool:
        sent.append(frame)
        line.pauseProducing()
        return await send(frame)

    line.send = send_one  # before there is more: the server looks by itself for what pages lack
    await store_turns(chat, [[CONTENTS["wide"]]] * 15)
    await page.request(action="resync", seen=1)
    await page.until(lambda page: len(page.turns) > 1)
    first, number_of_frames = set(page.turns), len(page.frames)
    assert await page.is_quiet()
    assert 1 < page.complete < 16

    line.send = send
    line.resumeProducing()
    await page.until(lambda page: page.complete == 16)

    assert len(sent) == 1
    assert len(page.turns) == 16
    later = "".join(page.frames[number_of_frames:])
    assert not [number for number in first if f'id="turn-{number}"' in later]
    await page.close()


async def test_a_page_whose_line_broke_in_between_goes_on_from_there(model, alices, chat):
    await store_turns(chat, [[CONTENTS["wide"]]] * 15)
    page = await alices.open(chat, seen=0)
    await page.until(lambda page: page.complete)
    await page.close()

    again = await alices.open(chat, seen=page.complete)
    await again.until(lambda again: again.complete == 15)

    assert len(page.turns.keys() | again.turns.keys()) == 15
    await again.close()


async def test_a_page_that_lacks_very_much_is_told_to_load_anew_and_then_lacks_nothing(model, alices, chat):
    await store_turns(chat, [["hello"]] * (changes.MAX_RESYNC_TURNS + 1))

    page = await alices.open(chat, seen=0)
    await page.until(lambda page: page.frames)

    assert "data-reload" in page.frames[0]
    assert not page.turns
    assert page.complete == 0  # should it not load anew, it is told again
    await page.close()
    anew = await alices.open(chat, seen=changes.MAX_RESYNC_TURNS + 1)
    assert await anew.is_quiet()
    await anew.close()


async def test_all_pages_that_missed_a_change_get_it_in_pieces(page, alices, chat):
    await until(lambda: has_page(chat))
    await store_turns(chat, [[CONTENTS["wide"]]] * 15)

    await broadcast.deliver_missed(await load_changes(chat.pk, 0))
    await page.until(lambda page: page.complete == 15)

    assert max(len(frame.encode()) for frame in page.frames) <= MAX_SENT_BYTES + 200


async def has_page(chat: Conversation) -> bool:
    return broadcast.get_watched_revisions().get(chat.pk) == 0


async def test_turns_of_one_revision_are_only_complete_together(transactional_db, chat):
    """A page that was cut off between them must not believe that it has both."""
    await store_turns(chat, [[CONTENTS["escaped"]]] * 6)
    await Turn.objects.aupdate(revision=3)
    await Conversation.objects.aupdate(revision=3)

    frames = render_frames(await load_changes(chat.pk, 1), [get_customer_audience()])

    assert len(frames) > 1
    assert {frame.revision for frame in frames[:-1]} == {2}
    assert (frames[0].previous_revision, frames[-1].revision) == (1, 3)


class BrokenLine(SocketWriter):
    """A line on which the next frame fails."""

    def __init__(self, error: Exception) -> None:
        self.events: list[dict[str, Any]] = []
        self.error: Exception | None = error
        super().__init__(self._take)

    async def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "websocket.send" and self.error:
            error, self.error = self.error, None
            raise error
        self.events.append(event)


async def test_a_frame_that_could_not_be_sent_is_not_taken_for_one_that_was(transactional_db, chat, caplog):
    await store_turns(chat, [["hello"]])
    line = BrokenLine(RuntimeError("the frame is too large"))
    page = PageConnection(chat.pk, line, get_customer_audience())

    await page.resync(0)

    assert page.revision == 0
    assert line.events == [{"type": "websocket.close", "code": 4503}]
    assert "A frame could not be sent" in caplog.text
    await page.resync(0)
    assert page.revision == 1


async def test_text_of_another_process_that_comes_while_the_page_is_loaded_is_not_dropped(
    transactional_db, chat, monkeypatch
):
    turn = await Turn.objects.acreate(conversation=chat, state="running", revision=1)
    message = await Message.objects.acreate(
        conversation=chat, turn=turn, seq=1, role="assistant", status="streaming", text="It has "
    )
    line = BrokenLine(RuntimeError("unused"))
    line.error = None
    page = PageConnection(chat.pk, line, get_customer_audience())
    await broadcast.subscribe(chat.pk, page)
    delta = build_delta_frame(message.pk, 7, "shipped")
    of_another = build_delta_frame(message.pk - 1, 0, "What ended meanwhile")
    render = render_frames

    def render_while_text_comes(*args: Any) -> Any:
        for frame in (of_another, delta):
            page._buffered.append((heard_text.take_piece(chat.pk, frame), 0, 0))
        return render(*args)

    monkeypatch.setattr(
        "supportbot.conversations.realtime.change_frames.render_frames", render_while_text_comes
    )
    await page.resync(0)

    assert [event["text"] for event in line.events[1:]] == [delta]
    assert "It has " in line.events[0]["text"]
    await broadcast.unsubscribe(chat.pk, page)
