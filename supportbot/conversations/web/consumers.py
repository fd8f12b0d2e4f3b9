"""The socket of one conversation: may I, which frame, call, answer. It never waits for the model."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from supportbot.server.backpressure import SocketWriter
from supportbot.server.executors import on_database_thread
from supportbot.server.origin_check import has_own_origin

from .. import turns
from ..limits.rate_limits import RequestRefused, check_email, check_text
from ..models import Conversation
from ..realtime import broadcast, socket_sessions
from ..realtime.audiences import get_customer_audience
from ..realtime.connections import PageConnection
from ..realtime.fragments import render_notice, render_revision
from ..realtime.socket_sessions import (
    CLOSE_NOT_FOUND,
    CLOSE_TOO_MANY,
    SessionEnded,
    build_socket_session,
)
from ..visitors import Visitor
from ..worker import housekeeping, runner
from .frames import CLIENT_ID_PATTERN, Frame, parse_frame
from .script_data import PERSON_REQUEST

logger = logging.getLogger(__name__)

DATABASE_TIMEOUT_SECONDS = 5.0  # that a frame waits for the database


class ChatConsumer(AsyncWebsocketConsumer):
    conversation_id = 0  # none

    async def __call__(self, scope, receive, send) -> None:
        # As Channels does it, but for the channel layer: the process subscribes to it, not each socket.
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            # Here and not in disconnect(), which is not called for every socket that ends.
            await self._unregister()

    async def dispatch(self, message) -> None:
        # Channels' own dispatch hops to a thread shared by all sockets before every frame, to close old
        # database connections; ours are looked after where the database is used.
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        if not has_own_origin(self.scope):
            await self.close()  # before accepting: the handshake is refused
            return
        # Accepted before anything else is refused: a browser does not tell a page why a handshake was.
        await self.accept()
        self._session = build_socket_session(self.scope["user"], self.scope["session"])
        public_id = self.scope["url_route"]["kwargs"]["public_id"]
        conversation_id = await find_conversation_id(self._session.visitor, public_id)
        if conversation_id is None:
            await self.close(CLOSE_NOT_FOUND)
            return
        limit = settings.ENVIRONMENT.visitor_sockets
        if not socket_sessions.register_socket(self._session, self._close_socket, limit):
            await self.close(CLOSE_TOO_MANY)
            return
        self.conversation_id = conversation_id
        scope: Mapping[str, Any] = self.scope  # with what our middleware adds to it
        writer = scope.get("writer") or SocketWriter(self.base_send)
        self._page = PageConnection(conversation_id, writer, get_customer_audience())
        await broadcast.subscribe(conversation_id, self._page)
        await self._page.resync(self._get_requested_revision())
        housekeeping.ensure_running()

    async def receive(self, text_data=None, bytes_data=None) -> None:
        if not self.conversation_id:
            return
        named = CLIENT_ID_PATTERN.search(text_data or "")
        client_id = named[1] if named else ""  # also of a frame that cannot be read
        try:
            frame = parse_frame(text_data)
            await getattr(self, f"_on_{frame.action}")(frame)
        except SessionEnded as ended:
            await self._close_socket(ended.code)
        except RequestRefused as refusal:
            await self._page.send_error(render_notice(str(refusal), client_id))
        except (DatabaseError, TimeoutError) as error:
            logger.error("A frame was not handled: %s", type(error).__name__)
            words = _("We couldn't send that. Please try again in a moment.")
            await self._page.send_error(render_notice(words, client_id))

    async def _on_send(self, frame: Frame) -> None:
        await self._submit(check_text(frame.text, frame.images), frame)

    async def _on_person(self, frame: Frame) -> None:
        """The button: the bot falls silent, and the conversation waits for a person."""
        await runner.halt_turn(self.conversation_id, self._require_valid_session)
        async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS):
            change = await turns.request_person.run_after(
                self._require_valid_session,
                self.conversation_id,
                text=str(PERSON_REQUEST),
                client_id=frame.client_id,
            )
        await runner.publish_and_start(change)

    async def _on_cancel_person(self, frame: Frame) -> None:
        """The customer would rather go on with the assistant than wait."""
        async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS):
            change = await turns.cancel_person_request.run_after(
                self._require_valid_session, self.conversation_id
            )
        await runner.publish_and_start(change)

    async def _on_contact(self, frame: Frame) -> None:
        """A guest says where to be reached."""
        email = check_email(frame.email)
        async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS):
            change = await turns.store_contact.run_after(
                self._require_valid_session, self.conversation_id, frame.name, email
            )
        await runner.publish_and_start(change)

    async def _on_typing(self, frame: Frame) -> None:
        await broadcast.publish_typing(self.conversation_id, self._page.audience.name)

    async def _on_stop(self, frame: Frame) -> None:
        await runner.stop_turn(self.conversation_id, frame.turn, self._require_valid_session)

    async def _on_retry(self, frame: Frame) -> None:
        can_start = runner.count_free_slots() > 0
        async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS):
            change = await turns.retry_turn.run_after(
                self._require_valid_session, self.conversation_id, frame.turn, can_start
            )
        await runner.publish_and_start(change)

    async def _on_ping(self, frame: Frame) -> None:
        """The line is alive; the revision tells the page whether it missed something."""
        await self._page.deliver(render_revision(self._page.revision))

    async def _on_resync(self, frame: Frame) -> None:
        await self._page.resync(frame.seen, self._require_valid_session)

    async def _submit(self, text: str, frame: Frame) -> None:
        """Store a message and have it answered. A database that is away for a moment is waited for."""
        can_start = runner.count_free_slots() > 0
        async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS):
            change = await turns.submit_message.run_after(
                self._require_valid_session,
                self.conversation_id,
                text,
                frame.client_id,
                can_start,
                images=frame.images,
            )
        await runner.publish_and_start(change)

    def _require_valid_session(self) -> None:
        """Called on the database's thread, just before what a frame asks for. Raises `SessionEnded`."""
        self._session.require_valid(self.conversation_id)

    async def _close_socket(self, code: int) -> None:
        """Close the socket, after which the page gets no frame and none of its frames is handled."""
        if self.conversation_id:
            self._page.close()
            await self.close(code)
            await self._unregister()

    async def _unregister(self) -> None:
        conversation_id, self.conversation_id = self.conversation_id, 0
        if conversation_id:
            socket_sessions.unregister_socket(self._session, self._close_socket)
            await broadcast.unsubscribe(conversation_id, self._page)

    def _get_requested_revision(self) -> int:
        value = parse_qs(self.scope["query_string"].decode(errors="replace")).get("seen", ["0"])[0]
        return int(value) if value.isdecimal() and len(value) < 10 else 0


@on_database_thread(repeat=True)
def find_conversation_id(visitor: Visitor, public_id: UUID) -> int | None:
    """The primary key of a conversation that the visitor may see, None if there is none."""
    mine = Conversation.objects.visible_to(visitor).filter(public_id=public_id)
    return mine.values_list("pk", flat=True).first()
