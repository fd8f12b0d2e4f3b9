"""The live desk: a person takes a conversation over, talks, hands back and closes, and both pages show it at once."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import OperationalError

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, StaffPresence
from supportbot.conversations.realtime.socket_sessions import CLOSE_NOT_FOUND
from supportbot.conversations.staff_group import ensure_staff_groups
from supportbot.conversations.worker import housekeeping
from supportbot.jobs.models import Job
from tests.conversations.rows import until

from .desk_page import open_desk, open_feed

QUESTION = "Where is my order ORD-123?"


def texts(page, role: str) -> list[str]:
    return [text.text.strip() for each in page.messages(role) for text in each.classed("text")]


def told(page) -> list[str]:
    """What was refused, in words."""
    return [notice.text.strip() for notice in page.notices if notice.text.strip()]


async def test_staff_watch_the_answer_as_it_comes(page, desk, model):
    answer = model.say("It is on its way to you.", hold_after=2)
    await page.say(QUESTION)

    await desk.until(lambda desk: desk.has_words)
    assert texts(desk, "customer") == [QUESTION]
    answer.release()
    await desk.settled("done")

    assert texts(desk, "assistant") == ["It is on its way to you."]


async def test_staff_see_tool_calls_with_arguments_and_results_and_the_customer_does_not(page, desk, model):
    model.call("lookup_order", order_id="ORD-123")
    model.say("It has shipped.")

    await page.ask(QUESTION)
    await desk.settled("done")

    call = desk.last.one("details", data_tool="lookup_order")
    asked, got = (each.text for each in call.all("pre"))
    assert "ORD-123" in asked
    assert "shipped" in got
    assert not page.last.all("pre")


async def test_a_takeover_in_mid_sentence_stops_the_bot_and_keeps_what_was_read(page, desk, model, chat):
    answer = model.say("It is on its way to you.", hold_after=2)
    await page.say(QUESTION)
    await page.until(lambda page: page.has_words and page.streamed().split() == ["It", "is"])
    read = page.streamed()

    await desk.act("take_over")
    await desk.owned_by("human")
    await page.until(
        lambda page: any("You're now talking to a person" in said for said in texts(page, "system"))
    )
    answer.release()
    await page.take_all()

    assert texts(page, "assistant") == [read.strip()]
    assert await Message.objects.filter(role="assistant").acount() == 1
    assert desk.owner == ("human", "With agent")


async def test_a_reply_reaches_the_customer_with_the_persons_name(page, desk, agent):
    agent.first_name = "Alex"
    await agent.asave()
    await desk.act("take_over")
    await desk.owned_by("human")

    await desk.act("reply", text="Hello Alice, I'm looking at it.")
    await page.until(lambda page: texts(page, "staff"))

    assert texts(page, "staff") == ["Hello Alice, I'm looking at it."]
    stored = await Message.objects.aget(role="staff")
    assert (stored.author_id, stored.author_name) == (agent.pk, "Alex")
    await desk.until(lambda desk: texts(desk, "staff"))
    assert "Alex" in desk.messages("staff")[0].classed("who")[0].text


async def test_what_the_customer_writes_to_a_person_reaches_the_desk_and_no_model(page, desk, model):
    await desk.act("take_over")
    await desk.owned_by("human")

    await page.say("Are you there?")
    await desk.until(lambda desk: texts(desk, "customer"))

    assert texts(desk, "customer") == ["Are you there?"]
    assert model.requests == []


async def test_of_two_who_grab_at_once_one_gets_it_and_the_other_is_told_by_whom(page, desk, sams_desk, chat):
    await asyncio.gather(desk.act("take_over"), sams_desk.act("take_over"))

    await asyncio.gather(desk.owned_by("human"), sams_desk.owned_by("human"))
    chat = await Conversation.objects.select_related("assignee").aget(pk=chat.pk)
    loser = sams_desk if chat.assignee_name == "agent" else desk
    await loser.until(lambda page: any(notice.text for notice in page.notices))

    assert told(loser) == [f"{chat.assignee_name} already has this conversation."]
    assert await AuditEvent.objects.filter(action="took_over").acount() == 1


async def test_who_has_not_got_it_cannot_reply_and_keeps_the_words(page, desk, sams_desk):
    await desk.act("take_over")
    await sams_desk.owned_by("human")

    client_id = await sams_desk.act("reply", text="Me too")
    await sams_desk.until(lambda page: any(notice.text for notice in page.notices))

    assert [notice["data-refused"] for notice in sams_desk.notices if notice.text] == [client_id]
    assert not await Message.objects.filter(role="staff").aexists()


async def test_a_reply_that_is_sent_twice_is_stored_once(page, desk, chat):
    await desk.act("take_over")
    await desk.owned_by("human")

    for _ in range(2):
        await desk.request(action="reply", text="Hello", client_id="same")
    await page.until(lambda page: texts(page, "staff"))
    await desk.request(action="ping")
    await desk.take_all()

    assert await Message.objects.filter(role="staff").acount() == 1


@pytest.mark.parametrize(
    ("action", "owner"),
    [("take_over", "human"), ("hand_back", "bot"), ("return_to_queue", "waiting"), ("close", "closed")],
)
async def test_a_button_that_is_pressed_twice_does_it_once_and_refuses_nothing(desk, chat, action, owner):
    await desk.act("take_over")
    await desk.owned_by("human")
    count = await chat.messages.acount()

    for _ in range(2):
        await desk.act(action)
    await desk.owned_by(owner)
    await desk.act("note", text="Both were handled by now.")
    await desk.until(lambda page: page.notes)

    assert not [notice for notice in desk.notices if notice.text]
    assert await chat.messages.acount() == count + (action != "take_over")


async def test_handed_back_the_bot_answers_again(page, desk, model):
    await desk.act("take_over")
    await desk.owned_by("human")

    await desk.act("hand_back")
    await desk.owned_by("bot")
    model.say("It comes tomorrow.")
    await page.say("When does it come?")

    await page.until(lambda page: texts(page, "assistant") == ["It comes tomorrow."])
    await desk.until(lambda desk: texts(desk, "assistant") == ["It comes tomorrow."])


async def test_closed_and_written_to_again_it_goes_to_the_bot_when_that_person_is_away(page, desk, model):
    await desk.act("take_over")
    await desk.owned_by("human")

    await desk.act("reply_and_close", text="It arrives tomorrow.")
    await desk.owned_by("closed")
    model.say("You're welcome.")
    await page.say("Thank you!")

    await desk.owned_by("bot")
    await page.until(lambda page: texts(page, "assistant") == ["You're welcome."])
    assert texts(page, "staff") == ["It arrives tomorrow."]


async def test_reply_and_close_that_comes_again_closes_over_nothing_that_the_customer_has_said_since(
    page, desk, agent, chat
):
    await StaffPresence.objects.acreate(user=agent)
    await desk.act("take_over")
    await desk.owned_by("human")
    await desk.request(action="reply_and_close", text="Done!", client_id="same")
    await desk.owned_by("closed")
    await page.say("It is broken again")
    await desk.owned_by("human")

    await desk.request(action="reply_and_close", text="Done!", client_id="same")
    await desk.request(action="ping")
    await desk.take_all()

    await chat.arefresh_from_db()
    assert (chat.owner, desk.owner[0], texts(desk, "staff")) == ("human", "human", ["Done!"])


async def test_every_step_is_in_the_audit_log_with_who_did_it(page, desk, agent, chat):
    for action, owner in (("take_over", "human"), ("reply_and_close", "closed")):
        await desk.act(action, text="Done.")
        await desk.owned_by(owner)
    await desk.act("note", text="A nice customer")

    wanted = ["read_transcript", "took_over", "replied", "closed", "noted"]
    events = AuditEvent.objects.filter(conversation_id=chat.pk, actor_id=agent.pk).order_by("pk")
    await until(events.filter(action="noted").aexists)
    assert [event.action async for event in events] == wanted


async def test_each_side_sees_the_other_writing(page, desk):
    await desk.act("take_over")
    await desk.owned_by("human")

    await page.request(action="typing")
    customer = await desk.shows("typing", lambda part: part.text.strip())
    await desk.act("typing")
    await page.until(lambda page: any('id="typing"' in frame for frame in page.frames))

    assert customer.text.strip() == "The customer is writing…"
    assert "agent is writing…" in next(frame for frame in page.frames if 'id="typing"' in frame)


async def test_staff_see_who_else_looks_and_when_they_leave(desk, sams_desk):
    await desk.shows("viewers", lambda part: "Sam is also looking" in part.text)
    await sams_desk.shows("viewers", lambda part: "agent is also looking" in part.text)

    await sams_desk.close()

    await desk.shows("viewers", lambda part: not part.text.strip())


async def test_a_page_that_comes_back_gets_what_it_missed(page, desk, agents, chat):
    await desk.act("take_over")
    await desk.owned_by("human")
    await desk.act("note", text="Called the carrier")
    await desk.until(lambda desk: desk.notes)

    again = await open_desk(agents, chat)
    await again.until(lambda page: page.notes)

    assert again.owner == ("human", "With agent")
    assert again.notes == ["Called the carrier"]
    await again.close()


async def test_a_lead_gives_a_conversation_to_a_colleague_whoever_has_it(page, desk, sams_desk, sam, agent):
    await agent.groups.aadd((await sync_to_async(ensure_staff_groups)())[1])
    await sams_desk.act("take_over")
    await desk.owned_by("human")

    await desk.act("assign", to=agent.pk)
    await sams_desk.shows("owner", lambda part: part["data-assignee"] == str(agent.pk))
    await desk.act("assign", to=sam.pk)

    await sams_desk.shows("owner", lambda part: part["data-assignee"] == str(sam.pk))
    assert [
        event.details["to"] async for event in AuditEvent.objects.filter(action="assigned").order_by("pk")
    ] == [
        "agent",
        "sam",
    ]


async def test_nothing_is_assigned_to_somebody_who_may_not_answer(desk, agent, alice, chat):
    await agent.groups.aadd((await sync_to_async(ensure_staff_groups)())[1])

    await desk.act("assign", to=alice.pk)
    await desk.until(lambda page: any(notice.text for notice in page.notices))

    assert [notice.text for notice in desk.notices] == ["This colleague may not answer customers."]
    await chat.arefresh_from_db()
    assert chat.owner == "bot"


async def test_who_has_a_conversation_gives_it_to_a_colleague_and_can_do_so_once(
    page, desk, sams_desk, sam, agent, alice
):
    lee = await User.objects.acreate_user("lee", is_staff=True)
    await lee.groups.aadd(await agent.groups.aget())
    await StaffPresence.objects.acreate(user=sam)
    await desk.act("take_over")
    await desk.owned_by("human")

    await desk.act("assign", to=alice.pk)
    await desk.act("assign", to=sam.pk)
    for shown in (desk, sams_desk):
        await shown.shows("owner", lambda part: part["data-assignee"] == str(sam.pk))
    await page.until(lambda page: any("Sam has joined the chat." in said for said in texts(page, "system")))
    await desk.act("assign", to=sam.pk)  # pressed twice
    await desk.act("assign", to=lee.pk)
    await desk.until(lambda page: len(told(page)) == 2)

    assert told(desk) == ["This colleague may not answer customers.", "Sam already has this conversation."]
    assert desk.owner == ("human", "With Sam")
    events = AuditEvent.objects.filter(action="assigned")
    assert [(event.actor_name, event.details["to"]) async for event in events] == [("agent", "sam")]


async def test_what_is_given_to_a_colleague_who_is_away_is_told_as_that_to_both_sides_and_once(
    page, desk, sam
):
    await StaffPresence.objects.acreate(user=sam, is_here=False)
    await desk.act("take_over")
    await desk.owned_by("human")

    await desk.act("assign", to=sam.pk)
    await desk.shows("owner", lambda part: part["data-assignee"] == str(sam.pk))
    await page.say("Are you there?")
    await page.until(lambda page: "Are you there?" in texts(page, "customer"))
    await desk.until(lambda desk: "Are you there?" in texts(desk, "customer"))

    for shown in (page, desk):
        assert texts(shown, "system")[1:] == [
            "Sam has this conversation now. Sam is away right now, and will answer as soon as they are back. "
            "The answer will come here, in this chat."
        ]


async def test_who_has_not_got_a_conversation_cannot_give_it_away_nor_silence_the_assistant(
    page, desk, model, sam
):
    answer = model.say("It is on its way to you.", hold_after=2)
    await page.say(QUESTION)
    await desk.until(lambda desk: desk.has_words)

    await desk.act("assign", to=sam.pk)
    await desk.until(told)
    answer.release()
    await desk.settled("done")

    assert told(desk) == ["This conversation isn't yours yet. Take it over first."]
    assert desk.owner[0] == "bot"
    assert texts(desk, "assistant") == ["It is on its way to you."]


async def test_back_in_the_queue_a_customer_waits_behind_the_others_and_colleagues_hear_of_it(
    page, desk, sams, bob
):
    await page.request(action="person", client_id="p1")
    await desk.act("take_over")
    await desk.owned_by("human")
    other = await Conversation.objects.acreate(user=bob, last_seq=1)
    await turns.request_person(other.pk)
    await Job.objects.all().adelete()
    feed = await open_feed(sams)  # Sam is here
    before = await feed.shows("waiting-count", lambda part: part["data-count"] == "1")

    await desk.act("return_to_queue")

    after = await feed.shows("waiting-count", lambda part: part["data-count"] == "2")
    assert int(after["data-newest"]) > int(before["data-newest"])
    assert await Job.objects.filter(kind="send_waiting_alert").acount() == 1
    left = "agent has left the chat. There is 1 person before you. A colleague will join"
    await page.until(lambda page: any(said.startswith(left) for said in texts(page, "system")))
    await desk.owned_by("waiting")
    board = await feed.shows("board", lambda part: len(part.all("li", data_owner="waiting")) == 2)
    assert board.all("li", data_owner="waiting")[0]["data-conversation"] == str(other.pk)
    await feed.close()


async def test_staff_see_what_of_an_answer_was_not_confirmed_and_the_customer_does_not(page, desk, model):
    model.say("I have refunded you.")

    await page.ask(QUESTION)
    await desk.settled("done")

    assert "i have refunded" in desk.last.text
    assert "Not confirmed" not in page.last.text


@pytest.mark.parametrize(
    ("action", "function", "owner"),
    [
        ("hand_back", turns.hand_back, "bot"),
        ("return_to_queue", turns.return_to_queue, "waiting"),
        ("close", turns.close_conversation, "closed"),
    ],
)
async def test_what_was_stored_just_before_the_database_went_away_is_not_refused(
    desk, model, chat, monkeypatch, action, function, owner
):
    await desk.act("take_over")
    await desk.owned_by("human")
    run, errors = function._function, [OperationalError("the connection is lost")]

    def run_and_lose_connection(*args, **kwargs):
        result = run(*args, **kwargs)
        if errors:
            raise errors.pop()
        return result

    monkeypatch.setattr(function, "_function", run_and_lose_connection)
    await desk.act(action)

    await desk.owned_by(owner)
    await desk.until(lambda desk: len(desk.notices) == 2)  # one of each press
    assert not errors
    assert [notice.text.strip() for notice in desk.notices] == ["", ""]


@pytest.mark.parametrize("action", ["take_over", "reply", "note", "close", "return_to_queue", "assign"])
async def test_the_page_of_a_conversation_that_was_deleted_meanwhile_ends(desk, chat, sam, action):
    await desk.shows("viewers", lambda part: True)
    await Conversation.objects.filter(pk=chat.pk).adelete()
    await desk.act(action, text="Hello", to=sam.pk)
    assert await desk.closed() == CLOSE_NOT_FOUND


async def test_idle_pages_of_a_deleted_conversation_end_by_themselves(desk, page, chat, monkeypatch):
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 0)  # with every checkpoint
    await desk.shows("viewers", lambda part: True)

    await Conversation.objects.filter(pk=chat.pk).adelete()

    assert await desk.closed() == CLOSE_NOT_FOUND
    await page.until(lambda page: page.close_code == CLOSE_NOT_FOUND)
