"""What carries messages from each process of the site to all of them."""

from collections.abc import Callable
from typing import Protocol


class Transport(Protocol):
    """A connection to a store that gives what one process publishes to every process, that one too.

    What a process publishes arrives in its order, once or not at all. Every method may raise one of `errors`, and an
    OSError; after that the connection is closed, and may be made anew.
    """

    store: str  # its name, for the log
    errors: tuple[type[Exception], ...]

    async def connect(self) -> None:
        """Connect, and receive what is published from now on."""

    async def receive_payloads(self, take_payload: Callable[[str], None]) -> None:
        """Call the function with each payload that arrives, until the connection is lost: then raise."""

    async def publish_payload(self, payload: str) -> None:
        """Returns when the store has it."""

    async def close_connection(self) -> None:
        """Close what there is of a connection; never raises, and does not wait for long."""
