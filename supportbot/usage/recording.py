"""Stores each request to a model with its tokens and its cost, as a part of the caller's transaction."""

from collections.abc import Mapping
from typing import Any

from supportbot.assistant.messages import Answer
from supportbot.assistant.usage import parse_usage
from supportbot.compiled_queries import CompiledInsert

from .models import ModelRequest
from .prices import calculate_cost
from .purposes import ANSWER

NEW_REQUEST = CompiledInsert(ModelRequest)


def record_answer(turn: Any, answer: Answer) -> None:
    """Store the request that brought this message of a turn."""
    record_request(
        ANSWER,
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
    """Store one request. `usage` is what the provider reported, in whatever form it has."""
    tokens = parse_usage(usage)
    NEW_REQUEST.save(
        ModelRequest(
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
    )
