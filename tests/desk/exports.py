"""What a customer is given, and what it is made of."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from supportbot.assistant.customer_exports import (
    ExportedCustomer,
)
from supportbot.conversations.attachments import storage
from supportbot.conversations.models import Attachment, Conversation, Message, Turn
from supportbot.desk.customers.export_archive import build_archive
from tests.conversations.photos import PICTURE


async def join_pieces(pieces: Any) -> bytes:
    return b"".join([piece async for piece in pieces])


def read_parts(archive: bytes) -> dict[str, Any]:
    """What stands in each JSON file of an archive, by its name."""
    with ZipFile(BytesIO(archive)) as files:
        assert files.testzip() is None
        names = [name for name in files.namelist() if name.endswith(".json")]
        return {name.removesuffix(".json"): json.loads(files.read(name)) for name in names}


def press_export(client: Client, kind: str, key: int) -> bytes:
    response = client.post(f"/admin/desk/{kind}/{key}/export/")
    assert (response.status_code, response["content-type"]) == (200, "application/zip")
    name = f"{kind}-{key}-{timezone.localdate()}.zip"
    assert response["content-disposition"] == f'attachment; filename="{name}"'
    return async_to_sync(join_pieces)(response.streaming_content)


def build_all(customer: ExportedCustomer) -> bytes:
    return b"".join(build_archive(customer))


def say(chat: Conversation, *messages: tuple[str, str], **values: Any) -> Message:
    turn = Turn.objects.create(conversation=chat, state="done")
    for role, text in messages:
        message = Message.objects.create(
            conversation=chat, turn=turn, seq=chat.next_seq(), role=role, text=text, **values
        )
    chat.save()
    return message


def attach_photo(message: Message) -> Attachment:
    photo = storage.store_image(message.conversation_id, PICTURE)
    storage.attach_to_message(message, [photo])
    return photo
