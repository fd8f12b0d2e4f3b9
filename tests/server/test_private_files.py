"""The database, photos and secrets are readable by their owner alone, whatever the umask and whatever was before."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from supportbot import settings as own_settings
from supportbot.server import private_files
from supportbot.server.private_files import check_private_files, make_all_private

PROJECT = Path(__file__).resolve().parents[2]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One as an unpacked backup leaves it: everything can be read by everybody."""
    var = tmp_path / "var"
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(var / "shop.sqlite3")}
    settings = SimpleNamespace(VAR_DIR=var, MEDIA_ROOT=str(var / "media"), DATABASES={"default": database})
    monkeypatch.setattr(private_files, "settings", settings)
    monkeypatch.setattr(private_files, "BASE_DIR", tmp_path)
    (var / "media").mkdir(parents=True)
    (var / "media").chmod(0o755)
    for name in (
        ".env",
        "var/secret_key",
        "var/shop.sqlite3",
        "var/shop.sqlite3-wal",
        "var/shop.sqlite3-shm",
    ):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o664)
    return tmp_path


def test_what_was_open_is_told_and_mended_at_the_start(installation):
    warnings = check_private_files(None)
    assert {warning.id for warning in warnings} == {"supportbot.W013"}
    assert len(warnings) == 6
    assert str(installation / ".env") in " ".join(warning.msg for warning in warnings)

    make_all_private()

    assert check_private_files(None) == []
    assert {mode_of(path) for path in private_files.list_private_paths() if path.is_file()} == {0o600}
    assert mode_of(installation / "var" / "media") == 0o700


def test_what_belongs_to_somebody_else_is_told_only_if_everybody_can_read_it(installation, monkeypatch):
    make_all_private()
    secrets = installation / ".env"
    monkeypatch.setattr(os, "getuid", lambda: secrets.stat().st_uid + 1)

    secrets.chmod(0o640)
    assert check_private_files(None) == []
    secrets.chmod(0o644)
    assert len(check_private_files(None)) == 1


def test_a_file_that_is_not_ours_to_change_is_left_alone(installation, monkeypatch):
    def refuse(_path: Path, _mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    make_all_private()

    assert len(check_private_files(None)) == 6


def test_photos_are_stored_for_the_owner_alone(tmp_path):
    options = own_settings.STORAGES["default"]["OPTIONS"]
    storage = FileSystemStorage(location=tmp_path, **options)

    path = tmp_path / storage.save("attachments/aa/photo.jpg", ContentFile(b"photo"))

    assert [mode_of(each) for each in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]


def test_a_new_database_and_what_lies_beside_it_are_the_owners_alone(tmp_path):
    """In a process of its own, with the most careless umask."""
    program = (
        "import os, pathlib; os.umask(0)\n"
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "connection.cursor().execute('CREATE TABLE t (a)')\n"
        "files = sorted(pathlib.Path(os.environ['HERE']).iterdir())\n"
        "print([oct(file.stat().st_mode & 0o777) for file in files])\n"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "supportbot.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path}/shop.sqlite3",
        "HERE": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(["0o600"] * 3)
