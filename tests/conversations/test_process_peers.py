"""Nobody is sent what nobody listens to, and whoever has lost a message is told again: without a server in between."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.utils import timezone

from supportbot import asgi
from supportbot.conversations.realtime import process_messages
from supportbot.conversations.realtime.answer_stream import AnswerStream
from supportbot.conversations.realtime.broadcast import publish_frame
from supportbot.conversations.realtime.process_messages import connection, outbox

from .other_process import MemoryStore, OtherProcess
from .rows import until

CHAT = 7
GROUP = f"conversation.{CHAT}"
QUIET_SECONDS = 0.05


@pytest.fixture
async def store(settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MemoryStore]:
    """What this process and others are connected by."""
    monkeypatch.setattr(connection, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(connection, "RECONNECT_SECONDS", 0.05)
    store = MemoryStore()
    settings.PROCESS_TRANSPORT = "memory"
    monkeypatch.setattr(process_messages, "_build_transport", store.build_transport)
    yield store
    await process_messages.close_connection()


@pytest.fixture
async def other(store: MemoryStore) -> AsyncIterator[OtherProcess]:
    other = OtherProcess(store.build_transport())
    yield other
    await other.connection.close_connection()


async def knows_that_nobody_listens() -> bool:
    return not process_messages.has_listener(GROUP)


async def knows_that_somebody_listens() -> bool:
    """And not only that somebody may."""
    return process_messages.has_listener(GROUP) and not process_messages.has_listener("conversation.999")


async def test_a_process_by_itself_sends_nothing_but_that_it_is_there(store: MemoryStore) -> None:
    await process_messages.join_group(GROUP)
    await until(knows_that_nobody_listens)
    store.published.clear()

    stream = AnswerStream(CHAT, 1)
    await stream.append("It has shipped.")
    await publish_frame(CHAT, "<p></p>")
    await process_messages.join_group("conversation.8")
    await asyncio.sleep(outbox.GATHER_SECONDS + QUIET_SECONDS)

    assert store.list_messages() == []
    assert len(store.published) <= 3  # heartbeats


async def test_only_what_another_process_listens_to_is_sent(store: MemoryStore, other: OtherProcess) -> None:
    await publish_frame(CHAT, "<p>before it is known who listens</p>")
    await until(knows_that_nobody_listens)

    await publish_frame(CHAT, "<p>while nobody listens</p>")
    await other.join(GROUP)
    await until(knows_that_somebody_listens)
    await publish_frame(CHAT, "<p>while somebody does</p>")
    await publish_frame(8, "<p>of another conversation</p>")

    frames = [json.loads(line.partition(" ")[2])[1]["frame"] for line in store.list_messages()]
    assert frames == ["<p>before it is known who listens</p>", "<p>while somebody does</p>"]
    assert (await other.hear())[1]["frame"] == "<p>while somebody does</p>"


async def test_what_is_for_all_processes_is_sent_to_whoever_is_there(
    store: MemoryStore, other: OtherProcess
) -> None:
    await until(knows_that_nobody_listens)

    await process_messages.send_to_group(process_messages.ALL_PROCESSES, "session_ended", key_digest="abc")

    assert await other.hear() == ("session_ended", {"key_digest": "abc"})


async def test_a_process_that_comes_is_told_who_listens(store: MemoryStore) -> None:
    await process_messages.join_group(GROUP)
    await until(knows_that_nobody_listens)

    newcomer = OtherProcess(store.build_transport())

    await until(lambda: newcomer.hears_of(GROUP))
    await newcomer.connection.close_connection()


@pytest.mark.parametrize("is_killed", [False, True], ids=["ended", "killed"])
async def test_nothing_is_sent_for_a_process_that_is_gone(store: MemoryStore, is_killed: bool) -> None:
    gone = OtherProcess(store.build_transport())
    await gone.join(GROUP)
    await until(knows_that_somebody_listens)

    if is_killed:
        gone.connection.task.cancel()
    else:
        await gone.connection.close_connection()

    await until(knows_that_nobody_listens)


@pytest.mark.parametrize("word", ["joined", "left"])
async def test_who_has_lost_that_somebody_listens_is_told_again(
    store: MemoryStore, other: OtherProcess, word: str
) -> None:
    if word == "left":
        await other.join(GROUP)
    await until(knows_that_somebody_listens if word == "left" else knows_that_nobody_listens)
    store.loses = lambda payload: f'"{word}":["{GROUP}"]' in payload and '"is_complete":false' in payload

    if word == "joined":
        await other.join(GROUP)
        await until(knows_that_somebody_listens)
    else:
        other.groups.remove_group(GROUP)
        other.connection.note_left(GROUP)
        await until(knows_that_nobody_listens)


async def test_while_a_process_hears_nothing_anybody_may_listen(
    store: MemoryStore, other: OtherProcess
) -> None:
    await until(knows_that_nobody_listens)

    store.takers.clear()  # the store has forgotten who listens, and says nothing
    await other.join(GROUP)

    await until(knows_that_somebody_listens)
    await publish_frame(CHAT, "<p></p>")
    assert (await other.hear())[1]["frame"] == "<p></p>"


async def test_a_process_that_ends_says_nothing_after_its_goodbye(store: MemoryStore) -> None:
    """Its pages close after that."""
    await process_messages.join_group(GROUP)
    await process_messages.close_connection()
    store.published.clear()

    await process_messages.leave_group(GROUP)
    await asyncio.sleep(QUIET_SECONDS)

    assert store.published == []


async def test_others_are_told_of_what_is_answered_while_this_process_ends(
    store: MemoryStore, other: OtherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer_form() -> None:
        await publish_frame(CHAT, "<p></p>")

    monkeypatch.setattr(asgi, "finish_requests", answer_form)
    await other.join(GROUP)
    await until(knows_that_somebody_listens)

    await asgi._shut_down()

    said = [payload for payload in store.published if not payload.startswith(other.connection.process_id)]
    assert '"<p></p>"' in said[-2]
    assert '"has_ended":true' in said[-1]  # or it would count as there for a while


async def test_text_is_gathered_and_comes_before_what_is_said_of_it_afterwards(
    store: MemoryStore, other: OtherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "GATHER_SECONDS", 60)  # less than the machine has been running
    await other.join(GROUP)
    await until(knows_that_somebody_listens)
    stream = AnswerStream(CHAT, 1)

    await stream.append("It ")  # the first words do not wait
    first = json.loads((await other.hear())[1]["frame"])["delta"]
    for word in ("has ", "shipped", "."):
        await stream.append(word)
    await publish_frame(CHAT, "<p>complete</p>")

    second = json.loads((await other.hear())[1]["frame"])["delta"]
    assert first == {"message": "1", "offset": 0, "text": "It "}
    assert second == {"message": "1", "offset": 3, "text": "has shipped."}
    assert (await other.hear())[1]["frame"] == "<p>complete</p>"
    assert len(store.list_messages()) == 3


async def test_messages_that_come_while_others_are_sent_go_together(
    store: MemoryStore, other: OtherProcess
) -> None:
    await other.join(GROUP)
    await until(knows_that_somebody_listens)
    store.published.clear()

    await asyncio.gather(*(publish_frame(CHAT, f"<p>{number}</p>") for number in range(50)))

    heard = [(await other.hear())[1]["frame"] for _ in range(50)]
    assert heard == [f"<p>{number}</p>" for number in range(50)]
    assert len(store.published) < 5


@pytest.mark.parametrize(
    ("lead_seconds", "is_told"),
    [(5, True), (3600, True), (1, False), (-60, False), (None, False)],
    ids=["ahead", "far ahead", "hardly ahead", "heard late", "an earlier version"],
)
async def test_a_host_whose_clock_is_ahead_is_told_of_in_the_log_once(
    store: MemoryStore,
    caplog: pytest.LogCaptureFixture,
    lead_seconds: int | None,
    is_told: bool,
) -> None:
    """Where it is behind, the log of the other host tells of it."""
    await process_messages.join_group(GROUP)
    await until(knows_that_nobody_listens)
    said = {"joined": [], "left": [], "digest": [0, 0], "is_complete": True, "asks": True, "has_ended": False}
    if lead_seconds is not None:
        said["sent_at"] = timezone.now().timestamp() + lead_seconds
    asked = len(store.published)

    for _ in range(2):
        line = outbox.encode_line("presence", "presence", said)
        await store.build_transport().publish_payload(f"ahead\n{line}")

    await until(lambda: has_answered(store, asked))
    assert caplog.text.count("seconds ahead of this one's") == int(is_told)


async def has_answered(store: MemoryStore, asked: int) -> bool:
    """Whoever asks is told everything, also by a process that warns of its clock."""
    return any(
        '"is_complete":true' in payload and "ahead\n" not in payload for payload in store.published[asked:]
    )


@pytest.mark.parametrize(
    "line",
    [
        "everyone",
        "everyone {",
        'everyone ["frame"]',
        'everyone ["frame", {"of": "a newer version"}]',
        'presence ["presence", {}]',
        'presence ["presence", {"joined": [5], "left": [], "digest": "", "asks": false}]',
        "",
    ],
)
async def test_what_cannot_be_read_disturbs_nobody_and_is_not_repeated_in_the_log(
    store: MemoryStore, other: OtherProcess, caplog: pytest.LogCaptureFixture, line: str
) -> None:
    caplog.set_level(logging.INFO)
    await process_messages.join_group(GROUP)
    await until(lambda: other.hears_of(GROUP))

    await store.build_transport().publish_payload(f"somebody\n{line}\nand more")
    await process_messages.send_to_group(process_messages.ALL_PROCESSES, "session_ended", key_digest="abc")

    heard = await other.hear()
    while heard[0] != "session_ended":  # this process's own handlers have logged theirs
        heard = await other.hear()
    assert "newer version" not in caplog.text
    assert (await other.has_other_process()) is True
