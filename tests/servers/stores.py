"""PostgreSQL and Redis as the tests need them: empty, quick and gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from .processes import Process, as_user, free_port
from .programs import need

# Nothing of this has to survive a power loss.
QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "listen_addresses=")


class PostgreSQL:
    """A cluster of databases, reached over a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database, empty or as its template is, and return its address."""
        with self.connect() as connection:
            # Both are a test's own words, never anybody's input.
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"postgres://postgres@{quote(str(self._folder), safe='')}/{name}"

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True)

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError), self.connect():
            return True
        return False


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    initdb, postgres = need("initdb"), need("postgres")
    with make_folder("pg-") as folder:
        user = give_away(folder)
        make = [initdb, "--pgdata=data", "--username=postgres", "--auth=trust", "--encoding=UTF8"]
        make += ["--locale=C", "--no-sync"]
        subprocess.run(make, cwd=folder, stdout=subprocess.DEVNULL, check=True, **as_user(user))
        options = [word for setting in QUICK for word in ("-c", setting)]
        arguments = [postgres, "-D", "data", "-k", str(folder), *options]
        with Process(arguments, folder / "postgres.log", folder=folder, user=user) as process:
            cluster = PostgreSQL(folder)
            process.wait_until(cluster.answers)
            yield cluster
            # At once: it would wait for its clients, and its data is thrown away.
            process.end(signal.SIGQUIT)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis server; gives its address."""
    with make_folder("redis-") as folder:
        port = free_port()
        log = folder / "redis.log"
        words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        with Process([need("redis"), *words], log) as process:
            process.wait_until(lambda: "Ready to accept connections" in log.read_text())
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def make_folder(prefix: str) -> Iterator[Path]:
    """Not one of pytest's: a socket's path must be short, and another user must get there."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give_away(folder: Path) -> str | None:
    """PostgreSQL and Dovecot do not run as root: then somebody else gets the folder and runs it; returns who."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return user
