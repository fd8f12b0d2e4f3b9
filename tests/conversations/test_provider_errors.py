"""A provider may refuse in the middle of a turn, after tools have run, and an answer may be none at all."""

import pytest

from supportbot.assistant.errors import get_error_traits
from supportbot.conversations.models import ToolCall, Turn
from tests.provider import wire

from .test_failures import STATUS


@pytest.mark.parametrize("call", [2, 3])
@pytest.mark.parametrize("status", STATUS)
async def test_a_refusal_after_tools_have_run_is_one_notice_and_keeps_their_results(
    page, model, status, call
):
    """B13: every status at the second and third request of a turn; `test_failures` has the first."""
    for _ in range(call - 1):
        model.call("lookup_order", order_id="ORD-123")
    model.otherwise(lambda request: model.fail(status))

    turn = await page.ask("Where is ORD-123?")

    assert turn["data-state"] == "failed"
    (failure,) = turn.classed("failure")
    assert get_error_traits((await Turn.objects.aget()).error).message in failure.text
    assert {state async for state in ToolCall.objects.values_list("state", flat=True)} == {"done"}
    assert call <= len(model.requests) <= call + 1


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([wire.text("\0"), *wire.ending()], id="zero bytes alone"),
        pytest.param(wire.ending("length"), id="all tokens went into thoughts"),
        pytest.param(wire.ending("tool_calls"), id="calls announced and none made"),
    ],
)
async def test_an_answer_of_nothing_is_no_empty_bubble(page, model, pieces):
    """B21: with those in `test_failures` six forms."""
    model.play(*pieces)

    turn = await page.ask("Hello?")

    assert (turn["data-state"], (await Turn.objects.aget()).error) == ("failed", "empty")
    assert not turn.all(data_role="assistant")
    assert page.button("Try again")


@pytest.mark.parametrize("said", ["", "I would rather "], ids=["before the first word", "in mid-answer"])
async def test_an_answer_that_a_filter_stops_is_never_shown_as_a_whole_one(page, model, said):
    """B23: neutral words and the way to a person."""
    model.play(*wire.words(said), *wire.ending("content_filter"))

    turn = await page.ask("Tell me something bad")

    assert (turn["data-state"], (await Turn.objects.aget()).error) == ("failed", "filtered")
    assert [each["data-status"] for each in turn.all(data_role="assistant")] == ["partial"] * bool(said)
    assert get_error_traits("filtered").message in turn.classed("failure")[0].text
    assert page.button("Talk to a person")
