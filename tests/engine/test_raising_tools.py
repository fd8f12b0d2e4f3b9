"""Whatever a tool raises, the model is told one bland line and the turn goes on."""

import asyncio

import pytest

from supportbot.assistant.tools import ToolContext, tool

RAISED = (
    RuntimeError("a secret of the shop"),
    KeyError("secret"),
    AssertionError(),
    OSError(28, "No space left on the secret device"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "secret"),
    RecursionError(),
    MemoryError(),
    StopIteration("secret"),
    StopAsyncIteration(),
    TimeoutError("secret"),
    asyncio.CancelledError("secret"),
    SystemExit("secret"),
    KeyboardInterrupt("secret"),
    GeneratorExit("secret"),
    BaseExceptionGroup("secret", [KeyboardInterrupt()]),
)


@pytest.mark.parametrize("raised", RAISED, ids=lambda raised: type(raised).__name__)
@pytest.mark.parametrize("is_async", [False, True], ids=["a function", "an asynchronous function"])
async def test_it_is_a_result_that_tells_nothing(provider, desk, raised: BaseException, is_async: bool):
    @tool()
    def break_down(ctx: ToolContext) -> dict:
        """Break down."""
        raise raised

    @tool()
    async def break_down_later(ctx: ToolContext) -> dict:
        """Break down after a while."""
        await asyncio.sleep(0)
        raise raised

    desk.set_tools(break_down_later if is_async else break_down)
    provider.call("break_down_later" if is_async else "break_down")
    provider.say("Sorry, that did not work.")

    assert await desk.ask("Please") == "Sorry, that did not work."

    (result,) = desk.results
    assert (result.outcome, result.content) == (
        "failed",
        '{"error": "The tool failed. Do not guess its result."}',
    )
