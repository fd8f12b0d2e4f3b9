"""The socket of a customer's page: may I, which frame, call, answer."""

from uuid import UUID

from supportbot.server.executors import on_database_thread

from .. import turns
from ..limits.rate_limits import check_email, check_text
from ..models import Conversation
from ..realtime import broadcast
from ..realtime.audiences import Audience, get_customer_audience
from ..realtime.socket_sessions import CLOSE_NOT_FOUND, SessionEnded
from ..visitors import Visitor
from ..worker import runner
from .frames import Frame
from .script_data import PERSON_REQUEST
from .socket_consumer import ConversationConsumer


class ChatConsumer(ConversationConsumer):
    frame_type = Frame

    async def check_access(self) -> None:
        public_id = self.scope["url_route"]["kwargs"]["public_id"]
        conversation_id = await find_conversation_id(self.session.visitor, public_id)
        if conversation_id is None:
            raise SessionEnded(CLOSE_NOT_FOUND)
        self.conversation_id = conversation_id

    def get_audience(self) -> Audience:
        return get_customer_audience()

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


@on_database_thread(repeat=True)
def find_conversation_id(visitor: Visitor, public_id: UUID) -> int | None:
    """The primary key of a conversation that the visitor may see, None if there is none."""
    mine = Conversation.objects.visible_to(visitor).filter(public_id=public_id)
    return mine.values_list("pk", flat=True).first()
