"""A script that takes a new cookie for each guest gets no more of the model than its network may have."""

import asyncio
import json
import secrets
from time import monotonic

import pytest

from tests.servers import Site
from tests.servers.fixtures import NewSite

from .visitor import Visitor

pytestmark = pytest.mark.long

GUESTS, MESSAGES_EACH, AT_ONCE = 100, 3, 8
MESSAGES_PER_NETWORK = 150  # a minute, by default: an office of fifty people who write three each


async def write_as_stranger(site: Site, turn: asyncio.Semaphore) -> None:
    """A guest with a cookie of their own writes as quickly as it goes."""
    guest = Visitor()
    async with turn:
        path = await guest.begin(site)
        for number in range(MESSAGES_EACH):
            frame = {"action": "send", "text": f"Question {number}", "client_id": secrets.token_hex(8)}
            answer = await guest.post_by_script(site, f"{path}frames/", {}, content=json.dumps(frame))
            assert answer.status_code == 200, answer.text


async def test_three_hundred_messages_of_a_hundred_cookies_are_those_of_one_network(
    new_site: NewSite,
) -> None:
    """And somebody who signs in from the same network is answered all the same."""
    with new_site(DEMO_WORDS_PER_SECOND="0") as site:
        turn, began = asyncio.Semaphore(AT_ONCE), monotonic()
        await asyncio.gather(*(write_as_stranger(site, turn) for _ in range(GUESTS)))
        begun_minutes = 1 + int((monotonic() - began) // 60)
        written = site.rows("SELECT count(*) FROM conversations_message WHERE role = 'customer'")[0][0]

        assert MESSAGES_PER_NETWORK * 0.9 <= written <= MESSAGES_PER_NETWORK * begun_minutes
        alice = Visitor()
        await alice.sign_in(site, "alice")
        async with alice.window(site, await alice.begin(site)) as window:
            await window.say("Thank you")
            await window.until_ended("done")
