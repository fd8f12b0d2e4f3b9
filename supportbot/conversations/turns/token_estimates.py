"""What a request took, reckoned by its characters: for servers that do not count tokens, and answers that broke off.

Many servers count none in a stream (defilantech/LLMKube#1852, NorthlandPositronics/Cogtrix#2376,
anomalyco/opencode#423).
"""

import json
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.conf import settings

from supportbot.assistant.window import CHARS_PER_TOKEN, estimate_tokens, trim_to_budget

from ..limits import token_budgets
from ..models import Conversation, Turn
from .history import load_history

MAX_TURNS = 40


def settle_turn(
    turn: Turn,
    conversation: Conversation,
    usage: Mapping[str, Any],
    error: str = "",
    text: str = "",
    *,
    was_answered: bool = True,
) -> None:
    """Replace what was set aside for a request of the turn by what it took. The caller saves the turn.

    `text` is what the model said, as far as it is not stored yet. What was not answered is given back whole: a provider
    that hangs uses nobody's day up.
    """
    if not was_answered:
        token_budgets.release_reservation(turn)
        return

    def estimate_taken() -> int:
        return estimate_request_tokens(conversation, turn) + len(text) // CHARS_PER_TOKEN

    token_budgets.settle_reservation(turn, usage, error, estimate_taken)


def estimate_request_tokens(conversation: Conversation, until: Turn | None) -> int:
    """About how many tokens the model was sent for a turn, with its instructions and tools."""
    env = settings.ENVIRONMENT
    after = max(conversation.summarised_through or 0, conversation.bot_starts_after or 0)
    history = load_history(conversation, until=until, after=after, newest=MAX_TURNS)
    window = trim_to_budget(history, env.llm_window_tokens, env.llm_window_messages)
    return sum(map(estimate_tokens, window)) + _estimate_instruction_tokens(conversation, until)


def _estimate_instruction_tokens(conversation: Conversation, turn: Turn | None) -> int:
    app: Any = apps.get_app_config("conversations")
    tools = json.dumps([tool.as_chat() for tool in app.tools.values()])
    told = turn.prompt.render_system_text("") if turn is not None and turn.prompt else ""
    return (len(tools) + len(told) + len(conversation.summary)) // CHARS_PER_TOKEN
