"""The forms in which the environment writes values that are more than a word or a number, and how they are read.

Each raises an error in plain words for what it cannot read.
"""

from collections.abc import Callable
from decimal import Decimal
from email.utils import parseaddr
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from .addresses import ADDRESS_EXAMPLES, ADDRESS_SCHEMES, is_address
from .opening_hours import parse_holidays, parse_opening_hours

Priority = Literal["high", "medium", "low"]
DEFAULT_TICKET_HOURS: dict[Priority, float] = {"high": 4, "medium": 8, "low": 24}


def parse_prices(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    entries = (entry.partition("=") for entry in value.split(",") if entry.strip())
    return {model.strip(): tuple(prices.strip().split("/")) for model, _, prices in entries}


def parse_ticket_hours(value: Any) -> Any:
    """A priority that is not named keeps its default."""
    if not isinstance(value, str):
        return value
    entries = [entry.partition("=") for entry in value.split(",") if entry.strip()]
    if not all(equals for _, equals, _ in entries):
        raise PydanticCustomError("hours", "Input should look like high=4,medium=8,low=24")
    given = {priority.strip().lower(): hours.strip() for priority, _, hours in entries}
    return DEFAULT_TICKET_HOURS | given


def split_at_commas(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(word.strip() for word in value.split(",") if word.strip())


def lower_case(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def check_address(value: str, info: ValidationInfo) -> str:
    """An address of a service, of which each field takes those of its own schemes."""
    name = info.field_name or ""
    if value and not is_address(value, ADDRESS_SCHEMES[name]):
        raise PydanticCustomError(
            "address", "Input should look like {shape}", {"shape": ADDRESS_EXAMPLES[name]}
        )
    return value


def check_mailboxes(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        name, at, host = parseaddr(each)[1].partition("@")
        if not (name and at and host):
            raise PydanticCustomError("email", "Input should be e-mail addresses with commas")
    return value


def check_mail_address(value: str) -> str:
    local, _, host = value.rpartition("@")
    if value and not (local and "." in host and parseaddr(value)[1] == value and value.isascii()):
        raise PydanticCustomError("email", "Input should be an e-mail address")
    return value


def check_time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError(
            "zone", "Input should be a time zone such as Europe/Berlin or UTC"
        ) from None
    return value


def check_opening_hours(value: str) -> str:
    return _check_with(parse_opening_hours, value)


def check_holidays(value: str) -> str:
    return _check_with(parse_holidays, value) if value else value


def _check_with(parse: Callable[[str], object], value: str) -> str:
    try:
        parse(value)
    except ValueError as error:
        raise PydanticCustomError("hours", "{why}", {"why": str(error)}) from None
    return value


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_at_commas)]
Mailboxes = Annotated[CommaSeparated, AfterValidator(check_mailboxes)]
MailAddress = Annotated[str, AfterValidator(check_mail_address)]
TimeZone = Annotated[str, AfterValidator(check_time_zone)]
OpeningHours = Annotated[str, AfterValidator(check_opening_hours)]
Holidays = Annotated[str, AfterValidator(check_holidays)]
# A thousand opening hours are half a year of a shop that is open on weekdays.
HoursToAnswer = Annotated[float, Field(gt=0, le=1000)]
TicketHours = Annotated[dict[Priority, HoursToAnswer], NoDecode, BeforeValidator(parse_ticket_hours)]
Prices = Annotated[dict[str, tuple[Decimal, Decimal, Decimal]], NoDecode, BeforeValidator(parse_prices)]
ReasoningEffort = Annotated[
    Literal["", "none", "minimal", "low", "medium", "high", "xhigh", "max"], BeforeValidator(lower_case)
]
