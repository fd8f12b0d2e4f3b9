"""The socket of one conversation on the desk: may I, which frame, call, answer."""

import asyncio
import secrets
from contextlib import suppress
from typing import Any

from django.db import Error as DatabaseError

from supportbot.audit.recording import record_reading
from supportbot.conversations import turns
from supportbot.conversations.limits.rate_limits import RequestRefused, check_text
from supportbot.conversations.models import Conversation
from supportbot.conversations.realtime import broadcast, desk_feed
from supportbot.conversations.realtime.audiences import Audience
from supportbot.conversations.realtime.fragments import render_notice
from supportbot.conversations.realtime.socket_sessions import CLOSE_NOT_FOUND, SessionEnded
from supportbot.conversations.turns import OwnershipResult
from supportbot.conversations.web.frames import BaseFrame
from supportbot.conversations.web.socket_consumer import ConversationConsumer
from supportbot.conversations.web.socket_login import load_socket_session
from supportbot.conversations.worker import runner
from supportbot.server.executors import DatabaseFunction, on_database_thread

from ..refusals import describe_refusal
from ..rights import ANSWER_CUSTOMERS, READ_CONVERSATIONS
from . import mentions, notes, viewers
from .connection import DeskConnection
from .facts import load_facts
from .fragments import get_staff_audience, is_same_part, render_facts, render_viewers
from .frames import DeskConversationFrame


