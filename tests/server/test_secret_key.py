"""An installation for development has one key, whatever became of the process that was to make it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from supportbot.server.secret_key import read_or_create_key

PROCESSES = 8


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "secret_key"


def test_it_is_made_once_and_for_its_owner_alone(file: Path):
    key = read_or_create_key(file)
    assert len(key) > 50
    assert read_or_create_key(file) == file.read_text() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("left", ["", "\n", " " * 200])
def test_one_that_was_left_empty_is_made_anew(file: Path, left: str):
    file.parent.mkdir()
    file.write_text(left)
    key = read_or_create_key(file)
    assert len(key) > 50
    assert read_or_create_key(file) == file.read_text() == key


def test_one_that_is_there_is_taken_as_it_is(file: Path):
    file.parent.mkdir()
    file.write_text("of last year\n")
    file.chmod(0o400)
    assert read_or_create_key(file) == "of last year\n"


@pytest.mark.parametrize("left", [None, ""])
def test_processes_that_begin_at_once_get_the_same(file: Path, left: str | None):
    if left is not None:
        file.parent.mkdir()
        file.write_text(left)
    gate = Barrier(PROCESSES)

    def begin(_number: int) -> str:
        gate.wait(10)
        return read_or_create_key(file)

    with ThreadPoolExecutor(PROCESSES) as pool:
        keys = set(pool.map(begin, range(PROCESSES)))
    assert keys == {file.read_text()}
