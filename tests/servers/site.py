"""The product as it is run: `manage.py serve` in a process, with an environment and a database of its own."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import urlopen
from uuid import UUID

import psycopg

from .forked import ForkedProcess, run_forked
from .processes import Process, free_port

PROJECT = Path(__file__).resolve().parent.parent.parent
SQLITE = "sqlite:///"
RUN_SECONDS = 120
# What a developer may have set for trying things out must not decide what the tests see.
OWN = {
    "DJANGO_SETTINGS_MODULE": "supportbot.settings",
    "DEBUG": "1",
    "HOST": "127.0.0.1",
    "SECRET_KEY": "only-for-the-tests-of-this-machine-and-never-anywhere-else",
    "COMPANY_NAME": "TechCorp",
    "LLM_BACKEND": "demo",
    "LLM_API_KEY": "scripted",
    "LLM_MODEL": "grok-scripted",
    # A scripted model is asked only what its test expects; tests of the background switch this on.
    "LLM_BACKGROUND": "0",
    "DEMO_WORDS_PER_SECOND": "0",
    "DRAIN_SECONDS": "0",
}
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


class Site:
    """A site and its settings. In a `with` block it serves; it can also be stopped and started again there."""

    # Tests of the start itself set this to False.
    is_forked = sys.platform == "linux"

    def __init__(self, folder: Path, database: str, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = database
        self.log = folder / f"serve-{self.port}.log"
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self.environment: Mapping[str, str] = {
            **inherited,
            **OWN,
            "DATABASE_URL": database,
            "MEDIA_DIR": str(folder / "media"),
            "PORT": str(self.port),
            **settings,
        }
        self._process: Process | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.stop()

    def start(self) -> None:
        self._process = self._begin("manage.py", "serve")
        self._process.wait_until(self._is_ready)

    def _begin(self, *arguments: str, **settings: str) -> Process:
        environment = {**self.environment, **settings}
        if self.is_forked:
            return ForkedProcess(arguments, self.log, folder=PROJECT, environment=environment)
        return Process([sys.executable, *arguments], self.log, folder=PROJECT, environment=environment)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it as an operator does, and return its exit code."""
        process, self._process = self._process, None
        assert process is not None, "the site is not running"
        return process.end(how)

    def kill(self) -> None:
        """End it as a power cut does."""
        process, self._process = self._process, None
        assert process is not None, "the site is not running"
        process.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the site is not running"
        return self._process.pid

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py and return what it printed."""
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str) -> str:
        """Run a Python program in the site's environment and return what it printed."""
        done = self.run_to_end(*arguments)
        assert done.returncode == 0, f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}"
        return done.stdout

    def try_to(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py that may fail, with these settings changed."""
        return self.run_to_end("manage.py", *arguments, **settings)

    def rows(self, query: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        """What the database itself says. Also writes: what is not a query gives no rows."""
        if self.database.startswith(SQLITE):
            path = self.database.removeprefix(SQLITE)
            with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
                return connection.execute(query.replace("%s", "?"), values).fetchall()
        with psycopg.connect(self.database, autocommit=True) as connection:
            found = connection.execute(query, values)
            return found.fetchall() if found.description else []

    def find_conversation(self, path: str) -> int:
        """The primary key of the conversation of a page at this path, as /c/<uuid>/."""
        # SQLite stores the digits alone.
        query = (
            "SELECT id FROM conversations_conversation WHERE replace(CAST(public_id AS text), '-', '') = %s"
        )
        ((found,),) = self.rows(query, UUID(path.split("/")[2]).hex)
        return int(found)

    def log_text(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def check_log(self) -> None:
        """Nothing went wrong unnoticed, and nothing that anybody said was written down."""
        log = self.log_text()
        assert "Traceback" not in log, log[-8000:]
        said = {text for (text,) in self.rows("SELECT text FROM conversations_message")}
        told = [text for text in said if len(text) > 8 and text in log]
        assert not told, f"the log holds what was said: {told[:3]}"

    def run_to_end(
        self, *arguments: str, words: str = "", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python program in the site's environment with these words as its input."""
        environment = {**self.environment, **settings}
        if self.is_forked:
            return run_forked(arguments, PROJECT, environment, words, RUN_SECONDS)
        return subprocess.run(
            [sys.executable, *arguments],
            input=words,
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )

    def _is_ready(self) -> bool:
        with suppress(URLError, OSError), urlopen(f"{self.url}/readyz", timeout=5) as response:
            return bool(response.status == 200)
        return False
