"""All that the shop has about one customer as a ZIP: a JSON file for each export of an app, and the files in them.

What may fail is read before the first byte is sent, and kept compressed until then. The files of the storage, which are
most of the bytes, follow piece by piece.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from json import JSONEncoder
from pathlib import PurePath
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.apps import apps
from django.core.files.storage import Storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from supportbot.app_modules import get_app_title
from supportbot.assistant.customer_exports import CustomerExport, ExportedCustomer
from supportbot.server.app_failures import call_or_log

EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")
OTHER_VALUES = DjangoJSONEncoder()
StoredFile = tuple[str, Storage, str]  # its name in the archive, and where it is


class ExportFailed(Exception):
    """An app's part could not be read. The message is the app's name, for staff; the log has the traceback."""


class ByteQueue:
    """What the archive is written into, and taken out of to be sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take_bytes(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def build_archive(customer: ExportedCustomer) -> Iterator[bytes]:
    """The archive in pieces. Raises `ExportFailed` before the first one, as half of it would look like all of it."""
    desk: Any = apps.get_app_config("desk")
    queue, files = ByteQueue(), list[StoredFile]()
    archive = ZipFile(cast(IO[bytes], queue), "w")  # it asks for no more of a file than that
    for export in desk.customer_exports:
        _write_or_fail(archive, export, customer, files)
    return _stream_files(archive, queue, files)


def _write_or_fail(
    archive: ZipFile, export: CustomerExport, customer: ExportedCustomer, files: list[StoredFile]
) -> None:
    module, name = export.function.__module__, export.function.__qualname__
    owner = f"@customer_export {module}.{name}"
    if call_or_log(owner, lambda: _write_rows(archive, export, customer, files)) is None:
        raise ExportFailed(get_app_title(module))


def _write_rows(
    archive: ZipFile, export: CustomerExport, customer: ExportedCustomer, files: list[StoredFile]
) -> int:
    """Write the JSON file of an app's rows, one at a time. Returns how many there were."""
    encoder = _build_encoder(export.name, files)
    count = 0
    with archive.open(_build_entry(f"{export.name}.json", ZIP_DEFLATED), "w") as target:
        for count, row in enumerate(export(customer), start=1):
            target.write(f"{',' if count > 1 else '['}\n{encoder.encode(row)}".encode())
        target.write(b"\n]\n" if count else b"[]\n")
    return count


def _build_encoder(folder: str, files: list[StoredFile]) -> JSONEncoder:
    """Writes moments in the shop's time zone, and files by the name that they have in the archive."""

    def convert_value(value: Any) -> Any:
        if isinstance(value, datetime):
            return timezone.localtime(value).isoformat(timespec="seconds")
        return (
            _add_file(value, folder, files) if isinstance(value, FieldFile) else OTHER_VALUES.default(value)
        )

    return JSONEncoder(indent=2, ensure_ascii=False, allow_nan=False, default=convert_value)


def _add_file(file: FieldFile, folder: str, files: list[StoredFile]) -> str | None:
    """Its name in the archive, of which nothing but the ending is its own; None where it is gone."""
    if not file.name or not file.storage.exists(file.name):
        return None
    extension = EXTENSION.fullmatch(PurePath(file.name).suffix)
    name = f"{folder}/{len(files) + 1}{extension[0] if extension else ''}"
    files.append((name, file.storage, file.name))
    return name


def _stream_files(archive: ZipFile, queue: ByteQueue, files: list[StoredFile]) -> Iterator[bytes]:
    with archive:
        for name, storage, stored_name in files:
            with (
                storage.open(stored_name) as source,
                archive.open(_build_entry(name, ZIP_STORED), "w") as target,
            ):
                for chunk in source.chunks():
                    target.write(chunk)
                    yield queue.take_bytes()
    yield queue.take_bytes()


def _build_entry(name: str, compression: int) -> ZipInfo:
    entry = ZipInfo(name, timezone.localtime().timetuple()[:6])
    entry.compress_type = compression
    return entry
