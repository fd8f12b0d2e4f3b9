"""What a turn or a page costs depends neither on how much is stored nor on how long the conversation is."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models.sql.compiler import SQLCompiler, SQLInsertCompiler, SQLUpdateCompiler
from django.test.utils import CaptureQueriesContext

from supportbot.assistant.messages import Answer, ToolCall
from supportbot.assistant.messages import Message as Said
from supportbot.conversations.answerers import ANSWER_CUSTOMERS
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.realtime import empty_pages, socket_sessions
from supportbot.conversations.realtime.socket_sessions import SocketSession
from supportbot.conversations.turns import (
    changes,
    leases,
    person_messages,
    recovery,
    streaming_text,
    submit,
    tool_calls,
    transitions,
    unattended,
)
from supportbot.jobs import queue
from supportbot.usage import outages

from .markup import Element, parse
from .page import Browser
from .test_socket_sessions import pass_of_browser

WORDS = "The parcel has left our **warehouse**."
ANSWER = Answer(Said("assistant", WORDS), "stop")


@pytest.fixture(autouse=True)
def _no_hurry(settings):
    """Limits that are kept, and never reached."""
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = 10_000


def long_conversation(user: User, count: int) -> Conversation:
    """A conversation with so many turns: a question and an answer each."""
    conversation = Conversation.objects.create(user=user, title="Long", last_seq=2 * count, revision=count)
    made = Turn.objects.bulk_create(
        Turn(conversation=conversation, state="done", revision=number, usage=[{}])
        for number in range(1, count + 1)
    )
    Message.objects.bulk_create(
        Message(conversation=conversation, turn=turn, seq=2 * turn.revision - 1 + place, role=role, text=text)
        for turn in made
        for place, (role, text) in enumerate(
            [("customer", f"Question {turn.revision}"), ("assistant", WORDS)]
        )
    )
    return conversation


def crowd(count: int) -> None:
    """So many other conversations, of other people."""
    made = Conversation.objects.bulk_create(Conversation(guest_key=f"g{n}", last_seq=1) for n in range(count))
    asked = Turn.objects.bulk_create(Turn(conversation=conversation, state="done") for conversation in made)
    Message.objects.bulk_create(
        Message(conversation=turn.conversation, turn=turn, seq=1, role="customer", text="Hi")
        for turn in asked
    )


def queries(act, *args, **kwargs) -> list[str]:
    """The statements that it runs, without the values in them."""
    with CaptureQueriesContext(connection) as captured:
        act(*args, **kwargs)
    return [re.sub(r"\d+|'[^']*'", "?", query["sql"]) for query in captured]


def cost_of_a_turn(conversation: Conversation) -> list[int]:
    """How many statements each step takes of a turn with a tool call and an answer."""
    done = []

    def do(act, *args, **kwargs):
        done.append(len(queries(lambda: results.append(act(*args, **kwargs)))))
        return results[-1]

    results: list = []
    call = ToolCall("c1", "my_orders", "{}")
    work = do(submit.submit_message.run_sync, conversation.pk, "And now?", "a1").lease
    do(tool_calls.store_requested_calls.run_sync, work, Answer(Said("assistant", "", (call,)), "tool_calls"))
    result = do(tool_calls.run_tool, work, call, tool_calls.get_tool_registry()["my_orders"])
    do(tool_calls.complete_call.run_sync, work, result)
    do(
        streaming_text.checkpoint.run_sync,
        [(WORDS, work.message_id, work.turn_id, work.fencing_token)],
        [(work.turn_id, work.fencing_token)],
    )
    do(transitions.finish_turn.run_sync, work, "done", WORDS, answer=ANSWER)
    return done


def test_a_turn_costs_as_much_in_a_long_conversation(db, alice):
    short = cost_of_a_turn(long_conversation(alice, 10))
    long = cost_of_a_turn(long_conversation(alice, 500))

    assert sum(long) <= sum(short) + 1  # the newest turns are looked up first
    assert sum(short) < 60


def test_a_turn_reads_its_messages_once_a_step(db, alice):
    conversation = long_conversation(alice, 10)
    work = submit.submit_message.run_sync(conversation.pk, "And now?", "a1").lease
    asked = Answer(
        Said("assistant", "", (ToolCall("c1", "my_orders", "{}"),)), "tool_calls", usage={"total_tokens": 9}
    )

    made = queries(tool_calls.store_requested_calls.run_sync, work, asked)

    assert sum(each.startswith("SELECT") and "conversations_message" in each for each in made) == 1


def run_turn(session: SocketSession, conversation: Conversation, client_id: str) -> None:
    """All that is done with the database for a message that is answered without tools."""
    session.require_valid(conversation.pk)
    lease = submit.submit_message.run_sync(conversation.pk, "And now?", client_id).lease
    streaming_text.begin_answer.run_sync(lease, lease.message_id, "The ")
    transitions.finish_turn.run_sync(lease, "done", WORDS, answer=ANSWER)


@pytest.mark.parametrize("is_guest", [False, True], ids=["account", "guest"])
def test_the_statements_of_a_turn_are_not_built_anew(is_guest, alice, guests, monkeypatch):
    if is_guest:
        conversation = guests.begin()
        session = pass_of_browser(guests)
    else:
        conversation, session = Conversation.objects.create(user=alice), pass_of_browser(Browser(alice))
    run_turn(session, conversation, "a1")

    built = note_built_sql(monkeypatch)
    run_turn(session, conversation, "a2")

    assert built == []


def note_built_sql(monkeypatch) -> list:
    """The queries whose SQL is built from now on, which is not run then."""
    built: list = []
    for compiler in (SQLCompiler, SQLInsertCompiler, SQLUpdateCompiler):
        monkeypatch.setattr(compiler, "as_sql", lambda self, *_args, **_options: built.append(self.query))
    return built


def keep_house(sessions: set[SocketSession], conversation: Conversation, lease: leases.TurnLease) -> None:
    """What a process with open pages and a turn that runs does with the database again and again."""
    key = (lease.turn_id, lease.fencing_token)
    assert streaming_text.checkpoint.run_sync([("The ", lease.message_id, *key)], [key]) == set()
    assert socket_sessions.find_expired_sessions.run_sync(sessions) == set()
    assert recovery.recover_abandoned_turns.run_sync(9) == []
    assert queue.claim_due_jobs.run_sync(4) == []
    assert outages.close_quiet_outage.run_sync()
    assert empty_pages._find_begun.run_sync([uuid4()]) == []
    assert changes.load_missed_changes.run_sync({conversation.pk: 9}, [conversation.pk]) == []
    person_messages.note_customers_here.run_sync([conversation.pk])
    assert unattended.find_unattended_conversations.run_sync() == []


def test_the_statements_that_run_again_and_again_are_not_built_anew(alice, agent, guests, monkeypatch):
    conversation = guests.begin()
    sessions = {pass_of_browser(guests), pass_of_browser(Browser(alice))}
    sessions.add(replace(pass_of_browser(Browser(agent)), permission=ANSWER_CUSTOMERS))
    lease = submit.submit_message.run_sync(conversation.pk, "Hello", "a1").lease
    keep_house(sessions, conversation, lease)

    built = note_built_sql(monkeypatch)
    keep_house(sessions, conversation, lease)

    assert built == []


def test_pages_of_guests_who_have_said_nothing_are_not_looked_up(django_assert_num_queries, db):
    session = SocketSession("", None, "", "")

    with django_assert_num_queries(0):
        assert socket_sessions.find_expired_sessions.run_sync({session}) == set()


@pytest.mark.parametrize("limit", [0, 100])
def test_messages_are_counted_only_where_there_is_a_limit(limit, guests, settings):
    conversation = guests.begin()
    Conversation.objects.filter(pk=conversation.pk).update(address_key="network")
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = limit
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"address_messages_per_minute": limit})

    made = queries(submit.submit_message.run_sync, conversation.pk, "And now?", "a1")

    counts = [each for each in made if "COUNT(" in each and "customerrequest" in each]
    assert len(counts) == (2 if limit else 0)


def test_a_turn_costs_as_much_in_a_crowd(db, alice):
    alone = cost_of_a_turn(long_conversation(alice, 10))
    crowd(1000)

    assert cost_of_a_turn(long_conversation(alice, 10)) == alone


def test_the_model_is_sent_a_bounded_part_of_a_long_conversation(db, alice):
    conversation = long_conversation(alice, 500)

    work = submit.submit_message.run_sync(conversation.pk, "And now?", "a1").lease

    assert 20 < len(work.history) < 200
    assert work.history[-1].text == "And now?"


def test_what_waits_costs_no_more_behind_many(db, alice):
    conversation = long_conversation(alice, 10)
    submit.submit_message.run_sync(conversation.pk, "One", "a1")
    second = queries(submit.submit_message.run_sync, conversation.pk, "Two", "a2")
    for number in range(20):
        submit.submit_message.run_sync(conversation.pk, "More", f"b{number}")

    assert queries(submit.submit_message.run_sync, conversation.pk, "Last", "a3") == second


def test_what_was_left_behind_is_found_without_a_look_at_every_turn(db):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # it would not look for an index in so few rows
        with CaptureQueriesContext(connection) as captured:
            recovery._find_abandoned_conversations(9, recovery.NO_LIMIT)
        plans = [explain(cursor, query["sql"]) for query in captured]

    assert len(plans) == 2
    for plan in plans:
        assert not [line for line in plan if "Seq Scan" in line or ("SCAN" in line and "INDEX" not in line)]


def explain(cursor: CursorWrapper, sql: str) -> list[str]:
    cursor.execute(f"{'EXPLAIN QUERY PLAN' if connection.vendor == 'sqlite' else 'EXPLAIN'} {sql}")
    return [str(row[-1]) for row in cursor.fetchall()]


def page_of(browser: Browser, conversation: Conversation) -> Element:
    return parse(browser.client.get(conversation.get_absolute_url()).content.decode())


@pytest.fixture
def reader(alice, settings) -> Browser:
    settings.PAGE_TURNS = 25
    return Browser(alice)


def test_a_page_costs_as_much_with_a_thousand_messages(alice, reader):
    short, long = long_conversation(alice, 26), long_conversation(alice, 500)
    for each in (short, long):  # the first time the reader's language is noted
        reader.client.get(each.get_absolute_url())

    costs = [queries(reader.client.get, each.get_absolute_url()) for each in (short, long)]

    assert costs[0] == costs[1]
    assert len(costs[1]) < 10


def test_a_page_is_as_long_with_a_thousand_messages(alice, reader):
    pages = [page_of(reader, long_conversation(alice, count)) for count in (26, 500)]

    assert [len(page.classed("turn")) for page in pages] == [25, 25]


def questions(page: Element) -> list[int]:
    return [
        int(each.classed("text")[0].text.removeprefix("Question "))
        for each in page.all("article", data_role="customer")
        if each["data-status"] == "complete"
    ]


def test_older_messages_come_on_demand_without_gap_or_overlap(alice, reader):
    page = page_of(reader, long_conversation(alice, 60))
    seen = questions(page)

    while page.classed("earlier"):
        page = parse(reader.client.get(page.classed("earlier")[0]["hx-get"]).content.decode())
        seen = questions(page) + seen

    assert seen == list(range(1, 61))


def test_older_messages_cost_as_much_far_back(alice, reader):
    conversation = long_conversation(alice, 500)
    ids = list(conversation.turns.values_list("pk", flat=True))

    costs = [
        queries(reader.client.get, f"{conversation.get_absolute_url()}earlier/", {"before": ids[place]})
        for place in (30, 490)
    ]

    assert costs[0] == costs[1]


@pytest.mark.parametrize("before", ["", "x", "-1", "1.5", "9" * 30])
def test_nonsense_in_place_of_an_older_message_is_not_found(alice, reader, before):
    conversation = long_conversation(alice, 1)

    response = reader.client.get(f"{conversation.get_absolute_url()}earlier/", {"before": before})

    assert response.status_code == 404


def test_the_list_of_conversations_costs_as_much_with_many(alice, reader):
    for _ in range(2):
        long_conversation(alice, 1)
    few = queries(reader.client.get, "/conversations/")
    for _ in range(40):
        long_conversation(alice, 1)

    assert len(queries(reader.client.get, "/conversations/")) == len(few)


def test_a_page_that_comes_back_costs_as_much_however_long_it_was_away(db, alice):
    short, long = long_conversation(alice, 10), long_conversation(alice, 500)

    assert len(queries(changes.load_changes.run_sync, short.pk, 0)) == len(
        queries(changes.load_changes.run_sync, long.pk, 0)
    )
