"""A customer's conversation in a terminal. Like a page's, it goes through this process's own runner.

The event loop has a thread to itself. The main thread reads what is typed and waits for answers, so that Ctrl-C
works at once, whatever the loop does.
"""

import asyncio
import secrets
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from supportbot import model_backends
from supportbot.assistant.images import PictureError, prepare
from supportbot.server.executors import on_database_thread
from supportbot.usage.summaries import format_dollars, format_time_between, summarise_usage

from .. import turns
from ..attachments import storage
from ..limits.rate_limits import RequestRefused, check_image_rate, check_text
from ..models import Conversation, Message, Turn
from ..realtime.error_messages import get_failure_advice, get_failure_message
from ..turns.history import load_history
from ..visitors import Visitor
from ..worker import housekeeping, model_health, runner
from .screen import Screen

T = TypeVar("T")

store_image = on_database_thread()(storage.store_image)

POLL_INTERVAL_SECONDS = 0.2  # for a turn that another process has taken over


@contextmanager
def run_loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop for the runner, on a thread of its own. On leaving, the turns that run are ended in order."""
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run_until_left() -> None:
        leaving = asyncio.Event()
        model_health.disable()
        # It renews leases; otherwise another process would take over an answer that lasts longer than a lease.
        housekeeping.ensure_running()
        begun.set_result((asyncio.get_running_loop(), leaving))
        await leaving.wait()
        await runner.drain()
        await runner.close_connections()

    # A daemon, so that whoever presses Ctrl-C once more need not wait for the end of a turn.
    thread = threading.Thread(target=asyncio.run, args=(run_until_left(),), name="assistant", daemon=True)
    thread.start()
    loop, leaving = begun.result()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(leaving.set)
        thread.join()


class Terminal:
    """The customer's side. Every method waits until it is done; Ctrl-C meanwhile stops the answer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, visitor: Visitor, screen: Screen) -> None:
        self._loop = loop
        self._visitor = visitor
        self._screen = screen
        self._conversation_id = 0  # none yet
        self._images: list[UUID] = []
        self.was_stopped = False

    @property
    def image_count(self) -> int:
        """How many images will be sent with the next message."""
        return len(self._images)

    def send_message(self, text: str) -> bool:
        """Send a message and show the answer. False if there was no complete answer."""
        self.was_stopped = False
        return self._wait_for(self._send(text))

    def attach_image(self, data: bytes) -> bool:
        """Store an image for the next message. False if it was refused, which the screen then says."""
        return self._wait_for(self._attach_image(data))

    def reset(self) -> None:
        """The next message begins a new conversation."""
        self._conversation_id, self._images = 0, []

    def get_history(self) -> list[dict[str, Any]]:
        """The messages array of the chat completions API."""
        if not self._conversation_id:
            return []
        return self._wait_for(load_chat_history(self._conversation_id))

    def _wait_for(self, what: Coroutine[Any, Any, T]) -> T:
        done = asyncio.run_coroutine_threadsafe(what, self._loop)
        while True:
            try:
                return done.result()
            except KeyboardInterrupt:
                self.was_stopped = True
                asyncio.run_coroutine_threadsafe(runner.stop_turn(self._conversation_id), self._loop)

    async def _send(self, text: str) -> bool:
        images, client_id = self._images, secrets.token_hex(12)
        try:
            text = check_text(text, images)
            conversation_id = await self._ensure_conversation()
            change = await turns.submit_message(conversation_id, text, client_id, images=images)
            self._images = []
            task = await runner.publish_and_start(change, self._screen.on_event)
            if task is not None:
                await asyncio.wait([task])
            turn = await _wait_for_turn(conversation_id, client_id)
            usage = await format_usage(turn)
            if change.lease is None or change.lease.fencing_token != turn.fencing_token:
                self._screen.print_text(await load_answer_text(turn))
        except RequestRefused as refusal:
            self._screen.print_note(str(refusal))
            return False
        except (DatabaseError, TimeoutError):
            self._screen.print_note(_("The database can't be reached. Please try again in a moment."))
            return False
        self._screen.end_line()
        for sentence in await load_handoff_sentences(turn):
            self._screen.print_note(sentence)
        if failure := get_failure_message(turn):
            self._screen.print_note(f"{failure} {get_failure_advice(turn)}".strip())
        self._screen.print_detail(usage)
        return turn.state == Turn.State.DONE

    async def _attach_image(self, data: bytes) -> bool:
        try:
            if len(self._images) >= storage.MAX_IMAGES_PER_MESSAGE:
                raise RequestRefused(storage.describe_count_limit())
            check_image_rate(self._visitor)
            picture = await prepare(data, settings.ENVIRONMENT.image_max_bytes)
            stored = await store_image(await self._ensure_conversation(), picture)
        except PictureError as refusal:
            self._screen.print_note(_(refusal.message) % refusal.values)
            return False
        except RequestRefused as refusal:
            self._screen.print_note(str(refusal))
            return False
        self._images.append(stored.public_id)
        note = _("Goes with your next message: a photo of %(width)d × %(height)d pixels.")
        self._screen.print_note(note % {"width": stored.width, "height": stored.height})
        return True

    async def _ensure_conversation(self) -> int:
        self._conversation_id = self._conversation_id or await create_conversation(self._visitor)
        return self._conversation_id


