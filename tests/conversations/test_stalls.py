"""Wherever in its answer a model falls silent, what was read stays, marked as cut, and nothing is said twice."""

import pytest

from supportbot.conversations.models import Message, Turn
from tests.provider import STALL, wire

WORDS = [f"word{number} " for number in range(40)]


@pytest.fixture
def short(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_stall_seconds": 0.15})


@pytest.mark.parametrize("said", range(1, 40, 2))
@pytest.mark.usefixtures("short")
async def test_an_answer_that_stalls_is_kept_as_far_as_it_came_and_not_asked_for_again(page, model, said):
    """B15: twenty places of an answer. The customer decides whether it is asked for once more."""
    model.play(*[wire.text(word) for word in WORDS[:said]], STALL)

    turn = await page.ask("Tell me a story")

    answer = turn.one(data_role="assistant")
    assert (turn["data-state"], answer["data-status"]) == ("failed", "partial")
    assert answer.classed("text")[0].text.strip() == "".join(WORDS[:said]).strip()
    assert (await Message.objects.aget(role="assistant")).text == "".join(WORDS[:said])
    assert (await Turn.objects.aget()).error == "stalled"
    assert len(turn.classed("failure")) == 1
    assert page.button("Try again")
    await model.until(lambda model: model.open_streams == 0)
    assert len(model.requests) == 1
