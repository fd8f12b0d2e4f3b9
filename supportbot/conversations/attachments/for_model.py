"""What the model is shown of customers' images."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.conf import settings

from supportbot.assistant.images import Picture
from supportbot.assistant.messages import UNSEEN_IMAGE_NOTE, Image, Message
from supportbot.server.executors import on_database_thread

from ..models import Attachment

logger = logging.getLogger(__name__)

MAX_MODEL_BYTES = 8 * 1024 * 1024  # of all images that the model is sent at once; older ones are left out
GONE_NOTE = "[Here was a photo that can no longer be shown.]"
LEFT_OUT_NOTE = "[Here was a photo that is too long ago to be shown again.]"


async def load_images(history: Sequence[Message]) -> list[Message]:
    """The history with its images as the model can see them, in the place of their addresses on this site.

    One that is gone, or too long ago, is mentioned instead.
    """
    ids = [_parse_image_id(image) for message in history for image in message.images]
    if not ids:
        return list(history)
    if settings.ENVIRONMENT.llm_images:
        rows = await _load_rows(ids)
        images = await asyncio.to_thread(_read_images, rows, ids)
    else:
        images = dict.fromkeys(ids, UNSEEN_IMAGE_NOTE)
    return [_replace_images(message, images) if message.images else message for message in history]


def _parse_image_id(image: Image) -> UUID:
    return UUID(image.url.rstrip("/").rpartition("/")[2])  # the address ends with it


@on_database_thread(repeat=True)
def _load_rows(ids: Sequence[UUID]) -> dict[UUID, Attachment]:
    return {row.public_id: row for row in Attachment.objects.filter(public_id__in=ids)}


def _read_images(rows: dict[UUID, Attachment], ids: Sequence[UUID]) -> dict[UUID, Image | str]:
    """Each image by its id, the newest ones first as long as there is room; else words in its place."""
    images: dict[UUID, Image | str] = {}
    room = MAX_MODEL_BYTES
    for public_id in reversed(ids):
        row = rows.get(public_id)
        room -= row.size if row else 0
        images[public_id] = GONE_NOTE if row is None else LEFT_OUT_NOTE if room < 0 else _read_image(row)
    return images


def _read_image(row: Attachment) -> Image | str:
    try:
        with row.file.open() as file:
            return Picture(file.read(), row.content_type, row.width, row.height).as_image()
    except OSError as error:
        logger.error("Image %s could not be read: %s", row.public_id, error.strerror)
        return GONE_NOTE


def _replace_images(message: Message, images: dict[UUID, Image | str]) -> Message:
    found = [images[_parse_image_id(image)] for image in message.images]
    notes = [each for each in found if isinstance(each, str)]
    text = "\n\n".join(filter(None, [message.text, *notes]))
    return replace(message, text=text, images=tuple(each for each in found if isinstance(each, Image)))
