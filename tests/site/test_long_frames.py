"""Over a real socket a page gets whatever it lacks, however much that is; strangers' frames stay bounded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Site
from tests.servers.fixtures import copied_site
from tests.servers.turns import store_turns

from .visitor import Visitor

PASTE = 'It\'s "so" & <so> 🙂 ' * 200
UNLIMITED = {"CONVERSATION_MESSAGES_PER_MINUTE": "0", "VISITOR_MESSAGES_PER_MINUTE": "0"}


@pytest.fixture(scope="module")
def site(stocked_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with copied_site(stocked_database, tmp_path_factory.mktemp("long"), **UNLIMITED) as site:
        yield site
        site.check_log()


async def test_what_was_missed_and_ten_long_pastes_in_one_breath_arrive(site, visitor: Visitor) -> None:
    path = await visitor.begin(site)
    async with visitor.window(site, path) as window:
        await window.say("Hello")
        await window.until_ended("done")
    store_turns(site, path, 15, PASTE)
    async with visitor.window(site, path) as window:
        await window.until(lambda window: len(window.said("customer")) == 16)
        missed = [f"customer {number}: {PASTE}".strip() for number in range(1, 16)]
        assert window.said("customer") == ["Hello", *missed]
        assert window.answer == f"assistant 15: {PASTE}".strip()

        pastes = [f"{number} {PASTE}"[:4000].strip() for number in range(10)]
        for paste in pastes:
            await window.say(paste)
        await window.until(lambda window: window.said("customer")[16:] == pastes)
        await window.until_ended("done")


async def test_a_long_waiting_list_arrives(site, visitor: Visitor) -> None:
    """300 customers whose last words and reasons become as long as they can."""
    site.python("-c", FILL_WAITING_LIST)
    await visitor.sign_in(site, "agent")
    async with visitor.window(site, "/desk/?board=1") as window:
        frame = ""
        while 'id="board"' not in frame:
            frame = await window._socket.recv(decode=True)

    assert frame.count('data-owner="waiting"') == 100
    assert len(frame.encode()) > 128 * 1024  # or this would prove nothing


FILL_WAITING_LIST = """
import django; django.setup()
from django.utils import timezone
from supportbot.conversations.models import Conversation, Message, Turn
for number in range(300):
    owner = "waiting" if number % 3 else "human"
    row = Conversation.objects.create(guest_key=f"g{number}", owner=owner, waiting_since=timezone.now(),
        waiting_reason="'" * 300, contact_name="'" * 100, contact_email="a@example.com", last_seq=1)
    turn = Turn.objects.create(conversation=row, state="done")
    Message.objects.create(conversation=row, turn=turn, seq=1, role="customer", text="'" * 4000)
"""


async def test_a_frame_of_a_stranger_that_is_too_long_ends_the_line(site, visitor: Visitor) -> None:
    path = await visitor.begin(site)
    async with visitor.window(site, path) as window:
        await window.send(text="x" * 200_000)
        assert await window.close_code() in (1006, 1009)
