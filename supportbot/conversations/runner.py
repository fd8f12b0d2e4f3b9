"""Runs turns in this process: one supervised task each, which belongs to the process and not to a socket."""

import asyncio
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from supportbot.assistant import messages as said
from supportbot.assistant.loop import run_turn
from supportbot.assistant.tools import stopped

from . import budgets, calls, engine, live, recovery, turns
from .claims import NO_MESSAGE, LostTurn, Work, look_again
from .fragments import StreamedText
from .models import Turn
from .steps import Step
from .threads import in_database, in_tool_thread, stored

logger = logging.getLogger(__name__)

CHECKPOINT = 0.5
SWEEP = 2.0
POLL = 5.0

_running: dict[int, "Running"] = {}
_tasks: set[asyncio.Task] = set()
_keeper: asyncio.Task | None = None
_closing = False


@dataclass
class Running:
    """A turn that runs here. `state` is how it ends if it is cut short."""

    work: Work
    stream: live.Stream
    task: asyncio.Task = field(init=False)
    state: str = Turn.State.STOPPED
    first_token: datetime | None = None
    has_begun: bool = False
    is_cut_short: bool = False

    def cut_short(self) -> None:
        """Cancel the task. One that has not begun would end without a trace, so it does so when it begins."""
        self.is_cut_short = True
        if self.has_begun:
            self.task.cancel()


def room() -> int:
    """How many more turns this process takes up."""
    return 0 if _closing else max(0, settings.ENVIRONMENT.running_turns - len(_running))


async def carry_out(step: Step) -> None:
    """Show a step to the pages that watch, and start the turn that it took up."""
    await live.publish(step.conversation, step.html, step.revision)
    if step.work is not None:
        await start(step.work)


async def start(work: Work) -> None:
    if _closing:
        with suppress(LostTurn):
            await stored(recovery.hand_back, work)
        return
    before = _running.get(work.turn)
    running = _running[work.turn] = Running(work, _stream(work, work.message))
    if before is not None:
        before.cut_short()  # it asked for less than what the customer has said by now
    running.task = asyncio.create_task(_run(running), name=f"turn {work.turn}")
    _tasks.add(running.task)
    running.task.add_done_callback(_ended)
    ensure_keeper()


async def stop(conversation: int) -> None:
    """Stop the running turn of a conversation: at once when it runs here, else within a checkpoint."""
    turn = await stored(turns.stop, conversation)
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
    await engine.close()


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
    running.has_begun = True
    try:
        if running.is_cut_short:
            raise asyncio.CancelledError
        answer = await _converse(running)
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
        text = running.stream.close()
        if _running.get(work.turn) is running:
            del _running[work.turn]
    await _settle(running, state, text, error, answer)


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

    asked = engine.backend(work.backend), work.system, work.history, calls.tools(), execute
    events = run_turn(*asked, limits=engine.limits(), conversation=work.public_id)
    answer = None
    async with aclosing(events):
        async for event in events:
            match event:
                case said.TextDelta(text):
                    if text:
                        await _show(running, text)
                case said.Answer():
                    answer = event
                    if event.message.tool_calls:
                        running.stream.close()
                        running.stream = _stream(work, NO_MESSAGE)
                        await carry_out(await stored(calls.record, work, event))
                case said.ToolFinished(result=result):
                    await _after_call(running, result)
    return answer


async def _show(running: Running, text: str) -> None:
    stream = running.stream
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
        ended = stopped(call, "timed_out", "The tool took too long. Nothing was changed.")
    except DatabaseError as error:
        logger.warning("Tool %s: the database is out of reach: %s", call.name, type(error).__name__)
        ended = stopped(call, "failed", "The data could not be reached. Do not guess the tool's result.")
    return await stored(calls.store, work, call, ended)


def ensure_keeper() -> None:
    """Start this process's housekeeping, if it is not going on already. Call it inside the event loop."""
    global _keeper  # noqa: PLW0603 - one for the process
    if _keeper is None or _keeper.done() or _keeper.get_loop() is not asyncio.get_running_loop():
        _keeper = asyncio.create_task(_keep(), name="keeper")


async def _keep() -> None:
    """Housekeeping: store the streams' texts, hear of stops, go on with what others left, mend what pages missed."""
    now = asyncio.get_running_loop().time
    swept = polled = now() - POLL
    while True:
        try:
            if _running:
                await _checkpoint()
            if room() and now() - swept > SWEEP:
                swept = now()
                for step in await in_database(recovery.sweep, room()):
                    await carry_out(step)
            if live.seen() and now() - polled > POLL:
                polled = now()
                here = [running.work.conversation for running in _running.values()]
                for step in await in_database(turns.missed, live.seen(), here):
                    await live.make_good(step.conversation, step.html, step.revision)
        except DatabaseError as error:
            logger.warning("The database is out of reach: %s", type(error).__name__)
        # With very many streams each is stored a little less often, so that storing has a bounded share.
        await asyncio.sleep(max(CHECKPOINT, len(_running) / 200))


async def _checkpoint() -> None:
    fresh = [
        (running.stream, running.stream.streamed.length, running)
        for running in _running.values()
        if running.stream.streamed.length > running.stream.stored  # a message that has grown
    ]
    texts = [
        (stream.streamed.text, stream.streamed.message, running.work.turn, running.work.fence)
        for stream, _, running in fresh
    ]
    for stream, _, _ in fresh:
        await stream.tell_elsewhere()
    mine = {(running.work.turn, running.work.fence): running for running in _running.values()}
    gone = await in_database(turns.checkpoint, texts, mine)
    for stream, length, _ in fresh:
        stream.stored = length
    for each in gone:
        mine[each].cut_short()
