"""Serves the site as `manage.py serve` does, with the faults in it that the environment names.

FAULT_KILL=turns.submit:written@3     the process dies at the third passing of this point
FAULT_DISK=<path>                     while this file is there, SQLite's disk is full
FAULT_LAYER=0.3                       the channel layer loses 30 % of what is sent
FAULT_LEASE=3                         seconds, instead of the usual ten, so that a test need not wait for them
"""

import os
import random
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from tests.faults import points

FULL, ENDLESS = 1, 1_073_741_823


def shorten_lease(seconds: float) -> None:
    from supportbot.conversations import claims, turns

    claims.LEASE = turns.LEASE = timedelta(seconds=seconds)


def fill_disk_while(full: Path) -> None:
    """SQLite is not given another page while the file is there. (It never takes away pages that are in use.)"""
    from django.db import connection

    from supportbot.conversations import threads

    connected = threads._connected

    def limited(function: Callable[[], Any]) -> Any:
        def with_limit() -> Any:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA max_page_count = {FULL if full.exists() else ENDLESS}")
            return function()

        return connected(with_limit)

    threads._connected = limited


def lose_on_layer(share: float) -> None:
    from channels_redis.pubsub import RedisPubSubLoopLayer

    chance = random.Random(share)
    send = RedisPubSubLoopLayer.group_send

    @wraps(send)
    async def group_send(self: Any, group: str, message: dict[str, Any]) -> None:
        if chance.random() >= share:
            await send(self, group, message)

    RedisPubSubLoopLayer.group_send = group_send


def main() -> None:
    from manage import use_uvloop

    use_uvloop()
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    points.install(os.environ.get("FAULT_KILL", ""))
    if seconds := os.environ.get("FAULT_LEASE"):
        shorten_lease(float(seconds))
    if full := os.environ.get("FAULT_DISK"):
        fill_disk_while(Path(full))
    if share := os.environ.get("FAULT_LAYER"):
        lose_on_layer(float(share))
    execute_from_command_line(["manage.py", "serve", *sys.argv[1:]])


if __name__ == "__main__":
    main()
