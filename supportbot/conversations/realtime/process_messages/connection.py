"""The connection of this process to the other ones: it heals itself, and knows who listens to what.

A store does not report that it delivers nothing any longer. So what a process says of itself every other second must
come back to it too; when that stays away, the connection is made anew, and everybody tells everything again.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.utils import timezone

from supportbot.server.outages import log_task_failure

from .outbox import BuildContent, Outbox, encode_line
from .peers import Groups, Peers, Presence
from .transport import Transport

logger = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[None]]

CONNECT_TIMEOUT_SECONDS = 5.0
SEND_TIMEOUT_SECONDS = 1.0
# While other processes are out of reach nothing is sent, so that answers do not wait for them with every piece.
RECONNECT_SECONDS = 3.0
HEARTBEAT_SECONDS = 2.0
LOST_HEARTBEATS = 3  # of a process that is gone
MAX_CLOCK_LEAD_SECONDS = 3.0  # of another host's clock, before that is logged: leases last ten seconds

PRESENCE = "presence"  # not a group: it is for the connections of all processes, and not for what they serve


class NoHeartbeatError(ConnectionError):
    """The store does not give back what it was sent."""


class ProcessConnection:
    """Sends what the other processes listen to, and has what they send for `groups` handled, one after the other."""

    def __init__(self, transport: Transport, groups: Groups, handlers: Mapping[str, Handler]) -> None:
        self.process_id = uuid.uuid4().hex
        self._transport = transport
        self._errors: tuple[type[Exception], ...] = (*transport.errors, OSError)  # a timeout is one too
        self._groups = groups
        self._handlers = handlers
        self._peers = Peers()
        self._outbox = Outbox()
        self._received: asyncio.Queue[tuple[Handler, Mapping[str, Any]]] = asyncio.Queue()
        self._left: set[str] = set()  # groups that were left since the last heartbeat
        self._has_heartbeat = False
        self._is_unavailable = False
        self._has_warned_of_clocks = False
        self._introduce_itself()
        self.task = asyncio.create_task(self._run(), name="messages between processes")
        self.task.add_done_callback(_log_failure)

    def has_listener(self, group: str) -> bool:
        """Whether it is worth making a message: somebody listens, or may, and can be reached."""
        return not self._is_unavailable and self._peers.has_listener(group)

    async def send_message(self, group: str, kind: str, content: Mapping[str, Any]) -> None:
        """Send to those who listen to a group. Returns when it has been sent, or cannot be."""
        if not self._is_unavailable:
            await self._wait_until_sent(self.add_message(group, kind, content))

    def add_message(self, group: str, kind: str, content: Mapping[str, Any]) -> "asyncio.Future[None]":
        """The same for whoever does not wait for it. The future is done when it was sent, or cannot be."""
        return self._outbox.add_line(group, encode_line(group, kind, content))

    def send_soon(self, group: str, kind: str, build_content: BuildContent) -> None:
        self._outbox.add_later(group, kind, build_content)

    async def announce_joined(self, group: str) -> None:
        """Tell the others that this process listens to a group now, if there are any."""
        if group in self._left:
            self._left.discard(group)  # nobody was told
        elif self._peers and not self._is_unavailable:
            await self._wait_until_sent(self._announce(joined=[group]))

    def note_left(self, group: str) -> None:
        """Tell the others with the next heartbeat that this process does not listen to the group any more."""
        if self._peers:
            self._left.add(group)

    async def close_connection(self) -> None:
        """Send what is still to be sent, but do not wait for long, and end."""
        if not self._is_unavailable:
            await self._wait_until_sent(self._announce(has_ended=True))
        self.task.cancel()
        await asyncio.wait([self.task], timeout=SEND_TIMEOUT_SECONDS)

    async def _wait_until_sent(self, sent: "asyncio.Future[None]") -> None:
        await asyncio.wait([sent], timeout=SEND_TIMEOUT_SECONDS)

    def _introduce_itself(self) -> None:
        """The first thing that the others are told over a new connection. They answer with all that they listen to."""
        self._outbox.give_up()
        self._has_heartbeat = False
        self._announce(is_complete=True, asks=True)

    def _announce(
        self,
        joined: list[str] | None = None,
        *,
        is_complete: bool = False,
        asks: bool = False,
        has_ended: bool = False,
    ) -> "asyncio.Future[None]":
        """Say that this process is there, what it has joined, and what it has left since it last said so."""
        left = [] if is_complete else [group for group in self._left if group not in self._groups]
        presence = Presence(
            joined=list(self._groups) if is_complete else joined or [],
            left=left,
            digest=self._groups.get_digest(),
            is_complete=is_complete,
            asks=asks,
            has_ended=has_ended,
            sent_at=timezone.now().timestamp(),
        )
        self._left.clear()
        return self._outbox.add_line(PRESENCE, encode_line(PRESENCE, PRESENCE, {**presence}))

    async def _run(self) -> None:
        handling = asyncio.create_task(self._handle_received(), name="messages of other processes")
        try:
            while True:
                try:
                    await self._serve_connection()
                except self._errors as error:
                    self._note_outage(error)
                await asyncio.sleep(RECONNECT_SECONDS)
                self._introduce_itself()
        finally:
            handling.cancel()

    async def _serve_connection(self) -> None:
        """Connect, and send and receive until the connection is lost, which raises."""
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                await self._transport.connect()
            parts = (self._transport.receive_payloads(self._take_payload), self._send_lines(), self._beat())
            tasks = [asyncio.create_task(part) for part in parts]
            done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._peers.forget_all()
            self._outbox.give_up()
            await self._transport.close_connection()

    async def _send_lines(self) -> None:
        while True:
            lines, sent = await self._outbox.take_lines()
            try:
                async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                    await self._transport.publish_payload("\n".join([self.process_id, *lines]))
            finally:
                sent.set_result(None)

    async def _beat(self) -> None:
        """Say again and again that this process is there. Raises `NoHeartbeatError` when that does not come back."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if not self._has_heartbeat:
                raise NoHeartbeatError
            self._peers.expect_all_known()
            self._peers.forget_silent(LOST_HEARTBEATS * HEARTBEAT_SECONDS)
            self._has_heartbeat = False
            self._announce()

    def _take_payload(self, payload: str) -> None:
        """Called with what a process has sent, also this one."""
        if payload.startswith(self.process_id):
            self._note_heartbeat()
            return
        sender, *lines = payload.split("\n")
        for line in lines:
            group, _, message = line.partition(" ")
            if group == PRESENCE or group in self._groups:
                try:
                    self._take_message(sender, *json.loads(message))
                except (ValueError, TypeError, KeyError, AttributeError) as error:
                    logger.warning("A message of another process cannot be read: %s", type(error).__name__)

    def _take_message(self, sender: str, kind: str, content: Any) -> None:
        if kind == PRESENCE:
            self._take_presence(sender, content)
        elif (handler := self._handlers.get(kind)) is not None:
            self._received.put_nowait((handler, content))

    def _take_presence(self, sender: str, presence: Presence) -> None:
        must_ask = self._peers.apply_presence(sender, presence)
        if must_ask or presence["asks"]:
            self._announce(is_complete=True, asks=must_ask)
        if "sent_at" in presence:
            self._check_clock(presence["sent_at"])

    def _check_clock(self, sent_at: float) -> None:
        """Log once when another process's clock is ahead; the one whose clock is behind may just be heard late."""
        lead = sent_at - timezone.now().timestamp()
        if lead > MAX_CLOCK_LEAD_SECONDS and not self._has_warned_of_clocks:
            self._has_warned_of_clocks = True
            logger.warning(
                "The clock of another process is %.0f seconds ahead of this one's, so each may take the other's "
                "answers for abandoned and cut them. Synchronise the clocks of all hosts (NTP)",
                lead,
            )

    async def _handle_received(self) -> None:
        while True:
            handler, content = await self._received.get()
            try:
                await handler(**content)
            except Exception as error:  # noqa: BLE001 - it is logged
                log_task_failure(logger, "A message of another process", error)

    def _note_heartbeat(self) -> None:
        self._has_heartbeat = True
        if self._is_unavailable:
            self._is_unavailable = False
            logger.warning("Other processes are in reach again, over %s", self._transport.store)

    def _note_outage(self, error: Exception) -> None:
        if not self._is_unavailable:
            self._is_unavailable = True
            store, kind = self._transport.store, type(error).__name__
            logger.warning("Other processes are out of reach over %s: %s", store, kind)


def _log_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log_task_failure(logger, task.get_name(), error)
