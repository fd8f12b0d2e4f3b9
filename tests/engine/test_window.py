"""What the model sees of a long conversation: whole turns, the newest first to stay."""

import random

import pytest

from supportbot.assistant.messages import Message, ToolCall
from supportbot.assistant.window import estimate_tokens, trim_to_budget


def turn(number: int, calls: int = 0, length: int = 30) -> list[Message]:
    wanted = tuple(ToolCall(f"call_{number}_{each}", "lookup_order", "{}") for each in range(calls))
    asked = [Message("assistant", "", wanted)] if wanted else []
    results = [Message("tool", "x" * length, tool_call_id=call.id) for call in wanted]
    said = [Message("user", f"question {number} " + "x" * length)]
    return [*said, *asked, *results, Message("assistant", f"answer {number}")]


def cost(messages: list[Message]) -> int:
    return sum(estimate_tokens(message) for message in messages)


def test_a_conversation_within_the_budget_is_sent_whole():
    messages = [*turn(1), *turn(2, calls=2)]

    assert trim_to_budget(messages, cost(messages)) == messages


def test_the_oldest_turn_is_dropped_when_one_token_is_missing():
    messages = [*turn(1), *turn(2, calls=2), *turn(3)]

    assert trim_to_budget(messages, cost(messages) - 1) == [*turn(2, calls=2), *turn(3)]


def test_a_turn_with_calls_is_dropped_whole_rather_than_cut():
    messages = [*turn(1), *turn(2, calls=3), *turn(3)]

    assert trim_to_budget(messages, cost(turn(3)) + cost(turn(2, calls=3)) - 1) == turn(3)


def test_a_turn_behind_one_that_is_too_long_is_dropped_too():
    messages = [*turn(1), *turn(2, length=9000), *turn(3)]

    assert trim_to_budget(messages, 500) == turn(3)


@pytest.mark.parametrize("budget", [0, 1, 50])
def test_the_last_turn_stays_whole_whatever_it_costs(budget):
    messages = [*turn(1), *turn(2, calls=4, length=5000)]

    assert trim_to_budget(messages, budget) == turn(2, calls=4, length=5000)


def test_messages_that_are_answered_at_once_are_not_parted():
    burst = [Message("user", "And my order?"), Message("user", "ORD-123"), Message("user", "Please!")]

    assert trim_to_budget([*turn(1), *burst], 1) == burst


def test_nothing_is_lost_of_a_conversation_that_nobody_has_spoken_in():
    greeting = [Message("assistant", "Hello, how can I help?")]

    assert trim_to_budget(greeting, 1) == greeting
    assert trim_to_budget([], 1) == []


def test_no_budget_ever_parts_a_call_from_its_result():
    chance = random.Random(2026)
    for _round in range(200):
        messages = [
            message
            for number in range(chance.randint(1, 8))
            for message in turn(number, calls=chance.randint(0, 3), length=chance.randint(0, 400))
        ]
        kept = trim_to_budget(messages, chance.randint(0, cost(messages) + 10))

        assert kept == messages[len(messages) - len(kept) :]
        assert kept[0].role == "user"
        called = [call.id for message in kept for call in message.tool_calls]
        assert called == [message.tool_call_id for message in kept if message.role == "tool"]
