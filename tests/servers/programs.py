"""Where the programs are that the tests play with, and what to do about one that is not there."""

import os
import shutil
from pathlib import Path

import pytest

NAMES = {
    "chromium": ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser"),
    "initdb": ("initdb",),
    "postgres": ("postgres",),
    "redis": ("redis-server",),
    # Not on the path of everybody on Debian.
    "dovecot": ("dovecot", "/usr/sbin/dovecot"),
    "msgfmt": ("msgfmt",),
}
PACKAGES = {
    "initdb": "postgresql",
    "postgres": "postgresql",
    "redis": "redis-server",
    "dovecot": "dovecot-imapd",
    "msgfmt": "gettext",
}


def find(program: str) -> str | None:
    found = (shutil.which(name) for name in NAMES[program])
    # Debian keeps the server's programs apart, by version.
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
    return next((path for path in [*found, *map(str, debian)] if path), None)


def need(program: str) -> str:
    """The path of a program. Without it the test is skipped, but fails where CI=true: there nothing is left out."""
    if path := find(program):
        return path
    package = PACKAGES.get(program, program)
    words = f"{program} is not installed; on Debian and Ubuntu: apt install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(words, pytrace=False)
    pytest.skip(words)
