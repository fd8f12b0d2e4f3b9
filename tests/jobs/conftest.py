from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from supportbot.jobs.registry import JobKind

from .script import Script


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[JobKind], JobKind]:
    """Make a kind known, as if an app had it in its module `jobs`."""
    jobs: Any = apps.get_app_config("jobs")

    def add_kind(kind: JobKind) -> JobKind:
        monkeypatch.setitem(jobs.kinds, kind.name, kind)
        return kind

    return add_kind


@pytest.fixture
def script(install: Callable[[JobKind], JobKind]) -> Script:
    script = Script()
    install(script.kind())
    return script
