"""What the sockets of customers and of staff have in common: who may connect, how a frame is handled, how they end."""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from supportbot.languages import use_language
from supportbot.server.backpressure import SocketWriter
from supportbot.server.executors import DatabaseFunction, limit_database_wait
from supportbot.server.origin_check import has_own_origin

from ..limits.rate_limits import RequestRefused
from ..realtime import broadcast, socket_sessions
from ..realtime.audiences import Audience
from ..realtime.connections import PageConnection
from ..realtime.fragments import render_notice, render_receipt, render_revision
from ..realtime.socket_sessions import CLOSE_TOO_MANY, SessionEnded, SocketSession
from ..worker import housekeeping
from .frames import BaseFrame, find_client_id, parse_frame, parse_number
from .socket_login import read_session_key

logger = logging.getLogger(__name__)


class SocketConsumer(AsyncWebsocketConsumer):
    """A socket that belongs to a session. It never waits for the model.

    A subclass has a method `on_<action>` for each action of its frames.
    """

    frame_type: type[BaseFrame]
    permission = ""  # that the account must have, as a member of staff; empty on a customer's page
    is_open = False
    language: str  # of its page
    session: SocketSession
    writer: SocketWriter

    def get_language(self) -> str:
        """That of its page."""
        return settings.LANGUAGE_CODE

    async def check_access(self, session_key: str) -> None:
        """Load the session of this key. Raise `SessionEnded` unless it may have this socket."""
        raise NotImplementedError

    async def open_page(self) -> None:
        """The socket was accepted and counted: subscribe it, and send what there is."""
        raise NotImplementedError

    async def close_page(self) -> None:
        """The socket has ended: take back what `open_page` did, or a part of it. It may be called again."""
        raise NotImplementedError

    async def subscribe_page(self) -> None:
        """Open the page. One whose session ends meanwhile is closed again, with what was opened after that."""
        await self.open_page()
        if not self.is_open:
            await self.close_page()

    async def __call__(self, scope, receive, send) -> None:
        # As Channels does it, but without a channel layer: the process hears of the others, not each socket.
        self.scope, self.base_send = scope, send
        self.language = self.get_language()
        try:
            with use_language(self.language):
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

    async def websocket_disconnect(self, message) -> None:
        raise StopConsumer  # and no such hop, which many sockets that are lost at once would queue for

    async def connect(self) -> None:
        if not has_own_origin(self.scope):
            await self.close()  # before accepting: the handshake is refused
            return
        # Accepted before anything else is refused: a browser does not tell a page why a handshake was.
        await self.accept()
        try:
            await self.check_access(read_session_key(self.scope))
        except SessionEnded as refusal:
            await self.close(refusal.code)
            return
        limit = settings.ENVIRONMENT.visitor_sockets
        if not socket_sessions.register_socket(self.session, self.close_socket, limit):
            await self.close(CLOSE_TOO_MANY)
            return
        self.is_open = True
        scope: Mapping[str, Any] = self.scope  # with what our middleware adds to it
        self.writer = scope.get("writer") or SocketWriter(self.base_send)
        await self.subscribe_page()
        housekeeping.ensure_running()

    async def receive(self, text_data=None, bytes_data=None) -> None:
        if not self.is_open:
            return
        client_id = find_client_id(text_data or "")
        try:
            await self.handle_frame(parse_frame(text_data, self.frame_type))
        except SessionEnded as ended:
            await self.close_socket(ended.code)
        except RequestRefused as refusal:
            await self.send_error(render_notice(str(refusal), client_id))
        except DatabaseError as error:
            logger.error("A frame was not handled: %s", type(error).__name__)
            words = _("We couldn't send that. Please try again in a moment.")
            await self.send_error(render_notice(words, client_id))

    async def handle_frame(self, frame: Any) -> None:
        """Do what a frame asks for. Raises `SessionEnded` and `RequestRefused`."""
        await getattr(self, f"on_{frame.action}")(frame)

    async def send_error(self, frame: str) -> None:
        """Tell this page alone why something was refused."""
        await self.writer.send(frame)

    async def run_checked(
        self, check: Callable[[], object], function: DatabaseFunction[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Run a transaction for a frame after a check, which is called on the database's thread.

        A database that is away for a moment is waited for. Raises what the check does, `RequestRefused`, and
        OperationalError when it is away for too long.
        """
        async with limit_database_wait():
            return await function.run_after(check, *args, **kwargs)

    async def close_socket(self, code: int) -> None:
        """Close the socket, after which the page gets no frame and none of its frames is handled."""
        if self.is_open:
            self.mark_closed()
            await self.close(code)
            await self._unregister()

    def mark_closed(self) -> None:
        """Nothing more is sent to this page from now on."""

    async def _unregister(self) -> None:
        if self.is_open:
            self.is_open = False
            socket_sessions.unregister_socket(self.session, self.close_socket)
            await self.close_page()

    def get_query_number(self, name: str) -> int:
        """A number of the socket's address, 0 if there is none."""
        values = parse_qs(self.scope["query_string"].decode(errors="replace"))
        return parse_number(values.get(name, [""])[0])


class ConversationConsumer(SocketConsumer):
    """A window onto one conversation: it shows what is stored, and then what changes."""

    conversation_id: int
    page: PageConnection

    def get_audience(self) -> Audience:
        raise NotImplementedError

    def build_page(self) -> PageConnection:
        return PageConnection(self.conversation_id, self.writer, self.get_audience())

    async def open_page(self) -> None:
        self.page = self.build_page()
        await broadcast.subscribe(self.conversation_id, self.page)
        await self.page.resync(self.get_query_number("seen"))

    async def close_page(self) -> None:
        await broadcast.unsubscribe(self.conversation_id, self.page)

    def mark_closed(self) -> None:
        self.page.close()

    def require_valid_session(self) -> None:
        self.session.require_valid(self.conversation_id)

    async def send_error(self, frame: str) -> None:
        await self.page.send_reply(frame)

    async def on_ping(self, frame: BaseFrame) -> None:
        """The line is alive; the revision tells the page whether it missed something.

        With an id it is also told that what it sent before has been handled: frames are, one after the other.
        """
        await self.page.deliver(render_revision(self.page.revision))
        if frame.client_id:
            await self.page.send_reply(render_receipt(frame.client_id))

    async def on_resync(self, frame: BaseFrame) -> None:
        await self.page.resync(frame.seen, self.require_valid_session)
