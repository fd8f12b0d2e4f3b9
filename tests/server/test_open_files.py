"""The limit of open files is raised where it may be, and a connection for which there is no room is told so."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import WARNING

from supportbot.conversations import checks
from supportbot.server import open_files

INFINITY = open_files.resource.RLIM_INFINITY


class Limits:
    """The limits of a process, as the kernel keeps them."""

    RLIMIT_NOFILE, RLIM_INFINITY = object(), INFINITY

    def __init__(self, soft: int, hard: int) -> None:
        self.values = (soft, hard)

    def getrlimit(self, _which: object) -> tuple[int, int]:
        return self.values

    def setrlimit(self, _which: object, values: tuple[int, int]) -> None:
        assert values[1] == self.values[1], "the hard limit is not ours to change"
        self.values = values


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [
        (1024, 4096, 4096),
        (1024, 1024, 1024),
        (256, INFINITY, open_files.MAX_OPEN_FILES),
        (1024, 1_000_000, open_files.MAX_OPEN_FILES),
        (100_000, 1_000_000, 100_000),
        (INFINITY, INFINITY, open_files.MAX_OPEN_FILES),
    ],
)
def test_the_limit_is_raised_as_far_as_it_may_be_and_never_lowered(monkeypatch, soft, hard, raised):
    monkeypatch.setattr(open_files, "resource", Limits(soft, hard))
    assert open_files.find_reachable_limit() == raised

    open_files.raise_file_limit()

    assert open_files.get_file_limit() == open_files.find_reachable_limit() == raised


@pytest.mark.parametrize(
    ("limit", "number", "serves_page", "takes_socket"),
    [
        (1024, 3, True, True),
        (1024, 767, True, True),
        (1024, 768, True, False),
        (1024, 959, True, False),
        (1024, 960, False, False),
        (64, 47, True, True),
        (64, 48, True, False),
        (64, 60, False, False),
        (65_536, 65_000, True, True),
    ],
)
def test_sockets_leave_room_for_pages_and_pages_for_the_database(
    monkeypatch, limit, number, serves_page, takes_socket
):
    monkeypatch.setattr(open_files, "resource", Limits(limit, limit))
    connection = SimpleNamespace(fileno=lambda: number)

    assert open_files.is_short_of_files(connection, for_socket=False) is not serves_page
    assert open_files.is_short_of_files(connection, for_socket=True) is not takes_socket


async def test_a_socket_too_many_is_closed_with_a_code_that_its_page_understands(monkeypatch):
    monkeypatch.setattr(open_files, "resource", Limits(1024, 1024))
    events: list[Any] = []

    async def send(_protocol: Any, event: Any) -> None:
        events.append(event)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def serve(_scope: Any, _receive: Any, _send: Any) -> None:
        events.append("served")

    application = open_files.refuse_sockets_beyond_limit(serve)
    for number in (900, 100):
        protocol = SimpleNamespace(transport=SimpleNamespace(fileno=lambda number=number: number))
        await application({}, receive, partial(send, protocol))

    assert events == [
        {"type": "websocket.accept"},
        {"type": "websocket.close", "code": 4503},
        "served",
    ]


@pytest.mark.parametrize(("hard", "pages"), [(1024, 768), (4096, None)])
def test_a_check_says_how_many_pages_can_be_open(monkeypatch, hard, pages):
    monkeypatch.setattr(open_files, "resource", Limits(hard, hard))

    found = [each for each in checks.check_environment(None) if each.id == "supportbot.W011"]

    assert [each.level for each in found] == ([WARNING] if pages else [])
    assert all(str(pages) in each.msg and "LimitNOFILE" in each.hint for each in found)
