"""A photo is taken from the customer alone, kept as we drew it, and shown to those who may read the conversation."""

import os
import re
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.attachments import cleanup, storage
from supportbot.conversations.limits import rate_limits
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Attachment, Message
from supportbot.conversations.turns import submit
from tests.pictures import BAD, CANARY, phone_photo
from tests.provider import HOLD, wire

from .photos import PICTURE, files, upload
from .rows import until

# Taking one.


def test_a_photo_is_taken_and_shown_as_we_drew_it(chat, alices):
    response = upload(alices, chat)

    assert response.status_code == 201
    assert response.json().keys() == {"id", "url", "width", "height"}
    assert response.json()["url"] == f"/c/{chat.public_id}/images/{response.json()['id']}/"
    shown = alices.client.get(response.json()["url"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.content.startswith(b"\xff\xd8\xff")
    assert CANARY not in shown.content


def test_what_is_kept_is_what_is_shown_and_nothing_of_the_original(chat, alices, settings):
    upload(alices, chat)

    (file,) = files(settings)
    image = Attachment.objects.get()
    assert file.read_bytes() == alices.client.get(image.get_absolute_url()).content
    assert (image.size, image.width, image.height) == (file.stat().st_size, 320, 200)
    assert (image.conversation, image.message) == (chat, None)
    assert CANARY not in file.read_bytes()


NAMES = {
    "up the folders": "../../../../etc/passwd",
    "up Windows folders": "..\\..\\..\\windows\\win.ini",
    "an absolute path": "/etc/cron.d/evil",
    "a zero byte": "photo.php\0.jpg",
    "a device": "CON",
    "a program": "photo.jpg.exe",
    "a page": "<img src=x onerror=alert(1)>.svg",
    "a dot file": ".htaccess",
    "very long": "x" * 4000 + ".png",
    "a header": 'a"; filename="b.html',
    "turned around": "photo\u202egpj.exe",
    "an address": "http://169.254.169.254/latest.jpg",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_leads_nowhere(chat, alices, settings, name):
    response = upload(alices, chat, name=NAMES[name])

    assert response.status_code == 201
    (file,) = files(settings)
    assert re.fullmatch(r"[0-9a-f]{40}\.jpg", file.name)
    assert file.parent == Path(settings.MEDIA_ROOT) / "attachments"
    shown = alices.client.get(response.json()["url"])
    assert re.fullmatch(r'inline; filename="photo-[\d-]{10}\.jpg"', shown.headers["content-disposition"])


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "application/x-php", "image/png"])
def test_a_content_type_is_only_a_claim(chat, alices, kind):
    response = upload(alices, chat, kind=kind)

    assert alices.client.get(response.json()["url"]).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    "name", ["an SVG", "a PNG of 50,000 x 50,000", "half of a HEIC", "half of a JPEG", "nothing"]
)
def test_what_is_no_photo_is_refused_in_plain_words_and_leaves_nothing(chat, alices, settings, name):
    file = SimpleUploadedFile("photo.jpg", BAD[name](), "image/jpeg")

    response = alices.client.post(f"{chat.get_absolute_url()}images/", {"image": file})

    assert response.status_code == 400
    assert response.json()["error"].endswith(".")
    assert (Attachment.objects.count(), files(settings)) == (0, [])


def test_one_photo_comes_in_a_request(chat, alices):
    path = f"{chat.get_absolute_url()}images/"
    two = [SimpleUploadedFile("a.jpg", phone_photo()), SimpleUploadedFile("b.jpg", phone_photo())]

    for fields in ({"image": two}, {"photo": two[0]}, {"image": "text"}, {}):
        response = alices.client.post(path, fields)
        assert (response.status_code, response.json()["error"]) == (400, "Please send one photo at a time.")


def test_a_photo_over_the_limit_of_the_shop_is_refused_with_the_number(chat, alices, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"image_max_bytes": 1024 * 1024})

    response = upload(alices, chat, phone_photo() + bytes(1024 * 1024))

    assert response.status_code == 400
    assert response.json()["error"] == "This photo is too large. The limit is 1 MB."


# How many.


def allow(settings: Any, **most: int) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=most)


def test_the_thirty_first_photo_of_a_day_is_refused(chat, alices, bobs, settings):
    for _ in range(30):
        storage.store_image(chat.pk, PICTURE)

    response = upload(alices, chat)

    assert (response.status_code, "today's limit" in response.json()["error"]) == (429, True)
    assert upload(bobs, bobs.begin()).status_code == 201
    Attachment.objects.update(created=timezone.now() - timedelta(hours=25))
    assert upload(alices, chat).status_code == 201


def test_the_photos_that_staff_send_are_none_of_the_customer_s(chat, alices, agent, settings):
    allow(settings, images_per_day=1)
    turns.take_over.run_sync(chat.pk, agent.pk)
    for number in range(2):
        photo = storage.store_image(chat.pk, PICTURE, is_limited=False)
        turns.post_staff_message.run_sync(chat.pk, agent.pk, "Look", f"s{number}", images=[photo.public_id])

    assert upload(alices, chat).status_code == 201
    assert upload(alices, chat).status_code == 429


def test_another_conversation_has_no_photos_of_its_own(chat, alices, settings):
    allow(settings, images_per_day=1)
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")
    storage.store_image(chat.pk, PICTURE)
    assert upload(alices, alices.begin_another()).status_code == 429


