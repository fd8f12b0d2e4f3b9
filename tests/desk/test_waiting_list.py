"""The waiting list: who waits shows at once, oldest first, and who is taken over leaves it."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, StaffPresence
from supportbot.desk.live.saved_replies import fill_variables
from supportbot.desk.models import SavedReply
from supportbot.desk.waiting_list import board, consumer
from supportbot.desk.waiting_list.fragments import render_counts
from supportbot.server.process import process
from tests.conversations.markup import Element, parse
from tests.conversations.page import Browser
from tests.provider import Call

from .desk_page import open_feed


def waiting_in(board: Element) -> list[str]:
    return [row.classed("row-who")[0].text.split()[0] for row in board.all("li", data_owner="waiting")]


@pytest.fixture
async def feed(model, agents):
    feed = await open_feed(agents)
    yield feed
    await feed.close()


async def test_who_asks_for_a_person_shows_at_once_with_the_number_and_the_reason(feed, page):
    await feed.shows("waiting-count", lambda part: part["data-count"] == "0")

    await page.request(action="person", client_id="p1")

    await feed.shows("waiting-count", lambda part: part["data-count"] == "1")
    board = await feed.shows("board", lambda part: waiting_in(part) == ["Alice"])
    assert "less than a minute" in board.text


async def test_a_page_begins_with_the_numbers_that_the_one_before_it_shows(feed, agents, sams, page):
    await page.request(action="person", client_id="p1")
    await feed.shows("waiting-count", lambda part: part["data-count"] == "1")

    async def load_count(browser: Browser) -> Element:
        answer = await sync_to_async(browser.client.get)(reverse("admin:index"))
        return parse(answer.content.decode()).one("span", id="waiting-count")

    assert (await load_count(agents)).text == (await load_count(agents))["data-count"] == "1"
    assert (await load_count(sams)).text == ""  # none is open: the socket brings it


@pytest.mark.parametrize("error", [InterfaceError, OperationalError, ProgrammingError])
async def test_after_an_outage_the_list_goes_on_for_every_page(feed, sams, page, monkeypatch, error):
    await feed.shows("waiting-count", lambda part: part["data-count"] == "0")
    other = await open_feed(sams)
    tried, load = [], board.load_board

    async def load_at_last(staff_ids: Collection[int]) -> board.Board:
        tried.append(True)
        if len(tried) == 1:
            raise error
        return await load(staff_ids)

    monkeypatch.setattr(board, "load_board", load_at_last)
    monkeypatch.setattr(board, "REFRESH_SECONDS", 0.2)
    monkeypatch.setattr(
        "supportbot.desk.waiting_list.consumer.render_counts", raise_once(consumer.render_counts)
    )

    await page.request(action="person", client_id="p1")

    await feed.shows("board", waiting_in)
    await other.shows("board", waiting_in)
    await other.close()
    await feed.close()
    assert not process.get(board.BoardState).listeners


def raise_once(render: Callable[..., str]) -> Callable[..., str]:
    """The first page to which it is shown cannot have it."""
    called: list[bool] = []

    def render_but_once(*args: Any) -> str:
        called.append(True)
        if len(called) == 1:
            raise RuntimeError
        return render(*args)

    return render_but_once


async def test_taken_over_from_the_list_it_opens_and_is_nobody_elses(feed, page, sams, chat):
    other = await open_feed(sams)
    await page.request(action="person", client_id="p1")
    await feed.shows("board", waiting_in)
    await other.shows("board", waiting_in)

    await feed.act("take_over", conversation=chat.pk)
    opening = await feed.shows("desk-opening", lambda part: True)
    await other.shows("board", lambda part: not waiting_in(part))
    await other.act("take_over", conversation=chat.pk)
    notice = await other.refused()

    address = reverse("admin:conversations_conversation_change", args=[chat.pk])
    assert opening["href"] == f"{address}#text"  # which gives the writing the focus
    assert notice.text == "agent already has this conversation."
    assert "With colleagues" in other.parts["board"].text
    await other.close()


async def test_a_number_beyond_the_databases_leaves_the_page_alive(feed, chat):
    await feed.act("take_over", conversation=2**63)
    assert "Something went wrong." in (await feed.refused()).text

    await feed.act("take_over", conversation=chat.pk)
    await feed.shows("board", lambda part: part.all("li", data_owner="human"))


async def test_who_takes_over_what_was_deleted_meanwhile_is_told(feed, chat):
    await Conversation.objects.filter(pk=chat.pk).adelete()
    await feed.act("take_over", conversation=chat.pk)
    assert "This conversation is no longer available." in (await feed.refused()).text


async def test_a_customer_who_is_not_answered_stands_out_among_mine(feed, page, chat):
    await feed.act("take_over", conversation=chat.pk)
    await feed.shows("desk-opening", lambda part: True)
    await page.say("Hello?")

    board = await feed.shows("board", lambda part: "unanswered" in part.text)

    (mine,) = board.all("li", data_owner="human")
    assert "data-unanswered" in mine.attributes


async def test_who_asked_the_assistant_for_a_person_is_not_answered_by_it(feed, page, model, chat):
    model.calls(Call("request_human", {"reason": "A broken lamp"}), text="I'll get a colleague.")
    await page.ask("My lamp is broken. Is there a person?")

    await feed.act("take_over", conversation=chat.pk)
    board = await feed.shows("board", lambda part: part.all("li", data_owner="human"))

    (mine,) = board.all("li", data_owner="human")
    assert "data-unanswered" in mine.attributes
    assert "My lamp is broken. Is there a person?" in mine.text


async def test_what_my_customer_writes_is_counted_and_news_on_every_page_of_mine_and_on_no_others(
    desk, agents, sams, page, chat
):
    """Also on pages without the list. Who was only taken over has written nothing to me yet."""
    mine, other = await open_feed(agents, ""), await open_feed(sams, "")
    await page.request(action="person", client_id="p1")
    await mine.shows("waiting-count", lambda part: part["data-count"] == "1")
    await mine.act("take_over", conversation=chat.pk)
    taken = await mine.shows("unanswered-count", lambda part: part["data-count"] == "1")

    await page.say("Are you there?")
    await mine.shows("unanswered-count", lambda part: part["data-written"].startswith(f"{chat.pk}:"))
    await desk.act("reply", text="I am.")
    answered = await mine.shows("unanswered-count", lambda part: part["data-count"] == "0")

    assert taken["data-written"] == answered["data-written"] == ""
    await other.shows("waiting-count", lambda part: part["data-count"] == "0")
    assert not any(f'data-written="{chat.pk}:' in frame for frame in other.frames)
    await mine.close()
    await other.close()


def test_what_my_customer_writes_by_mail_is_news_also_where_the_server_says_something_of_it(
    agent, chat, transactional_db
):
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.post_mail.run_sync(chat.pk, ["Here is the bill."], "mail:1", note="The bill isn't kept.")

    counts = parse(render_counts(board.load_board.run_sync([agent.pk]), agent.pk))

    assert counts.one("span", id="unanswered-count")["data-written"].startswith(f"{chat.pk}:")


def test_who_a_colleague_gives_me_is_news_but_not_who_i_take_or_who_comes_back(
    agent, sam, chat, transactional_db
):
    def find_news() -> str:
        part = parse(render_counts(board.load_board.run_sync([sam.pk]), sam.pk)).one(
            "span", id="unanswered-count"
        )
        return part["data-assigned"] or part["data-written"]

    StaffPresence.objects.create(user=sam)
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.assign_conversation.run_sync(chat.pk, agent.pk, sam.pk)
    assert find_news().startswith(f"{chat.pk}:")

    turns.close_conversation.run_sync(chat.pk, sam.pk)
    turns.submit_message.run_sync(chat.pk, "Hello again", "c1")
    turns.post_staff_message.run_sync(chat.pk, sam.pk, "Hello", "s1")
    assert find_news() == ""

    turns.assign_conversation.run_sync(chat.pk, sam.pk, agent.pk)
    turns.hand_back.run_sync(chat.pk, agent.pk)
    turns.take_over.run_sync(chat.pk, sam.pk)
    assert find_news() == ""


def test_the_page_lists_the_oldest_first_and_costs_as_much_with_many(agents, transactional_db):
    def ask(names: range) -> None:
        for number in names:
            user = User.objects.create(username=f"customer{number}")
            turns.request_person.run_sync(Conversation.objects.create(user=user, last_seq=1).pk, "Help")

    def read() -> tuple[Element, int]:
        with CaptureQueriesContext(connection) as queries:
            page = parse(agents.client.get(reverse("desk")).content.decode())
        return page, len(queries)

    ask(range(2))
    read()  # what Django looks up once in a process
    _few, cost = read()
    ask(range(2, 12))
    page, cost_of_many = read()

    assert waiting_in(page) == [f"customer{number}" for number in range(12)]
    assert cost_of_many == cost <= 10


def test_the_newest_customer_is_news_also_beyond_the_rows_that_are_listed(transactional_db, monkeypatch):
    monkeypatch.setattr(board, "MAX_ROWS", 2)
    began = [timezone.now() + timedelta(seconds=number) for number in range(3)]
    Conversation.objects.bulk_create(Conversation(owner="waiting", waiting_since=moment) for moment in began)

    shown = board.load_board.run_sync([])

    assert (len(shown.waiting), shown.waiting_count) == (2, 3)
    assert shown.newest_waiting == int(began[-1].timestamp() * 1000)


def test_what_is_not_listed_is_counted_and_leads_to_the_list_of_all(
    agents, agent, sam, transactional_db, monkeypatch
):
    monkeypatch.setattr(board, "MAX_ROWS", 2)
    for owner in (
        {"owner": "waiting"},
        {"owner": "human", "assignee": sam},
        {"owner": "human", "assignee": agent},
    ):
        for _ in range(3):
            Conversation.objects.create(last_seq=1, waiting_since=timezone.now(), **owner)

    page = parse(agents.client.get(reverse("desk")).content.decode())

    found = []
    for rest in page.classed("rest"):
        assert "2 of 3 are shown." in rest.text
        (link,) = rest.all("a")
        found.append(
            parse(agents.client.get(link["href"]).content.decode()).classed("paginator")[0].text.split()[0]
        )
    assert found == ["3", "3", "6"]  # the last with those of everybody
    assert [each.text for each in page.classed("board-count")] == ["3", "3", "3"]


def test_a_row_says_what_the_matter_is_and_nothing_twice(agents, chat, transactional_db):
    """Neither that they pressed the button, in any language, nor the reason once more."""

    def read_row() -> str:
        page = parse(agents.client.get(reverse("desk")).content.decode())
        return page.one("li", data_owner="waiting").text

    turns.request_person.run_sync(chat.pk, text="Ich möchte mit einem Menschen sprechen.", client_id="p1")
    turns.submit_message.run_sync(chat.pk, "My lamp is broken", "c1")
    turns.cancel_person_request.run_sync(chat.pk)
    turns.request_person.run_sync(chat.pk, text="I'd like to talk to a person.", client_id="p2")
    before = read_row()
    turns.submit_message.run_sync(chat.pk, "It smells burnt", "c2")

    assert before.count("My lamp is broken") == 1
    assert "person" not in before
    assert "My lamp is broken" in read_row()
    assert "It smells burnt" in read_row()


@pytest.mark.parametrize("crowd", ["colleagues", "mine"])
def test_however_many_somebody_has_nobody_elses_are_crowded_out(agent, sam, monkeypatch, crowd):
    monkeypatch.setattr(board, "MAX_ROWS", 2)
    now = timezone.now()
    many, few = (sam, agent) if crowd == "colleagues" else (agent, sam)
    older = Conversation.objects.create(owner="human", assignee=few, updated=now - timedelta(days=2))
    lost = Conversation.objects.create(owner="human", updated=now - timedelta(days=3))
    newer = [
        Conversation.objects.create(owner="human", assignee=many, updated=now - timedelta(hours=number))
        for number in range(4)
    ]

    shown = board.load_board.run_sync([agent.pk, sam.pk])

    expected = {many.pk: (newer[:2], [older, lost]), few.pk: ([older], newer[:2])}
    for staff_id, lists in expected.items():
        assert (shown.list_taken_by(staff_id), shown.list_taken_by_others(staff_id)) == lists


async def test_who_opens_the_list_after_a_colleague_sees_what_is_theirs_at_once(
    feed, agent, sam, sams, monkeypatch
):
    monkeypatch.setattr(board, "MAX_ROWS", 1)
    for staff, days in ((sam, 1), (None, 0)):
        updated = timezone.now() - timedelta(days=days)
        await Conversation.objects.acreate(owner="human", assignee=staff, updated=updated)
    await feed.shows("waiting-count", lambda part: part["data-count"] == "0")

    other = await open_feed(sams)

    shown = await other.shows("board", lambda part: part.all("li", data_owner="human"))
    assert "Yours" in shown.text
    await other.close()


def test_nobody_waits(agents, transactional_db):
    page = parse(agents.client.get(reverse("desk")).content.decode())

    assert "Nobody is waiting." in page.text


def test_a_saved_reply_is_filled_in_and_what_is_missing_stays_to_be_seen(
    agents, agent, sam, chat, transactional_db
):
    SavedReply.objects.create(
        title="Hello", text="Hi {{customer}}, {{ agent }} here. {{ticket}}", owner=agent
    )
    SavedReply.objects.create(title="Of sam", text="Mine", owner=sam)
    SavedReply.objects.create(title="Shared", text="For all", owner=sam, is_shared=True)

    replies = agents.client.get(reverse("desk-replies", args=[chat.pk])).json()["replies"]

    assert replies == [
        {"title": "Hello", "text": "Hi Alice, agent here. {{ticket}}"},
        {"title": "Shared", "text": "For all"},
    ]
    assert fill_variables("{{unknown}}", {"customer": "A"}) == "{{unknown}}"


def test_a_saved_reply_belongs_to_who_wrote_it(agents, sams, sam, transactional_db):
    add = reverse("admin:desk_savedreply_add")
    agents.client.post(add, {"title": "Hello", "text": "Hi", "is_shared": "on"})
    reply = SavedReply.objects.get()

    change = reverse("admin:desk_savedreply_change", args=[reply.pk])
    refused = sams.client.post(change, {"title": "Changed", "text": "Hi"})

    assert refused.status_code == 403
    assert reply.owner.username == "agent"
    assert SavedReply.objects.get().title == "Hello"
