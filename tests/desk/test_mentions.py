"""Whoever is mentioned in a note has it on the desk until they look at the conversation, and nobody else is told."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from supportbot.conversations import turns
from supportbot.conversations.staff_group import AGENTS
from supportbot.desk.live.mentions import find_mentioned, list_mentionable
from supportbot.desk.live.notes import add_note, delete_note
from supportbot.desk.models import Mention
from supportbot.desk.waiting_list.board import load_board
from tests.conversations.markup import parse

from .desk_page import open_feed

MENTIONS = "board-mentions"


@pytest.fixture
def team(db: None) -> dict[str, User]:
    """Two have the same whole name, and two the same first name."""
    agents = Group.objects.get(name=AGENTS)
    names = {
        "anna": ("Anna", "Müller"),
        "anna-lena": ("Anna-Lena", "Vogt"),
        "bo.olsen": ("Bo", "Olsen"),
        "kim1": ("Kim", "Lee"),
        "kim2": ("Kim", "Lee"),
        "mail@example.com": ("", ""),
        "raj": ("राज", ""),
        "sara": ("سارة", "حسن"),
        "ib": ("İbrahim", "Şahin"),
    }
    people = {
        name: User.objects.create_user(name, is_staff=True, first_name=first, last_name=last)
        for name, (first, last) in names.items()
    }
    agents.user_set.add(*people.values())
    return people


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@anna please look", ["anna"]),
        ("Ask @Anna Müller, or @BO.OLSEN.", ["anna", "bo.olsen"]),
        ("@anna mu\u0308ller", ["anna"]),
        ("(@Bo)\n@Bo again", ["bo.olsen"]),
        ("@Anna-Lena’s customer", ["anna-lena"]),
        ("@mail@example.com", ["mail@example.com"]),
        ("\u200f@سارة حسن شكرا", ["sara"]),
        ("@Kim Lee and @Kim, whoever of you two", []),
        ("@kim2", ["kim2"]),
        ("@राज @राजा", ["raj"]),
        ("@राजा", []),
        ("@ibrahim", ["ib"]),
        ("@İBRAHİM ŞAHİN", ["ib"]),
        ("anna@anna.example, https://example.com/@anna, @annabel, @anna-marie, @anna.b, @nobody, @", []),
    ],
)
def test_a_name_behind_an_at_mentions_the_one_colleague_who_has_it(team, text, names):
    assert find_mentioned(text) == {team[name].pk for name in names}


def test_nobody_is_mentioned_who_may_not_see_conversations(team, alice):
    User.objects.filter(pk=team["anna"].pk).update(is_active=False)
    team["sara"].groups.clear()

    assert find_mentioned(f"@anna @sara @{alice.username}") == set()


def test_what_a_page_offers_for_a_colleague_mentions_that_one(team):
    offered = list_mentionable(team["anna"])

    labels = [each["label"] for each in offered]
    assert "Bo Olsen" in labels
    assert "Kim Lee (kim1)" in labels
    mentioned = [find_mentioned(f"@{each['name']} ") for each in offered]
    assert mentioned.count({team["anna"].pk}) == 0
    for name in team.keys() - {"anna"}:
        assert mentioned.count({team[name].pk}) == 1


async def test_who_is_mentioned_is_told_at_once_and_until_they_look_at_the_conversation(
    desk, sams_desk, sams, sam, chat
):
    feed = await open_feed(sams)
    await feed.shows("mention-count", lambda part: part["data-count"] == "0")

    await desk.act("note", text="@Sam please look")

    await feed.shows("mention-count", lambda part: part["data-mentioned"].startswith(f"{chat.pk}:"))
    board = await feed.shows("board", lambda part: part.all("h2", id=MENTIONS))
    assert "@Sam please look" in board.text
    await sams_desk.until(lambda page: page.notes)
    (note,) = (
        part for name, part in sams_desk.parts.items() if name.startswith("note-") and part.classed("text")
    )
    assert "data-mentions-reader" in note.attributes
    assert await Mention.objects.filter(
        is_unread=True
    ).aexists()  # that the page got it does not mean that Sam looks
    await sams_desk.act("read")
    await feed.shows("mention-count", lambda part: part["data-count"] == "0")
    await feed.shows("board", lambda part: not part.all("h2", id=MENTIONS))
    await feed.close()


def test_a_mention_waits_for_who_was_not_there_also_in_a_closed_conversation(
    transactional_db, chat, agent, sam, sams
):
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.close_conversation.run_sync(chat.pk, agent.pk, press_id="p")
    add_note.run_sync(chat.pk, agent, "@sam and @agent, is this right?", "n1")

    page = parse(sams.client.get(reverse("desk")).content.decode())
    address = reverse("admin:conversations_conversation_change", args=[chat.pk])

    (mention,) = [row for row in page.all("li") if row["data-conversation"].startswith("mention-")]
    assert mention.one("a")["href"] == address
    live = parse(sams.client.get(address).content.decode())
    assert "data-mentioned" in live.one("div", id="chat").attributes
    assert "Mentions Sam" in " ".join(live.text.split())
    assert not load_board.run_sync([agent.pk]).mentions  # whoever names themselves knows it


def test_a_mention_goes_with_its_note_and_with_the_account(transactional_db, chat, agent, sam, lead):
    for number, text in enumerate(("@sam", "@Lea")):
        add_note.run_sync(chat.pk, agent, text, f"n{number}")

    delete_note.run_sync(chat.pk, agent, chat.notes.first().pk)
    assert not load_board.run_sync([sam.pk]).mentions
    lead.delete()

    assert chat.notes.count() == 1
    assert not Mention.objects.exists()
