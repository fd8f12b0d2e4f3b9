"""Other processes are heard of over Redis and over PostgreSQL alike, by one connection, which heals itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from hashlib import sha256
from typing import Any, Protocol

import pytest
from asgiref.sync import sync_to_async

from supportbot.conversations.realtime import broadcast, process_messages
from supportbot.conversations.realtime.process_messages import connection
from supportbot.conversations.realtime.process_messages.postgres_transport import PostgresTransport
from supportbot.conversations.realtime.process_messages.redis_transport import (
    RedisTransport,
    build_channel_name,
)
from supportbot.conversations.realtime.process_messages.transport import Transport
from supportbot.conversations.realtime.socket_sessions import CLOSE_SIGNED_OUT
from supportbot.conversations.worker import housekeeping
from supportbot.server.process import process
from tests.faults import outages
from tests.faults.proxy import Proxy
from tests.servers import postgresql

from .other_process import OtherProcess
from .rows import until

PULSE = '<span id="pulse" hx-swap-oob="true" data-newest="0"></span>'
NOTICE = '<p id="notice" hx-swap-oob="true">Hello</p>'


class Store(Protocol):
    """A server that can be taken away and brought back, reached at `target` or through a proxy."""

    name: str
    target: int | str

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def build_transport(self, proxy_port: int | None = None) -> Transport: ...
    def deafen(self, transport: Any) -> None: ...


class RedisStore(outages.Redis):
    name = "Redis"

    @property
    def target(self) -> int:
        return self._port

    def build_transport(self, proxy_port: int | None = None) -> RedisTransport:
        return RedisTransport(f"redis://127.0.0.1:{proxy_port or self._port}/0")

    def deafen(self, transport: Any) -> None:

        async def swallow(*_args: Any) -> None:
            pass

        transport._subscription.handle_message = swallow


class PostgresStore(outages.Restarts):
    name = "PostgreSQL"

    @property
    def target(self) -> str:
        return f"{self._folder}/.s.PGSQL.5432"

    def build_transport(self, proxy_port: int | None = None) -> PostgresTransport:
        place = {"host": "127.0.0.1", "port": proxy_port} if proxy_port else {"host": str(self._folder)}
        return PostgresTransport({"user": "postgres", "dbname": "postgres", **place})

    def deafen(self, transport: Any) -> None:
        deaf, take_piece = transport._connection, transport._take_piece
        transport._take_piece = lambda piece: transport._connection is deaf or take_piece(piece)


@pytest.fixture(scope="module", params=["redis", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    with ExitStack() as stack:
        if request.param == "redis":
            yield stack.enter_context(outages.redis(RedisStore))
        else:
            yield stack.enter_context(PostgresStore(stack.enter_context(postgresql())))


@pytest.fixture
async def door(store: Store, settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """Through which this process reaches the store."""
    monkeypatch.setattr(connection, "HEARTBEAT_SECONDS", 0.3)
    monkeypatch.setattr(connection, "RECONNECT_SECONDS", 0.2)
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(connection, "SEND_TIMEOUT_SECONDS", 0.3)
    async with Proxy(store.target) as door:
        settings.PROCESS_TRANSPORT = store.name
        monkeypatch.setattr(process_messages, "_build_transport", lambda: store.build_transport(door.port))
        yield door
        await process_messages.close_connection()


@pytest.fixture
async def other(store: Store, door: Proxy) -> AsyncIterator[OtherProcess]:
    """Another process, which does not need the door."""
    other = OtherProcess(store.build_transport())
    yield other
    await other.connection.close_connection()


@pytest.fixture
async def _no_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is heard is not heard by looking it up."""
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 3600)


pytestmark = pytest.mark.usefixtures("_no_polls")


async def test_a_process_tells_the_others_once_what_its_pages_show(
    other, page, model, alices, bobs, chat, of_bob
):
    pages = [page, await alices.open(chat), await alices.open(chat), await bobs.open(of_bob)]

    await until(lambda: other.hears_of(*(f"conversation.{each.pk}" for each in (chat, of_bob))))

    for each in pages[1:]:
        await each.close()


async def test_what_another_process_shows_reaches_every_page_of_the_conversation_and_no_other(
    other, page, model, alices, chat, bobs, of_bob
):
    second, of_somebody_else = await alices.open(chat), await bobs.open(of_bob)
    await until(lambda: other.has_listener(of_bob))

    await other.tell(chat, PULSE)

    for each in (page, second):
        await each.until(lambda each: PULSE in each.frames)
        assert each.frames.count(PULSE) == 1
    assert await of_somebody_else.is_quiet()
    await second.close()
    await of_somebody_else.close()


async def test_what_this_process_shows_comes_to_its_pages_once(other, page, model, chat):
    await until(lambda: other.has_listener(chat))

    await page.request(action="ping")  # answered when it has what is stored
    await page.until(lambda page: page.frames)
    page.frames.clear()

    await broadcast.publish_frame(chat.pk, NOTICE)
    await other.tell(chat, PULSE)  # comes behind what this process sent

    await page.until(lambda page: PULSE in page.frames)
    assert page.frames == [NOTICE, PULSE]


