"""What comes with a mail: photos are taken as those of the chat are, all else is named and left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils.translation import gettext as _

from supportbot.assistant.images import Picture, PictureError, prepare
from supportbot.conversations.attachments.storage import MAX_IMAGES_PER_MESSAGE, StorageFull, store_image
from supportbot.conversations.limits.rate_limits import RequestRefused

from .parsing import Attached

T = TypeVar("T")

MAX_LISTED_NAMES = 10
MAX_READ_IMAGES = 20  # of one mail, decorations and broken ones among them: each takes a process its time
# A picture smaller than this is a program's decoration, such as the logo of a signature.
MIN_SIDE_PIXELS = 48


@dataclass(frozen=True, slots=True)
class SortedAttachments:
    """The photos that can be stored, with their names, the names of all else, and those of decorations."""

    photos: Sequence[tuple[str, Picture]]
    left_out: Sequence[str]
    decorations: Sequence[str]


def sort_attachments(attached: Sequence[Attached]) -> SortedAttachments:
    """Look at what came with a mail. It takes seconds for large photos, so call it outside of transactions.

    Where there are too many, those are taken that somebody has attached, and not the logos of a signature.
    """
    photos: dict[int, tuple[str, Picture]] = {}
    left_out: dict[int, str] = {}
    decorations: dict[int, str] = {}
    attempts = 0
    for number, each in sorted(enumerate(attached), key=lambda one: one[1].is_in_text):
        is_read = each.is_image and len(photos) < MAX_IMAGES_PER_MESSAGE and attempts < MAX_READ_IMAGES
        attempts += is_read
        picture = _read_picture(each) if is_read else None
        if picture is None:
            left_out[number] = each.name
        elif max(picture.width, picture.height) < MIN_SIDE_PIXELS:
            decorations[number] = each.name
        else:
            photos[number] = each.name, picture
    return SortedAttachments(_list_in_order(photos), _list_in_order(left_out), _list_in_order(decorations))


def _list_in_order(found: dict[int, T]) -> list[T]:
    """As they stand in the mail."""
    return [found[number] for number in sorted(found)]


def store_photos(conversation_id: int, found: SortedAttachments) -> tuple[list[UUID], list[str]]:
    """Store the photos in a conversation, within its customer's limits. Returns their ids, and what is left out."""
    ids, left_out = [], list(found.left_out)
    for name, picture in found.photos:
        try:
            ids.append(store_image(conversation_id, picture).public_id)
        except StorageFull:
            raise  # the mail is brought again
        except RequestRefused:  # too many today
            left_out.append(name)
    return ids, left_out


def describe_left_out(names: Sequence[str]) -> str:
    """The sentence for staff and customer; empty if all was taken."""
    if not names:
        return ""
    shown = ", ".join(names[:MAX_LISTED_NAMES]) + (", …" if len(names) > MAX_LISTED_NAMES else "")
    return _(
        "The e-mail came with attachments that aren't kept: %(names)s. Only photos are taken from e-mails: at most "
        "%(limit)d from each, and a limited number a day."
    ) % {"names": shown, "limit": MAX_IMAGES_PER_MESSAGE}


def _read_picture(attached: Attached) -> Picture | None:
    try:
        return async_to_sync(prepare)(attached.data, settings.ENVIRONMENT.image_max_bytes)
    except PictureError:
        return None
