"""Staff are here as long as a page of theirs is open and they say so, and no longer than that."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import StaffPresence
from supportbot.desk.waiting_list import presence
from tests.conversations.markup import parse

from .desk_page import open_feed


async def test_here_and_away_are_stored_and_open_pages_keep_staff_here(model, agents, agent):
    feed = await open_feed(agents)
    here = await feed.shows("presence", lambda part: part["aria-checked"] == "true")
    assert await StaffPresence.objects.filter(user=agent, is_here=True).aexists()

    await feed.act("presence", is_here=False)
    away = await feed.shows("presence", lambda part: part["aria-checked"] == "false")

    assert here["aria-label"] == away["aria-label"] == "Taking chats"
    assert not (await StaffPresence.objects.aget(user=agent)).is_here
    assert await AuditEvent.objects.filter(action="went_away", actor_id=agent.pk).aexists()
    await feed.close()


async def test_an_open_page_of_somebody_who_is_away_does_not_change_since_when_they_are(
    model, agents, agent, monkeypatch
):
    monkeypatch.setattr("supportbot.desk.waiting_list.presence.PRESENCE_INTERVAL_SECONDS", 0.05)
    since = timezone.now() - timedelta(hours=2)
    await StaffPresence.objects.acreate(user=agent, is_here=False, last_seen=since)
    feed = await open_feed(agents)
    await feed.shows("presence", lambda part: part["aria-checked"] == "false")
    assert (await StaffPresence.objects.aget(user=agent)).last_seen == since
    await feed.close()


def test_a_conversation_is_offered_first_to_who_is_here_and_tells_since_when_others_are_away(
    client, agent, sam, lead, chat
):
    two_hours_ago = timezone.now() - timedelta(hours=2)
    StaffPresence.objects.create(user=agent, last_seen=two_hours_ago)
    StaffPresence.objects.create(user=sam)
    client.force_login(lead)

    page = client.get(f"/admin/conversations/conversation/{chat.pk}/change/").content.decode()
    first = parse(page).one("select", id="assign").all("option")
    StaffPresence.objects.filter(user=sam).update(is_here=False, last_seen=two_hours_ago)
    StaffPresence.objects.filter(user=agent).update(last_seen=timezone.now())
    later = parse(client.get("/admin/desk/colleagues/").content.decode()).all("option")

    assert [each.text for each in first] == [
        "Assign to…",
        "Sam (here)",
        "agent (away for 2\N{NO-BREAK SPACE}hours)",
        "Lea (away)",
    ]
    assert [each.text for each in later[1:]] == [
        "agent (here)",
        "Lea (away)",
        "Sam (away for 2\N{NO-BREAK SPACE}hours)",
    ]


async def test_nobody_is_kept_here_by_pages_that_are_closed(model, agents, agent, monkeypatch):
    monkeypatch.setattr("supportbot.desk.waiting_list.presence.PRESENCE_INTERVAL_SECONDS", 0.05)
    feed = await open_feed(agents)
    await feed.shows("presence", lambda part: True)
    first = (await StaffPresence.objects.aget(user=agent)).last_seen
    known = len(feed.frames)
    await feed.until(lambda feed: len(feed.frames) > known + 3)
    later = (await StaffPresence.objects.aget(user=agent)).last_seen
    await feed.close()

    assert later > first
    last = (await StaffPresence.objects.aget(user=agent)).last_seen
    again = await open_feed(agents)  # proves that the database has gone on meanwhile
    await again.shows("waiting-count", lambda part: True)
    await again.close()
    assert last >= later


async def test_who_could_not_be_noted_counts_as_here_and_is_noted_as_soon_as_it_can_be(
    model, agents, agent: User, monkeypatch: pytest.MonkeyPatch
):
    """The page stays open all the while."""
    monkeypatch.setattr(presence, "RETRY_SECONDS", 0.01)
    touch, refused = presence.touch_presence, []

    async def refuse_at_first(staff_id: int) -> bool:
        if len(refused) < 5:
            refused.append(staff_id)
            raise OperationalError("database or disk is full")
        return await touch(staff_id)

    monkeypatch.setattr(presence, "touch_presence", refuse_at_first)

    feed = await open_feed(agents)
    await feed.shows("presence", lambda part: part["aria-checked"] == "true")

    assert await StaffPresence.objects.filter(user=agent, is_here=True).aexists()
    assert len(refused) == 5
    await feed.close()