async def test_it_stops_listening_with_the_last_page(other, page, model, alices, bobs, chat, of_bob):
    second, third = await alices.open(chat), await bobs.open(of_bob)
    groups = [f"conversation.{each.pk}" for each in (chat, of_bob)]
    await until(lambda: other.hears_of(*groups))

    await page.close()
    await third.close()
    await until(lambda: other.hears_of(groups[0]))

    await second.close()
    await until(other.hears_of)


@pytest.mark.parametrize("size", [1, 7_000, 7_900, 8_000, 100_000], ids="{:,} letters".format)
async def test_a_message_of_any_length_comes_whole_and_in_its_place(other, page, model, chat, size):
    await other.join(f"conversation.{chat.pk}")
    texts = [f"{'Ж' * size}{end}" for end in ("\n", "\\", "'", "\0", "🙂", "")]

    await asyncio.gather(*(broadcast.publish_frame(chat.pk, text) for text in texts))

    heard = [await other.hear() for _ in texts]
    assert [content["frame"] for _kind, content in heard] == texts


async def test_what_it_does_not_know_disturbs_nobody(other, page, model, chat):
    await until(lambda: other.has_listener(chat))

    await other.tell(chat, PULSE, kind="of a newer version")
    await other.tell(chat, PULSE)

    await page.until(lambda page: page.frames == [PULSE])


async def test_who_signs_out_at_another_process_is_shut_out_here_at_once(
    other, page, model, alices, chat, monkeypatch
):
    monkeypatch.setattr(housekeeping, "SESSION_CHECK_INTERVAL_SECONDS", 3600)
    await until(lambda: other.has_listener(chat))

    await other.sign_out(alices)

    await page.until(lambda page: page.close_code)
    assert page.close_code == CLOSE_SIGNED_OUT


async def test_other_processes_are_told_of_a_sign_out_and_not_whose_cookie_it_was(other, page, model, alices):
    cookie = alices.client.cookies["sessionid"].value
    await until(other.has_other_process)

    await sync_to_async(alices.client.post)("/accounts/logout/")

    told = await other.hear()
    assert told == ("session_ended", {"key_digest": sha256(cookie.encode()).hexdigest()})
    assert cookie not in str(told)


async def heals(other: OtherProcess, page: Any, chat: Any) -> None:
    """What another process shows comes again to a page that has stayed open all the time."""

    async def heard() -> bool:
        await other.tell(chat, PULSE)
        if not await page.is_quiet():
            await page._next()
        return PULSE in page.frames

    page.frames.clear()
    await until(heard)
    assert page.close_code is None


async def test_the_store_may_be_restarted_and_knows_nothing_of_before(other, store, page, model, chat):
    await until(lambda: other.has_listener(chat))

    store.stop()
    store.start()

    await heals(other, page, chat)


async def test_a_connection_that_is_lost_without_a_word_is_made_anew(other, door, page, model, chat):
    await until(lambda: other.has_listener(chat))

    door.darken()
    door.lighten(tell=False)

    await heals(other, page, chat)


async def test_a_connection_that_has_gone_deaf_and_does_not_say_so_is_made_anew(
    other, store, page, model, chat
):
    await until(lambda: other.has_listener(chat))
    (connection,) = process.get(process_messages.ProcessMessages).connections.values()

    store.deafen(connection._transport)

    await heals(other, page, chat)


async def test_a_page_that_opens_while_the_store_is_away_hears_of_others_when_it_is_back(
    other, store, model, alices, chat
):
    store.stop()
    page = await alices.open(chat)
    model.say("It has shipped.")
    assert "It has shipped." in (await page.ask("Hello")).text

    store.start()

    await heals(other, page, chat)
    await page.close()


async def test_an_outage_is_one_plain_line_in_the_log_and_its_end_another(
    other, store, page, model, alices, chat, caplog
):
    caplog.set_level(logging.INFO)
    await until(lambda: other.has_listener(chat))
    caplog.clear()
    store.stop()
    model.otherwise(lambda request: model.say("It has shipped."))
    for _ in range(3):
        await page.ask("Hello")
    store.start()
    await heals(other, page, chat)

    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    words = (
        f"Other processes are out of reach over {store.name}",
        f"Other processes are in reach again, over {store.name}",
    )
    assert [line.partition(":")[0] for line in lines] == [*words[:1] * 2, *words[1:] * 2]  # of both processes
    assert not any(record.exc_info for record in caplog.records)


def test_two_sites_on_one_redis_do_not_hear_each_other(settings: Any) -> None:
    names = []
    for settings.SECRET_KEY in ("one site's", "one site's", "another site's"):
        names.append(build_channel_name())

    assert names[0] == names[1] != names[2]
    assert "site" not in names[0]
