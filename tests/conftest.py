"""The cast of all tests, a database that threads can share, and the scripted model provider."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from orders.models import Order
from supportbot.audit.triggers import drop_triggers
from supportbot.conversations.staff_group import AGENTS
from supportbot.server.executors import DatabaseExecutor
from supportbot.server.process import process
from tests.flush import install_quick_flush
from tests.provider import Provider
from tests.servers.fixtures import migrated_database

__all__ = ["migrated_database"]

# What plays with real processes, browsers and databases takes longest, so it begins first, in this order, and the rest
# fills the gaps.
PROCESSES = (
    *("tests/faults/", "tests/browser/", "tests/site/", "tests/test_bench", "tests/test_imports"),
    *("tests/test_migrations", "tests/engine/test_images"),
    "tests/conversations/test_terminal",  # and test_terminal_typing
)
# What waits for limits of time, or plays hundreds of turns or failures.
SLOW = (
    *("tests/engine/contract/test_failing", "tests/engine/test_timeouts", "tests/engine/test_fallback"),
    *("tests/conversations/test_stalls", "tests/conversations/test_token_budgets"),
    *("tests/conversations/test_token_waiting", "tests/conversations/test_stored_state"),
    "tests/conversations/test_handoff_paths",
    *("tests/conversations/test_socket_sessions", "tests/conversations/test_provider_errors"),
    *("tests/conversations/test_process_messages", "tests/conversations/test_races"),
    "tests/conversations/test_stop_anywhere",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test-fast` leaves both kinds out."""
    for item in items:
        if item.nodeid.startswith(PROCESSES):
            item.add_marker(pytest.mark.processes)
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
    items.sort(key=_find_place)


def _find_place(item: pytest.Item) -> int:
    return next((n for n, begin in enumerate(PROCESSES) if item.nodeid.startswith(begin)), len(PROCESSES))


@pytest.fixture(scope="session")
def is_copied(worker_id: str) -> bool:
    """To migrate takes seconds, so of several test processes one does it, and all have a copy."""
    return worker_id != "master" and _is_sqlite()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    is_copied: bool,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """SQLite in a real file of this test process, for threads share it; DATABASE_URL may name another database."""
    if not _is_sqlite():
        return
    place = tmp_path_factory.mktemp("database") / "test.sqlite3"
    if is_copied:
        shutil.copy(request.getfixturevalue("migrated_database"), place)
    database = django_settings.DATABASES["default"]
    database["TEST"]["NAME"] = str(place)
    # Nobody needs the rows of a test after a power loss.
    database["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"


def _is_sqlite() -> bool:
    return bool(django_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"))


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, is_copied: bool) -> bool:
    """Django takes the copy, and would migrate it where anything was missing."""
    return django_db_keepdb or is_copied


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The audit log refuses to be emptied, which the end of a test does to all tables; its own tests protect it."""
    with django_db_blocker.unblock():
        drop_triggers(connection)
        install_quick_flush()


@pytest.fixture(autouse=True)
def _new_process() -> None:
    """Each test begins as a process that has just started; the threads of the database go on."""
    process.reset(keep=[DatabaseExecutor])


@pytest.fixture(scope="session", autouse=True)
def _settings_of_all_tests() -> Iterator[None]:
    """Passwords cost nothing, and there are no other processes, also on PostgreSQL. A test may set them otherwise."""
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        AXES_ENABLED=False,  # it needs a request
        PROCESS_TRANSPORT="",
    ):
        yield


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def alice(db: None) -> User:
    """A customer with the orders of the demo shop."""
    alice = User.objects.create_user(
        "alice", "alice@example.com", "alice", first_name="Alice", last_name="Archer"
    )
    _order("ORD-123", alice, Order.Status.SHIPPED, days=2)
    _order("ORD-456", alice, Order.Status.PROCESSING, days=5)
    return alice


@pytest.fixture
def bob(db: None) -> User:
    """Another customer, who may see nothing of alice's."""
    return User.objects.create_user("bob", "bob@example.com", "bob", first_name="Bob")


@pytest.fixture
def agent(db: None) -> User:
    """A member of the support staff."""
    agent = User.objects.create_user("agent", "agent@example.com", "agent", is_staff=True)
    agent.groups.add(Group.objects.get(name=AGENTS))
    return agent


def _order(number: str, customer: User, status: str, days: int) -> None:
    expected = timezone.localdate() + timedelta(days=days)
    Order.objects.create(
        number=number, customer=customer, email=customer.email, status=status, expected_delivery=expected
    )
