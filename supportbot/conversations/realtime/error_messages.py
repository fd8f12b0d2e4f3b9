"""What a customer reads about a turn that did not end well."""

from typing import Any

from django.utils.translation import gettext

from supportbot.assistant.errors import NO_RETRY_ADVICE, ErrorCode, get_error_traits


def get_failure_message(row: Any) -> str:
    """What happened to a turn that did not end well, empty for one that did."""
    if row.state == "stopped":
        return "" if row.error == ErrorCode.TAKEN_OVER else gettext("You stopped this answer.")
    if row.state not in ("failed", "interrupted"):
        return ""
    return gettext(get_error_traits(row.error).message)


def get_failure_advice(row: Any) -> str:
    """What its customer can do next while it is the newest turn, empty for a turn that was stopped or is well."""
    if row.state not in ("failed", "interrupted"):
        return ""
    traits = get_error_traits(row.error)
    return gettext(traits.advice if row.can_retry or not traits.advises_retry else NO_RETRY_ADVICE)
