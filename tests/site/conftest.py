import pytest

from tests.servers.fixtures import new_site, stocked_database

from .visitor import Visitor

__all__ = ["new_site", "stocked_database"]


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()
