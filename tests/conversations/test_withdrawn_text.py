"""Words that turn out to be no answer leave every page on which they were shown, also one that asks now and then."""

import pytest

from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.realtime import fragments
from supportbot.conversations.realtime.answer_stream import AnswerStream, StreamedText
from supportbot.conversations.realtime.audiences import get_customer_audience
from supportbot.conversations.realtime.polling import load_update
from supportbot.conversations.turns import streaming_text, submit

from .markup import parse

WORDS = "My **key**.\n\nIs sk-"


@pytest.fixture
async def lease(transactional_db, chat: Conversation, settings):
    settings.LLM_BACKEND = "chat"
    return (await submit.submit_message(chat.pk, "Hello", "a1")).lease


async def poll(chat: Conversation, shown: int) -> list[str]:
    """The frames of a page that lacks nothing but words of the answer; without the last one, which is the revision."""
    await chat.arefresh_from_db()
    update = await load_update(chat.pk, get_customer_audience(), chat.revision, shown, lambda: None)
    return update.frames[:-1]


def test_what_was_withdrawn_is_neither_in_that_frame_nor_in_any_later_one():
    stream = StreamedText(1)
    stream.append(WORDS)

    withdrawn = stream.withdraw_text()
    frames = [stream.append("It has "), stream.append("shipped.\n\nBye"), stream.build_snapshot_frame()]

    assert parse(withdrawn).one("p", id="tail-1")["data-end"] == "0"
    for frame in (withdrawn, *frames):
        assert "key" not in frame
        assert "sk-" not in frame
    snapshot = parse(frames[-1])
    assert snapshot.one("div", id="blocks-1").text.strip() == "It has shipped."
    assert (snapshot.one("p", id="tail-1").text, snapshot.one("p", id="tail-1")["data-end"]) == ("Bye", "20")


async def test_a_page_that_asks_is_told_of_it_by_the_process_that_streams(chat, lease):
    stream = AnswerStream(chat.pk, lease.message_id)
    await stream.append(WORDS)
    assert await poll(chat, len(WORDS)) == []

    await stream.withdraw_text()

    (frame,) = await poll(chat, len(WORDS))
    assert "key" not in frame
    assert parse(frame).one("p", id=f"tail-{lease.message_id}")["data-end"] == "0"
    assert await poll(chat, 0) == []
    await stream.append("It")
    assert "It" in (await poll(chat, len(WORDS)))[0]


async def test_a_page_that_asks_is_told_of_it_by_any_other_process_from_what_is_stored(chat, lease):
    await streaming_text.begin_answer(lease, lease.message_id, WORDS)
    (frame,) = await poll(chat, 3)
    assert parse(frame).one("p", id=f"tail-{lease.message_id}").text == "Is sk-"
    assert await poll(chat, len(WORDS) + 10) == [], "what is stored lags behind what was shown"

    await streaming_text.begin_answer(lease, lease.message_id, "")

    (frame,) = await poll(chat, len(WORDS))
    assert "key" not in frame
    assert await poll(chat, 0) == []


async def test_what_streams_elsewhere_is_rendered_once_and_only_when_there_is_more_of_it(
    chat, lease, monkeypatch
):
    rendered = []
    render_template = fragments._render_template

    def count_blocks(template, /, **context):
        rendered.extend([template] if template == "chat/_block.html" else [])
        return render_template(template, **context)

    monkeypatch.setattr(fragments, "_render_template", count_blocks)
    await Message.objects.filter(pk=lease.message_id).aupdate(text=WORDS)

    await poll(chat, len(WORDS))
    assert rendered == []
    await poll(chat, 3)
    assert len(rendered) == 1
