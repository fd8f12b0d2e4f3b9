"""Customers' images: kept in files, tied to the message they were sent with, shown to the model, and forgotten.

A file is written before its row and deleted after it. A process that dies in between leaves a file that belongs to no
row, which `cleanup.delete_orphans` finds.
"""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportbot.assistant.images import Picture

from ..limits.rate_limits import RequestRefused, check_daily_images
from ..models import Attachment, Conversation, Message
from ..models.attachment import random_name

logger = logging.getLogger(__name__)

MAX_IMAGES_PER_MESSAGE = 3
FILE_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}


class StorageFull(RequestRefused):
    """The image could not be written: the disk is full, or the storage is away."""


def store_image(conversation_id: int, picture: Picture, *, is_limited: bool = True) -> Attachment:
    """Store an image that is not sent yet. Raises `StorageFull`, and `RequestRefused` beyond the day's limits.

    A customer's images are limited, those of staff are not. It writes to the disk, so it is called on a thread that
    may block.
    """
    attachment = Attachment(
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        size=len(picture.data),
    )
    name = random_name(attachment, f"image.{FILE_EXTENSIONS[picture.content_type]}")
    with ExitStack() as undo:
        undo.callback(delete_file, name)  # half a file too
        _write_file(name, picture.data)
        attachment.file.name = name
        with transaction.atomic():
            attachment.conversation = Conversation.objects.lock(conversation_id)
            if is_limited:
                check_daily_images(attachment.conversation.visitor, attachment.size)
            attachment.save()
        undo.pop_all()
    return attachment


@transaction.atomic
def delete_unsent_image(conversation_id: int, public_id: UUID) -> bool:
    """Take back an image that was not sent yet; False when there is none."""
    conversation = Conversation.objects.lock(conversation_id)
    unsent = conversation.attachments.filter(public_id=public_id, message=None)
    return unsent.delete()[0] > 0


def get_unsent_images(conversation: Conversation, ids: Sequence[UUID]) -> list[Attachment]:
    """The images of the conversation with these public ids, in their order.

    Raises `RequestRefused` for too many of them, and when one is gone or was sent already.
    """
    if not ids:
        return []
    if len(ids) > MAX_IMAGES_PER_MESSAGE:
        raise RequestRefused(describe_count_limit())
    found = list(conversation.attachments.filter(public_id__in=ids, message=None))
    if len(found) < len(ids):
        raise _build_gone_refusal()
    return sorted(found, key=lambda image: ids.index(image.public_id))


def attach_to_message(message: Message, images: list[Attachment]) -> None:
    """Store that the images go with this message. Call it in the message's transaction.

    Raises `RequestRefused` when one of them was sent with another message in this moment.
    """
    if images:
        waiting = Attachment.objects.filter(pk__in=[image.pk for image in images], message=None)
        if waiting.update(message=message) < len(images):
            raise _build_gone_refusal()
        for position, image in enumerate(images):
            image.position = position
        Attachment.objects.bulk_update(images, ["position"])
        message.images, message.has_images = images, True
        message.save(update_fields=["has_images"])


def describe_count_limit() -> str:
    limit = MAX_IMAGES_PER_MESSAGE
    words = ngettext(
        "The limit is %(limit)d photo per message.", "The limit is %(limit)d photos per message.", limit
    )
    return words % {"limit": limit}


def _build_gone_refusal() -> RequestRefused:
    return RequestRefused(_("A photo in this message is no longer available. Please attach it again."))


def get_storage() -> Storage:
    return Attachment._meta.get_field("file").storage


def _write_file(name: str, data: bytes) -> None:
    try:
        get_storage().save(name, ContentFile(data))
    except OSError as error:
        logger.error("An image could not be written: %s", error.strerror)
        raise StorageFull(
            _("We can't accept photos right now. Please send your message without it.")
        ) from None


def delete_file(name: str) -> None:
    try:
        get_storage().delete(name)
    except OSError as error:  # `cleanup.delete_orphans` tries again
        logger.error("An image could not be deleted: %s", error.strerror)
