"""However messages, the end of an answer and Stop meet: one turn runs, and numbers and order have no gap."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.conversations.models import Conversation, Message, ToolCall, Turn
from supportbot.conversations.turns import streaming_text, submit, transitions
from supportbot.conversations.turns.changes import close_open_messages, load_messages
from supportbot.conversations.turns.leases import LeaseLost, TurnLease

from .crowd import at_once, is_somebody_waiting

ROUNDS = 100
ANSWERED = Answer(Said("assistant", "It is on its way."), "stop")


@pytest.fixture
def boundless(settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = 0


def say(chat: Conversation, words: str) -> Callable[[], TurnLease | None]:
    return lambda: submit.submit_message.run_sync(chat.pk, words, words.replace(" ", "-")).lease


def end(work: TurnLease) -> Callable[[], TurnLease | None]:
    def settle() -> TurnLease | None:
        try:
            return transitions.finish_turn.run_sync(work, "done", "It is on its way.", answer=ANSWERED).lease
        except LeaseLost:
            return None  # a message joined it in this very moment

    return settle


def the_one_that_runs(works: list[TurnLease | None]) -> TurnLease:
    """What was taken up last; the database knows of one running turn and it is this."""
    newest = max((work for work in works if work), key=lambda work: (work.turn_id, work.fencing_token))
    assert Turn.objects.get(state="running").pk == newest.turn_id
    assert Turn.objects.get(pk=newest.turn_id).fencing_token == newest.fencing_token
    return newest


@pytest.mark.usefixtures("transactional_db", "boundless")
def test_messages_that_meet_the_end_of_an_answer_are_all_kept_in_order(chat):
    """B10: two hundred messages, always two from two tabs and the end of the running turn at once.

    Every other time its answer has begun, so that what is said waits, else it joins.
    """
    work = submit.submit_message.run_sync(chat.pk, "Begin", "Begin").lease
    for number in range(ROUNDS):
        if number % 2:
            streaming_text.begin_answer.run_sync(work, work.message_id, "It is")
        works = at_once(say(chat, f"One {number}"), end(work), say(chat, f"Two {number}"))
        work = the_one_that_runs([work, *works])
    while work:
        work = transitions.finish_turn.run_sync(work, "done", "It is on its way.", answer=ANSWERED).lease

    rows = list(Message.objects.order_by("seq"))
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    said = [row.text for row in rows if row.role == "customer"]
    assert sorted(said) == sorted(
        ["Begin", *(f"{tab} {number}" for tab in ("One", "Two") for number in range(ROUNDS))]
    )
    for tab in ("One", "Two"):
        assert [text for text in said if text.startswith(tab)] == [f"{tab} {n}" for n in range(ROUNDS)]
    assert set(Turn.objects.values_list("state", flat=True)) == {"done"}
    assert not Message.objects.filter(status="streaming").exists()


def test_a_tool_that_ends_as_its_turn_is_stopped_is_not_said_to_have_changed_nothing(chat):
    turn = Turn.objects.create(conversation=chat, state="running", usage=[{}])
    message = Message.objects.create(conversation=chat, turn=turn, seq=1, role="assistant")
    ToolCall.objects.create(message=message, position=0, call_id="call_1", name="create_ticket")
    messages = load_messages(turn)  # as whoever stops the turn reads them
    ToolCall.objects.update(state="done", result='{"ticket_id": "TKT-00000001"}')

    close_open_messages(messages, "", Message.Status.PARTIAL)

    (call,) = messages[0].calls
    assert (call.state, call.result) == ("done", '{"ticket_id": "TKT-00000001"}')
    assert ToolCall.objects.get().state == "done"


ON_ALL_CONVERSATIONS = {
    "choose a language": ("/tickets/", {"page_language": "de"}),
    "sign in": ("/accounts/login/", {"username": "alice", "password": "alice"}),
}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no locks of rows")
@pytest.mark.parametrize("press", ON_ALL_CONVERSATIONS)
def test_what_changes_all_conversations_of_a_guest_holds_no_later_one_while_it_waits_for_an_earlier_one(
    guests, alice, transactional_db, press
):
    """Or it and another that goes through them from the oldest on, as housekeeping does, wait for each other."""
    first = guests.begin()
    second = Conversation.objects.create(guest_key=first.guest_key)
    earlier = first.updated - timedelta(hours=1)
    Conversation.objects.filter(pk=first.pk).update(updated=earlier)  # stored behind the second one now

    def press_button() -> int:
        try:
            return int(guests.client.post(*ON_ALL_CONVERSATIONS[press]).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Conversation.objects.lock(first.pk)
            pressed = pool.submit(press_button)
            while not pressed.done() and not is_somebody_waiting():
                pass
            assert not pressed.done()
            assert Conversation.objects.lock_if_free(second.pk)
        assert pressed.result() == 302
