"""Each request to a model, put down with its tokens and its price."""

from collections.abc import Mapping
from typing import Any

from supportbot.assistant.messages import Answer
from supportbot.assistant.usage import parse_usage

from .models import ModelRequest
from .prices import calculate_cost


def record_answer(turn: Any, answer: Answer) -> None:
    """Put down what one message of the model took, as a part of the turn."""
    record_request(
        "answer",
        turn.backend,
        answer.model,
        answer.usage,
        conversation=turn.conversation_id,
        turn=turn.pk,
    )


def record_request(
    purpose: str,
    backend: str,
    model: str,
    usage: Mapping[str, Any],
    *,
    conversation: int | None = None,
    turn: int | None = None,
) -> None:
    """Put down what one request took. `usage` is the provider's own; call it in the caller's transaction."""
    tokens = parse_usage(usage)
    ModelRequest.objects.create(
        conversation_id=conversation,
        turn_id=turn,
        purpose=purpose,
        backend=backend,
        model=model[:80],
        input=tokens.input,
        cached=tokens.cached,
        output=tokens.output,
        reasoning=tokens.reasoning,
        cost=calculate_cost(model, tokens),
    )
