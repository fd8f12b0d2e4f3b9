"""The socket of one conversation: may I, which frame, call, answer. It never waits for the model."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from . import fragments, keeper, live, passes, runner, turns
from .limits import Refused, check_text
from .lines import Line
from .models import Conversation
from .origins import has_own_origin
from .pages import Page
from .passes import NOT_FOUND, TOO_MANY, pass_of
from .steps import Step
from .threads import stored
from .visitors import Visitor

logger = logging.getLogger(__name__)

FRAME_MAX = 64 * 1024
CLIENT_ID = re.compile(r'"client_id"\s*:\s*"([\w-]{1,64})"', re.ASCII)
PATIENCE = 5.0  # seconds that a frame waits for the database


class Frame(BaseModel):
    """What a page may send: a message, or one of a few requests."""

    model_config = ConfigDict(extra="ignore")

    action: Literal["send", "stop", "retry", "resync", "person", "ping"] = "send"
    text: str = ""
    client_id: str = Field("", max_length=64, pattern=r"^[\w-]*$")
    turn: int = 0
    seen: int = 0
    images: list[UUID] = Field([], max_length=10)


class ChatConsumer(AsyncWebsocketConsumer):
    conversation = 0  # none

    async def __call__(self, scope, receive, send) -> None:
        # As Channels does it, but for the channel layer: the process hears of others, not each socket.
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            # Here and not in disconnect(), which is not called for every socket that ends.
            await self._leave()

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
        self._pass = pass_of(self.scope["user"], self.scope["session"])
        conversation = await stored(_find, self._pass.visitor, self.scope["url_route"]["kwargs"]["public_id"])
        if conversation is None:
            await self.close(NOT_FOUND)
            return
        if not passes.enter(self._pass, self._dismiss, settings.ENVIRONMENT.visitor_sockets):
            await self.close(TOO_MANY)
            return
        self.conversation = conversation
        scope: Mapping[str, Any] = self.scope  # with what our middleware adds to it
        self._page = Page(conversation, scope.get("line") or Line(self.base_send))
        await live.watch(conversation, self._page)
        await self._page.resync(self._seen())
        keeper.ensure()

    async def receive(self, text_data=None, bytes_data=None) -> None:
        if not self.conversation:
            return
        named = CLIENT_ID.search(text_data or "")
        client_id = named[1] if named else ""  # also of a frame that cannot be read
        try:
            frame = _read(text_data)
            await getattr(self, f"_on_{frame.action}")(frame)
        except passes.Ended as ended:
            await self._dismiss(ended.code)
        except Refused as refusal:
            await self._page.refuse(fragments.notice(str(refusal), client_id))
        except (DatabaseError, TimeoutError) as error:
            logger.error("A frame was not taken: %s", type(error).__name__)
            words = "We could not take this just now. Please try again in a moment."
            await self._page.refuse(fragments.notice(words, client_id))

    async def _on_send(self, frame: Frame) -> None:
        await self._submit(check_text(frame.text, frame.images), frame)

    async def _on_person(self, frame: Frame) -> None:
        await self._submit("I'd like to talk to a person.", frame, backend="handover")

    async def _on_stop(self, frame: Frame) -> None:
        await stored(passes.check, self._pass, self.conversation)
        await runner.stop(self.conversation, frame.turn)

    async def _on_retry(self, frame: Frame) -> None:
        await self._take(turns.retry, frame.turn, runner.room() > 0)

    async def _on_ping(self, frame: Frame) -> None:
        """The line is alive; the revision tells the page whether it missed something."""
        await self._page.show(fragments.pulse(self._page.known))

    async def _on_resync(self, frame: Frame) -> None:
        await self._page.resync(frame.seen, partial(passes.checked, self._pass, turns.changes))

    async def _submit(self, text: str, frame: Frame, backend: str = "") -> None:
        has_room = runner.room() > 0
        await self._take(turns.submit, text, frame.client_id, backend, has_room, images=frame.images)

    async def _take(self, request: Callable[..., Step], *args: Any, **options: Any) -> None:
        """Store a request and do it. A database that is away for a moment is waited for."""
        async with asyncio.timeout(PATIENCE):
            step = await stored(passes.checked, self._pass, request, self.conversation, *args, **options)
        await runner.carry_out(step)

    async def _dismiss(self, code: int) -> None:
        """Close the socket, after which the page gets no frame and none of it is taken."""
        if self.conversation:
            self._page.end()
            await self.close(code)
            await self._leave()

    async def _leave(self) -> None:
        conversation, self.conversation = self.conversation, 0
        if conversation:
            passes.leave(self._pass, self._dismiss)
            await live.unwatch(conversation, self._page)

    def _seen(self) -> int:
        value = parse_qs(self.scope["query_string"].decode(errors="replace")).get("seen", ["0"])[0]
        return int(value) if value.isdecimal() and len(value) < 10 else 0


def _read(text: str | None) -> Frame:
    if text is None or len(text) > FRAME_MAX:
        raise Refused("This is too long to be sent. Please shorten it.")
    try:
        return Frame.model_validate_json(text)
    except ValidationError:
        raise Refused(
            "Something is wrong with this page. Please reload it; what you wrote is kept."
        ) from None


def _find(visitor: Visitor, public_id: UUID) -> int | None:
    return Conversation.objects.of(visitor).filter(public_id=public_id).values_list("pk", flat=True).first()
