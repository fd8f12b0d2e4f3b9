"""Runs turns in this process: one supervised task each, which belongs to the process and not to a socket."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from django.conf import settings

from supportbot import model_backends
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Answer
from supportbot.jobs import worker as job_worker
from supportbot.languages import use_language
from supportbot.server.outages import OUTAGE_ERRORS, describe_outage, log_task_failure
from supportbot.server.process import process

from .. import turns
from ..models import Turn
from ..realtime import broadcast, process_messages
from ..realtime.answer_stream import AnswerStream
from ..turns import LeaseLost, TurnChange, TurnLease
from ..turns.summaries import needs_summary
from . import model_health
from .model_loop import run_model_loop
from .running_turn import EventListener, RunningTurn, TurnHandedOver

logger = logging.getLogger(__name__)

# A person who takes a conversation over waits no longer than this for the end of the bot's answer.
HALT_TIMEOUT_SECONDS = 1.5
HALT_POLL_SECONDS = 0.03


@dataclass
class RunnerState:
    """The turns that run in this process, by id, and their tasks."""

    turns: dict[int, RunningTurn] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    is_draining: bool = False


def get_running_turns() -> list[RunningTurn]:
    """The turns that run in this process now."""
    return list(process.get(RunnerState).turns.values())


def count_free_slots() -> int:
    """How many more turns this process may run."""
    state = process.get(RunnerState)
    return 0 if state.is_draining else max(0, settings.ENVIRONMENT.running_turns - len(state.turns))


def is_draining() -> bool:
    """Whether this process ends, and begins nothing any longer."""
    return process.get(RunnerState).is_draining


async def publish_and_start(
    change: TurnChange, on_event: EventListener | None = None
) -> asyncio.Task[None] | None:
    """Show a change to the pages that watch, and run the turn that it has a lease on: returns the task.

    The turn is run whether the change can be shown or not.
    """
    for changed in change.turns:
        _cancel_lost_run(changed.row)
    await broadcast.publish_change_if_possible(change)
    return await start_turn(change.lease, on_event) if change.lease is not None else None


async def start_turn(lease: TurnLease, on_event: EventListener | None = None) -> asyncio.Task[None] | None:
    """Run a turn in a task of its own, which is returned; None when the process ends and has released the turn.

    A task that runs the same turn with an older lease is cancelled.
    """
    state = process.get(RunnerState)
    if state.is_draining:
        with suppress(LeaseLost):
            await turns.release_turn(lease)
        return None
    previous = state.turns.get(lease.turn_id)
    stream = AnswerStream(lease.conversation_id, lease.message_id)
    running = state.turns[lease.turn_id] = RunningTurn(lease, stream, on_event)
    if previous is not None:
        previous.cancel()  # its request to the model lacks what the customer has said by now
    with use_language(lease.language):  # whoever it was that started it
        running.task = asyncio.create_task(_run_turn(running), name=f"turn {lease.turn_id}")
    state.tasks.add(running.task)
    running.task.add_done_callback(_end_task)
    return running.task


async def stop_turn(
    conversation_id: int, turn_id: int = 0, check: Callable[[], object] = lambda: None
) -> None:
    """Stop the running turn of a conversation, if it is this one; 0 is any.

    At once when it runs here, else within a checkpoint. `check` is called before the stop is stored, on the same
    thread; if it raises, nothing is stopped.
    """
    stopped_id = await turns.request_stop.run_after(check, conversation_id, turn_id)
    if stopped_id is not None:
        await _cancel_turn(stopped_id)


async def halt_turn(conversation_id: int, check: Callable[[], object] = lambda: None) -> None:
    """Have the bot fall silent before a person gets the conversation: what was read of its answer is stored first.

    Waits until it is, but no longer than `HALT_TIMEOUT_SECONDS`: a process that stands still does not keep a person
    away, since whatever takes the conversation over takes the turn's lease away too. What the customer says from now
    on begins no answer for `Conversation.MAX_SILENCE`: there is no word that could be read and not be stored. If nobody
    takes over by then, it is answered. `check` is as in `stop_turn`.
    """
    turn_id = await turns.request_stop.run_after(
        check, conversation_id, reason=ErrorCode.TAKEN_OVER, silences_bot=True
    )
    if turn_id is None:
        return
    await _cancel_turn(turn_id)
    await process_messages.send_to_group(process_messages.ALL_PROCESSES, "cancel_turn", turn_id=turn_id)
    with suppress(TimeoutError):
        async with asyncio.timeout(HALT_TIMEOUT_SECONDS):
            while await turns.is_running(turn_id):  # noqa: ASYNC110 - it may run in another process
                await asyncio.sleep(HALT_POLL_SECONDS)


def _cancel_lost_run(turn: Turn) -> None:
    """Cancel the task that still runs a turn here which was ended, or put back into the queue, over its head.

    One that has ended by itself has the turn's own fencing token, and one that was begun since then a higher one.
    """
    running = process.get(RunnerState).turns.get(turn.pk)
    if running is None or turn.state == Turn.State.RUNNING:
        return
    if running.lease.fencing_token < turn.fencing_token:
        running.cancel()


@process_messages.on_message("cancel_turn")
async def _cancel_turn(turn_id: int) -> None:
    """Cancel a turn if it runs in this process."""
    running = process.get(RunnerState).turns.get(turn_id)
    if running is not None:
        running.cancel()


async def drain() -> None:
    """The process ends: what runs may finish within its time, then it is stored for the next process."""
    state, now = process.get(RunnerState), asyncio.get_running_loop().time
    state.is_draining = True
    deadline = now() + settings.ENVIRONMENT.drain_seconds
    if state.tasks:
        await asyncio.wait(state.tasks, timeout=deadline - now())
    for running in get_running_turns():
        running.state = Turn.State.INTERRUPTED
        running.cancel()
    await asyncio.gather(*state.tasks, return_exceptions=True)
    await job_worker.drain(max(0.0, deadline - now()))


async def close_connections() -> None:
    """Those to the models and to other processes, which are still told of what is done while the process ends."""
    await model_backends.close_backends()
    await process_messages.close_connection()


def _end_task(task: asyncio.Task[None]) -> None:
    process.get(RunnerState).tasks.discard(task)
    if not task.cancelled() and (error := task.exception()):
        # Its lease runs out, and another process goes on with the turn.
        log_task_failure(logger, task.get_name(), error)


async def _run_turn(running: RunningTurn) -> None:
    """Run the model on a turn and store how it ended, whatever happens. A turn whose lease was lost is left alone."""
    change: TurnChange | None = None
    error: ModelError | None = None
    try:
        state, error, answer = await _run_model(running)
        change = await _store_end(running, state, error, answer)
    except TurnHandedOver:
        pass
    except LeaseLost:
        logger.info("Turn %s: the lease was lost", running.lease.turn_id)
        if running.unstored_answer is not None:
            await turns.delete_provider_state(running.lease.conversation_id, running.unstored_answer)
    finally:
        running.stream.close()
        _forget_turn(running)
    if change is not None:
        await publish_and_start(change)
        if error is not None:
            await model_health.record_failure(running.lease, error)


async def _run_model(running: RunningTurn) -> tuple[str, ModelError | None, Answer | None]:
    """Run the model on a turn. Returns how it ended: (state, error, last answer).

    Raises `LeaseLost`, and `TurnHandedOver` when a person has the conversation now.
    """
    turn_id = running.lease.turn_id
    running.is_cancellable = True
    try:
        if running.is_cancelled:
            raise asyncio.CancelledError
        answer = await run_model_loop(running)
        model_health.record_success(running.lease)
        if answer is not None and answer.is_held:
            return Turn.State.FAILED, ModelError(ErrorCode.UNCONFIRMED), answer
        return Turn.State.DONE, None, answer
    except ModelError as failure:
        logger.warning("Turn %s: the model failed: %s (%s)", turn_id, failure.code, failure)
        return Turn.State.FAILED, failure, None
    except asyncio.CancelledError:
        is_interrupted = running.state == Turn.State.INTERRUPTED
        return running.state, ModelError(ErrorCode.INTERRUPTED) if is_interrupted else None, None
    except OUTAGE_ERRORS as outage:
        logger.warning("Turn %s could not be stored: %s", turn_id, describe_outage(outage))
        return Turn.State.FAILED, ModelError(ErrorCode.NOT_STORED), None
    except (LeaseLost, TurnHandedOver):
        raise
    except Exception:
        logger.exception("Turn %s failed", turn_id)
        return Turn.State.FAILED, ModelError(ErrorCode.BUG), None
    finally:
        running.is_cancellable = False


def _forget_turn(running: RunningTurn) -> None:
    """It no longer runs here, unless another task has taken its place."""
    running_turns = process.get(RunnerState).turns
    if running_turns.get(running.lease.turn_id) is running:
        del running_turns[running.lease.turn_id]


async def _store_end(
    running: RunningTurn, state: str, error: ModelError | None, answer: Answer | None
) -> TurnChange | None:
    """Store how the turn ended. While nothing can be stored it is tried again, for as long as this process serves.

    Until then the turn counts as running here, so that nobody takes a part of its text for the whole. None when
    another process is to run it. Raises `LeaseLost`.
    """
    text = running.stream.text
    if state == Turn.State.INTERRUPTED and not text:
        await turns.release_turn(running.lease, running.begun_call)
        return None
    while True:
        try:
            return await turns.finish_turn(
                running.lease,
                state,
                text,
                error=error,
                answer=answer,
                first_token=running.first_token,
                is_long=needs_summary(running.lease.history),
                begun_call=running.begun_call,
                cut_marks=running.cut_marks,
            )
        except OUTAGE_ERRORS:
            if process.get(RunnerState).is_draining:
                raise
