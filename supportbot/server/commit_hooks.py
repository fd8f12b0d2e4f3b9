"""What is done after a commit, by Django's `on_commit`. When it fails the commit stands, and nobody else pays for it.

Django raises what such a hook raises where the transaction ends, and leaves out the hooks behind it. There it is taken
for a transaction that failed: its result is lost, and it may be run a second time.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connections

from .error_reports import describe_place

logger = logging.getLogger(__name__)


def isolate_commit_hooks() -> None:
    """From now on a hook that fails on this thread is logged, and that is all. Call it where the thread begins."""
    for connection in connections.all():
        vars(connection)["on_commit"] = partial(_register_hook, connection.on_commit)


def _register_hook(register: Callable[[Any, bool], None], hook: Any, robust: bool = False) -> None:
    """As Django's `on_commit`, which refuses what cannot be called and drops the hooks of what is rolled back."""
    register(partial(_run_hook, hook) if callable(hook) else hook, robust)


def _run_hook(hook: Callable[[], object]) -> None:
    try:
        hook()
    except BaseException as error:  # noqa: BLE001 - what was committed must not be taken for something that failed
        logger.error("A hook of a commit failed: %s", describe_place(error))
