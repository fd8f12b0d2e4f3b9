"""Who may import whom: the contracts of pyproject.toml are kept, and each of them notices what it is there for."""

import os
import re
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


def copy_project(folder: Path) -> Path:
    """A copy of the code, in which a test may break a rule."""
    for name in OURS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def add_line(project: Path, module: str, line: str) -> int:
    """At the end of this module; returns the number that its own last line has there."""
    file = project / module
    text = f"{file.read_text() if file.exists() else ''}\n{line}\n"
    file.write_text(text)
    return text.count("\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


def test_the_house_is_as_it_is_drawn() -> None:
    assert lint(ROOT) == ""


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        # A new module without a place.
        ("supportbot/notes.py", "", "The project"),
        (f"{CONVERSATIONS}/notes.py", "", "Conversations"),
        # A circle within a room, closed by a late import.
        (f"{CONVERSATIONS}/turns/leases.py", "def f():\n    from . import submit", "No circle"),
        ("supportbot/assistant/tools.py", "from . import loop", "No circle"),
    ],
)
def test_a_module_without_a_place_and_a_circle_are_noticed(
    project: Path, module: str, line: str, contract: str
) -> None:
    add_line(project, module, line)

    broken = [each for each in lint(project).splitlines() if "BROKEN" in each]

    assert any(each.startswith(contract) for each in broken), broken


# The module, a line in it that takes a short cut, the contract which that breaks, and what is imported by it.
SHORT_CUTS = [
    # Upwards: from the top of the module, from inside a function, and for types alone.
    (
        f"{CONVERSATIONS}/models/turn.py",
        "from .. import turns",
        "Conversations",
        "supportbot.conversations.turns",
    ),
    (
        f"{CONVERSATIONS}/turns/leases.py",
        "def f():\n    from ..worker import runner",
        "Conversations",
        "supportbot.conversations.worker.runner",
    ),
    (
        f"{CONVERSATIONS}/turns/leases.py",
        "if TYPE_CHECKING:\n    from ..web import views",
        "Conversations",
        "supportbot.conversations.web.views",
    ),
    (
        f"{CONVERSATIONS}/turns/leases.py",
        "from ..realtime import broadcast",
        "Conversations",
        "supportbot.conversations.realtime.broadcast",
    ),
    (
        f"{CONVERSATIONS}/web/views.py",
        "from .. import terminal",
        "Conversations",
        "supportbot.conversations.terminal",
    ),
    (
        "supportbot/assistant/loop.py",
        "from ..conversations import models",
        "The project",
        "supportbot.conversations.models",
    ),
    ("supportbot/assistant/loop.py", "from supportbot import settings", "The project", "supportbot.settings"),
    ("supportbot/server/csp.py", "from supportbot.jobs import queue", "The project", "supportbot.jobs.queue"),
    (
        "supportbot/mail/outgoing/sending.py",
        "from ..incoming import kinds",
        "Mail",
        "supportbot.mail.incoming.kinds",
    ),
    (
        "supportbot/mail/incoming/intake.py",
        "def f():\n    from ..outgoing import sending",
        "Mail",
        "supportbot.mail.outgoing.sending",
    ),
    (
        "supportbot/desk/waiting_list/board.py",
        "from ..live import facts",
        "Desk",
        "supportbot.desk.live.facts",
    ),
    # The apps of a shop.
    ("supportbot/urls.py", "from orders.models import Order", "The project finds the apps", "orders.models"),
    (
        "supportbot/assistant/tools.py",
        "import tickets.models",
        "The project finds the apps",
        "tickets.models",
    ),
    (
        "tickets/tools.py",
        "from supportbot.conversations.models import Turn",
        "An app that teaches",
        "supportbot.conversations.models",
    ),
    (
        "orders/tools.py",
        "from supportbot import assistant, environment",
        "An app that teaches",
        "supportbot.environment",
    ),
    ("tickets/tools.py", "from orders.models import Order", "Such apps", "orders.models"),
    ("orders/tools.py", "from tickets import models", "Such apps", "tickets.models"),
    # What some modules know nothing of.
    (
        f"{CONVERSATIONS}/models/turn.py",
        "from supportbot.assistant import loop",
        "Rows know",
        "supportbot.assistant.loop",
    ),
    (
        f"{CONVERSATIONS}/models/turn.py",
        "from supportbot.usage import recording",
        "Rows know",
        "supportbot.usage.recording",
    ),
    (
        f"{CONVERSATIONS}/realtime/fragments.py",
        "from ..models import Message",
        "Fragments are",
        "supportbot.conversations.models",
    ),
    # Libraries.
    ("supportbot/assistant/loop.py", "from django.db import models", "The engine is plain Python", "django"),
    (
        "supportbot/assistant/loop.py",
        "def f():\n    import channels.layers",
        "The engine is plain Python",
        "channels",
    ),
    (
        "supportbot/assistant/loop.py",
        "from asgiref.sync import sync_to_async",
        "The engine is plain Python",
        "asgiref",
    ),
    (f"{CONVERSATIONS}/turns/submit.py", "import openai", "Only a backend knows", "openai"),
    (
        "supportbot/assistant/backends/chat.py",
        "from openai import AsyncOpenAI",
        "Only a backend knows",
        "openai",
    ),
    ("supportbot/assistant/backends/chat.py", "import xai_sdk", "Only a backend knows", "xai_sdk"),
    (
        "tickets/tools.py",
        "from channels.db import database_sync_to_async",
        "Only what serves sockets",
        "channels",
    ),
    (
        f"{CONVERSATIONS}/turns/submit.py",
        "from asgiref.sync import async_to_sync",
        "Only views and admin",
        "asgiref",
    ),
]


@pytest.fixture(scope="module")
def noticed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str]]:
    """Of each short cut the number of its line, and all that is said of its contract when all of them are taken."""
    project = copy_project(tmp_path_factory.mktemp("short_cuts"))
    numbers = [add_line(project, module, line) for module, line, _contract, _imported in SHORT_CUTS]
    # The name of a contract is underlined, and what is said of it follows.
    _, *told = re.split(r"^(.+)\n-+\n", lint(project), flags=re.MULTILINE)
    told_of = dict(zip(told[::2], told[1::2], strict=True))
    return [
        (number, "".join(text for name, text in told_of.items() if name.startswith(contract)))
        for number, (_module, _line, contract, _imported) in zip(numbers, SHORT_CUTS, strict=True)
    ]


@pytest.mark.parametrize(
    "place", range(len(SHORT_CUTS)), ids=[f"{module}: {line}" for module, line, *_ in SHORT_CUTS]
)
def test_a_short_cut_is_noticed(noticed: list[tuple[int, str]], place: int) -> None:
    module, _line, _contract, imported = SHORT_CUTS[place]
    number, told = noticed[place]

    importer = module.removesuffix(".py").replace("/", ".")
    # A whole way, and not the first step of a longer one that another short cut has opened.
    assert re.search(rf"^- +{importer} -> {imported} \(l\.{number}\)$(?!\n +\S)", told, re.MULTILINE), told


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
    add_line(project, module, line)

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
