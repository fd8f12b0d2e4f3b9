"""One owner at a time: the bot, nobody yet, a person, or nobody any longer; and whoever is late is told who has it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supportbot.assistant.messages import Answer, Message, ToolCall, ToolResult
from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation, StaffPresence, Turn
from supportbot.conversations.models import Message as StoredMessage
from supportbot.conversations.models.conversation import LOCKED_CONVERSATION
from supportbot.conversations.staff_group import ensure_staff_groups
from supportbot.conversations.turns import LeaseLost
from supportbot.jobs.models import Job
from tickets.models import Ticket

from .rendering import render
from .test_abandoned_turns import let_lease_run_out

CALL = ToolCall("c1", "create_ticket", '{"issue": "Broken", "priority": "low"}')
ASKED = Answer(Message("assistant", "", (CALL,)), "tool_calls")


@pytest.fixture
def sam(db, django_user_model):
    return django_user_model.objects.create_user("sam", "sam@example.com", "sam", is_staff=True)


@pytest.fixture
def lease(transactional_db, chat):
    return turns.submit_message.run_sync(chat.pk, "Where is my order?", "a1").lease


def owner_of(chat: Conversation) -> tuple[str, str]:
    chat.refresh_from_db()
    return chat.owner, chat.assignee_name


def texts(chat: Conversation, role: str) -> list[str]:
    return list(chat.messages.filter(role=role).values_list("text", flat=True))


def test_who_asks_for_a_person_waits_and_is_told_what_happens_now(transactional_db, chat):
    change = turns.request_person.run_sync(chat.pk, text="I'd like to talk to a person.", client_id="a1")

    assert owner_of(chat) == ("waiting", "")
    assert change.lease is None
    assert "away right now" in texts(chat, "system")[0]
    assert Ticket.objects.get().number in texts(chat, "system")[0]
    assert "Waiting for a person" in render(change)
    assert Job.objects.filter(kind="send_waiting_alert", conversation=chat).exists()


def test_who_asks_twice_waits_once_and_has_one_ticket(transactional_db, chat):
    turns.request_person.run_sync(chat.pk, text="A person, please", client_id="a1")
    turns.request_person.run_sync(chat.pk, text="A person, please", client_id="a2")

    assert len(texts(chat, "system")) == 1
    assert Ticket.objects.count() == 1


def test_a_matter_that_has_a_ticket_already_gets_no_second_one(transactional_db, chat):
    ticket = Ticket.objects.create(issue="The lamp is broken.", conversation=chat)

    turns.request_person.run_sync(chat.pk, "Wants a new lamp")

    assert Ticket.objects.get().number == ticket.number
    assert ticket.number in texts(chat, "system")[0]


def test_a_takeover_in_mid_answer_takes_the_lease_and_keeps_what_was_stored(lease, chat, agent):
    turns.begin_answer.run_sync(lease, lease.message_id, "It is ")

    result = turns.take_over.run_sync(chat.pk, agent.pk)

    assert result.is_done
    assert owner_of(chat) == ("human", "agent")
    assert Turn.objects.order_by("pk").first().state == "stopped"
    assert texts(chat, "assistant") == ["It is "]
    for write in (
        lambda: turns.begin_answer.run_sync(lease, lease.message_id, "It is on its way"),
        lambda: turns.store_requested_calls.run_sync(lease, ASKED),
        lambda: turns.finish_turn.run_sync(lease, "done", "It is on its way."),
        lambda: turns.complete_call.run_sync(lease, ToolResult("c1", "{}", "done")),
        lambda: turns.renew_lease.run_sync(lease),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert texts(chat, "assistant") == ["It is "]


def test_a_tool_that_runs_over_a_takeover_changes_nothing(lease, chat, agent):
    turns.store_requested_calls.run_sync(lease, ASKED)
    turns.take_over.run_sync(chat.pk, agent.pk)

    turns.run_tool(lease, CALL, turns.get_tool_registry()["create_ticket"])

    assert not Ticket.objects.exists()


def test_of_two_who_reach_for_it_one_gets_it_and_the_other_is_told_who(transactional_db, chat, agent, sam):
    turns.request_person.run_sync(chat.pk)
    won, lost = turns.take_over.run_sync(chat.pk, agent.pk), turns.take_over.run_sync(chat.pk, sam.pk)

    assert (won.is_done, lost.is_done, lost.assignee_name) == (True, False, "agent")
    assert owner_of(chat) == ("human", "agent")


def test_a_message_to_a_person_runs_no_model(transactional_db, chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)

    change = turns.submit_message.run_sync(chat.pk, "Hello?", "a1")

    assert change.lease is None
    assert change.notifies_desk
    assert turns.recover_abandoned_turns.run_sync(9) == []
    assert texts(chat, "customer") == ["Hello?"]


def test_only_who_has_it_answers_and_is_named(transactional_db, chat, agent, sam):
    turns.take_over.run_sync(chat.pk, agent.pk)

    assert not turns.post_staff_message.run_sync(chat.pk, sam.pk, "Me too", "s1").is_done
    result = turns.post_staff_message.run_sync(chat.pk, agent.pk, "Hello Alice", "s2")
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "Hello Alice", "s2")

    assert result.is_done
    assert texts(chat, "staff") == ["Hello Alice"]
    assert StoredMessage.objects.get(role="staff").author == agent


def test_after_handing_back_the_model_is_sent_only_what_came_later(transactional_db, chat, agent):
    turns.request_person.run_sync(chat.pk, text="A person, please", client_id="a1")
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.hand_back.run_sync(chat.pk, agent.pk)

    lease = turns.submit_message.run_sync(chat.pk, "And my other order?", "a2").lease

    assert owner_of(chat) == ("bot", "")
    assert [message.text for message in lease.history] == ["And my other order?"]
    assert "handed the conversation back" in lease.system_text


def test_who_goes_on_with_the_assistant_after_a_return_to_the_queue_is_held_to_nothing_a_person_agreed(
    transactional_db, chat, agent
):
    turns.request_person.run_sync(chat.pk, text="A person, please", client_id="a1")
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "You get a new lamp.", "s1")
    turns.return_to_queue.run_sync(chat.pk, agent.pk)
    assert owner_of(chat) == ("waiting", "")
    turns.cancel_person_request.run_sync(chat.pk)

    lease = turns.submit_message.run_sync(chat.pk, "And my other order?", "a2").lease

    assert "You get a new lamp." not in [message.text for message in lease.history]


def test_rights_to_assign_are_those_of_the_moment_at_which_it_is_stored(transactional_db, chat, agent, sam):
    agents, leads = ensure_staff_groups()
    agents.user_set.add(agent, sam)
    leads.user_set.add(agent)
    assert turns.check_assignment.run_sync(chat.pk, agent.pk, sam.pk)
    leads.user_set.remove(agent)

    assert not turns.assign_conversation.run_sync(chat.pk, agent.pk, sam.pk).is_done
    assert owner_of(chat) == ("bot", "")
    turns.take_over.run_sync(chat.pk, agent.pk)
    agents.user_set.remove(sam)
    with pytest.raises(RequestRefused, match="may not answer"):
        turns.assign_conversation.run_sync(chat.pk, agent.pk, sam.pk)
    assert owner_of(chat) == ("human", "agent")


def test_a_closed_conversation_is_reopened_by_who_writes_again(transactional_db, chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.close_conversation.run_sync(chat.pk, agent.pk)
    assert owner_of(chat) == ("closed", "agent")

    change = turns.submit_message.run_sync(chat.pk, "One more thing", "a1")

    assert owner_of(chat) == ("bot", "")
    assert change.lease is not None
    assert change.owner.owner == "bot"


def test_who_ends_a_talk_with_the_assistant_alone_goes_on_where_it_was(transactional_db, chat):
    lease = turns.submit_message.run_sync(chat.pk, "Where is ORD-123?", "a1").lease
    turns.finish_turn.run_sync(lease, "done", "Shipped, two days.")
    turns.end_conversation.run_sync(chat.pk)

    lease = turns.submit_message.run_sync(chat.pk, "Can it go to my neighbour?", "a2").lease

    said = [message.text.partition("\n")[0] for message in lease.history]
    assert said[:2] == ["Where is ORD-123?", "Shipped, two days."]
    assert said[-1] == "Can it go to my neighbour?"
    assert "colleague has talked" not in lease.system_text


def test_it_goes_to_the_same_person_if_they_are_here(transactional_db, chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.close_conversation.run_sync(chat.pk, agent.pk)
    agent_presence(agent)

    change = turns.submit_message.run_sync(chat.pk, "One more thing", "a1")

    assert owner_of(chat) == ("human", "agent")
    assert change.lease is None
    assert texts(chat, "system")[-1] == "agent has this conversation again."


def test_what_cannot_be_tried_again_once_a_person_has_it(lease, chat, agent):
    turns.finish_turn.run_sync(lease, "failed", "It is ")
    turns.take_over.run_sync(chat.pk, agent.pk)

    assert turns.retry_turn.run_sync(chat.pk, lease.turn_id).lease is None


def test_every_change_of_hands_is_in_the_audit_log(transactional_db, chat, agent):
    turns.request_person.run_sync(chat.pk)
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "Hello", "s1")
    turns.return_to_queue.run_sync(chat.pk, agent.pk)
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.hand_back.run_sync(chat.pk, agent.pk)

    of_conversation = AuditEvent.objects.exclude(action__startswith="ticket_").order_by("pk")
    assert list(of_conversation.values_list("actor", "actor_name", "action")) == [
        ("customer", "", "person_requested"),
        ("staff", "agent", "took_over"),
        ("staff", "agent", "replied"),
        ("staff", "agent", "returned_to_queue"),
        ("staff", "agent", "took_over"),
        ("staff", "agent", "handed_back"),
    ]


def test_a_process_that_died_between_the_handover_and_the_end_of_the_turn_leaves_nothing_running(lease, chat):
    wish = ToolCall("c1", "request_human", '{"reason": "Wants a new lamp."}')
    asked = Answer(Message("assistant", "", (wish,)), "tool_calls")
    turns.store_requested_calls.run_sync(lease, asked)
    turns.run_tool(lease, wish, turns.get_tool_registry()["request_human"])
    let_lease_run_out()

    (change,) = turns.recover_abandoned_turns.run_sync(9)

    assert change.lease is None
    assert owner_of(chat) == ("waiting", "")
    assert not chat.turns.active().exists()
    assert len(texts(chat, "system")) == 1
    assert Ticket.objects.count() == 1


def test_who_writes_to_a_person_who_is_away_is_told_once_until_they_answer(transactional_db, chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    agent_presence(agent)

    def say_and_read(client_id: str) -> list[str]:
        before = len(texts(chat, "system"))
        turns.submit_message.run_sync(chat.pk, "Is anybody there?", client_id)
        return texts(chat, "system")[before:]

    assert say_and_read("a1") == []
    StaffPresence.objects.update(last_seen=timezone.now() - timedelta(minutes=5))
    (told,) = say_and_read("a2")
    assert "agent is away right now, and will answer as soon as they are back." in told
    assert "The answer will come here" in told
    assert say_and_read("a3") == []

    turns.post_staff_message.run_sync(chat.pk, agent.pk, "Yes.", "s1")
    assert len(say_and_read("a4")) == 1

    turns.close_conversation.run_sync(chat.pk, agent.pk)
    StaffPresence.objects.update(last_seen=timezone.now())
    assert say_and_read("a5") == ["agent has this conversation again."]
    StaffPresence.objects.update(last_seen=timezone.now() - timedelta(minutes=5))
    assert "is away right now" in say_and_read("a6")[0]


def test_nobody_is_promised_who_may_no_longer_answer(transactional_db, chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    StaffPresence.objects.create(user=agent, last_seen=timezone.now() - timedelta(minutes=5))
    agent.is_active = False
    agent.save()

    turns.submit_message.run_sync(chat.pk, "Is anybody there?", "a1")

    assert not any("agent is away" in text for text in texts(chat, "system"))
    assert "All of our colleagues are away right now." in texts(chat, "system")[-1]


@pytest.mark.parametrize("waiting_before", [0, 1])
def test_an_open_page_of_somebody_who_may_only_read_promises_no_colleague(
    transactional_db, chat, agent, sam, waiting_before
):
    """Everybody with a page of admin is present; `sam` has no right to answer."""
    for number in range(waiting_before):
        waiting = {"owner": "waiting", "waiting_since": timezone.now() - timedelta(hours=1)}
        Conversation.objects.create(guest_key=f"g{number}", **waiting)
    agent_presence(sam)

    turns.request_person.run_sync(chat.pk)
    turns.cancel_person_request.run_sync(chat.pk)
    agent_presence(agent)
    turns.request_person.run_sync(chat.pk)

    alone, _cancelled, together = texts(chat, "system")
    assert "All of our colleagues are away right now." in alone
    assert "will join this chat" in together


def test_who_may_only_read_by_now_gets_nothing_back_that_they_had_closed(transactional_db, chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.close_conversation.run_sync(chat.pk, agent.pk)
    agent_presence(agent)
    agent.groups.clear()

    turns.submit_message.run_sync(chat.pk, "It broke again", "a1")

    assert owner_of(chat) == ("bot", "")


@pytest.mark.parametrize(
    ("since", "closes"),
    [
        ([], True),
        (["customer"], False),
        (["colleague"], False),
        (["close", "customer"], False),
        (["close", "take over"], False),
    ],
)
def test_a_reply_that_is_to_close_the_conversation_closes_over_nothing_newer(
    transactional_db, chat, agent, since, closes
):
    """The page sends what it was not answered again, perhaps much later."""
    steps = {
        "customer": lambda: turns.submit_message.run_sync(chat.pk, "It is broken again", "a1"),
        "colleague": lambda: turns.post_staff_message.run_sync(chat.pk, agent.pk, "One more thing", "s2"),
        "close": lambda: turns.close_conversation.run_sync(chat.pk, agent.pk, reply_id="s1"),
        "take over": lambda: turns.take_over.run_sync(chat.pk, agent.pk),
    }
    agent_presence(agent)
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "Done!", "s1")
    for step in since:
        steps[step]()

    result = turns.close_conversation.run_sync(chat.pk, agent.pk, reply_id="s1")

    assert (result.is_done, owner_of(chat)[0]) == (closes, "closed" if closes else "human")


@pytest.mark.parametrize(
    ("function", "owner"),
    [(turns.hand_back, "bot"), (turns.return_to_queue, "waiting"), (turns.close_conversation, "closed")],
)
def test_a_press_that_is_repeated_in_an_outage_was_done_and_is_not_done_again(
    transactional_db, chat, agent, function, owner
):
    agent_presence(agent)
    turns.take_over.run_sync(chat.pk, agent.pk)
    function.run_sync(chat.pk, agent.pk, press_id="p1")

    assert function.run_sync(chat.pk, agent.pk, press_id="p1").is_done
    assert owner_of(chat)[0] == owner
    turns.take_over.run_sync(chat.pk, agent.pk)
    assert function.run_sync(chat.pk, agent.pk, press_id="p1").is_done

    assert owner_of(chat)[0] == "human"


def agent_presence(user) -> None:
    StaffPresence.objects.create(user=user)


@pytest.mark.parametrize("name", ["user", "assignee"])
def test_who_waited_for_the_lock_knows_who_came_meanwhile(chat, sam, monkeypatch, name):
    """PostgreSQL gives the locked row as it is by then, but of those that are joined to it what was there before."""
    Conversation.objects.filter(pk=chat.pk).update(**{name: sam})
    half_new = Conversation.objects.select_related("user", "assignee").get(pk=chat.pk)
    setattr(half_new, name, None)
    setattr(half_new, f"{name}_id", sam.pk)
    half_new._state.fields_cache[name] = None
    monkeypatch.setattr(LOCKED_CONVERSATION, "fetch_first", lambda _pk: half_new)

    assert getattr(Conversation.objects.lock(chat.pk), name) == sam
