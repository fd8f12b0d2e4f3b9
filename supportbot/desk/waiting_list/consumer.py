"""The socket of every page in admin: the number of waiting customers, the waiting list, and staff's presence."""

import asyncio
from typing import Any

from django.db import Error as DatabaseError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.conversations import turns
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation
from supportbot.conversations.web.socket_consumer import SocketConsumer
from supportbot.conversations.web.socket_login import load_socket_session
from supportbot.conversations.worker import runner
from supportbot.server.executors import on_database_thread
from supportbot.server.outages import log_outage

from ..refusals import describe_refusal
from ..rights import ANSWER_CUSTOMERS, READ_CONVERSATIONS, can_answer
from . import presence
from .board import Board, subscribe_board, unsubscribe_board
from .fragments import render_board, render_counts, render_opening, render_pong, render_presence
from .frames import DeskFeedFrame


class DeskFeedConsumer(SocketConsumer):
    staff: Any
    frame_type = DeskFeedFrame
    permission = READ_CONVERSATIONS

    async def check_access(self, session_key: str) -> None:
        self.staff, self.session = await load_socket_session(session_key, self.permission)
        self._can_answer = await find_answer_right.run_after(self.require_valid_session, self.staff)

    def require_valid_session(self) -> None:
        self.session.require_permission(READ_CONVERSATIONS)

    async def open_page(self) -> None:
        self._shows_board = bool(self.get_query_number("board"))
        self._heartbeat = asyncio.create_task(self._stay_present(), name="presence")
        await subscribe_board(self._send_board, self.staff.pk)

    async def close_page(self) -> None:
        self._heartbeat.cancel()
        await unsubscribe_board(self._send_board)

    async def on_ping(self, frame: DeskFeedFrame) -> None:
        await self.writer.send(render_pong(frame.client_id))

    async def on_presence(self, frame: DeskFeedFrame) -> None:
        await self.run_checked(self._require_answerer, presence.store_presence, self.staff, frame.is_here)
        await self.writer.send(render_presence(frame.is_here))

    async def on_take_over(self, frame: DeskFeedFrame) -> None:
        """From the list. The page opens the conversation if it was done."""
        try:
            await runner.halt_turn(frame.conversation, self._require_answerer)
            result = await self.run_checked(
                self._require_answerer, turns.take_over, frame.conversation, self.staff.pk
            )
        except Conversation.DoesNotExist:
            words = _("This conversation is no longer available. Reload the page to continue.")
            raise RequestRefused(words) from None
        await runner.publish_and_start(result.change)
        if not result.is_done:
            raise RequestRefused(describe_refusal(result))
        address = reverse("admin:conversations_conversation_change", args=[frame.conversation])
        await self.writer.send(render_opening(f"{address}#text"))  # where one goes on

    def _require_answerer(self) -> None:
        self.session.require_permission(ANSWER_CUSTOMERS)

    async def _stay_present(self) -> None:
        """Keep the member of staff present while this page is open, and soon again when that could not be stored."""
        noted_at = timezone.now()
        while True:
            try:
                is_here = await presence.touch_presence(self.staff.pk)
            except DatabaseError as error:
                log_outage(error)
                turns.begin_presence_grace(noted_at)
                await asyncio.sleep(presence.RETRY_SECONDS)
            else:
                noted_at = timezone.now()
                await self.writer.send(render_presence(is_here))
                await asyncio.sleep(presence.PRESENCE_INTERVAL_SECONDS)

    async def _send_board(self, board: Board) -> None:
        if self.writer.is_full:
            return  # a page that does not read gets the next one
        html = render_counts(board, self.staff.pk)
        if self._shows_board:
            html += render_board(board, self.staff.pk, self._can_answer)
        await self.writer.send(html)


@on_database_thread()
def find_answer_right(staff: Any) -> bool:
    """Whether the page shows buttons to take conversations over; each press is checked again."""
    return can_answer(staff)
