"""Other processes are heard of over Redis, by one channel for the whole process, which heals itself."""

import logging
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis.asyncio
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from supportbot.conversations.realtime import broadcast, channel_layer
from supportbot.conversations.realtime.socket_sessions import CLOSE_SIGNED_OUT
from supportbot.conversations.worker import housekeeping
from tests.faults import outages
from tests.faults.proxy import Proxy

from .page import Browser
from .rows import until

PULSE = '<span id="pulse" hx-swap-oob="true" data-newest="0"></span>'
NOTICE = '<p id="notice" hx-swap-oob="true">Hello</p>'


class Other:
    """Another process of the site, as Redis knows it. `door` is a proxy that its messages do not go through."""

    def __init__(self, store: outages.Redis, door: Proxy) -> None:
        self.store = store
        self.door = door
        self._layer = RedisPubSubChannelLayer(hosts=[store.url])
        self._redis = redis.asyncio.from_url(store.url)

    async def tell(self, conversation: Any, frame: str, kind: str = "frame") -> None:
        content = {"conversation_id": conversation.pk, "frame": frame}
        message = {"type": kind, "origin": "another", "content": content}
        await self._layer.group_send(f"conversation.{conversation.pk}", message)

    async def sign_out(self, browser: Browser) -> None:
        """As this process tells of it."""
        seal = sha256(browser.client.cookies["sessionid"].value.encode()).hexdigest()
        message = {"type": "session_ended", "origin": "another", "content": {"key_digest": seal}}
        await self._layer.group_send("everyone", message)

    async def listen(self) -> str:
        channel: str = await self._layer.new_channel()
        await self._layer.group_add("everyone", channel)
        return channel

    async def hear(self, channel: str) -> dict[str, Any]:
        message: dict[str, Any] = await self._layer.receive(channel)
        return message

    async def ears(self) -> list[str]:
        """What is subscribed to in Redis, but for channels of a single process."""
        names = sorted(name.decode() for name in await self._redis.pubsub_channels())
        return [name.removeprefix("asgi__group__") for name in names if "specific" not in name]

    async def channels(self) -> int:
        return len(await self._redis.pubsub_channels("*specific*"))

    async def has_listener(self, conversation: Any) -> bool:
        return f"conversation.{conversation.pk}" in await self.ears()

    async def close(self) -> None:
        await self._layer.flush()
        await self._redis.aclose()


@pytest.fixture(scope="module")
def store() -> Iterator[outages.Redis]:
    with outages.redis() as store:
        yield store


@pytest.fixture
async def other(store: outages.Redis, settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Other]:
    """This process reaches Redis through a door that can be closed, another one does not need it."""
    monkeypatch.setattr(channel_layer, "HEARTBEAT_SECONDS", 0.3)
    monkeypatch.setattr(channel_layer, "LAYER_RETRY_SECONDS", 0.2)
    monkeypatch.setattr(channel_layer, "LAYER_TIMEOUT_SECONDS", 0.3)
    async with Proxy(urlsplit(store.url).port or 0) as door:
        backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
        hosts = [f"redis://127.0.0.1:{door.port}/0"]
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"hosts": hosts}}}
        other = Other(store, door)
        yield other
        await channel_layer.close_subscription()
        await other.close()


@pytest.fixture
async def _no_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is heard is not heard by looking it up."""
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 3600)


pytestmark = pytest.mark.usefixtures("_no_polls")


async def test_all_pages_of_a_process_share_one_channel(other, page, model, alices, bobs, chat, of_bob):
    pages = [page, await alices.open(chat), await alices.open(chat), await bobs.open(of_bob)]
    conversations = [f"conversation.{each.pk}" for each in (chat, of_bob)]
    await until(async_equal(other.ears, [*sorted(conversations), "everyone"]))

    assert await other.channels() == 1

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

    await broadcast.publish_frame(chat.pk, NOTICE)
    await other.tell(chat, PULSE)  # comes over the layer behind what this process sent

    await page.until(lambda page: PULSE in page.frames)
    assert page.frames == [NOTICE, PULSE]


async def test_it_stops_listening_with_the_last_page(other, page, model, alices, chat):
    second = await alices.open(chat)
    await until(lambda: other.has_listener(chat))

    await second.close()
    assert await other.has_listener(chat)

    await page.close()
    assert not await other.has_listener(chat)


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
    channel = await other.listen()

    await sync_to_async(alices.client.post)("/accounts/logout/")

    told = await other.hear(channel)
    assert (told["type"], told["content"]) == (
        "session_ended",
        {"key_digest": sha256(cookie.encode()).hexdigest()},
    )
    assert cookie not in str(told)


async def heals(other: Other, page: Any, chat: Any) -> None:
    """What another process shows comes again to a page that has stayed open all the time."""

    async def heard() -> bool:
        await other.tell(chat, PULSE)
        if not await page.is_quiet():
            await page._next()
        return PULSE in page.frames

    page.frames.clear()
    await until(heard)
    assert page.close_code is None


async def test_redis_may_be_restarted_and_knows_nothing_of_before(other, page, model, chat):
    await until(lambda: other.has_listener(chat))

    other.store.stop()
    other.store.start()

    await heals(other, page, chat)


async def test_a_connection_that_is_lost_without_a_word_is_made_anew(other, page, model, chat):
    await until(lambda: other.has_listener(chat))

    other.door.darken()
    other.door.lighten(tell=False)

    await heals(other, page, chat)


async def test_a_layer_that_has_gone_deaf_and_does_not_say_so_is_made_anew(other, page, model, chat):
    await until(lambda: other.has_listener(chat))

    (shard,) = get_channel_layer()._get_layer()._shards
    shard._receive_task.cancel()

    await heals(other, page, chat)


async def test_a_page_that_opens_while_redis_is_away_hears_of_others_when_it_is_back(
    other, model, alices, chat
):
    other.store.stop()
    page = await alices.open(chat)
    model.say("It has shipped.")
    assert "It has shipped." in (await page.ask("Hello")).text

    other.store.start()

    await heals(other, page, chat)
    await page.close()


async def test_an_outage_is_one_plain_line_in_the_log_and_its_end_another(
    other, page, model, alices, chat, caplog
):
    caplog.set_level(logging.INFO)
    await until(lambda: other.has_listener(chat))
    caplog.clear()
    other.store.stop()
    model.otherwise(lambda request: model.say("It has shipped."))
    for _ in range(3):
        await page.ask("Hello")
    other.store.start()
    await heals(other, page, chat)

    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert lines == ["The channel layer is out of reach: ConnectionError", "The channel layer is back"]
    assert not any(record.exc_info for record in caplog.records)


def async_equal(ask: Any, expected: Any) -> Any:
    async def equal() -> bool:
        return bool(await ask() == expected)

    return equal
