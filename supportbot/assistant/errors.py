"""Why a model did not answer: the codes, what follows from each of them, and the exception that carries one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

from .translation import gettext_noop
from .usage import RequestUsage

GENERAL_MESSAGE = gettext_noop("Something went wrong on our side.")
# What a customer reads where the answer can't be run again, but the advice of its error would be to do so.
NO_RETRY_ADVICE = gettext_noop("You can talk to a person instead.")


class ErrorCode(StrEnum):
    """Why there is no answer, or no whole one.

    A member's value is its name in small letters. Databases hold it, so a name must not change.
    """

    # The model cannot be asked.
    UNREACHABLE = auto()  # no connection to its server
    DOWN = auto()  # its server fails
    BUSY = auto()  # a rate limit of its server
    KEY_REFUSED = auto()
    NO_CREDIT = auto()  # the account there is empty, or has reached its limit
    NO_MODEL = auto()  # the server does not know the model, or the address is not that of a model server
    MISCONFIGURED = auto()  # the server does not take a parameter of ours, or not what we ask for at all
    NO_FIRST_TOKEN = auto()  # nothing came in time
    PROVIDER_ERROR = auto()  # the stream carried an error

    # The answer broke off.
    STALLED = auto()  # nothing more came in time
    CUT = auto()  # the stream ended before the answer did
    MALFORMED = auto()  # the stream could not be read
    TOO_LONG = auto()  # the whole turn took more than its time

    # The model has no answer to this request.
    REQUEST_REFUSED = auto()  # nobody knows why
    MESSAGE_REFUSED = auto()  # for what the customer sent, such as a picture that cannot be read
    CONTEXT_TOO_LONG = auto()  # more history than the model reads
    FILTERED = auto()  # by the provider's content filter
    EMPTY = auto()
    ENDLESS = auto()  # it only calls tools
    DECLINED = auto()  # it would not give a typed answer
    INVALID = auto()  # a typed answer is not of the form that was asked for
    # A part of the answer was held back, since it stands in nothing that the model was shown.
    UNCONFIRMED = auto()

    # Not of the model, but of the program that asks it.
    INTERRUPTED = auto()  # the process that asked has ended
    TAKEN_OVER = auto()  # a person of the team answers from here on
    OVER_BUDGET = auto()  # the day's tokens are used up
    OVER_GUEST_BUDGET = auto()  # the day's tokens are used up for those who have not signed in
    TOKENS_SET_ASIDE = auto()  # what is left of the day's tokens was set aside for others, for too long
    NOT_STORED = auto()  # the database was away, or its disk full
    BUG = auto()


@dataclass(frozen=True, slots=True)
class ErrorTraits:
    """What follows from an error."""

    # What the customer reads. English, to be translated by whoever shows it.
    message: str = GENERAL_MESSAGE
    # What to do next: true as long as nothing else was said since, so it is shown apart from what happened.
    advice: str = gettext_noop("You can try again, or talk to a person.")
    # Whether the advice is to run the answer again, which not every failed answer can be.
    advises_retry: bool = True
    # The model cannot serve anybody now. Staff are told when it happens again and again.
    is_outage: bool = False
    # The outage lasts until somebody changes the settings, so staff are told at once.
    is_permanent: bool = False
    # The answer had begun. It counts as a failure of the model only if no word of it was seen.
    is_broken_off: bool = False
    # Another model may do better, as long as no word of an answer was seen.
    allows_fallback: bool = False
    # The provider charges for the tokens of such a request, or may do so.
    is_billed: bool = True


_TRY_AGAIN = gettext_noop("Please try again.")
_TRY_IN_A_MINUTE = gettext_noop("Please try again in a minute.")
_REPHRASE = gettext_noop("Try rephrasing it, or talk to a person.")
_BUSY = gettext_noop("The assistant is very busy right now.")
_PERMANENT_OUTAGE = ErrorTraits(
    gettext_noop("The assistant isn't available right now."),
    NO_RETRY_ADVICE,
    advises_retry=False,
    is_outage=True,
    is_permanent=True,
    allows_fallback=True,
    is_billed=False,
)

ERROR_TRAITS: Mapping[ErrorCode, ErrorTraits] = {
    ErrorCode.UNREACHABLE: ErrorTraits(
        gettext_noop("The assistant can't be reached right now."),
        _TRY_IN_A_MINUTE,
        is_outage=True,
        allows_fallback=True,
        is_billed=False,
    ),
    ErrorCode.DOWN: ErrorTraits(
        gettext_noop("The assistant isn't working right now."),
        gettext_noop("Please try again in a few minutes."),
        is_outage=True,
        allows_fallback=True,
        is_billed=False,
    ),
    ErrorCode.BUSY: ErrorTraits(
        _BUSY, _TRY_IN_A_MINUTE, is_outage=True, allows_fallback=True, is_billed=False
    ),
    ErrorCode.KEY_REFUSED: _PERMANENT_OUTAGE,
    ErrorCode.NO_CREDIT: _PERMANENT_OUTAGE,
    ErrorCode.NO_MODEL: _PERMANENT_OUTAGE,
    ErrorCode.MISCONFIGURED: _PERMANENT_OUTAGE,
    ErrorCode.NO_FIRST_TOKEN: ErrorTraits(
        gettext_noop("The assistant took too long to respond."),
        _TRY_AGAIN,
        is_outage=True,
        allows_fallback=True,
        is_billed=False,
    ),
    ErrorCode.PROVIDER_ERROR: ErrorTraits(
        gettext_noop("The answer was interrupted."), _TRY_AGAIN, is_outage=True, allows_fallback=True
    ),
    ErrorCode.STALLED: ErrorTraits(
        gettext_noop("The answer stopped partway through."),
        _TRY_AGAIN,
        is_broken_off=True,
        allows_fallback=True,
    ),
    ErrorCode.CUT: ErrorTraits(
        gettext_noop("The answer is incomplete."), _TRY_AGAIN, is_broken_off=True, allows_fallback=True
    ),
    ErrorCode.MALFORMED: ErrorTraits(
        gettext_noop("Something went wrong with that answer."),
        _TRY_AGAIN,
        is_broken_off=True,
        allows_fallback=True,
    ),
    ErrorCode.TOO_LONG: ErrorTraits(gettext_noop("This took too long.")),
    ErrorCode.REQUEST_REFUSED: ErrorTraits(is_outage=True, allows_fallback=True, is_billed=False),
    ErrorCode.MESSAGE_REFUSED: ErrorTraits(
        gettext_noop("The assistant couldn't process this message."),
        _REPHRASE,
        advises_retry=False,
        allows_fallback=True,
        is_billed=False,
    ),
    ErrorCode.CONTEXT_TOO_LONG: ErrorTraits(
        gettext_noop("This conversation has become too long for the assistant."),
        gettext_noop("Please start a new conversation from the menu."),
        advises_retry=False,
    ),
    ErrorCode.FILTERED: ErrorTraits(
        gettext_noop("The assistant can't answer that."), _REPHRASE, advises_retry=False
    ),
    ErrorCode.EMPTY: ErrorTraits(
        gettext_noop("I couldn't come up with an answer."),
        gettext_noop("Try again, or rephrase your question."),
    ),
    ErrorCode.ENDLESS: ErrorTraits(gettext_noop("The assistant couldn't work this out.")),
    ErrorCode.UNCONFIRMED: ErrorTraits(
        gettext_noop("A part of this answer was left out because it couldn't be confirmed."),
        NO_RETRY_ADVICE,
        advises_retry=False,
    ),
    ErrorCode.DECLINED: ErrorTraits(),
    ErrorCode.INVALID: ErrorTraits(),
    ErrorCode.INTERRUPTED: ErrorTraits(gettext_noop("The answer was interrupted."), _TRY_AGAIN),
    ErrorCode.TAKEN_OVER: ErrorTraits(),
    ErrorCode.OVER_BUDGET: ErrorTraits(
        gettext_noop("The assistant has reached its limit for today."),
        gettext_noop("Please come back tomorrow, or talk to a person."),
        advises_retry=False,
        is_billed=False,
    ),
    ErrorCode.TOKENS_SET_ASIDE: ErrorTraits(_BUSY, _TRY_IN_A_MINUTE, is_billed=False),
    ErrorCode.NOT_STORED: ErrorTraits(
        gettext_noop("We couldn't save this answer. That is our fault."), _TRY_AGAIN
    ),
    ErrorCode.OVER_GUEST_BUDGET: ErrorTraits(
        gettext_noop("The assistant has reached its limit for today for visitors who aren't signed in."),
        gettext_noop("Please sign in to go on, or talk to a person."),
        advises_retry=False,
        is_billed=False,
    ),
    ErrorCode.BUG: ErrorTraits(),
}


class ModelError(Exception):
    """The model could not answer. `code` says why, `retry` whether asking again may help.

    `discarded` are the requests that were counted all the same. The text of the exception is for logs; it never holds
    a key or a customer's words. Making one with a code that is none raises ValueError.
    """

    def __init__(self, code: ErrorCode, detail: str = "", *, retry: bool = True) -> None:
        super().__init__(detail or code)
        self.code = ErrorCode(code)
        self.retry = retry
        self.discarded: tuple[RequestUsage, ...] = ()


def get_error_traits(code: str) -> ErrorTraits:
    """What follows from a stored code. One that this version does not know has the defaults of `ErrorTraits`."""
    try:
        return ERROR_TRAITS[ErrorCode(code)]
    except ValueError:
        return ErrorTraits()
