"""Deletes conversations by their age, as `RETENTION_DAYS` says."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from supportbot.server.executors import on_database_thread

from .models import Conversation

logger = logging.getLogger(__name__)

CONVERSATIONS_PER_BATCH = 20  # a short transaction, so that no message waits for it
# Who waits for a person, or has one, is not forgotten, however long ago that was.
DELETED_OWNERS = (Conversation.Owner.BOT, Conversation.Owner.CLOSED)


class Batch(NamedTuple):
    """The last of the conversations that were looked at, and how many of them were deleted."""

    updated: datetime
    pk: int
    deleted: int


async def delete_old_conversations() -> None:
    """Delete those in which nothing has happened for `RETENTION_DAYS`, but for those that an app still needs."""
    days = settings.ENVIRONMENT.retention_days
    if not days:
        return
    before = timezone.now() - timedelta(days=days)
    deleted, last = 0, None
    while last := await _delete_batch(before, last):
        deleted += last.deleted
    await _apply_rules((), before)  # to rows that no conversation has
    if deleted:
        logger.info("Deleted %d conversations in which nothing had happened for %d days", deleted, days)


@on_database_thread()
@transaction.atomic
def _delete_batch(before: datetime, last: Batch | None) -> Batch | None:
    """Look at the next conversations, the oldest first. None when there are no more of that age.

    They are locked, so that nobody writes in them meanwhile. One in which somebody does is passed over until the next
    round: whoever waits for it would hold up those that are locked already.
    """
    old = Conversation.objects.filter(updated__lt=before, owner__in=DELETED_OWNERS).order_by("updated", "pk")
    if last:
        old = old.filter(Q(updated__gt=last.updated) | Q(updated=last.updated, pk__gt=last.pk))
    rows = old.select_for_update(of=("self",), skip_locked=True).values_list("updated", "pk")
    found = list(rows[:CONVERSATIONS_PER_BATCH])
    if not found:
        return None
    keys = {pk for _updated, pk in found}
    while needed := _apply_rules.run_sync(keys, before):
        keys -= needed
    Conversation.objects.filter(pk__in=keys).delete()
    updated, pk = found[-1]
    return Batch(updated, pk, len(keys))


@on_database_thread()
@transaction.atomic
def _apply_rules(keys: Collection[int], before: datetime) -> set[int]:
    """Have the apps delete what they have about these conversations.

    Returns those that one of them still needs. Then nothing has been deleted, for they stay with what all apps have.
    """
    conversations: Any = apps.get_app_config("conversations")
    needed = {pk for rule in conversations.retention_rules for pk in rule(keys, before)}.intersection(keys)
    if needed:
        transaction.set_rollback(True)
    return needed
