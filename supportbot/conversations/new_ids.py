"""Public ids of conversations that have not begun: the server knows its own again without having stored them.

An id is a random UUID of version 4 to anybody else. Its second half signs the first one, so a page can have an address
and a socket before there is a row, and nobody makes rows under ids of their own choice.
"""

import secrets
from uuid import UUID

from django.utils.crypto import salted_hmac

HALF_BYTES = 8


def issue_id(owner: str = "") -> UUID:
    """An id for a new conversation: always the same one for the same `owner`, a random one without."""
    first = _digest("owner", owner.encode()) if owner else secrets.token_bytes(HALF_BYTES)
    return _complete(first)


def is_issued_id(public_id: UUID) -> bool:
    """Whether `issue_id` made it, here or in another process of this site."""
    return _complete(public_id.bytes[:HALF_BYTES]) == public_id


def _complete(first_half: bytes) -> UUID:
    # The version stands in the first half: it is put there before that half is signed.
    versioned = UUID(bytes=first_half + bytes(HALF_BYTES), version=4).bytes[:HALF_BYTES]
    return UUID(bytes=versioned + _digest("id", versioned), version=4)


def _digest(purpose: str, value: bytes) -> bytes:
    digest = salted_hmac(f"supportbot.new_ids.{purpose}", value, algorithm="sha256").digest()
    return digest[:HALF_BYTES]
