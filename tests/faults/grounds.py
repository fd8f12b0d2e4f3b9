"""Stages on the two kinds of ground: one process on SQLite, or some on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.provider import Provider
from tests.servers.site import SQLITE

from .proxy import Proxy
from .servers import Server
from .stage import Stage

# The provider's words come at this pace, so that there is a middle of an answer to fail in.
WORD_BYTES, WORD_SECONDS = 400, 0.01
KEY = "a-key-that-nobody-must-ever-read"


@asynccontextmanager
async def on_sqlite(
    stocked: Path, folder: Path, *, seed: int = 1, kill_points: Iterable[str] = (), **settings: str
) -> AsyncIterator[Stage]:
    """One server with a copy of this database."""
    place = folder / "shop.sqlite3"
    shutil.copy(stocked, place)
    async with _stage(folder, [f"{SQLITE}{place}"], seed, kill_points, settings) as stage:
        yield stage


@asynccontextmanager
async def on_postgresql(
    database: str,
    redis_url: str,
    folder: Path,
    *,
    processes: int = 2,
    seed: int = 1,
    kill_points: Iterable[str] = (),
    **settings: str,
) -> AsyncIterator[Stage]:
    """Servers of one site on this database, which has its tables, and on this Redis if there is one."""
    shared = {"REDIS_URL": redis_url, **settings}
    async with _stage(folder, [database] * processes, seed, kill_points, shared) as stage:
        yield stage


@asynccontextmanager
async def _stage(
    folder: Path, databases: Sequence[str], seed: int, kill_points: Iterable[str], settings: dict[str, str]
) -> AsyncIterator[Stage]:
    with Provider() as provider:
        async with Proxy(urlsplit(provider.url).port or 0, delay=WORD_SECONDS, piece=WORD_BYTES) as upstream:
            model = {"LLM_BACKEND": "chat", "LLM_BASE_URL": f"{upstream.url}/v1", "LLM_API_KEY": KEY}
            servers = [Server(folder, database, **{**model, **settings}) for database in databases]
            stage = Stage(servers, provider, upstream, seed=seed)
            stage.kill_points = iter(kill_points)
            try:
                async with stage:
                    yield stage
            finally:
                print(f"seed {seed}", *(server.log_text()[-20000:] for server in servers), sep="\n")
