"""Why an answer failed, in words for staff. What customers read says what to do next; this says what happened."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from supportbot.assistant.errors import ErrorCode

# Of those that can end an answer, in the order in which lists have them.
FAILURE_WORDS: Mapping[str, str | Promise] = {
    ErrorCode.UNREACHABLE: _("No connection to the model"),
    ErrorCode.DOWN: _("The model’s server failed"),
    ErrorCode.BUSY: _("Rate limit of the model’s server"),
    ErrorCode.KEY_REFUSED: _("The key was refused"),
    ErrorCode.NO_CREDIT: _("No credit left"),
    ErrorCode.NO_MODEL: _("Unknown model or address"),
    ErrorCode.MISCONFIGURED: _("A setting that the server refuses"),
    ErrorCode.NO_FIRST_TOKEN: _("No answer in time"),
    ErrorCode.PROVIDER_ERROR: _("The provider reported an error"),
    ErrorCode.STALLED: _("The answer stopped partway through"),
    ErrorCode.CUT: _("The answer was cut off"),
    ErrorCode.MALFORMED: _("The answer could not be read"),
    ErrorCode.TOO_LONG: _("It took too long"),
    ErrorCode.REQUEST_REFUSED: _("The model refused the request"),
    ErrorCode.MESSAGE_REFUSED: _("The model refused the message"),
    ErrorCode.CONTEXT_TOO_LONG: _("The conversation was too long"),
    ErrorCode.FILTERED: _("The provider’s content filter"),
    ErrorCode.EMPTY: _("An empty answer"),
    ErrorCode.ENDLESS: _("Only tool calls, no answer"),
    ErrorCode.UNCONFIRMED: _("Held back: it could not be confirmed"),
    ErrorCode.INTERRUPTED: _("Our process ended"),
    ErrorCode.OVER_BUDGET: _("The day’s tokens were used up"),
    ErrorCode.OVER_GUEST_BUDGET: _("The day’s tokens of guests were used up"),
    ErrorCode.TOKENS_SET_ASIDE: _("Tokens were set aside for others"),
    ErrorCode.NOT_STORED: _("It could not be stored"),
    ErrorCode.BUG: _("A fault of this program"),
}


def describe_failure(code: str) -> str:
    """A stored code in words. One that has none, such as that of another version, is shown as it is."""
    return str(FAILURE_WORDS.get(code, code))
