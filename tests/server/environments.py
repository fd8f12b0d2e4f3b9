"""The project's settings as another environment makes them, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


def read_settings(environment: Mapping[str, str], *names: str, folder: Path = PROJECT) -> list[Any]:
    """The values of these settings, where a command is run in that folder."""
    program = (
        "import json, sys\n"
        "from django.conf import settings\n"
        "print(json.dumps([getattr(settings, name) for name in sys.argv[1:]]))\n"
    )
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", program, *names],
        env={**inherited, "DJANGO_SETTINGS_MODULE": "supportbot.settings", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    values: list[Any] = json.loads(done.stdout)
    return values
