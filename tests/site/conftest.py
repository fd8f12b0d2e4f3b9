import pytest

from tests.servers import Site
from tests.servers.fixtures import new_site, stocked_database

from .visitor import Visitor

__all__ = ["new_site", "stocked_database"]


@pytest.fixture
def begins_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process begins as it does at a shop, for how it begins is a part of what is tested."""
    monkeypatch.setattr(Site, "is_forked", False)


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()
