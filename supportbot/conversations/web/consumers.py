"""The socket of a customer's page: may I, which frame, call, answer."""

from supportbot.server.executors import limit_database_wait
from supportbot.server.languages import read_language

from ..limits.rate_limits import check_text
from ..realtime import empty_pages, socket_sessions
from ..realtime.audiences import Audience, get_customer_audience
from ..realtime.fragments import render_receipt
from ..realtime.socket_sessions import SessionEnded, SocketSession
from .beginning import NOT_BEGUN, begin_from_socket, find_conversation
from .customer_actions import ACTIONS, BEGINNING_ACTIONS, Customer
from .frames import Frame
from .socket_consumer import ConversationConsumer


class ChatConsumer(ConversationConsumer):
    frame_type = Frame

    def get_language(self) -> str:
        return read_language(self.scope)

    async def check_access(self, session_key: str) -> None:
        self.public_id = self.scope["url_route"]["kwargs"]["public_id"]
        # A page that has shown something is not one of a conversation that has not begun.
        is_blank = not self.get_query_number("seen")
        found = await find_conversation(session_key, self.public_id, may_begin=is_blank)
        self.session, self.conversation_id = found

    def get_audience(self) -> Audience:
        return get_customer_audience(self.language)

    async def open_page(self) -> None:
        if self.conversation_id != NOT_BEGUN:
            await super().open_page()
            return
        self.page = self.build_page()
        empty_pages.add_page(self.public_id, self.join_conversation)

    async def close_page(self) -> None:
        empty_pages.remove_page(self.public_id, self.join_conversation)
        if self.conversation_id != NOT_BEGUN:
            await super().close_page()

    async def handle_frame(self, frame: Frame) -> None:
        if self.conversation_id != NOT_BEGUN:
            await self.perform_action(frame)
        elif frame.action not in BEGINNING_ACTIONS:
            # The line is alive, and there is nothing to show.
            await self.writer.send(render_receipt(frame.client_id))
        else:
            if frame.action == "send":
                check_text(frame.text, frame.images)
            await self.begin_conversation()
            try:
                await self.perform_action(frame)
            finally:
                await empty_pages.announce_begun_conversation(self.public_id)

    async def perform_action(self, frame: Frame) -> None:
        """Do what a frame asks for in the conversation."""
        if action := ACTIONS.get(frame.action):
            await action(Customer(self.conversation_id, self.session), frame)
        else:
            await super().handle_frame(frame)

    async def begin_conversation(self) -> None:
        """Store the conversation and a guest's session, unless another page has done so."""
        async with limit_database_wait():
            session, conversation_id = await begin_from_socket(self.session, self.public_id)
        await self._enter_conversation(session, conversation_id)

    async def join_conversation(self) -> None:
        """Another page has begun the conversation that this one stands for."""
        try:
            await self.begin_conversation()
        except SessionEnded as ended:
            await self.close_socket(ended.code)

    async def _enter_conversation(self, session: SocketSession, conversation_id: int) -> None:
        if self.conversation_id != NOT_BEGUN or not self.is_open:
            return
        empty_pages.remove_page(self.public_id, self.join_conversation)
        socket_sessions.replace_session(self.session, session, self.close_socket)
        self.session, self.conversation_id = session, conversation_id
        await self.subscribe_page()
