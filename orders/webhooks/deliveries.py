"""Works on a message once, however often it is sent."""

import hashlib
from collections.abc import Sequence

from django.db import transaction

from ..models import ProcessedDelivery
from ..order_events import OrderEvent, Outcome, store_event


class ReusedKeyError(Exception):
    """Another message was sent under this key before."""


@transaction.atomic
def store_events(events: Sequence[OrderEvent], key: str, body: bytes) -> list[Outcome] | None:
    """What became of each, or None if this message was worked on before. All are stored, or none is.

    Raises `RefusedOrder` and `ReusedKeyError`.
    """
    digest = hashlib.sha256(body).hexdigest()
    known = ProcessedDelivery.objects.filter(key=key).first() if key else None
    if known and known.body_digest != digest:
        raise ReusedKeyError
    if known:
        return None
    outcomes = [store_event(event) for event in events]
    if key:
        ProcessedDelivery.objects.delete_old()
        # Where the same message is being worked on elsewhere, both of them find the same.
        row = ProcessedDelivery(key=key, body_digest=digest)
        ProcessedDelivery.objects.bulk_create([row], ignore_conflicts=True)
    return outcomes


def build_key(*parts: str) -> str:
    """Stands for a message; empty if it has no id, the last of these."""
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest() if parts[-1] else ""
