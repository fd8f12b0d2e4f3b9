"""The key of an installation for development: made by whichever process needs it first, and kept."""

import os
import secrets
import sys
from pathlib import Path
from typing import IO

RANDOM_BYTES = 50


def read_or_create_key(path: Path) -> str:
    """The key in this file, so that sessions outlive a restart. One that a process has left empty, since it died or
    had no room, is written anew; of several that find none, all get the same.
    """
    if path.exists() and (key := path.read_text()).strip():
        return key
    path.parent.mkdir(exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        _lock_until_closed(file)
        if (key := file.read()).strip():
            return key  # another process was first
        key = secrets.token_urlsafe(RANDOM_BYTES)
        file.seek(0)
        file.truncate()
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
        return key


def _lock_until_closed(file: IO[str]) -> None:
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
