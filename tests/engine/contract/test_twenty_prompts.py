"""Plays twenty prompts with tools to the model at LLM_BASE_URL and prints which went right (`make test-live`)."""

import os

import pytest

from supportbot.assistant.backends import load_backend
from supportbot.assistant.limits import Limits
from tests.engine.desk import Desk
from tests.provider import Provider, Script

from .twenty_prompts import PROMPTS, Outcome, Prompt, find_problem, format_report, play_prompt
from .wires import WIRES, Wire

ENOUGH = 15  # with fewer a model tells customers too much that is not so
PATIENT = Limits(first_token=300, stall=120, turn=300)


@pytest.fixture
def spoken() -> Wire:
    return WIRES["chat"]


@pytest.mark.live
@pytest.mark.skipif(
    "LLM_BASE_URL" not in os.environ, reason="talks to a real server: set LLM_BASE_URL to run it"
)
async def test_a_model_of_ones_own_does_what_twenty_customers_want(capsys: pytest.CaptureFixture[str]):
    env = os.environ
    backend = load_backend(
        env.get("LLM_BACKEND") or "chat",
        api_key=env.get("LLM_API_KEY", ""),
        base_url=env["LLM_BASE_URL"],
        model=env.get("LLM_MODEL") or "default",
    )
    outcomes = [await play_prompt(backend, prompt, PATIENT) for prompt in PROMPTS]
    await backend.aclose()

    with capsys.disabled():
        print(format_report(outcomes))
    assert sum(not each.problem for each in outcomes) >= ENOUGH


def test_there_are_twenty():
    assert len({prompt.text for prompt in PROMPTS}) == 20


async def test_what_went_wrong_is_named(provider: Script, desk: Desk):
    asked = Prompt("Where is ORD-123?", "lookup_order", {"order_id": "ORD-123"}, "shipped")
    provider.call("lookup_order", order_id="ORD-123")
    provider.say("It has shipped.")
    right = await play_prompt(desk.backend, asked, Limits())
    provider.call("lookup_order", order_id="ORD-9")
    provider.say("It has shipped.")
    other = await play_prompt(desk.backend, asked, Limits())
    provider.say("It has shipped.")
    none = await play_prompt(desk.backend, asked, Limits())

    assert [each.problem for each in (right, other, none)] == [
        "",
        "called lookup_order without ORD-123",
        "called nothing instead of lookup_order",
    ]
    report = format_report([right, other, none])
    assert "right  Where is ORD-123?\n" in report
    assert "1 of 3 went right." in report


async def test_a_server_that_fails_is_named_too(provider: Provider, desk: Desk):
    provider.fail(401)

    outcome = await play_prompt(desk.backend, PROMPTS[0], Limits())

    assert outcome == Outcome(PROMPTS[0], outcome.problem)
    assert "key_refused" in outcome.problem
    assert find_problem(Prompt("Hello!"), desk, "Hi") == ""
