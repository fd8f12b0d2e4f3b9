"""The parts of a scripted reply: in words of no wire format, for every kind of provider says them in its own."""

import enum
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


class Act(enum.Enum):
    """What a reply may do between pieces of its text."""

    HOLD = "wait until the test calls release()"
    STALL = "send nothing more, until the client leaves"
    CUT = "close the connection in the middle of the body"
    RESET = "drop the connection with a reset"


Shape = Literal["whole", "together", "pieces", "no_index", "no_index_pieces"]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the model writes it: text for arguments goes out as it is, an id of None is made up."""

    name: str
    arguments: Mapping[str, Any] | str | None
    id: str | None = None

    @property
    def as_text(self) -> str:
        wanted = self.arguments
        return wanted if isinstance(wanted, str) else json.dumps(wanted) if wanted is not None else ""


@dataclass(frozen=True, slots=True)
class Say:
    """The next piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Think:
    """A sign that the model reasons, maybe with what it thinks."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Tool calls, in one of the ways in which servers send them.

    `whole`: one event a call, as Grok does. `together`: all in one event. `pieces`: arguments in small
    deltas. The `no_index` ones leave out the place of a call, so that only the ids tell the calls apart.
    """

    calls: tuple[Call, ...]
    shape: Shape = "whole"


@dataclass(frozen=True, slots=True)
class Refuse:
    """A typed answer that the model will not give."""

    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error in the middle of a stream that had begun well."""

    words: str = "Something went wrong on our side."


@dataclass(frozen=True, slots=True)
class End:
    """Why the answer ends, and what it cost."""

    reason: str = "stop"


Part = Say | Think | Ask | Refuse | Trouble | End


@dataclass(frozen=True, slots=True)
class Drip:
    """Send this again and again, until the client leaves."""

    piece: bytes | Part
    every: float = 0.02


Piece = bytes | Part | Act | Drip


def words(text: str) -> list[Say]:
    return [Say(word) for word in re.findall(r"\S+\s*|\s+", text)]
