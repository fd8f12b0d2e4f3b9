"""A customer's conversation in a terminal: it goes the way of a page's, through this process's own runner.

The event loop has a thread to itself. The main thread reads what is typed and waits for answers, so that Ctrl-C
is heard at once, whatever goes on.
"""

import asyncio
import re
import secrets
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from supportbot.assistant import messages as said
from supportbot.assistant.images import BadPicture, prepare
from supportbot.usage.templatetags.usage import dollars, seconds, took

from . import attachments, calls, fragments, keeper, reachability, runner, turns
from .limits import Refused, check_image_rate, check_text
from .models import Conversation, Message, Turn
from .threads import in_database, stored
from .visitors import Visitor

T = TypeVar("T")
Write = Callable[[str], object]

ELSEWHERE = 0.2  # seconds between two looks at a turn that another process took over
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Screen:
    """Shows what happens in a turn: the answer in `write`, all else in `remark`.

    A terminal does what some characters tell it, and nobody knows who chose these, so they are left out.
    """

    def __init__(self, write: Write, remark: Write, *, verbose: bool) -> None:
        self._write = write
        self._remark = remark
        self._verbose = verbose
        self._in_line = False

    def hear(self, event: said.Event) -> None:
        match event:
            case said.TextDelta(text):
                self._say(text)
            case said.Thinking():
                self.remark("thinking…")
            case said.ToolStarted(call):
                self.remark(f"{calls.tools().progress_line(call)}…")
                self.detail(f"{call.name} {call.arguments}")
            case said.ToolFinished(_, result):
                self.detail(f"{result.outcome}: {result.content}")

    def tell(self, text: str) -> None:
        """A whole text, with the end of its line."""
        self.end_line()
        self._say(text)
        self.end_line()

    def remark(self, text: str, mark: str = "·") -> None:
        self.end_line()
        self._remark(f"{mark} {UNPRINTABLE.sub('', text)}\n")

    def end_line(self) -> None:
        if self._in_line:
            self._write("\n")
        self._in_line = False

    def detail(self, text: str) -> None:
        if self._verbose and text:
            self.remark(text, " ")

    def _say(self, text: str) -> None:
        if text := UNPRINTABLE.sub("", text):
            self._write(text)
            self._in_line = not text.endswith("\n")


@contextmanager
def loop_on_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop for the runner, whose turns are ended in order when it is not needed any more."""
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def live() -> None:
        leaving = asyncio.Event()
        reachability.look_away()
        keeper.ensure()  # or another process takes up what is answered here for longer than a lease
        begun.set_result((asyncio.get_running_loop(), leaving))
        await leaving.wait()
        await runner.drain()

    # A daemon, so that whoever presses Ctrl-C once more need not wait for the end of a turn.
    thread = threading.Thread(target=asyncio.run, args=(live(),), name="assistant", daemon=True)
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
        self._conversation = 0  # none yet
        self._images: list[UUID] = []
        self.was_stopped = False

    @property
    def images(self) -> int:
        """How many wait for the next message."""
        return len(self._images)

    def say(self, text: str) -> bool:
        """Send a message and show the answer. Returns whether there was one."""
        self.was_stopped = False
        return self._wait(self._said(text))

    def attach(self, data: bytes) -> bool:
        return self._wait(self._attached(data))

    def reset(self) -> None:
        """What is said next begins a conversation."""
        self._conversation, self._images = 0, []

    def history(self) -> list[dict[str, Any]]:
        """The messages array of the chat completions API."""
        if not self._conversation:
            return []
        return self._wait(stored(_history, self._conversation))

    def _wait(self, what: Coroutine[Any, Any, T]) -> T:
        done = asyncio.run_coroutine_threadsafe(what, self._loop)
        while True:
            try:
                return done.result()
            except KeyboardInterrupt:
                self.was_stopped = True
                asyncio.run_coroutine_threadsafe(runner.stop(self._conversation), self._loop)

    async def _said(self, text: str) -> bool:
        images, client_id = self._images, secrets.token_hex(12)
        try:
            text = check_text(text, images)
            conversation = await self._begun()
            step = await stored(turns.submit, conversation, text, client_id, images=images)
            self._images = []
            task = await runner.carry_out(step, self._screen.hear)
            if task is not None:
                await asyncio.wait([task])
            turn = await _ended(conversation, client_id)
            spent = await stored(_took, turn)
            if step.work is None or step.work.fence != turn.fence:
                self._screen.tell(await in_database(_answer, turn))
        except Refused as refusal:
            self._screen.remark(str(refusal))
            return False
        except (DatabaseError, TimeoutError):
            self._screen.remark("The database is out of reach. Please try again in a moment.")
            return False
        self._screen.end_line()
        if failure := fragments.failure(turn):
            self._screen.remark(failure)
        self._screen.detail(spent)
        return turn.state == Turn.State.DONE

    async def _attached(self, data: bytes) -> bool:
        try:
            if len(self._images) >= attachments.MOST:
                raise Refused(f"Up to {attachments.MOST} photos can be sent at once.")
            check_image_rate(self._visitor)
            picture = await prepare(data, settings.ENVIRONMENT.image_max_bytes)
            kept = await in_database(attachments.keep, await self._begun(), picture)
        except (BadPicture, Refused) as refusal:
            self._screen.remark(str(refusal))
            return False
        self._images.append(kept.public_id)
        self._screen.remark(f"Goes with your next message: a photo of {kept.width} × {kept.height} pixels.")
        return True

    async def _begun(self) -> int:
        self._conversation = self._conversation or await stored(_begin, self._visitor)
        return self._conversation


async def _ended(conversation: int, client_id: str) -> Turn:
    """The turn of a message when it is over. Another process may have it: then this one looks until it is."""
    async with asyncio.timeout(2 * settings.ENVIRONMENT.turn_seconds):
        while True:
            turn = await stored(_turn, conversation, client_id)
            if not turn.is_active:
                return turn
            await asyncio.sleep(ELSEWHERE)


def _begin(visitor: Visitor) -> int:
    return Conversation.objects.create(user_id=visitor.user_id, guest_key=visitor.guest_key).pk


def _turn(conversation: int, client_id: str) -> Turn:
    return Turn.objects.get(messages__conversation=conversation, messages__client_id=client_id)


def _answer(turn: Turn) -> str:
    texts = turn.messages.filter(role=Message.Role.ASSISTANT).values_list("text", flat=True)
    return "\n\n".join(filter(None, texts))


def _took(turn: Turn) -> str:
    """Tokens, cost and time of an answer; nothing where no model was heard."""
    sums = took(turn.requests.all())
    if not sums["count"]:
        return ""
    counts = {"input": "tokens in", "cached": "cached", "output": "out", "reasoning": "thinking"}
    parts = [f"{sums[name]} {words}" for name, words in counts.items() if sums[name]]
    parts.append(dollars(sums["cost"]))
    if turn.first_token:
        parts.append(f"first word after {seconds(turn.first_token, turn.started)}")
    return f"{sums['models']}: {', '.join(filter(None, parts))}"


def _history(conversation: int) -> list[dict[str, Any]]:
    return [message.as_chat() for message in Conversation.objects.get(pk=conversation).history()]
