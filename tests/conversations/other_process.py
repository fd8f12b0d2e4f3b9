"""Another process of the site, as this one hears of it, and stores in the memory of the test that need no server."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from supportbot.conversations.realtime import process_messages
from supportbot.conversations.realtime.process_messages.connection import ProcessConnection
from supportbot.conversations.realtime.process_messages.peers import Groups
from supportbot.conversations.realtime.process_messages.transport import Transport

from .page import Browser

KINDS = ("change", "frame", "session_ended", "text_wanted")


class OtherProcess:
    """A process with no pages, which listens to what it is told to, and tells what it is told to."""

    def __init__(self, transport: Transport) -> None:
        self.groups = Groups()
        self.messages: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        handlers = {kind: self._handler(kind) for kind in KINDS}
        self.connection = ProcessConnection(transport, self.groups, handlers)

    def _handler(self, kind: str) -> Any:
        async def note(**content: Any) -> None:
            self.messages.put_nowait((kind, content))

        return note

    async def join(self, group: str) -> None:
        self.groups.add_group(group)
        await self.connection.announce_joined(group)

    async def hear(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(5):
            return await self.messages.get()

    def peer_groups(self) -> list[list[str]]:
        """What each other process has told that it listens to."""
        return [sorted(peer.groups) for peer in self.connection._peers._by_id.values()]

    async def hears_of(self, *groups: str) -> bool:
        """Whether there is one other process, which listens to just these."""
        return self.peer_groups() == [sorted(groups)]

    async def has_other_process(self) -> bool:
        return bool(self.peer_groups())

    async def has_listener(self, conversation: Any) -> bool:
        return any(f"conversation.{conversation.pk}" in groups for groups in self.peer_groups())

    async def tell(self, conversation: Any, frame: str, kind: str = "frame") -> None:
        content = {"conversation_id": conversation.pk, "frame": frame}
        await self.connection.send_message(f"conversation.{conversation.pk}", kind, content)

    async def sign_out(self, browser: Browser) -> None:
        """As this process tells of it."""
        digest = sha256(browser.client.cookies["sessionid"].value.encode()).hexdigest()
        await self.connection.send_message(
            process_messages.ALL_PROCESSES, "session_ended", {"key_digest": digest}
        )


class MemoryStore:
    """What a store is for all processes: `published` is all that it was given, and what it `loses` is not passed on."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.takers: list[Callable[[str], None]] = []
        self.loses: Callable[[str], bool] = lambda payload: False

    def build_transport(self) -> "MemoryTransport":
        return MemoryTransport(self)

    def list_messages(self) -> list[str]:
        """The lines that were published, but for what processes say of themselves."""
        lines = [line for payload in self.published for line in payload.split("\n")[1:]]
        return [line for line in lines if not line.startswith("presence ")]


class MemoryTransport:
    store = "a test's memory"
    errors: tuple[type[Exception], ...] = ()

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def connect(self) -> None:
        pass

    async def receive_payloads(self, take_payload: Callable[[str], None]) -> None:
        self._store.takers.append(take_payload)
        try:
            await asyncio.Future()
        finally:
            self._store.takers = [each for each in self._store.takers if each is not take_payload]

    async def publish_payload(self, payload: str) -> None:
        self._store.published.append(payload)
        if not self._store.loses(payload):
            for take_payload in tuple(self._store.takers):
                take_payload(payload)

    async def close_connection(self) -> None:
        pass
