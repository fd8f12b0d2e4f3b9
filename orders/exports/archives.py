"""Opens what a shop has at hand: a table as text or as a workbook, packed by gzip or zip or not."""

import gzip
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, TypeAlias

from .files import ExportFile, inspect_file
from .formats import ExportFormat, NotAnExportError
from .workbooks import OLD_WORKBOOK, WorkbookSheet, inspect_workbook

TEXT_SUFFIXES = (".csv", ".txt", ".tsv", ".csv.gz", ".txt.gz", ".tsv.gz")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
WORKBOOK_MEMBERS = {"[Content_Types].xml", "content.xml"}  # of Excel's and of OpenDocument's
MAX_BEGINNING_BYTES = 1000
BLANKS = b"\xef\xbb\xbf \t\r\n"  # and the mark of UTF-8
MARKUP = (
    "It is a web page or XML, whatever its name says. Open it in a spreadsheet, and save it as CSV (UTF-8)."
)

# How files begin that are no tables.
OTHER_KINDS = (
    (re.compile(rb"%PDF"), "It is a PDF"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff"), "It is a picture"),
    (re.compile(rb'[\[{]\s*["\[\]{}]'), "It is JSON"),
    (re.compile(rb"7z\xbc\xaf"), "It is packed by 7-Zip"),
    (re.compile(rb"Rar!"), "It is packed by RAR"),
    (re.compile(rb"BZh"), "It is packed by bzip2"),
    (re.compile(rb"\xfd7zXZ"), "It is packed by xz"),
    (re.compile(rb"\(\xb5/\xfd"), "It is packed by zstd"),
)
NO_TABLE = "%s, not a table. What is read is CSV, text or a workbook, packed by zip or gzip or not."

Table: TypeAlias = ExportFile | WorkbookSheet


class PassedOver(NamedTuple):
    """A file in a zip that is no export, and why."""

    name: str
    why: str


def open_export(
    path: Path, formats: Sequence[ExportFormat], encoding: str | None
) -> Sequence[Table | PassedOver]:
    """The tables of a file: one, or each table of a zip or of a workbook.

    Text has this encoding; None if it is to be found out.

    Raises `NotAnExportError` when none of them has one of these forms, and OSError.
    """
    with path.open("rb") as stream:
        beginning = stream.read(MAX_BEGINNING_BYTES)
    if beginning.startswith(b"\x1f\x8b"):
        return [inspect_file(path.name, lambda: gzip.open(path), formats, encoding)]
    if beginning.startswith(OLD_WORKBOOK):
        return inspect_workbook(path.name, lambda: path.open("rb"), formats)
    _refuse_other_kinds(beginning.lstrip(BLANKS))
    if not beginning.startswith(b"PK\x03\x04"):
        return [inspect_file(path.name, lambda: path.open("rb"), formats, encoding)]
    with zipfile.ZipFile(path) as archive:
        if WORKBOOK_MEMBERS.intersection(archive.namelist()):
            return inspect_workbook(path.name, lambda: path.open("rb"), formats)
        names = [name for name in archive.namelist() if _may_be_table(name)]
    if not names:
        raise NotAnExportError("It holds neither a CSV file nor a workbook.")
    return _inspect_members(path, names, formats, encoding)


def _refuse_other_kinds(beginning: bytes) -> None:
    if beginning.startswith(b"<"):
        raise NotAnExportError(MARKUP)
    if kind := next((kind for mark, kind in OTHER_KINDS if mark.match(beginning)), ""):
        raise NotAnExportError(NO_TABLE % kind)


def _may_be_table(name: str) -> bool:
    """Macs pack files of their own beside each file."""
    is_of_mac = name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("._")
    return not is_of_mac and name.lower().endswith((*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES))


def _inspect_members(
    path: Path, names: Sequence[str], formats: Sequence[ExportFormat], encoding: str | None
) -> list[Table | PassedOver]:
    """The tables of a zip. What is no export, such as a note beside it, is passed over, unless that is all of them."""
    found: list[Table | PassedOver] = []
    problem: NotAnExportError | None = None
    for name in names:
        try:
            found += _inspect_member(path, name, formats, encoding)
        except NotAnExportError as error:
            found.append(PassedOver(f"{path.name}/{name}", str(error)))
            problem = problem or error
    if problem and all(isinstance(each, PassedOver) for each in found):
        raise problem
    return found


def _inspect_member(
    path: Path, name: str, formats: Sequence[ExportFormat], encoding: str | None
) -> Sequence[Table]:
    title, open_bytes = f"{path.name}/{name}", partial(_open_member, path, name)
    if name.lower().endswith(WORKBOOK_SUFFIXES):
        return inspect_workbook(title, open_bytes, formats)
    return [inspect_file(title, open_bytes, formats, encoding)]


@contextmanager
def _open_member(path: Path, name: str) -> Iterator[IO[bytes] | gzip.GzipFile]:
    with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
        if name.lower().endswith(".gz"):
            with gzip.open(stream) as unpacked:
                yield unpacked
        else:
            yield stream
