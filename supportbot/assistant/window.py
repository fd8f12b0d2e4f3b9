"""What the model sees of a long conversation: its newest turns, whole, within a budget of tokens."""

from collections.abc import Sequence

from .messages import Message

IMAGE_TOKENS = {"low": 300, "auto": 1800, "high": 1800}  # xAI: 256 a tile of 448 pixels, at most seven tiles


def trim_to_budget(messages: Sequence[Message], budget: int, max_messages: int = 0) -> list[Message]:
    """The newest messages that fit into `budget` tokens, cut only where a customer begins to speak.

    A tool call is never parted from its result, nor a burst of messages that is answered at once.
    The last turn is always whole, whatever it costs. `max_messages` limits the number of messages, 0 does not.
    """
    start = len(messages)
    used = 0
    for index in range(len(messages) - 1, -1, -1):
        used += estimate_tokens(messages[index])
        begins_turn = messages[index].role == "user" and (index == 0 or messages[index - 1].role != "user")
        is_over = used > budget or 0 < max_messages < len(messages) - index
        if is_over and start < len(messages):
            break
        if begins_turn:
            start = index
    return list(messages[start:]) if start < len(messages) else list(messages)


def drop_older_half(messages: Sequence[Message]) -> list[Message]:
    """For a model that reads less than was thought: without the older half, or the same if nothing can be left out."""
    return trim_to_budget(messages, sum(map(estimate_tokens, messages)) // 2)


def estimate_tokens(message: Message) -> int:
    """An estimate, rather too high for English: three characters a token, and a few for the frame."""
    calls = sum(len(call.name) + len(call.arguments) + 20 for call in message.tool_calls)
    pictures = sum(IMAGE_TOKENS[image.detail] for image in message.images)
    return 8 + (len(message.text) + calls) // 3 + pictures
