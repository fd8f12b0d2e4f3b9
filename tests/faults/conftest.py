from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.servers.fixtures import stocked_database

from .grounds import on_sqlite
from .stage import Stage

__all__ = ["stocked_database"]

NewStage = Callable[..., AbstractAsyncContextManager[Stage]]
# Nobody wants to wait for the usual ten seconds; what is proven does not depend on them.
QUICK = {"FAULT_LEASE": "4"}


@pytest.fixture
def new_stage(stocked_database: Path, tmp_path: Path) -> NewStage:
    """Makes a stage with one server on SQLite."""
    return partial(on_sqlite, stocked_database, tmp_path, **QUICK)
