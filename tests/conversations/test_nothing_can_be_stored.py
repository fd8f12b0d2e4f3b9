"""While nothing can be stored those who wait are told, and every turn is settled as soon as something can."""

import pytest

from supportbot.conversations.models import Message, ToolCall, Turn
from supportbot.conversations.turns import leases
from supportbot.conversations.worker import runner, storage_notices
from tests.disk import Disk, watch_disk

from .rows import until

TOLD = "We can't save anything right now."


@pytest.fixture
async def disk(transactional_db, monkeypatch):
    monkeypatch.setattr(storage_notices, "NOTICE_DELAY_SECONDS", 0.1)
    async with watch_disk(monkeypatch) as disk:
        yield disk


async def refuses_much(disk: Disk, page) -> None:
    """Wait until the turn has been tried to be stored for longer than at once, and the page was told."""
    already = disk.refused
    await page.until(lambda page: any(TOLD in notice.text for notice in page.notices))
    # The page's script takes it back when the process that said it cannot.
    assert ["data-outage" in notice.attributes for notice in page.notices if TOLD in notice.text] == [True]
    await until(lambda: _has_refused(disk, already + 6))


async def _has_logged(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return words in caplog.text


async def _has_refused(disk: Disk, count: int) -> bool:
    return disk.refused > count


async def test_an_answer_that_ends_meanwhile_is_kept_whole(page, model, disk, frequent_sweeps, caplog):
    reply = model.say("It has shipped and comes today.", hold_after=2)
    await page.say("Hello")
    await page.until(lambda page: page.turns and page.streamed() == "It has ")

    disk.is_full = True
    reply.release()
    await refuses_much(disk, page)
    assert await Turn.objects.filter(state="running").aexists()
    disk.is_full = False

    turn = await page.settled("done")
    assert "It has shipped and comes today." in turn.text
    assert (await Message.objects.aget(role="assistant")).text == "It has shipped and comes today."
    await page.until(lambda page: page.notices[-1].text.strip() == "")
    assert not [record for record in caplog.records if record.exc_info]
    assert not runner.get_running_turns()


async def test_one_whose_first_word_cannot_be_stored_is_failed_in_words(
    page, model, disk, frequent_sweeps, caplog
):
    reply = model.say("It has shipped.", hold_after=0)
    await page.say("Hello")
    await until(Turn.objects.filter(state="running").aexists)
    await model.until(lambda model: model.open_streams)

    disk.is_full = True
    reply.release()
    await refuses_much(disk, page)
    await until(lambda: _has_logged(caplog, "could not be stored"))
    disk.is_full = False

    turn = await page.settled("failed")
    assert "We couldn't save this answer." in turn.classed("failure")[0].text
    assert page.button("Try again")


async def test_a_tool_whose_result_cannot_be_stored_ends_the_turn_in_words(
    page, model, disk, workshop, frequent_sweeps, caplog
):
    model.call("hanging_look")
    await page.say("Hello")
    await workshop.has_begun()

    disk.is_full = True
    workshop.go_on.set()
    await refuses_much(disk, page)
    await until(lambda: _has_logged(caplog, "could not be stored"))
    disk.is_full = False

    await page.settled("failed")
    assert not await ToolCall.objects.filter(state="pending").aexists()


async def test_a_process_that_ends_meanwhile_leaves_the_turn_to_the_next_one(
    page, model, disk, frequent_sweeps, monkeypatch, caplog
):
    reply = model.say("It has shipped and comes today.", hold_after=2)
    await page.say("Hello")
    await page.until(lambda page: page.turns and page.streamed() == "It has ")
    disk.is_full = True
    reply.release()
    await refuses_much(disk, page)

    await runner.drain()

    assert not runner.get_running_turns()
    assert not [record for record in caplog.records if record.exc_info]
    assert leases.LEASE_DURATION  # it runs out, and `test_recovery` shows what comes then
