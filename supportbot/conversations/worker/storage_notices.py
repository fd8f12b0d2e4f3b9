"""What customers who wait for an answer are told while nothing can be stored: the disk is full or the database away."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from supportbot.server.process import process

from ..realtime import broadcast
from ..realtime.fragments import render_notice

# What is over sooner is not worth a word.
NOTICE_DELAY_SECONDS = 4.0


@dataclass
class StorageOutage:
    """Since when nothing can be stored, in seconds of the loop's clock, and which conversations were told of it."""

    begun_at: float | None = None
    told: set[int] = field(default_factory=set)


async def report_failure(conversation_ids: Iterable[int]) -> None:
    """What streams could not be stored. After a while those who wait are told, each conversation once."""
    outage, now = process.get(StorageOutage), asyncio.get_running_loop().time()
    if outage.begun_at is None:
        outage.begun_at = now
    if now - outage.begun_at < NOTICE_DELAY_SECONDS:
        return
    for conversation_id in set(conversation_ids) - outage.told:
        outage.told.add(conversation_id)
        await _publish_notice(conversation_id, is_outage=True)


async def report_success() -> None:
    """Everything is stored again: take the notices back."""
    outage = process.get(StorageOutage)
    outage.begun_at, told, outage.told = None, outage.told, set()
    for conversation_id in told:
        await _publish_notice(conversation_id, is_outage=False)


async def _publish_notice(conversation_id: int, *, is_outage: bool) -> None:
    def render_outage() -> str:
        words = _("We can't save anything right now. As soon as we can, this goes on by itself.")
        return render_notice(words if is_outage else "", is_outage=is_outage)

    await broadcast.publish_notice(conversation_id, render_outage)
