"""The product in a process that can be made to fail: `python -m tests.faults.serve` in place of `manage.py serve`."""

import asyncio
import os
import signal
from pathlib import Path

from tests.servers import Site

# Faults, not limits, are what these runs are about.
BOUNDLESS = {
    "CONVERSATION_MESSAGES_PER_MINUTE": "0",
    "VISITOR_MESSAGES_PER_MINUTE": "0",
    "VISITOR_TOKENS_PER_DAY": "0",
    "VISITOR_SOCKETS": "1000",
}
# How a process ends that was told to, maybe while it was still starting.
TOLD_TO_END = (0, -signal.SIGKILL, -signal.SIGTERM)


class Server(Site):
    """One process of the site, started again by whoever notices that it is gone."""

    def __init__(self, folder: Path, database: str, **settings: str) -> None:
        super().__init__(folder, database, **{**BOUNDLESS, **settings})
        self.kill_at = ""  # a point of `points.names()` with its passing, for the next start

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process._popen.poll() if self._process is not None else None

    def start(self) -> None:
        self._process = self._begin("-m", "tests.faults.serve", FAULT_KILL=self.kill_at)
        try:
            self._process.wait_until(self._is_ready)
        except RuntimeError:
            if self.exit_code not in TOLD_TO_END:
                raise

    def end(self) -> None:
        """End it if it still runs."""
        if self.is_running:
            self.stop()

    def signal(self, which: signal.Signals) -> None:
        if self.is_running:
            assert self._process is not None
            os.kill(self._process._popen.pid, which)

    async def is_ready(self) -> bool:
        return self.is_running and not self.kill_at and await asyncio.to_thread(self._is_ready)

    async def gone(self, seconds: float = 30) -> int:
        """Wait until the process has ended; returns its exit code."""
        async with asyncio.timeout(seconds):
            while self.is_running:  # noqa: ASYNC110 - a process tells nobody that it ends
                await asyncio.sleep(0.01)
        assert self.exit_code is not None
        return self.exit_code
