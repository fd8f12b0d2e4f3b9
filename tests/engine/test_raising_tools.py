"""Whatever a tool raises, the model is told one bland line and the turn goes on."""

import asyncio
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BeforeValidator

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tool_results import UNCERTAIN_OUTCOME
from supportbot.assistant.tools import Effect, ToolContext, ToolError, tool

from .desk import GUEST

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
async def test_what_a_tool_raises_is_told_to_the_model_in_one_bland_line(
    provider, desk, raised: BaseException, is_async: bool
):
    @tool(effect="read")
    def break_down(ctx: ToolContext) -> dict:
        """Break down."""
        raise raised

    @tool(effect="read")
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


@pytest.mark.parametrize("raised", RAISED, ids=lambda raised: type(raised).__name__)
@pytest.mark.parametrize("validator", [AfterValidator, BeforeValidator])
@pytest.mark.parametrize("effect", ["read", "irreversible"])
def test_what_a_check_of_its_arguments_raises_is_told_blandly_too_and_the_tool_has_not_begun(
    caplog, raised: BaseException, validator: Any, effect: Effect
):
    def check(value: str) -> str:
        raise raised

    @tool(effect=effect)
    def pay(ctx: ToolContext, account: Annotated[str, validator(check)]) -> None:
        """Pay."""
        pytest.fail("it was run all the same")

    result = pay.run(GUEST, ToolCall("c1", "pay", '{"account": "x"}'))

    if isinstance(raised, AssertionError | ValueError):  # which pydantic takes for a wrong value
        assert result.outcome == "invalid"
        return
    assert (result.outcome, result.content) == (
        "failed",
        '{"error": "The tool failed. Do not guess its result."}',
    )
    assert type(raised).__name__ in caplog.text
    assert UNCERTAIN_OUTCOME not in result.content


def test_a_check_of_its_arguments_may_refuse_in_words():
    def require_known(name: str) -> str:
        if name != "lamp":
            raise ToolError("We do not sell that.")
        return name

    @tool(effect="read")
    def check_stock(ctx: ToolContext, product: Annotated[str, AfterValidator(require_known)]) -> int:
        """Tell how many there are."""
        return 4

    refused = check_stock.run(GUEST, ToolCall("c1", "check_stock", '{"product": "desk"}'))

    assert (refused.outcome, refused.content) == ("refused", '{"error": "We do not sell that."}')
    assert check_stock.run(GUEST, ToolCall("c1", "check_stock", '{"product": "lamp"}')).content == "4"


@pytest.mark.parametrize(
    ("line", "given", "expected"),
    [
        ("Shipping to {address[city]}", '{"address": {"city": "Köln"}}', "Shipping to Köln"),
        ("Shipping to {address[city]}", '{"address": {"zip": "1"}}', "Shipping to"),
        ("Shipping to {address[city]}", '{"address": "Köln"}', "Shipping to"),
        ("Shipping to {address[0]}", '{"address": []}', "Shipping to"),
        ("Shipping to {address.city}", '{"address": {"city": "Köln"}}', "Shipping to"),
        ("Paying {euros:.2f} euros", '{"euros": 5}', "Paying 5.00 euros"),
        ("Paying {euros:.2f} euros", '{"euros": "five"}', "Paying"),
        ("Paying {euros:.2f} euros", '{"euros": null}', "Paying"),
        ("Paying {euros} euros", '{"euros": [[1]]}', "Paying [[1]] euros"),
        ("Paying {euros} euros", '{"euros": "5\\u0000"}', "Paying 5 euros"),
        ("Paying {euros} euros", '{"euros": "5\\ud83d"}', "Paying"),
        ("Paying {euros:>5000}", '{"euros": 5}', "Paying " + " " * 60),
    ],
)
def test_no_line_of_a_call_can_break_the_turn_that_has_made_it(line, given, expected):
    @tool(effect="read", progress=line, done_line=line)
    def pay(ctx: ToolContext, euros: Any = 0, address: Any = None) -> None:
        """Pay."""

    made = ToolCall("c1", "pay", given)

    assert pay.format_progress(made) == expected
    assert pay.format_done_line(made) == expected
