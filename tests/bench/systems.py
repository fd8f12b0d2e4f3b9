"""The two systems under test, each a real process with throw-away data, and the model that both talk to."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .machine import OTHER_CORES, PROJECT, SERVER_CORES, free_port, manage, read_url, running
from .result import Result

SYSTEMS = ("textbook", "ours")
# What one visitor may do is limited in real life; here few visitors stand for many.
UNLIMITED = {
    "CONVERSATION_MESSAGES_PER_MINUTE": "0",
    "VISITOR_MESSAGES_PER_MINUTE": "0",
    "VISITOR_TOKENS_PER_DAY": "0",
    "IMAGES_PER_MINUTE": "0",
    "IMAGES_PER_DAY": "0",
    "LLM_FIRST_TOKEN_SECONDS": "600",
    "LLM_STALL_SECONDS": "600",
    "TURN_SECONDS": "600",
}


@dataclass(frozen=True)
class Script:
    """What the scripted model answers to everything."""

    tokens: int = 200
    interval_ms: float = 20

    @property
    def seconds(self) -> float:
        return self.tokens * self.interval_ms / 1000


@dataclass(frozen=True)
class Model:
    url: str
    script: Script


@dataclass(frozen=True)
class Server:
    """`more_urls` are those of other processes of the same site, `more_pids` what is measured with them."""

    system: str
    url: str
    pid: int
    model: Model
    log: Path
    more_urls: tuple[str, ...] = ()
    more_pids: tuple[int, ...] = ()

    def measure(
        self,
        chats: int,
        window: float = 0,
        ramp: float | None = None,
        warm: float = 1,
        *,
        turns: int = 0,
        idle: bool = False,
        second_pages: int = 0,
    ) -> Result:
        """Put a load on it from a process of its own: for a window, or so many whole turns of each chat."""
        script = self.model.script
        arguments = {
            "--model": self.model.url,
            "--chats": chats,
            "--tokens": script.tokens,
            "--ramp": script.seconds if ramp is None else ramp,
            "--warm": warm,
            "--window": window,
            "--turns": turns,
            "--second-pages": second_pages,
        }
        words = [str(word) for pair in arguments.items() for word in pair] + ["--idle"] * idle
        words += [f"--url={url}" for url in (self.url, *self.more_urls)]
        words += [f"--pid={pid}" for pid in (self.pid, *self.more_pids)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.load", *words, "--json"],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            start_new_session=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"The load client failed on {self.system}.")
        result = Result(**json.loads(done.stdout))
        if result.errors:
            print(f"{self.system} met {result.errors}; its log ends with:\n{self.log.read_text()[-1500:]}")
        return result

    def answering(self, tokens: int) -> "Server":
        """The same server, whose model answers in so many tokens from now on."""
        read_url(f"{self.model.url}/tokens/{tokens}")
        return replace(self, model=replace(self.model, script=replace(self.model.script, tokens=tokens)))

    def warm_up(self) -> None:
        """Let it import, compile and connect what it does only once."""
        self.measure(chats=5, window=0.5, ramp=0, warm=0)


@contextmanager
def scripted_model(data: Path, script: Script) -> Iterator[Model]:
    port = free_port()
    words = ["--port", str(port), "--tokens", str(script.tokens), "--interval-ms", str(script.interval_ms)]
    with running(["-m", "tests.bench.scripted_model", *words], port, data / f"model-{port}.log", OTHER_CORES):
        yield Model(f"http://127.0.0.1:{port}", script)


def serving(system: str, model: Model, data: Path) -> AbstractContextManager[Server]:
    if system == "textbook":
        return textbook(model, data)
    return supportbot(model, data / "empty.sqlite3")


@contextmanager
def textbook(model: Model, data: Path) -> Iterator[Server]:
    port = free_port()
    log = data / f"textbook-{port}.log"
    arguments = ["-m", "tests.bench.textbook", "--port", str(port), "--model", f"{model.url}/v1"]
    with running(arguments, port, log, SERVER_CORES) as pid:
        yield Server("textbook", f"http://127.0.0.1:{port}/", pid, model, log)


@contextmanager
def supportbot(
    model: Model,
    database: Path,
    environment: Mapping[str, str] | None = None,
    profile: Path | None = None,
) -> Iterator[Server]:
    """With `profile`, where its threads spend their time is written there when it has ended."""
    port = free_port()
    address = {"LLM_BASE_URL": f"{model.url}/v1", "PORT": str(port)}
    environment = supportbot_environment(database) | address | dict(environment or {})
    make_tables(database, environment)
    log = database.with_name(f"supportbot-{port}.log")
    profiler = ["-m", "tests.bench.sampler", str(profile)] if profile else []
    with running([*profiler, "manage.py", "serve"], port, log, SERVER_CORES, environment) as pid:
        yield Server("ours", f"http://127.0.0.1:{port}/", pid, model, log)


def supportbot_environment(database: Path) -> dict[str, str]:
    """Everything of a developer's own environment that matters here, replaced."""
    return {
        **os.environ,
        **UNLIMITED,
        "DJANGO_SETTINGS_MODULE": "supportbot.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "MEDIA_DIR": str(database.with_suffix(".media")),
        "DEBUG": "1",
        "HOST": "127.0.0.1",
        "LLM_BACKEND": "chat",
        "LLM_BASE_URL": "http://127.0.0.1:9/v1",  # the model's own address is put here when it is served
        "LLM_API_KEY": "bench",
    }


def make_tables(database: Path, environment: Mapping[str, str]) -> None:
    """Unless the file is there, and so has them. With PostgreSQL it never is."""
    if not database.exists():
        manage("migrate", "--verbosity", "0", environment=environment)


def fill(place: Path, conversations: int, pages: Sequence[int] = (), *more: str) -> Mapping[str, Any]:
    """Make a database there. Returns what `tests.bench.filled_database` says of it, which takes `more` options."""
    environment = supportbot_environment(place)
    make_tables(place, environment)
    words = ["--conversations", str(conversations), "--pages", *map(str, pages), *more]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.filled_database", *words],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    made: Mapping[str, Any] = json.loads(done.stdout)
    return made
