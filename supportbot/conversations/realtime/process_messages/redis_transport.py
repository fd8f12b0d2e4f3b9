"""Carries messages between processes over Redis, by its publish and subscribe."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from django.utils.crypto import salted_hmac
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

CHECK_TIMEOUT_SECONDS = 2.0
CLOSE_TIMEOUT_SECONDS = 0.5


def build_channel_name() -> str:
    """Channels know no numbers of databases: two sites on one Redis differ in their secrets alone."""
    return "supportbot." + salted_hmac("supportbot.processes", "channel", algorithm="sha256").hexdigest()[:16]


def check_redis(url: str) -> None:
    """Raise a ConnectionError if this Redis does not answer."""
    timeouts = {"socket_timeout": CHECK_TIMEOUT_SECONDS, "socket_connect_timeout": CHECK_TIMEOUT_SECONDS}
    try:
        with Redis.from_url(url, **timeouts) as client:
            client.ping()
    except RedisError as error:
        raise ConnectionError from error


class RedisTransport:
    store = "Redis"
    errors: tuple[type[Exception], ...] = (RedisError,)

    def __init__(self, url: str) -> None:
        self._channel = build_channel_name()
        self._url = url
        self._create_client()

    def _create_client(self) -> None:
        # Without retries of its own: whoever subscribes again must also tell the others what it listens to.
        retry = Retry(NoBackoff(), 0)
        self._client = AsyncRedis.from_url(self._url, decode_responses=True, socket_timeout=None, retry=retry)
        self._subscription = self._client.pubsub(ignore_subscribe_messages=True)

    async def connect(self) -> None:
        self._create_client()  # nothing is left of one that may be half broken
        await self._subscription.subscribe(self._channel)

    async def receive_payloads(self, take_payload: Callable[[str], None]) -> None:
        async for message in self._subscription.listen():
            take_payload(message["data"])
        raise ConnectionError

    async def publish_payload(self, payload: str) -> None:
        await self._client.publish(self._channel, payload)

    async def close_connection(self) -> None:
        with suppress(RedisError, OSError):  # a timeout is one too
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self._subscription.aclose()
                await self._client.aclose()
