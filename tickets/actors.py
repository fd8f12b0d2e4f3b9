"""Who changes a ticket, in the words of the audit log."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """`staff` is the account of a member of staff; `kind` is “staff”, “customer”, “assistant” or “system”."""

    kind: str
    staff: Any = None


ASSISTANT = Actor("assistant")
CUSTOMER = Actor("customer")
SYSTEM = Actor("system")


def build_staff_actor(staff: Any) -> Actor:
    return Actor("staff", staff)
