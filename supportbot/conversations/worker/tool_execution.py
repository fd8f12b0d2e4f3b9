"""Runs one tool call of a turn: within its time, on a thread of its own."""

import asyncio
import logging

from django.db import Error as DatabaseError

from supportbot.assistant.messages import ToolCall, ToolResult
from supportbot.assistant.tool_results import build_abandoned_result
from supportbot.assistant.tools import TIMED_OUT, TOOL_FAILED
from supportbot.server.executors import run_in_tool_thread
from supportbot.server.outages import describe_outage, is_outage
from supportbot.server.tool_transactions import ToolTransaction

from .. import turns
from ..turns import TurnLease

logger = logging.getLogger(__name__)


async def execute_tool(lease: TurnLease, call: ToolCall) -> ToolResult:
    """Run a tool within its time. Its row in the database decides which came first, its result or the deadline.

    When this returns, the result is stored. When it raises or is cancelled, that is not known, and whoever ends the
    turn closes the call. Raises `LeaseLost`.
    """
    tool = turns.get_tool_registry().get(call.name)
    if tool is None:
        return await turns.store_result(lease, call, turns.get_tool_registry().build_unknown_result(call))
    work = ToolTransaction(tool.timeout)
    try:
        async with asyncio.timeout(tool.timeout):
            return await run_in_tool_thread(turns.run_tool, lease, call, tool, work)
    except TimeoutError:
        logger.warning("Tool %s took longer than its %g seconds", call.name, tool.timeout)
        # It may go on in its thread, but what it wrote is rolled back, and what it writes from now on is refused.
        await _end_work(work)
        result = build_abandoned_result(call, tool.effect, "timed_out", TIMED_OUT)
    except DatabaseError as error:
        result = build_abandoned_result(call, tool.effect, "failed", _explain_refusal(call, error))
    except asyncio.CancelledError:
        await _end_work(work)
        raise
    return await turns.store_result(lease, call, result)


def _explain_refusal(call: ToolCall, error: DatabaseError) -> str:
    """What the model is told where what a tool did could not be stored. The log says what a developer needs to know."""
    if is_outage(error):
        logger.warning("Tool %s: the database is out of reach: %s", call.name, describe_outage(error))
        return "The data could not be reached. Do not guess the tool's result."
    logger.error(
        "Tool %s failed: the database does not take what it did. Where it catches an error of the database, it needs "
        "“with transaction.atomic():” around what raises that, within its try.",
        call.name,
        exc_info=error,
    )
    return TOOL_FAILED


async def _end_work(work: ToolTransaction) -> None:
    """End what a tool does to the database. If that fails, what it writes is refused all the same."""
    try:
        await asyncio.to_thread(work.end_now)
    except Exception:  # it must not change how the turn ends
        logger.exception("A tool could not be ended")
