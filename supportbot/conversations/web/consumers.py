"""The socket of a customer's page: may I, which frame, call, answer."""

import asyncio

from .. import turns
from ..limits.rate_limits import check_email, check_text
from ..realtime import broadcast, empty_pages, socket_sessions
from ..realtime.audiences import Audience, get_customer_audience
from ..realtime.fragments import render_revision
from ..realtime.socket_sessions import SessionEnded, SocketSession
from ..worker import runner
from .beginning import NOT_BEGUN, begin_from_socket, find_conversation
from .frames import Frame
from .script_data import PERSON_REQUEST
from .socket_consumer import DATABASE_TIMEOUT_SECONDS, ConversationConsumer

BEGINNING_ACTIONS = ("send", "person")


class ChatConsumer(ConversationConsumer):
    frame_type = Frame

    async def check_access(self) -> None:
        self.public_id = self.scope["url_route"]["kwargs"]["public_id"]
        # A page that has shown something is not one of a conversation that has not begun.
        is_blank = not self.get_query_number("seen")
        found = await find_conversation(self.session, self.public_id, may_begin=is_blank)
        self.session, self.conversation_id = found

    def get_audience(self) -> Audience:
        return get_customer_audience()

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
        if self.conversation_id == NOT_BEGUN:
            if frame.action not in BEGINNING_ACTIONS:
                await self.writer.send(render_revision(0))  # the line is alive, and there is nothing to show
                return
            if frame.action == "send":
                check_text(frame.text, frame.images)
            await self.begin_conversation()
        await super().handle_frame(frame)

    async def begin_conversation(self) -> None:
        """Store the conversation and a guest's session, and have the customer's other pages join it."""
        async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS):
            session, conversation_id = await begin_from_socket(self.session, self.public_id)
        await self._enter_conversation(session, conversation_id)
        await empty_pages.announce_begun_conversation(self.public_id)

    async def join_conversation(self) -> None:
        """Another page has begun the conversation that this one stands for."""
        try:
            session, conversation_id = await begin_from_socket(self.session, self.public_id)
            await self._enter_conversation(session, conversation_id)
        except SessionEnded as ended:
            await self.close_socket(ended.code)

    async def _enter_conversation(self, session: SocketSession, conversation_id: int) -> None:
        if self.conversation_id != NOT_BEGUN or not self.is_open:
            return
        empty_pages.remove_page(self.public_id, self.join_conversation)
        socket_sessions.replace_session(self.session, session, self.close_socket)
        self.session, self.conversation_id = session, conversation_id
        await super().open_page()

    async def on_send(self, frame: Frame) -> None:
        """Store a message and have it answered."""
        text = check_text(frame.text, frame.images)
        can_start = runner.count_free_slots() > 0
        change = await self.run_action(
            turns.submit_message,
            self.conversation_id,
            text,
            frame.client_id,
            can_start,
            images=frame.images,
        )
        await runner.publish_and_start(change)

    async def on_person(self, frame: Frame) -> None:
        """The button: the bot falls silent, and the conversation waits for a person."""
        if await self.run_action(turns.check_person_request, self.conversation_id, frame.client_id):
            await runner.halt_turn(self.conversation_id, self.require_valid_session)
        change = await self.run_action(
            turns.request_person,
            self.conversation_id,
            text=str(PERSON_REQUEST),
            client_id=frame.client_id,
        )
        await runner.publish_and_start(change)

    async def on_cancel_person(self, frame: Frame) -> None:
        """The customer would rather go on with the assistant than wait."""
        change = await self.run_action(turns.cancel_person_request, self.conversation_id)
        await runner.publish_and_start(change)

    async def on_contact(self, frame: Frame) -> None:
        """A guest says where to be reached."""
        email = check_email(frame.email)
        change = await self.run_action(turns.store_contact, self.conversation_id, frame.name, email)
        await runner.publish_and_start(change)

    async def on_typing(self, frame: Frame) -> None:
        await broadcast.publish_typing(self.conversation_id, self.page.audience.name)

    async def on_stop(self, frame: Frame) -> None:
        await runner.stop_turn(self.conversation_id, frame.turn, self.require_valid_session)

    async def on_retry(self, frame: Frame) -> None:
        can_start = runner.count_free_slots() > 0
        change = await self.run_action(turns.retry_turn, self.conversation_id, frame.turn, can_start)
        await runner.publish_and_start(change)
