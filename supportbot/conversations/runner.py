"""Runs turns in this process: one supervised task each, which belongs to the process and not to a socket."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from supportbot.assistant import messages as said
from supportbot.assistant.loop import run_turn
from supportbot.assistant.tools import UNCERTAIN, given_up, stopped
from supportbot.assistant.window import fit

from . import (
    attachments,
    background,
    budgets,
    calls,
    elsewhere,
    engine,
    live,
    reachability,
    recovery,
    summaries,
    turns,
)
from .claims import LEASE, NO_MESSAGE, LostTurn, Work, look_again
from .fragments import StreamedText, thinking
from .models import Turn
from .steps import Step
from .threads import in_tool_thread, stored

logger = logging.getLogger(__name__)

Heard = Callable[[said.Event], None]

_running: dict[int, "Running"] = {}
_tasks: set[asyncio.Task] = set()
_closing = False


@dataclass
class Running:
    """A turn that runs here. `state` is how it ends if it is cut short, `heard` is told of what was stored."""

    work: Work
    stream: live.Stream
    heard: Heard | None = None
    task: asyncio.Task = field(init=False)
    state: str = Turn.State.STOPPED
    first_token: datetime | None = None
    renewed: float = field(default_factory=monotonic)
    is_asking: bool = False
    is_cut_short: bool = False

    def cut_short(self) -> None:
        """Cancel the task while it asks the model.

        One that has not begun would end without a trace, so it does so when it begins; and one whose answer
        has ended must not be kept from storing and showing it.
        """
        self.is_cut_short = True
        if self.is_asking:
            self.task.cancel()


def running() -> list[Running]:
    """The turns that run here."""
    return list(_running.values())


def room() -> int:
    """How many more turns this process takes up."""
    return 0 if _closing else max(0, settings.ENVIRONMENT.running_turns - len(_running))


async def carry_out(step: Step, heard: Heard | None = None) -> asyncio.Task | None:
    """Show a step to the pages that watch, and start the turn that it took up: the task that runs it."""
    await live.publish(step.conversation, step.html, step.revision, step.before)
    return await start(step.work, heard) if step.work is not None else None


async def start(work: Work, heard: Heard | None = None) -> asyncio.Task | None:
    if _closing:
        with suppress(LostTurn):
            await stored(recovery.hand_back, work)
        return None
    before = _running.get(work.turn)
    running = _running[work.turn] = Running(work, _stream(work, work.message), heard)
    if before is not None:
        before.cut_short()  # it asked for less than what the customer has said by now
    running.task = asyncio.create_task(_run(running), name=f"turn {work.turn}")
    _tasks.add(running.task)
    running.task.add_done_callback(_ended)
    return running.task


async def stop(conversation: int, turn_id: int = 0) -> None:
    """Stop the running turn of a conversation, if it is this one.

    At once when it runs here, else within a checkpoint.
    """
    turn = await stored(turns.stop, conversation, turn_id)
    if turn in _running:
        _running[turn].cut_short()


async def drain() -> None:
    """The process ends: what runs may finish within its time, then it is stored for the next process."""
    global _closing  # noqa: PLW0603 - the process's own state
    _closing = True
    if _tasks:
        await asyncio.wait(_tasks, timeout=settings.ENVIRONMENT.drain_seconds)
    for running in list(_running.values()):
        running.state = Turn.State.INTERRUPTED
        running.cut_short()
    await asyncio.gather(*_tasks, return_exceptions=True)
    await background.drain()
    await engine.close()
    await elsewhere.close()


def _ended(task: asyncio.Task) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()):
        # Its lease runs out, and the sweeper goes on with the turn.
        logger.error("%s could not be settled", task.get_name(), exc_info=error)


async def _run(running: Running) -> None:
    work = running.work
    state: str = Turn.State.DONE
    answer: said.Answer | None = None
    error: said.ModelError | None = None
    running.is_asking = True
    try:
        if running.is_cut_short:
            raise asyncio.CancelledError
        answer = await _converse(running)
        reachability.answered(work)
    except said.ModelError as failure:
        logger.warning("Turn %s: the model failed: %s (%s)", work.turn, failure.code, failure)
        state, error = Turn.State.FAILED, failure
    except LostTurn:
        logger.info("Turn %s is not ours any more", work.turn)
        return
    except asyncio.CancelledError:
        state = running.state
        error = said.ModelError("interrupted") if state == Turn.State.INTERRUPTED else None
    except Exception:
        logger.exception("Turn %s failed", work.turn)
        state, error = Turn.State.FAILED, said.ModelError("bug")
    finally:
        running.is_asking = False
        text = running.stream.close()
        if _running.get(work.turn) is running:
            del _running[work.turn]
    await _settle(running, state, text, error, answer)
    if error is not None:
        await reachability.failed(work, error)


async def _settle(
    running: Running, state: str, text: str, error: said.ModelError | None, answer: said.Answer | None
) -> None:
    try:
        if state == Turn.State.INTERRUPTED and not text:
            await stored(recovery.hand_back, running.work)
            return
        step = await stored(
            turns.settle,
            running.work,
            state,
            text,
            error=error,
            answer=answer,
            first_token=running.first_token,
            is_long=summaries.is_due(running.work.history),
        )
    except LostTurn:
        logger.info("Turn %s is not ours any more", running.work.turn)
        return
    await carry_out(step)


async def _converse(running: Running) -> said.Answer | None:
    """Run the turn to its end and store every event before the next one is asked for. Returns the last answer."""
    for call in running.work.pending:
        await _after_call(running, await _execute(running.work, call))
    if running.work.pending:
        running.work = await stored(look_again, running.work, running.stream.streamed.message)
    work = running.work
    if not work.is_affordable:
        raise budgets.over()

    async def execute(call: said.ToolCall) -> said.ToolResult:
        return await _execute(work, call)

    limits = engine.limits()
    history = await attachments.shown(fit(work.history, limits.window, limits.messages))
    asked = engine.backend(work.backend), work.system, history, calls.tools(), execute
    events = run_turn(*asked, limits=limits, conversation=work.public_id)
    answer = None
    async with aclosing(events):
        async for event in events:
            match event:
                case said.TextDelta(text):
                    if text:
                        await _show(running, text)
                case said.Thinking():
                    await live.publish(work.conversation, thinking(running.stream.streamed.message))
                case said.Answer():
                    answer = event
                    if event.message.tool_calls:
                        # Until it is stored, what was read of it is kept by the stream.
                        step = await stored(calls.record, work, event)
                        running.stream.close()
                        running.stream = _stream(work, NO_MESSAGE)
                        await carry_out(step)
                case said.ToolFinished(result=result):
                    await _after_call(running, result)
            if running.heard:
                running.heard(event)
    return answer


async def _show(running: Running, text: str) -> None:
    stream = running.stream
    if monotonic() - running.renewed > LEASE.total_seconds():
        # This process stood still: another one may have taken the turn up and be telling its answer.
        await stored(turns.renew, running.work)
        running.renewed = monotonic()
    if not stream.streamed.length:
        await stored(turns.begin_answer, running.work, stream.streamed.message, text)
        running.first_token = running.first_token or timezone.now()
        stream.stored = len(text)
    await stream.add(text)


async def _after_call(running: Running, result: said.ToolResult) -> None:
    step, message = await stored(calls.go_on, running.work, result)
    await carry_out(step)
    if message:
        running.stream = _stream(running.work, message)


def _stream(work: Work, message: int) -> live.Stream:
    return live.Stream(work.conversation, StreamedText(message))


async def _execute(work: Work, call: said.ToolCall) -> said.ToolResult:
    """Run a tool within its time. Its row in the database decides which came first, its result or the deadline."""
    tool = calls.tools().get(call.name)
    if tool is None:
        return await stored(calls.store, work, call, calls.tools().unknown(call))
    try:
        async with asyncio.timeout(tool.timeout):
            return await in_tool_thread(calls.run, work, call, tool)
    except TimeoutError:
        # One that writes may go on in its thread, but what it writes from now on is taken back.
        ended = given_up(call, tool, "timed_out", "The tool took too long. Nothing was changed.")
    except DatabaseError as error:
        logger.warning("Tool %s: the database is out of reach: %s", call.name, type(error).__name__)
        words = "The data could not be reached. Do not guess the tool's result."
        ended = given_up(call, tool, "failed", words)
    except asyncio.CancelledError:
        if tool.effect == "irreversible":  # lest the next process take it for one that was not begun
            await stored(calls.store, work, call, stopped(call, "interrupted", UNCERTAIN))
        raise
    return await stored(calls.store, work, call, ended)
