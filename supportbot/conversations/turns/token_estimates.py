"""What a request took, reckoned by its characters: for servers that do not count tokens, and answers that broke off.

Many servers count none in a stream (defilantech/LLMKube#1852, NorthlandPositronics/Cogtrix#2376,
anomalyco/opencode#423).
"""

import json
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.conf import settings

from supportbot.assistant.usage import RequestUsage
from supportbot.assistant.window import CHARS_PER_TOKEN, estimate_tokens, trim_to_budget

from ..limits import token_budgets
from ..models import Conversation, Turn
from .model_input import build_system_text, load_model_history


def settle_turn(
    turn: Turn,
    conversation: Conversation,
    requests: Sequence[RequestUsage],
    error: str = "",
    text: str = "",
    *,
    is_charged: bool = True,
) -> None:
    """Replace what was set aside for an answer of the turn by what its `requests` took. The caller saves the turn.

    `text` is what the model said, as far as it is not stored yet. What is not `is_charged` but for what was counted is
    a request that failed before the first word: a provider that hangs uses nobody's day up. One that was stopped is
    charged, or whoever presses Stop in time would have the model asked for nothing.
    """

    def estimate_taken() -> int:
        if not is_charged:
            return 0
        return estimate_request_tokens(conversation, turn) + len(text) // CHARS_PER_TOKEN

    token_budgets.settle_reservation(turn, requests, error, estimate_taken)


def estimate_request_tokens(conversation: Conversation, until: Turn | None) -> int:
    """About how many tokens the model was sent for a turn, with its instructions and tools."""
    env = settings.ENVIRONMENT
    history = load_model_history(conversation, until)
    window = trim_to_budget(history, env.llm_window_tokens, env.llm_window_messages)
    return sum(map(estimate_tokens, window)) + _estimate_instruction_tokens(conversation, until)


def _estimate_instruction_tokens(conversation: Conversation, turn: Turn | None) -> int:
    app: Any = apps.get_app_config("conversations")
    tools = json.dumps([tool.as_chat() for tool in app.tools.values()])
    told = build_system_text(turn.prompt if turn is not None else None, conversation)
    return (len(tools) + len(told)) // CHARS_PER_TOKEN
