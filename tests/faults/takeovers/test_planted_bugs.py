"""The checkers of takeovers find each of these bugs when it is planted into the product, and nothing without one."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from supportbot.assistant.messages import ToolResult
from supportbot.conversations import turns

from . import bugs
from .bugs import Plant
from .checker import check_takeover
from .grabs import check_grabs, contest_in_threads, make_waiting
from .plan import Plan
from .play import Shop, ToolGate, play_takeover
from .record import Record

IN_MID_ANSWER = Plan(1, "p", 6)  # whose answer is long
IN_A_TOOL = Plan(2, "t", 2)
CONTESTS = 20


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> ToolGate:
    """Tools wait here before their transaction begins, on their own threads."""
    gate, run_tool = ToolGate(), turns.run_tool

    def wait_and_run(*args: Any) -> ToolResult:
        gate.pass_through()
        return run_tool(*args)

    monkeypatch.setattr(turns, "run_tool", wait_and_run)
    return gate


def find_promises(record: Record) -> set[str]:
    return {complaint.partition(":")[0] for complaint in check_takeover(record)}


async def test_without_a_bug_a_takeover_in_mid_answer_is_found_good(shop: Shop) -> None:
    record = await play_takeover(shop, IN_MID_ANSWER)

    assert check_takeover(record) == []
    assert record.was_cut
    assert any(text for _status, text in record.final.messages.values())


async def test_without_a_bug_a_takeover_in_a_tool_is_found_good(shop: Shop, gate: ToolGate) -> None:
    record = await play_takeover(shop, IN_A_TOOL, gate)

    assert check_takeover(record) == []
    assert record.was_cut
    assert [state for state, _result in record.final.calls.values()] == ["interrupted"]


async def test_a_bot_that_was_not_halted_says_nothing_more_but_words_are_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the fencing token alone is good for; with the next bug there is not even that."""
    bugs.nobody_halts_the_bot(monkeypatch)

    found = find_promises(await play_takeover(shop, IN_MID_ANSWER))

    assert "T4" in found
    assert not found & {"T1", "T2"}


@pytest.mark.parametrize(
    ("plant", "promise"),
    [
        (bugs.it_leaves_the_fencing_token, "T1"),
        (bugs.it_leaves_the_lease, "T2"),
        (bugs.the_runner_stores_its_text_late, "T2"),
        (bugs.it_throws_away_what_was_read, "T4"),
        (bugs.it_keeps_what_was_stored_last, "T4"),
        (bugs.the_customer_is_blamed, "T5"),
        (bugs.a_person_is_no_owner, "T6"),
        (bugs.the_old_history_is_told_again, "T7"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_a_planted_bug_is_found_in_mid_answer(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, plant: Plant, promise: str
) -> None:
    plant(monkeypatch)

    record = await play_takeover(shop, IN_MID_ANSWER)

    assert promise in find_promises(record)


async def test_a_tool_that_writes_after_the_commit_is_found(
    shop: Shop, gate: ToolGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    bugs.a_tool_does_not_look_whether_it_still_may(monkeypatch)

    record = await play_takeover(shop, IN_A_TOOL, gate)

    assert "T3" in find_promises(record)


@pytest.mark.usefixtures("transactional_db")
def test_two_winners_of_one_grab_are_found(
    alice: User, rivals: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """«Read, then write»: both have looked before either has written."""
    bugs.it_reads_and_then_writes(monkeypatch)

    grabs = contest_in_threads(make_waiting(CONTESTS, alice), rivals[:2])

    assert "G1" in {complaint.partition(":")[0] for complaint in check_grabs(grabs)}
