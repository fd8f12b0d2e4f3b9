"""What is deleted of customers' images: uploads that were never sent, and files that belong to no row."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from supportbot.server.executors import on_database_thread

from ..models import Attachment
from ..models.attachment import FOLDER
from .storage import delete_file, get_storage

UNSENT_RETENTION = timedelta(days=1)
ROWS_PER_BATCH = 200
FILES_PER_QUERY = 500  # that are looked for in one query, which reads the whole table


async def delete_orphans() -> None:
    """Delete uploads that were not sent within `UNSENT_RETENTION`, and files of that age that belong to no row."""
    while await _delete_unsent_rows():
        pass
    names = await asyncio.to_thread(_list_old_files)
    for start in range(0, len(names), FILES_PER_QUERY):
        some = names[start : start + FILES_PER_QUERY]
        for name in set(some) - await _find_referenced_files(some):
            await asyncio.to_thread(delete_file, name)


@receiver(post_delete, sender=Attachment)
def _delete_file_of_row(sender, instance, **_kwargs) -> None:
    transaction.on_commit(partial(delete_file, instance.file.name), robust=True)


@on_database_thread()
@transaction.atomic
def _delete_unsent_rows() -> int:
    """Delete up to `ROWS_PER_BATCH` uploads that were never sent; returns how many.

    They are locked, so that one that is sent in this moment stays.
    """
    old = Attachment.objects.filter(message=None, created__lt=timezone.now() - UNSENT_RETENTION)
    keys = list(old.select_for_update(of=("self",)).values_list("pk", flat=True)[:ROWS_PER_BATCH])
    return Attachment.objects.filter(pk__in=keys).delete()[0]


def _list_old_files() -> list[str]:
    try:
        names = [f"{FOLDER}/{name}" for name in get_storage().listdir(FOLDER)[1]]
    except OSError:  # no image was ever sent
        return []
    return [name for name in names if _is_old_file(name)]


@on_database_thread()
def _find_referenced_files(names: Sequence[str]) -> set[str]:
    """Those of the files that belong to a row."""
    return set(Attachment.objects.filter(file__in=names).values_list("file", flat=True))


def _is_old_file(name: str) -> bool:
    try:
        return get_storage().get_modified_time(name) < timezone.now() - UNSENT_RETENTION
    except OSError:  # deleted meanwhile
        return False
