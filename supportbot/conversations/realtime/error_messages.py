"""What a customer reads about a turn that did not end well."""

from typing import Any

ERROR_MESSAGES = {
    "busy": "The assistant is very busy right now. Please try again in a minute.",
    "no_first_token": "The assistant took too long to begin its answer. Please try again.",
    "stalled": "The answer stopped coming. Please try again.",
    "cut": "The answer was cut off. Please try again.",
    "malformed": "The answer did not come through. Please try again.",
    "provider_error": "The assistant broke off in the middle. Please try again.",
    "filtered": "The assistant can't answer that. You can put it in other words, or talk to a person.",
    "empty": "The assistant had no answer. You can try again, or put it in other words.",
    "endless": "The assistant could not work this out. You can try again, or talk to a person.",
    "too_long": "This took too long. You can try again, or talk to a person.",
    "context_too_long": "This conversation has become too long for the assistant. Please begin a new one in the menu.",
    "over_budget": "The assistant can answer no more today. Please come back tomorrow, or talk to a person.",
    "unreachable": "The assistant can't be reached right now. Please try again in a minute.",
    "down": "The assistant is out of order right now. Please try again in a few minutes.",
    "key_refused": "The assistant is away right now. You can talk to a person instead.",
    "no_model": "The assistant is away right now. You can talk to a person instead.",
    "request_refused": "The assistant could not take this message. You can put it in other words, or talk to a person.",
    "interrupted": "The answer was interrupted. Please try again.",
}


def get_failure_message(row: Any) -> str:
    """What the customer reads about a turn that did not end well, empty for one that did."""
    if row.state == "stopped":
        return "" if row.error == "taken_over" else "You stopped this answer."
    if row.state not in ("failed", "interrupted"):
        return ""
    return ERROR_MESSAGES.get(
        row.error, "Something went wrong on our side. You can try again, or talk to a person."
    )
