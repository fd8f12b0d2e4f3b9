"""The part of a long conversation that the model is sent: the newest whole turns that fit into a token budget."""

from collections.abc import Sequence

from .messages import Message

CHARS_PER_TOKEN = 3
MESSAGE_OVERHEAD_TOKENS = 8
CALL_OVERHEAD_CHARS = 20  # the id and the frame of a tool call
# xAI: 256 for a tile of 448 pixels, at most seven tiles.
IMAGE_TOKENS = {"low": 300, "auto": 1800, "high": 1800}


def trim_to_budget(messages: Sequence[Message], budget: int, max_messages: int = 0) -> list[Message]:
    """The newest messages that fit into `budget` tokens, beginning with the first message of a turn.

    So a tool call is never separated from its result, nor are the messages of one burst from each other. The last
    turn is always kept whole, whatever it costs. `max_messages` limits the number of messages; 0 does not.
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
    """The messages without the older half of their tokens; all of them if there is only one turn."""
    return trim_to_budget(messages, sum(map(estimate_tokens, messages)) // 2)


def estimate_tokens(message: Message) -> int:
    """Estimate what a message costs. Rather too high for English, which has some four characters a token."""
    # Nearly every message is such a one, and is measured many times a turn.
    if not (message.tool_calls or message.images or message.provider_fields):
        return MESSAGE_OVERHEAD_TOKENS + len(message.text) // CHARS_PER_TOKEN
    call_chars = sum(
        len(call.name) + len(call.arguments) + CALL_OVERHEAD_CHARS for call in message.tool_calls
    )
    image_tokens = sum(IMAGE_TOKENS[image.detail] for image in message.images)
    # The reasoning that goes back to its provider; signatures are no text for the model.
    own = message.provider_fields.message.values() if message.provider_fields else ()
    own_chars = sum(len(value) for value in own if isinstance(value, str))
    return (
        MESSAGE_OVERHEAD_TOKENS
        + (len(message.text) + call_chars + own_chars) // CHARS_PER_TOKEN
        + image_tokens
    )
