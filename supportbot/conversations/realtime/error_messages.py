"""What a customer reads about a turn that did not end well."""

from typing import Any

from django.utils.translation import gettext

from supportbot.assistant.errors import ErrorCode, get_error_traits


def get_failure_message(row: Any) -> str:
    """What the customer reads about a turn that did not end well, empty for one that did."""
    if row.state == "stopped":
        return "" if row.error == ErrorCode.TAKEN_OVER else gettext("You stopped this answer.")
    if row.state not in ("failed", "interrupted"):
        return ""
    return gettext(get_error_traits(row.error).message)
