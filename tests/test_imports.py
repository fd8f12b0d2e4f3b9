"""Who may import whom: the contracts of pyproject.toml are kept, and each of them notices what it is there for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("supportbot", "tickets", "orders")
CONVERSATIONS = "supportbot/conversations"
# Django looks for the modules of a database's backend by this name.
NAMED_BY_DJANGO = (
    Path("supportbot/server/sqlite3/base.py"),
    Path("supportbot/server/postgresql/base.py"),
)
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "base", "core", "services", "managers"}


def lint(project: Path) -> str:
    """What import-linter says of the packages in this folder, by the contracts in it. Empty when all are kept."""
    linter = Path(sys.executable).with_name("lint-imports")
    wide = {**os.environ, "COLUMNS": "200"}  # a contract's name and its verdict on one line
    done = subprocess.run(
        [linter, "--no-logo", "--no-cache"],
        cwd=project,
        env=wide,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the code, in which a test may break a rule."""
    for name in OURS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_house_is_as_it_is_drawn() -> None:
    assert lint(ROOT) == ""


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        # A new module without a place.
        ("supportbot/notes.py", "", "The project"),
        (f"{CONVERSATIONS}/notes.py", "", "Conversations"),
        # Upwards: from the top of the module, from inside a function, and for types alone.
        (f"{CONVERSATIONS}/models/turn.py", "from .. import turns", "Conversations"),
        (f"{CONVERSATIONS}/turns/leases.py", "def f():\n    from ..worker import runner", "Conversations"),
        (
            f"{CONVERSATIONS}/turns/leases.py",
            "if TYPE_CHECKING:\n    from ..web import views",
            "Conversations",
        ),
        (f"{CONVERSATIONS}/turns/leases.py", "from ..realtime import broadcast", "Conversations"),
        (f"{CONVERSATIONS}/web/views.py", "from .. import terminal", "Conversations"),
        ("supportbot/assistant/loop.py", "from ..conversations import models", "The project"),
        ("supportbot/assistant/loop.py", "from supportbot import settings", "The project"),
        ("supportbot/server/csp.py", "from supportbot.jobs import queue", "The project"),
        # A circle within a room, closed by a late import.
        (f"{CONVERSATIONS}/turns/leases.py", "def f():\n    from . import submit", "No circle"),
        ("supportbot/assistant/tools.py", "from . import loop", "No circle"),
        # The apps of a shop.
        ("supportbot/urls.py", "from orders.models import Order", "The project finds the apps"),
        ("supportbot/assistant/tools.py", "import tickets.models", "The project finds the apps"),
        ("tickets/tools.py", "from supportbot.conversations.models import Turn", "An app that teaches"),
        ("orders/tools.py", "from supportbot import assistant, environment", "An app that teaches"),
        ("tickets/tools.py", "from orders.models import Order", "Such apps"),
        ("orders/tools.py", "from tickets import models", "Such apps"),
        # What some modules know nothing of.
        (f"{CONVERSATIONS}/models/turn.py", "from supportbot.assistant import loop", "Rows know"),
        (f"{CONVERSATIONS}/models/turn.py", "from supportbot.usage import recording", "Rows know"),
        (f"{CONVERSATIONS}/realtime/fragments.py", "from ..models import Message", "Fragments are"),
        # Libraries.
        ("supportbot/assistant/loop.py", "from django.db import models", "The engine is plain Python"),
        (
            "supportbot/assistant/loop.py",
            "def f():\n    import channels.layers",
            "The engine is plain Python",
        ),
        (
            "supportbot/assistant/loop.py",
            "from asgiref.sync import sync_to_async",
            "The engine is plain Python",
        ),
        (f"{CONVERSATIONS}/turns/submit.py", "import openai", "Only a backend knows"),
        ("supportbot/assistant/backends/chat.py", "from openai import AsyncOpenAI", "Only a backend knows"),
        ("supportbot/assistant/backends/chat.py", "import xai_sdk", "Only a backend knows"),
        ("tickets/tools.py", "from channels.db import database_sync_to_async", "Only what serves sockets"),
        (
            f"{CONVERSATIONS}/turns/submit.py",
            "from asgiref.sync import async_to_sync",
            "Only views and admin",
        ),
    ],
)
def test_a_short_cut_is_noticed(project: Path, module: str, line: str, contract: str) -> None:
    file = project / module
    file.write_text((file.read_text() if file.exists() else "") + f"\n{line}\n")

    broken = [each for each in lint(project).splitlines() if "BROKEN" in each]

    assert any(each.startswith(contract) for each in broken), broken


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("supportbot/assistant/backends/server.py", "import openai\nfrom ..messages import Message"),
        ("tickets/tools.py", "from supportbot.assistant import question\nfrom .models import Ticket"),
        ("tickets/tools.py", "from supportbot.assistant.tools import tool"),
        (f"{CONVERSATIONS}/models/turn.py", "from supportbot.assistant.messages import Message"),
        (
            f"{CONVERSATIONS}/web/socket_consumer.py",
            "from channels.generic import websocket\nfrom .. import turns",
        ),
    ],
)
def test_the_doors_that_there_are_can_be_used(project: Path, module: str, line: str) -> None:
    file = project / module
    file.write_text(f"{file.read_text()}\n{line}\n")

    assert lint(project) == ""


def find_circles(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    """The imports that are a part of a circle, also of one between a package and a module in it."""
    imports = [(a, b) for a in graph.modules for b in graph.find_modules_directly_imported_by(a)]
    return [(a, b) for a, b in imports if graph.chain_exists(importer=b, imported=a)]


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph(*OURS, cache_dir=None)
    assert find_circles(graph) == []

    graph.add_import(importer="supportbot.assistant.messages", imported="supportbot.assistant")

    assert ("supportbot.assistant", "supportbot.assistant.messages") in find_circles(graph)


def test_no_module_and_no_test_has_a_name_that_says_nothing() -> None:
    paths = [path.relative_to(ROOT) for folder in (*OURS, "tests") for path in (ROOT / folder).rglob("*.py")]

    nameless = [
        path
        for path in paths
        if path not in NAMED_BY_DJANGO and NAMES_THAT_SAY_NOTHING & set(path.with_suffix("").parts)
    ]

    assert len(paths) > 200
    assert nameless == []
