"""What a tool is told of who asks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .questions import Question

AskLater = Callable[[Question[Any], object], object]


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer who is signed in. `id` is the primary key of their account."""

    id: int
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Who asks, as the server knows it.

    `conversation` is the conversation's primary key, or 0 where there is none and nothing may be stored, as in
    a trial of a prompt. `visitor` identifies the browser or account, for rate limits. `customer` is None for a guest.

    `request` identifies one request of the customer, and stays the same when the turn is run again: store it as a
    unique key to keep an effect from happening twice. All calls of a turn share it, so a tool that may be called
    several times in a turn adds what it does to the key, as in `f"{ctx.request}:{order_id}"`.

    `ask_later(question, key)` has the model asked about the conversation in the background, after the turn has
    ended. A tool that writes stores this wish in the transaction of what it writes. It uses the database, so an
    asynchronous tool says `await sync_to_async(ctx.ask_later)(question, key)`. Without a database it does nothing.
    """

    conversation: int
    visitor: str
    customer: Customer | None
    request: str
    ask_later: AskLater = field(default=lambda _question, _key: None, compare=False)
