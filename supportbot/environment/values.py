"""The forms in which the environment writes values that are more than a word or a number, and how they are read.

Each raises an error in plain words for what it cannot read.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from ..addresses import ADDRESS_EXAMPLES, ADDRESS_SCHEMES, is_address, is_base_address
from ..opening_hours import parse_holidays, parse_opening_hours

Priority = Literal["high", "medium", "low"]
HOST_NAME = r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,30}"
# What the header Host is compared with: a name, all names below one, an address in numbers, or any.
ALLOWED_HOST = re.compile(rf"\*|\.?{HOST_NAME}|\[[0-9a-f:.]+\]", re.IGNORECASE)
ORIGIN = re.compile(rf"https?://(?:\*\.)?(?:{HOST_NAME}|\[[0-9a-f:.]+\])(?::\d{{1,5}})?", re.IGNORECASE)
HEADER_VALUE = re.compile(r"(?![\"'])[!-~]*")
MAX_NUMBER = 10**12  # of any setting: what is larger fits into no column of the database
MAX_SECONDS = 86_400
DEFAULT_TICKET_HOURS: dict[Priority, float] = {"high": 4, "medium": 8, "low": 24}


def parse_prices(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    entries = [entry.partition("=") for entry in value.split(",") if entry.strip()]
    if not all(model.strip() and prices.count("/") == 2 for model, _, prices in entries):
        raise PydanticCustomError("prices", "Input should look like grok-4.3=1.25/0.20/2.50")
    return {model.strip(): tuple(each.strip() for each in prices.split("/")) for model, _, prices in entries}


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
    is_right = is_base_address(value) if name == "site_url" else is_address(value, ADDRESS_SCHEMES[name])
    if value and not is_right:
        raise PydanticCustomError(
            "address", "Input should look like {shape}", {"shape": ADDRESS_EXAMPLES[name]}
        )
    return value


def check_allowed_hosts(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        if not ALLOWED_HOST.fullmatch(each):
            raise PydanticCustomError(
                "hosts", "Input should be host names without https://, port or path, such as help.example.com"
            )
    return value


def check_host(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        if not re.fullmatch(HOST_NAME, value, re.IGNORECASE):
            raise PydanticCustomError(
                "host", "Input should be an address or a name without https:// and port, such as 0.0.0.0"
            ) from None
    return value


def check_origins(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        if not ORIGIN.fullmatch(each):
            raise PydanticCustomError(
                "origins", "Input should be origins without a path, such as https://help.example.com"
            )
    return value


def check_key(value: str) -> str:
    """A key that is sent in a header. White space around it comes from files, and is no part of it.

    Nor are quotation marks, with which a file for `docker run --env-file` gives it.
    """
    key = value.strip()
    if not HEADER_VALUE.fullmatch(key):
        raise PydanticCustomError(
            "key",
            "Input should be letters from a to z, digits and signs, without spaces or quotation marks around them",
        )
    return key


def check_line(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("line", "Input should be one line of letters and signs")
    return value


def check_number(value: Any) -> Any:
    if isinstance(value, int) and value > MAX_NUMBER:
        raise PydanticCustomError("number", "Input should be at most {most}", {"most": MAX_NUMBER})
    return value


def check_mailboxes(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        # It says nothing of what it has left out, such as another address behind a “;”.
        _name, address = parseaddr(each)
        name, at, host = address.partition("@")
        if not (name and at and host and each in (address, f"{each.partition('<')[0]}<{address}>")):
            raise PydanticCustomError("email", "Input should be e-mail addresses with commas")
    return value


def check_mail_address(value: str) -> str:
    local, _, host = value.rpartition("@")
    if value and not (local and "." in host and parseaddr(value)[1] == value and value.isascii()):
        raise PydanticCustomError("email", "Input should be an e-mail address")
    return value


def check_app_names(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        if not all(part.isidentifier() for part in each.split(".")):
            raise PydanticCustomError(
                "apps", "Input should be names of apps with commas, such as stock or stock.apps.StockConfig"
            )
    return value


def check_time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError(
            "zone", "Input should be a time zone such as Europe/Berlin or UTC"
        ) from None
    return value


def check_languages(value: tuple[str, ...]) -> tuple[str, ...]:
    # Some are there only to say which one to take in their place, such as zh-hans for zh-cn.
    unknown = [code for code in value if "name" not in LANG_INFO.get(code, ())]
    if unknown or not value:
        raise PydanticCustomError("languages", "Input should be codes of languages such as en, de or pt-br")
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
AllowedHosts = Annotated[CommaSeparated, AfterValidator(check_allowed_hosts)]
Host = Annotated[str, AfterValidator(check_host)]
Origins = Annotated[CommaSeparated, AfterValidator(check_origins)]
Key = Annotated[str, AfterValidator(check_key)]
Line = Annotated[str, AfterValidator(check_line)]
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS, allow_inf_nan=False)]
Mailboxes = Annotated[CommaSeparated, AfterValidator(check_mailboxes)]
MailAddress = Annotated[str, AfterValidator(check_mail_address)]
AppNames = Annotated[CommaSeparated, AfterValidator(check_app_names)]
Languages = Annotated[CommaSeparated, AfterValidator(check_languages)]
TimeZone = Annotated[str, AfterValidator(check_time_zone)]
OpeningHours = Annotated[str, AfterValidator(check_opening_hours)]
Holidays = Annotated[str, AfterValidator(check_holidays)]
# A thousand opening hours are half a year of a shop that is open on weekdays.
HoursToAnswer = Annotated[float, Field(gt=0, le=1000)]
TicketHours = Annotated[dict[Priority, HoursToAnswer], NoDecode, BeforeValidator(parse_ticket_hours)]
Price = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Prices = Annotated[dict[str, tuple[Price, Price, Price]], NoDecode, BeforeValidator(parse_prices)]
ReasoningEffort = Annotated[
    Literal["", "none", "minimal", "low", "medium", "high", "xhigh", "max"], BeforeValidator(lower_case)
]
