"""Customers' images: kept in files, tied to the message they were sent with, shown to the model, and forgotten.

A file is written before its row and deleted after it. A process that dies in between leaves a file that
belongs to nobody, which `purge` finds.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from supportbot.assistant import messages as said
from supportbot.assistant.images import Picture

from .claims import locked
from .limits import Refused, check_images_of_day
from .models import Attachment, Conversation, Message
from .models.attachment import FOLDER, random_name
from .threads import in_database, stored

logger = logging.getLogger(__name__)

MOST = 3  # in a message
UNSENT = timedelta(days=1)
BATCH = 200
FILES_AT_ONCE = 500  # that are looked for in one query, which reads the whole table
SENT_BYTES = 8 * 1024 * 1024  # of all images that the model is sent at once; older ones are left out
ENDINGS = {"image/jpeg": "jpg", "image/png": "png"}
GONE = "[Here was a photo that cannot be shown any more.]"
UNSEEN = "[The customer attached a photo. You cannot see it; the team can.]"
LEFT_OUT = "[Here was a photo that is too long ago to be shown again.]"


class NoSpace(Refused):
    """The image could not be written down."""


def keep(conversation_id: int, picture: Picture) -> Attachment:
    """Store an image that is not sent yet."""
    attachment = Attachment(
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        size=len(picture.data),
    )
    name = random_name(attachment, f"image.{ENDINGS[picture.content_type]}")
    with ExitStack() as undo:
        undo.callback(_delete, name)  # half a file too
        _write(name, picture.data)
        attachment.file.name = name
        with transaction.atomic():
            attachment.conversation = locked(conversation_id)
            check_images_of_day(attachment.conversation.visitor, attachment.size)
            attachment.save()
        undo.pop_all()
    return attachment


@transaction.atomic
def remove(conversation_id: int, public_id: UUID) -> bool:
    """Take back an image that was not sent yet; False when there is none."""
    unsent = locked(conversation_id).attachments.filter(public_id=public_id, message=None)
    return unsent.delete()[0] > 0


def unsent(conversation: Conversation, ids: Sequence[UUID]) -> list[Attachment]:
    """The images of the conversation with these ids, in their order, of which none was sent yet."""
    if not ids:
        return []
    if len(ids) > MOST:
        raise Refused(f"Up to {MOST} photos can be sent at once.")
    found = list(conversation.attachments.filter(public_id__in=ids, message=None))
    if len(found) < len(ids):
        raise Refused("A photo of this message is not there any more. Please attach it again.")
    return sorted(found, key=lambda image: ids.index(image.public_id))


def tie(message: Message, images: list[Attachment]) -> None:
    """The images go with this message from now on, both being stored in one transaction."""
    if images:
        waiting = Attachment.objects.filter(pk__in=[image.pk for image in images], message=None)
        if waiting.update(message=message) < len(images):
            raise Refused("A photo of this message is not there any more. Please attach it again.")
        for position, image in enumerate(images):
            image.position = position
        Attachment.objects.bulk_update(images, ["position"])
        message.images, message.has_images = images, True
        message.save(update_fields=["has_images"])


async def shown(history: Sequence[said.Message]) -> list[said.Message]:
    """The history with its images as the model can see them, in the place of their addresses on this site.

    One that is gone, or too long ago, is mentioned instead.
    """
    ids = [_id(image) for message in history for image in message.images]
    if not ids:
        return list(history)
    if settings.ENVIRONMENT.llm_images:
        rows = await stored(_rows, ids)
        images = await asyncio.to_thread(_read, rows, ids)
    else:
        images = dict.fromkeys(ids, UNSEEN)
    return [_with(message, images) if message.images else message for message in history]


async def purge() -> None:
    """Forget what was uploaded and not sent for a day, and files that belong to no row."""
    while await in_database(_forget_unsent):
        pass
    names = await asyncio.to_thread(_old_files)
    for start in range(0, len(names), FILES_AT_ONCE):
        some = names[start : start + FILES_AT_ONCE]
        for name in set(some) - await in_database(_of_rows, some):
            await asyncio.to_thread(_delete, name)


@receiver(post_delete, sender=Attachment)
def _forget_file(sender, instance, **_kwargs) -> None:
    transaction.on_commit(partial(_delete, instance.file.name), robust=True)


@transaction.atomic
def _forget_unsent() -> int:
    """Forget some of them. Locked, for one that is sent in this moment stays."""
    old = Attachment.objects.filter(message=None, created__lt=timezone.now() - UNSENT)
    keys = list(old.select_for_update(of=("self",)).values_list("pk", flat=True)[:BATCH])
    return Attachment.objects.filter(pk__in=keys).delete()[0]


def _storage() -> Storage:
    return Attachment._meta.get_field("file").storage


def _write(name: str, data: bytes) -> None:
    try:
        _storage().save(name, ContentFile(data))
    except OSError as error:
        logger.error("An image could not be written: %s", error.strerror)
        raise NoSpace("We have no room for photos right now. Please send your message without it.") from None


def _delete(name: str) -> None:
    try:
        _storage().delete(name)
    except OSError as error:  # `purge` tries again
        logger.error("An image could not be deleted: %s", error.strerror)


def _old_files() -> list[str]:
    try:
        names = [f"{FOLDER}/{name}" for name in _storage().listdir(FOLDER)[1]]
    except OSError:  # no image was ever sent
        return []
    return [name for name in names if _is_old(name)]


def _of_rows(names: Sequence[str]) -> set[str]:
    """Those of the files that belong to a row."""
    return set(Attachment.objects.filter(file__in=names).values_list("file", flat=True))


def _is_old(name: str) -> bool:
    try:
        return _storage().get_modified_time(name) < timezone.now() - UNSENT
    except OSError:  # deleted meanwhile
        return False


def _id(image: said.Image) -> UUID:
    return UUID(image.url.rstrip("/").rpartition("/")[2])  # the address ends with it


def _rows(ids: Sequence[UUID]) -> dict[UUID, Attachment]:
    return {row.public_id: row for row in Attachment.objects.filter(public_id__in=ids)}


def _read(rows: dict[UUID, Attachment], ids: Sequence[UUID]) -> dict[UUID, said.Image | str]:
    """Each image by its id, the newest ones first as long as there is room; else words in its place."""
    images: dict[UUID, said.Image | str] = {}
    room = SENT_BYTES
    for public_id in reversed(ids):
        row = rows.get(public_id)
        room -= row.size if row else 0
        images[public_id] = GONE if row is None else LEFT_OUT if room < 0 else _as_image(row)
    return images


def _as_image(row: Attachment) -> said.Image | str:
    try:
        with row.file.open() as file:
            return Picture(file.read(), row.content_type, row.width, row.height).as_image()
    except OSError as error:
        logger.error("Image %s could not be read: %s", row.public_id, error.strerror)
        return GONE


def _with(message: said.Message, images: dict[UUID, said.Image | str]) -> said.Message:
    found = [images[_id(image)] for image in message.images]
    notes = [each for each in found if isinstance(each, str)]
    text = "\n\n".join(filter(None, [message.text, *notes]))
    return replace(message, text=text, images=tuple(each for each in found if isinstance(each, said.Image)))
