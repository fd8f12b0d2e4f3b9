"""Stores each request to a model with its tokens and its cost, as a part of the caller's transaction."""

from collections.abc import Iterable
from typing import Any

from supportbot.assistant.usage import RequestUsage, parse_usage
from supportbot.compiled_queries import CompiledInsert

from .models import ModelRequest
from .prices import calculate_cost
from .purposes import ANSWER

NEW_REQUEST = CompiledInsert(ModelRequest)


def record_answer(turn: Any, requests: Iterable[RequestUsage]) -> None:
    """Store the requests for a message of a turn."""
    for request in requests:
        record_request(ANSWER, turn.backend, request, conversation=turn.conversation_id, turn=turn.pk)


def record_request(
    purpose: str,
    backend: str,
    request: RequestUsage,
    *,
    conversation: int | None = None,
    turn: int | None = None,
) -> None:
    """Store one request, with what the provider reported in whatever form it has."""
    tokens = parse_usage(request.usage)
    NEW_REQUEST.save(
        ModelRequest(
            conversation_id=conversation,
            turn_id=turn,
            purpose=purpose,
            backend=backend,
            model=request.model[:80],
            input=tokens.input,
            cached=tokens.cached,
            output=tokens.output,
            reasoning=tokens.reasoning,
            cost=calculate_cost(request.model, tokens),
        )
    )
