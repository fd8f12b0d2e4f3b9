"""The whole history of a run: what customers sent and saw, what is stored, what the provider was asked."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Shown:
    """One message as a page shows it, or as the database holds it for the page."""

    turn: int
    state: str
    message: int
    role: str
    status: str
    text: str


@dataclass
class CustomerLog:
    """`observed` are all texts that a page showed of an assistant's message, in order, by message."""

    name: str
    conversation: str
    sent: dict[str, str] = field(default_factory=dict)
    tabs: dict[str, int] = field(default_factory=dict)  # from which one each message was sent
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    owners_seen: list[str] = field(default_factory=list)
    observed: dict[int, list[str]] = field(default_factory=dict)
    pages: list[list[Shown]] = field(default_factory=list)
    connects: int = 0
    came_late: int = 0


@dataclass
class TurnRow:
    turn: int
    conversation: str
    state: str


@dataclass
class MessageRow:
    message: int
    conversation: str
    turn: int
    seq: int
    role: str
    status: str
    text: str
    client_id: str | None


@dataclass
class CallRow:
    message: int
    name: str
    state: str
    result: str


@dataclass
class TicketRow:
    number: str
    conversation: str
    request: str
    issue: str


@dataclass
class Stored:
    turns: list[TurnRow]
    messages: list[MessageRow]
    calls: list[CallRow]
    tickets: list[TicketRow]


@dataclass
class History:
    customers: list[CustomerLog]
    stored: Stored
    asked: list[list[str]]  # the markers in every request to the provider
    refused: list[str]  # why the provider would not take a request
    settled_after: float  # seconds from the last fault until no turn was active
    logs: list[str] = field(default_factory=list)  # what the servers wrote
    secrets: list[str] = field(default_factory=list)  # what they must not write: keys and sessions

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1))
