"""What customers wrote and sent is readable by the owner of the process alone: the database, photos and secrets."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from supportbot.environment import BASE_DIR

OTHERS = stat.S_IRWXG | stat.S_IRWXO


@receiver(connection_created)
def keep_database_private(sender: Any, connection: Any, **_kwargs: Any) -> None:
    """SQLite makes its file by the process's umask, and the files beside it after that one."""
    if connection.vendor == "sqlite":
        for path in _list_database_files(connection.settings_dict["NAME"]):
            make_private(path)


def make_all_private() -> None:
    """Mend what an earlier version, or an unpacked backup, has left open. What belongs to somebody else stays."""
    for path in list_private_paths():
        make_private(path)


def make_private(path: Path) -> None:
    """Take all rights from the group and from others, if there is such a file and it is ours."""
    with suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode
        if mode & OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)


def list_private_paths() -> Iterator[Path]:
    """The files and folders of this installation that hold what is nobody else's business."""
    yield Path(settings.MEDIA_ROOT)
    yield BASE_DIR / ".env"
    yield settings.VAR_DIR / "secret_key"
    for database in settings.DATABASES.values():
        if database["ENGINE"].endswith("sqlite3"):
            yield from _list_database_files(database["NAME"])


def _list_database_files(name: Any) -> list[Path]:
    return [Path(f"{name}{ending}") for ending in ("", "-wal", "-shm")]


@register(Tags.security)
def check_private_files(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """What can still be read by others, although what is ours has just been mended."""
    open_paths = [path for path in list_private_paths() if _is_open(path)]
    hint = "It belongs to somebody else, so it is not mended by itself: take the rights of others away, chmod o= …"
    return [
        Warning(f"{path} can be read by other users of this machine.", hint=hint, id="supportbot.W013")
        for path in open_paths
    ]


def _is_open(path: Path) -> bool:
    try:
        status = path.stat()
    except (FileNotFoundError, PermissionError):
        return False
    # Of a file that a deployment has given to somebody else, our group may be how we read it.
    is_ours = hasattr(os, "getuid") and status.st_uid == os.getuid()
    return bool(status.st_mode & (OTHERS if is_ours else stat.S_IRWXO))
