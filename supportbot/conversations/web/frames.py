"""The frames that a page sends over its socket."""

import re
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from supportbot.row_ids import MAX_ID_DIGITS

from ..limits.rate_limits import RequestRefused

MAX_FRAME_CHARS = 64 * 1024
MAX_NUMBER_DIGITS = 9
CLIENT_ID_PATTERN = re.compile(r'"client_id"\s*:\s*"([\w-]{1,64})"', re.ASCII)

# A primary key or a revision. The database would refuse a longer one.
Number = Annotated[int, Field(ge=0, lt=10**MAX_ID_DIGITS)]


class BaseFrame(BaseModel):
    """What every frame may hold. `action` names the method that handles it; each kind of page has its own list."""

    model_config = ConfigDict(extra="ignore")

    action: str
    text: str = ""
    client_id: str = Field("", max_length=64, pattern=r"^[\w-]*$")
    seen: Number = 0
    images: list[UUID] = Field([], max_length=10)


class Frame(BaseFrame):
    """What a customer's page may send: a message, or one of a few requests."""

    action: Literal[
        "send",
        "stop",
        "retry",
        "resync",
        "person",
        "cancel_person",
        "contact",
        "typing",
        "ping",
        "end",
        "rate",
        "dismiss_rating",
    ] = "send"
    turn: Number = 0
    name: str = Field("", max_length=100)
    email: str = Field("", max_length=254)
    rating: Number = 0  # the row's, as the page knows it
    is_good: bool | None = None
    words: str | None = None


def find_client_id(text: str) -> str:
    """The client id of a frame, also of one that cannot be read; empty if it has none."""
    found = CLIENT_ID_PATTERN.search(text)
    return found[1] if found else ""


def parse_number(written: str, default: int = 0) -> int:
    """A number in the address of a page's request, or the default for what is none."""
    return int(written) if written.isdecimal() and len(written) <= MAX_NUMBER_DIGITS else default


AnyFrame = TypeVar("AnyFrame", bound=BaseFrame)


def parse_frame(text: str | None, frame_type: type[AnyFrame]) -> AnyFrame:
    """Read a frame. Raises `RequestRefused` for one that is too long or has not the form of one."""
    if text is None or len(text) > MAX_FRAME_CHARS:
        raise RequestRefused(_("This is too long to send. Please shorten it."))
    try:
        return frame_type.model_validate_json(text)
    except ValidationError:
        raise RequestRefused(
            _("Something went wrong. Please reload the page; your message is saved.")
        ) from None
