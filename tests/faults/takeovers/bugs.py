"""Bugs in takeovers as others had them, to be planted into the product: the checkers must find each of them."""

import asyncio
from collections.abc import Callable
from time import sleep
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from supportbot.audit.recording import record_event
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.turns import OwnershipResult, ownership, submit, tool_calls, transitions
from supportbot.conversations.turns.changes import (
    ChangedTurn,
    TurnChange,
    close_open_messages,
    describe_owner,
    load_messages,
)
from supportbot.conversations.worker import runner
from supportbot.server import tool_transactions

Plant = Callable[[pytest.MonkeyPatch], None]
DECISION_SECONDS = 0.002


def it_reads_and_then_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks whose the conversation is, without a lock, and takes it some time later."""

    def take_carelessly(conversation_id: int, staff_id: int) -> OwnershipResult:
        chat = Conversation.objects.select_related("assignee").get(pk=conversation_id)
        if chat.owner == Conversation.Owner.HUMAN and chat.assignee_id != staff_id:
            return OwnershipResult(_show_owner(chat), False)
        sleep(DECISION_SECONDS)
        chat.owner, chat.assignee = Conversation.Owner.HUMAN, User.objects.get(pk=staff_id)
        chat.save(update_fields=["owner", "assignee"])
        record_event("took_over", staff=chat.assignee, conversation_id=conversation_id)
        return OwnershipResult(_show_owner(chat), True)

    monkeypatch.setattr(turns.take_over, "_function", take_carelessly)


def _show_owner(chat: Conversation) -> TurnChange:
    return TurnChange(chat.pk, owner=describe_owner(chat))


def nobody_halts_the_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes over without a word to whoever runs the turn."""

    async def halt_nothing(conversation_id: int, check: object = None) -> None:
        """The bot goes on."""

    monkeypatch.setattr(runner, "halt_turn", halt_nothing)


def it_leaves_the_fencing_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the turns of a bot that was not halted without raising their fencing tokens."""

    def end_softly(conversation: Conversation) -> list[ChangedTurn]:
        ended = []
        for turn in conversation.turns.active().order_by("pk"):
            messages = load_messages(turn)
            turn.state, turn.error, turn.finished = Turn.State.STOPPED, "taken_over", timezone.now()
            close_open_messages(messages, None, Message.Status.PARTIAL)
            turn.revision = conversation.next_revision()
            turn.save()
            ended.append(ChangedTurn(turn, messages))
        return ended

    nobody_halts_the_bot(monkeypatch)
    monkeypatch.setattr(ownership, "end_bot_turns", end_softly)


def it_leaves_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes the owner alone: the turn runs on."""
    nobody_halts_the_bot(monkeypatch)
    monkeypatch.setattr(ownership, "end_bot_turns", lambda conversation: [])


def the_runner_stores_its_text_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores what it has when the person is there already, without asking whether it still may."""

    store = runner._store_end

    async def store_late(running: Any, state: str, *others: Any) -> Any:
        if state != Turn.State.STOPPED:
            return await store(running, state, *others)
        chat = Conversation.objects.filter(pk=running.lease.conversation_id, owner="human")
        async with asyncio.timeout(10):
            while not await chat.aexists():  # noqa: ASYNC110 - the database calls nobody back
                await asyncio.sleep(0.01)
        await Message.objects.filter(pk=running.lease.message_id).aupdate(
            text=f"{running.stream.text} and", status="partial"
        )
        return None

    monkeypatch.setattr(runner, "HALT_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(runner, "_store_end", store_late)


def it_throws_away_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the turn without its text."""

    def close_without_text(messages: Any, text: str | None, *args: Any) -> None:
        close_open_messages(messages, "", *args)

    monkeypatch.setattr(transitions, "close_open_messages", close_without_text)


def it_keeps_what_was_stored_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the turn with the text of the last checkpoint, behind which the page has read on."""

    def close_with_checkpoint(messages: Any, text: str | None, *args: Any) -> None:
        close_open_messages(messages, None, *args)

    monkeypatch.setattr(transitions, "close_open_messages", close_with_checkpoint)


def a_tool_does_not_look_whether_it_still_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes although its turn was taken away while it was about it, and nobody ends what it does."""
    monkeypatch.setattr(tool_calls, "_set_result", lambda lease, call, result: True)
    monkeypatch.setattr(tool_transactions.ToolTransaction, "end_now", lambda self: None)


def the_customer_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops the turn as a customer does."""
    stop = turns.request_stop._function

    def stop_without_reason(conversation_id: int, turn_id: int = 0, **_: object) -> int | None:
        return stop(conversation_id, turn_id)

    monkeypatch.setattr(turns.request_stop, "_function", stop_without_reason)


def a_person_is_no_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the bot answer what is said to the person."""

    def store_for_bot(
        conversation: Conversation, text: str, client_id: str | None, images: Any, **_: object
    ) -> Any:
        conversation.owner = Conversation.Owner.BOT
        ownership.save_owner(conversation)
        return submit._store_for_bot(conversation, text, client_id, images, can_start=True)

    monkeypatch.setattr(submit, "store_for_person", store_for_bot)


def the_old_history_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hands back without the boundary."""
    save = ownership.save_owner

    def save_without_boundary(conversation: Conversation) -> None:
        conversation.bot_starts_after = None
        save(conversation)

    monkeypatch.setattr(ownership, "save_owner", save_without_boundary)
