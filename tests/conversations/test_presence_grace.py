"""Nobody is called away because they could not be noted as present: not after an outage, and not after a start."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, StaffPresence
from supportbot.conversations.turns import presence_grace, recovery
from supportbot.conversations.worker import housekeeping
from supportbot.server.executors import DatabaseExecutor
from supportbot.server.process import process

from .clock import Clock
from .rows import until
from .test_lease_grace import fail, look_for_abandoned

SILENCE_SECONDS = 300.0


@pytest.fixture
async def with_agent(model: object, chat: Conversation, agent: User, clock: Clock) -> Conversation:
    """A conversation of a person who sits there. All is in order so far."""
    await turns.take_over(chat.pk, agent.pk)
    await StaffPresence.objects.acreate(user=agent, last_seen=clock.wall)
    await Message.objects.aupdate(created=clock.wall)
    await look_for_abandoned()
    return chat


async def is_away(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database, which is asked in vain."""
    for _ in range(5):
        clock.advance(SILENCE_SECONDS / 5)
        await fail(monkeypatch, recovery, "_find_abandoned_conversations")


async def sleeps(clock: Clock, _monkeypatch: pytest.MonkeyPatch) -> None:
    clock.set_by(SILENCE_SECONDS)
    await look_for_abandoned()


async def starts_anew(clock: Clock, _monkeypatch: pytest.MonkeyPatch) -> None:
    clock.advance(SILENCE_SECONDS)
    process.reset(keep=[DatabaseExecutor])
    housekeeping.ensure_running()

    async def knows_of_silence() -> bool:
        return process.get(presence_grace.LastSilence).silence is not None

    await until(knows_of_silence)


async def starts_before_the_database(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    process.reset(keep=[DatabaseExecutor])
    await is_away(clock, monkeypatch)


SILENCES = [is_away, sleeps, starts_anew, starts_before_the_database]


@sync_to_async
def write(chat: Conversation, client_id: str) -> list[str]:
    """What the customer who writes is told."""
    seen = Message.objects.filter(role="system").count()
    turns.submit_message.run_sync(chat.pk, "Is anybody there?", client_id)
    return list(Message.objects.filter(role="system").order_by("pk").values_list("text", flat=True))[seen:]


@pytest.mark.parametrize("silence", SILENCES)
async def test_who_sat_there_before_is_not_called_away(with_agent, clock, silence, monkeypatch):
    await silence(clock, monkeypatch)
    clock.advance(50)  # the pages come back

    assert await write(with_agent, "a1") == []


@pytest.mark.parametrize("silence", SILENCES)
async def test_who_does_not_come_back_is(with_agent, clock, silence, monkeypatch):
    await silence(clock, monkeypatch)
    clock.advance(70)

    assert "is away right now" in (await write(with_agent, "a1"))[0]


@pytest.mark.parametrize("silence", [is_away, sleeps, starts_anew])
async def test_who_had_left_before_is_called_away_all_the_same(with_agent, clock, silence, monkeypatch):
    clock.advance(90)
    await look_for_abandoned()
    await Message.objects.aupdate(created=clock.wall)

    await silence(clock, monkeypatch)

    assert "is away right now" in (await write(with_agent, "a1"))[0]


async def test_who_has_closed_meanwhile_has_the_conversation_again(with_agent, agent, clock, monkeypatch):
    await turns.close_conversation(with_agent.pk, agent.pk)
    await is_away(clock, monkeypatch)

    assert await write(with_agent, "a1") == ["agent has this conversation again."]


async def test_after_an_outage_of_hours_nobody_counts_as_here_who_was_not_seen_again(
    with_agent, clock, monkeypatch
):
    clock.advance(3600)
    await is_away(clock, monkeypatch)

    assert "is away right now" in (await write(with_agent, "a1"))[0]
