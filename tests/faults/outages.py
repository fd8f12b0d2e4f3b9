"""Stores that can be taken away and brought back under a running site."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from tests.servers import PostgreSQL, free_port, need, wait_until
from tests.servers.processes import Process
from tests.servers.stores import QUICK


class Redis:
    """A Redis that forgets everything when it is stopped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        words = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        log = self._folder / "redis.log"
        log.unlink(missing_ok=True)
        self._process = Process([need("redis"), *words], log)
        self._process.wait_until(lambda: "Ready to accept connections" in log.read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


AnyRedis = TypeVar("AnyRedis", bound=Redis)


@contextmanager
def redis(kind: type[AnyRedis]) -> Iterator[AnyRedis]:
    with TemporaryDirectory(prefix="redis-") as folder:
        store = kind(Path(folder))
        store.start()
        try:
            yield store
        finally:
            store.stop()


class Restarts:
    """Restarts a PostgreSQL in its place, under whoever is connected. In a `with` block, which ends what it started."""

    def __init__(self, cluster: PostgreSQL) -> None:
        self.cluster = cluster
        self._folder = cluster._folder
        self._stack = ExitStack()

    def __enter__(self) -> "Restarts":
        with self.cluster.connect() as connection:
            # What is committed must survive a crash, which it usually need not in tests.
            connection.execute("ALTER ROLE postgres SET synchronous_commit = on")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT breaks every connection off and then ends in order, SIGQUIT ends at once as after a crash."""
        self.stop(how)
        self.start()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        pid_file = self._folder / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), how)
        wait_until(lambda: not pid_file.exists())

    def start(self) -> None:
        owner = self._folder.owner() if os.geteuid() == 0 else None
        options = [word for setting in QUICK for word in ("-c", setting)]
        arguments = [need("postgres"), "-D", "data", "-k", str(self._folder), *options]
        process = Process(arguments, self._folder / "again.log", folder=self._folder, user=owner)
        self._stack.callback(process.end, signal.SIGQUIT)
        process.wait_until(self.cluster.answers)
