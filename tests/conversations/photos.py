"""Photos of customers: uploaded as a page does it, and where they are kept."""

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from supportbot.assistant.images import Picture
from supportbot.conversations.attachments import storage
from supportbot.conversations.models import Attachment, Conversation
from supportbot.conversations.turns import submit
from tests.pictures import encoded, phone_photo, scene

from .page import Browser

PICTURE = Picture(encoded(scene(9, 9)), "image/jpeg", 9, 9)


def upload(
    browser: Browser, chat: Conversation, data: bytes = b"", name: str = "photo.jpg", kind: str = ""
) -> Any:
    file = SimpleUploadedFile(name, data or phone_photo(), kind or "image/jpeg")
    return browser.client.post(f"{chat.get_absolute_url()}images/", {"image": file})


def files(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def sent(chat: Conversation) -> Attachment:
    """A photo that went with a message."""
    image = storage.store_image(chat.pk, PICTURE)
    submit.submit_message.run_sync(chat.pk, "It arrived like this.", "a1", images=[image.public_id])
    return image