class DeskConversationConsumer(ConversationConsumer):
    staff: Any
    frame_type = DeskConversationFrame
    permission = READ_CONVERSATIONS
    page: DeskConnection
    _heartbeat: asyncio.Task[None] | None = None

    async def check_access(self, session_key: str) -> None:
        self.conversation_id = self.scope["url_route"]["kwargs"]["pk"]
        self.staff, self.session = await load_socket_session(session_key, self.permission)
        await begin_reading.run_after(self.require_valid_session, self.conversation_id, self.staff)

    def get_audience(self) -> Audience:
        return get_staff_audience()

    def build_page(self) -> DeskConnection:
        return DeskConnection(self.staff.pk, self.conversation_id, self.writer, self.get_audience())

    async def open_page(self) -> None:
        self.name = self.staff.get_full_name() or self.staff.get_username()
        self._page_key = secrets.token_hex(8)
        self.page = self.build_page()
        self.page.last_note = self.get_query_number("note")
        self._shown: dict[str, str] = {}  # parts of the page that have no revision, as they were sent last
        await broadcast.subscribe(self.conversation_id, self.page)
        await desk_feed.subscribe_desk(self._send_facts)
        await viewers.subscribe_viewers(self.conversation_id, self._send_staff_parts)
        await self.page.resync(self.get_query_number("seen"))
        if self.is_open:  # it may have been closed while it was loaded
            self._heartbeat = asyncio.create_task(self._run_heartbeat(), name="viewer")

    async def close_page(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        await viewers.unsubscribe_viewers(self.conversation_id, self._send_staff_parts)
        await desk_feed.unsubscribe_desk(self._send_facts)
        await super().close_page()
        await viewers.announce_viewer(self.conversation_id, self._page_key, "")

    async def handle_frame(self, frame: Any) -> None:
        """As for its customer, the page ends where the conversation was deleted meanwhile."""
        try:
            await super().handle_frame(frame)
        except Conversation.DoesNotExist:
            raise SessionEnded(CLOSE_NOT_FOUND) from None

    async def on_resync(self, frame: BaseFrame) -> None:
        await begin_reading.run_after(self.require_valid_session, self.conversation_id, self.staff)
        await super().on_resync(frame)

    async def on_take_over(self, frame: DeskConversationFrame) -> None:
        """The bot falls silent first, so that what was read of its answer is stored."""
        await runner.halt_turn(self.conversation_id, self._require_answerer)
        await self._change_owner(turns.take_over)

    async def on_hand_back(self, frame: DeskConversationFrame) -> None:
        await self._change_owner(turns.hand_back, press_id=create_press_id())

    async def on_close(self, frame: DeskConversationFrame) -> None:
        await self._change_owner(
            turns.close_conversation, reference=frame.reference, press_id=create_press_id()
        )

    async def on_assign(self, frame: DeskConversationFrame) -> None:
        """The bot goes on speaking where it is not theirs to give."""
        if await self._run(turns.check_assignment, self.conversation_id, self.staff.pk, frame.to):
            await runner.halt_turn(self.conversation_id, self._require_answerer)
        await self._change_owner(turns.assign_conversation, frame.to)

    async def on_return_to_queue(self, frame: DeskConversationFrame) -> None:
        await self._change_owner(turns.return_to_queue, press_id=create_press_id())

    async def on_reply(self, frame: DeskConversationFrame) -> None:
        await self._post_reply(frame)

    async def on_reply_and_close(self, frame: DeskConversationFrame) -> None:
        await self._post_reply(frame)
        # The customer may have written since. The page shows that.
        with suppress(RequestRefused):
            await self._change_owner(
                turns.close_conversation,
                reference=frame.reference,
                reply_id=frame.client_id,
                press_id=create_press_id(),
            )

    async def on_note(self, frame: DeskConversationFrame) -> None:
        text = check_text(frame.text)
        await self._run(notes.add_note, self.conversation_id, self.staff, text, frame.client_id)
        await self._announce_notes()

    async def on_delete_note(self, frame: DeskConversationFrame) -> None:
        await self._run(notes.delete_note, self.conversation_id, self.staff, frame.note)
        await self._announce_notes()

    async def on_read(self, frame: DeskConversationFrame) -> None:
        """Somebody looks at the page, and so at the notes that mention them."""
        await self.run_checked(
            self.require_valid_session, mentions.mark_read, self.conversation_id, self.staff
        )
        await desk_feed.notify_desk(self.conversation_id)

    async def on_typing(self, frame: DeskConversationFrame) -> None:
        if await self._run(has_conversation, self.conversation_id, self.staff.pk):
            name = self.staff.get_short_name() or self.staff.get_username()
            await broadcast.publish_typing(self.conversation_id, self.page.audience.name, name)

    async def _announce_notes(self) -> None:
        """To all who look at the conversation, and to the desks of those who are mentioned, or no longer are."""
        await viewers.announce_change(self.conversation_id)
        await desk_feed.notify_desk(self.conversation_id)

    async def _post_reply(self, frame: DeskConversationFrame) -> None:
        text = check_text(frame.text, frame.images)
        await self._change_owner(
            turns.post_staff_message,
            text,
            frame.client_id,
            images=frame.images,
            reference=frame.reference,
        )

    async def _change_owner(
        self, function: DatabaseFunction[..., OwnershipResult], *args: Any, **kwargs: Any
    ) -> None:
        """Do it and show it to everybody. Raises `RequestRefused` when somebody else was first."""
        result = await self._run(function, self.conversation_id, self.staff.pk, *args, **kwargs)
        await runner.publish_and_start(result.change)
        if not result.is_done:
            raise RequestRefused(describe_refusal(result))
        await self.page.deliver(render_notice(""))  # what was refused before is settled

    async def _run(self, function: DatabaseFunction[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self.run_checked(self._require_answerer, function, *args, **kwargs)

    def _require_answerer(self) -> None:
        self.session.require_permission(ANSWER_CUSTOMERS)

    async def _run_heartbeat(self) -> None:
        """Announce this viewer, and send again the parts of the page that have no revision.

        What another process announced of these may not have arrived.
        """
        while True:
            await viewers.announce_viewer(self.conversation_id, self._page_key, self.name)
            await self._send_staff_parts()
            await self._send_facts(self.conversation_id)
            await asyncio.sleep(viewers.VIEWER_INTERVAL_SECONDS)

    async def _send_staff_parts(self) -> None:
        """Somebody came or went, or there is a note more or less."""
        names = [name for name in viewers.list_viewers(self.conversation_id) if name != self.name]
        await self._send_part("viewers", render_viewers(names))
        with suppress(DatabaseError):  # the next change, or the next look, brings them
            await self.page.send_new_notes()
            await self._send_part("notes", await self.page.render_note_ids())

    async def _send_facts(self, conversation_id: int) -> None:
        if conversation_id != self.conversation_id:
            return
        with suppress(DatabaseError):  # the next change, or the next look, brings them
            if facts := await load_facts(conversation_id):
                await self._send_part("facts", render_facts(facts))

    async def _send_part(self, name: str, html: str) -> None:
        """What is shown already is not sent again: it would be read out, and take the focus away from its links."""
        if not is_same_part(html, self._shown.get(name, "")) and await self.page.deliver(html):
            self._shown[name] = html


def create_press_id() -> str:
    """Of a press that is done now or not at all: by it the server knows its own repetition in an outage."""
    return secrets.token_hex(8)


@on_database_thread(repeat=True)
def begin_reading(conversation_id: int, staff: Any) -> None:
    """Record that staff read the conversation. Raises `SessionEnded` if there is no such conversation."""
    if not Conversation.objects.filter(pk=conversation_id).exists():
        raise SessionEnded(CLOSE_NOT_FOUND)
    record_reading(staff, conversation_id)


@on_database_thread()
def has_conversation(conversation_id: int, staff_id: int) -> bool:
    mine = Conversation.objects.filter(pk=conversation_id, assignee=staff_id)
    return mine.filter(owner=Conversation.Owner.HUMAN).exists()