def test_photos_of_a_day_are_limited_in_bytes_too(chat, monkeypatch, settings):
    monkeypatch.setattr(rate_limits, "MAX_IMAGE_BYTES_PER_DAY", 2 * len(PICTURE.data) + 1)
    storage.store_image(chat.pk, PICTURE)
    storage.store_image(chat.pk, PICTURE)

    with pytest.raises(RequestRefused, match="today's limit"):
        storage.store_image(chat.pk, PICTURE)

    assert len(files(settings)) == Attachment.objects.count() == 2


def test_tries_that_fail_count_in_a_minute(chat, alices, bobs, settings):
    allow(settings, images_per_minute=3)
    for _ in range(3):
        assert upload(alices, chat, b"no picture").status_code == 400

    response = upload(alices, chat)

    assert (response.status_code, "wait a minute" in response.json()["error"]) == (429, True)
    assert upload(bobs, bobs.begin()).status_code == 201


def test_zero_switches_the_limits_off(chat, alices, settings):
    allow(settings, images_per_minute=0, images_per_day=0)

    assert {upload(alices, chat).status_code for _ in range(12)} == {201}


# Taking one back, and forgetting.


def test_one_that_was_not_sent_can_be_taken_back(
    chat, unsent, alices, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        assert alices.client.delete(unsent.get_absolute_url()).status_code == 204

    assert (Attachment.objects.count(), files(settings)) == (0, [])
    assert alices.client.delete(unsent.get_absolute_url()).status_code == 404


def test_one_that_was_sent_stays(image, alices, settings):
    response = alices.client.delete(image.get_absolute_url())

    assert (response.status_code, response.json()["error"]) == (409, "This photo has already been sent.")
    assert len(files(settings)) == 1


def test_with_the_conversation_its_files_go(
    image, unsent, chat, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        chat.delete()

    assert (Attachment.objects.count(), files(settings)) == (0, [])


def test_with_the_customer_their_files_go(image, alice, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete()

    assert files(settings) == []


async def test_what_was_not_sent_for_a_day_is_forgotten(transactional_db, chat, image, unsent, settings):
    long_ago = timezone.now() - timedelta(hours=25)
    fresh = await sync_to_async(storage.store_image)(chat.pk, PICTURE)
    await Attachment.objects.exclude(pk=fresh.pk).aupdate(created=long_ago)

    await cleanup.delete_orphans()

    kept = {each.file.path async for each in Attachment.objects.all()}
    assert kept == {image.file.path, fresh.file.path}
    assert {str(file) for file in files(settings)} == kept


async def test_files_that_belong_to_nothing_are_forgotten(transactional_db, image, settings):
    folder = Path(settings.MEDIA_ROOT) / "attachments"
    old, fresh = folder / "old.jpg", folder / "fresh.jpg"
    for file in (old, fresh):
        file.write_bytes(b"left by a process that died")
    for file in (old, Path(image.file.path)):
        set_age(file, hours=25)

    await cleanup.delete_orphans()

    assert {file.name for file in files(settings)} == {"fresh.jpg", Path(image.file.name).name}


async def test_many_old_files_are_looked_for_in_few_queries(transactional_db, chat, image, settings):
    folder = Path(settings.MEDIA_ROOT) / "attachments"
    for number in range(cleanup.FILES_PER_QUERY + 1):
        (folder / f"{number}.jpg").write_bytes(b"left by a process that died")
    for file in folder.iterdir():
        set_age(file, hours=25)

    assert (
        await sync_to_async(queries_of)(cleanup._find_referenced_files.run_sync, cleanup._list_old_files())
        == 1
    )
    await cleanup.delete_orphans()

    assert [file.name for file in files(settings)] == [Path(image.file.name).name]


def queries_of(function: Any, *args: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        function(*args)
    return len(queries)


async def test_while_old_files_are_looked_for_answers_are_stored_as_they_come(
    model, alices, chat, monkeypatch
):
    done = threading.Event()
    monkeypatch.setattr(FileSystemStorage, "listdir", lambda *_: (done.wait(20), ([], []))[1])
    page = await alices.open(chat)
    reply = model.play(wire.text("It left "), HOLD, wire.text("our house "), HOLD)

    await page.say("Where is it?")
    await until(Message.objects.filter(status="streaming", text="It left ").aexists)
    reply.release()

    await until(Message.objects.filter(status="streaming", text="It left our house ").aexists)
    done.set()
    await page.request(action="stop")
    await page.settled("stopped")
    await page.close()


async def test_to_forget_where_there_is_nothing_does_nothing(transactional_db, settings):
    await cleanup.delete_orphans()

    assert files(settings) == []


def set_age(file: Path, hours: int) -> None:
    then = timezone.now().timestamp() - hours * 3600
    os.utime(file, (then, then))


# When there is no room.


@contextmanager
def full_disk() -> Iterator[None]:
    """No file grows beyond a few bytes, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_on_a_full_disk_nothing_is_half_written_and_it_heals_by_itself(chat, settings):
    with full_disk(), pytest.raises(RequestRefused, match="can't accept photos"):
        storage.store_image(chat.pk, PICTURE)

    assert (Attachment.objects.count(), files(settings)) == (0, [])
    assert storage.store_image(chat.pk, PICTURE).file.size == len(PICTURE.data)


def test_the_customer_is_told_so(chat, alices, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("This is no folder.")

    response = upload(alices, chat)

    assert (response.status_code, response.json()["error"][:15]) == (507, "We can't accept")


def test_a_file_that_is_gone_is_not_found(image, alices):
    Path(image.file.path).unlink()

    assert alices.client.get(image.get_absolute_url()).status_code == 404