async def _wait_for_turn(conversation_id: int, client_id: str) -> Turn:
    """The turn of a message once it has ended, in whichever process. Raises TimeoutError."""
    async with asyncio.timeout(
        2 * settings.ENVIRONMENT.turn_seconds + model_backends.get_limits().first_token
    ):
        while True:
            turn = await get_turn(conversation_id, client_id)
            if not turn.is_active:
                return turn
            await asyncio.sleep(POLL_INTERVAL_SECONDS)


@on_database_thread(repeat=True)
def create_conversation(visitor: Visitor) -> int:
    return Conversation.objects.create(user_id=visitor.user_id, guest_key=visitor.guest_key).pk


@on_database_thread(repeat=True)
def get_turn(conversation_id: int, client_id: str) -> Turn:
    return Turn.objects.get(messages__conversation=conversation_id, messages__client_id=client_id)


@on_database_thread()
def load_answer_text(turn: Turn) -> str:
    texts = turn.messages.filter(role=Message.Role.ASSISTANT).values_list("text", flat=True)
    return "\n\n".join(filter(None, texts))


@on_database_thread(repeat=True)
def load_handoff_sentences(turn: Turn) -> list[str]:
    """What the server says of a handover in this turn, and where the person answers."""
    said = list(turn.messages.filter(role=Message.Role.SYSTEM).order_by("seq").values_list("text", flat=True))
    if turn.conversation.owner in (Conversation.Owner.WAITING, Conversation.Owner.HUMAN):
        said.append(_("People answer on this conversation's page in the browser. /reset begins a new one."))
    return said


@on_database_thread(repeat=True)
def format_usage(turn: Turn) -> str:
    """Tokens, cost and time of an answer in one line; empty if no model was asked."""
    sums = summarise_usage(turn.requests.all())
    if not sums["count"]:
        return ""
    counts = {
        "input": _("%(count)d tokens in"),
        "cached": _("%(count)d cached"),
        "output": _("%(count)d out"),
        "reasoning": _("%(count)d thinking"),
    }
    parts = [words % {"count": sums[name]} for name, words in counts.items() if sums[name]]
    parts.append(format_dollars(sums["cost"]))
    if turn.first_token:
        time = format_time_between(turn.first_token, turn.started)
        parts.append(_("first word after %(time)s") % {"time": time})
    return f"{sums['models']}: {', '.join(filter(None, parts))}"


@on_database_thread(repeat=True)
def load_chat_history(conversation_id: int) -> list[dict[str, Any]]:
    history = load_history(Conversation.objects.get(pk=conversation_id))
    return [message.as_chat() for message in history]
