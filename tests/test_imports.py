"""Who may import whom. The house stays as it is drawn only while nobody takes a short cut through a wall."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("supportbot", "tickets", "orders")
ENGINE = "supportbot.assistant"
ROOMS = "supportbot.conversations"
NAMELESS = {"utils", "helpers", "common", "base", "core", "services", "managers"}

# A library, and the only modules that may know of it.
LIBRARIES = {
    "openai": {f"{ENGINE}.backends.server"},
    "xai_sdk": {f"{ENGINE}.backends.xai", f"{ENGINE}.backends.xai.wire"},
    "grpc": {f"{ENGINE}.backends.xai", f"{ENGINE}.backends.xai.channel"},
    "channels": {
        "supportbot.asgi",
        *(f"{ROOMS}.{room}" for room in ("consumers", "elsewhere", "routing", "views")),
    },
    # In the engine for tools alone: an asynchronous one stays in the transaction of whoever runs it.
    "asgiref": {
        *(f"{ENGINE}.tools", "supportbot.server.csp", "supportbot.prompts.admin"),
        *(f"{ROOMS}.{room}" for room in ("guests", "image_views", "views")),
    },
}
# A room of the conversations app, and the other rooms whose doors it may use.
DOORS = {
    "history": set[str](),
    "visitors": set[str](),
    "engine": set[str](),
    "models": {"history", "visitors"},
    "markdown": set[str](),
    "fragments": {"markdown"},
    "elsewhere": set[str](),
    "live": {"elsewhere"},
    "lines": set[str](),
    "origins": set[str](),
    "threads": set[str](),
    "guests": {"models", "passes", "visitors"},
    "passes": {"elsewhere", "models", "threads", "visitors"},
    "limits": {"models", "visitors"},
    "attachments": {"claims", "limits", "models", "threads"},
    "image_views": {"attachments", "limits", "models", "views", "visitors"},
    "budgets": {"models"},
    "errands": {"budgets", "models"},
    "questions": {"models"},
    "summaries": {"errands", "models"},
    "reachability": {"budgets", "claims", "errands", "threads"},
    "background": {"budgets", "engine", "errands", "history", "threads"},
    "claims": {"budgets", "errands", "models"},
    "steps": {"claims", "fragments", "models"},
    "turns": {"attachments", "budgets", "claims", "fragments", "limits", "models", "steps", "summaries"},
    "calls": {"budgets", "claims", "models", "steps"},
    "recovery": {"budgets", "calls", "claims", "models", "steps"},
    "pages": {"fragments", "lines", "live", "steps", "threads", "turns"},
    "keeper": {
        *(
            "attachments",
            "background",
            "live",
            "passes",
            "reachability",
            "recovery",
            "runner",
            "threads",
            "turns",
        ),
    },
    "runner": {
        *(
            "attachments",
            "background",
            "budgets",
            "reachability",
            "calls",
            "claims",
            "elsewhere",
            "engine",
            "fragments",
            "live",
            "models",
            "recovery",
            "steps",
            "summaries",
            "threads",
            "turns",
        ),
    },
    "consumers": {
        *("fragments", "keeper", "limits", "lines", "live", "models", "origins", "pages", "passes", "runner"),
        *("steps", "threads", "turns", "visitors"),
    },
    "terminal": {
        *("attachments", "calls", "fragments", "keeper", "limits", "models", "reachability", "runner"),
        *("threads", "turns", "visitors"),
    },
    "views": {"elsewhere", "models", "visitors"},
    "admin": {"models"},
}


def violations(sources: Mapping[str, str]) -> list[str]:
    """What is against the rules in these modules, given as source text by dotted name."""
    wrong = [f"{module}: a name that says nothing" for module in sources if NAMELESS & set(module.split("."))]
    for module, source in sources.items():
        for imported in _imports(module, source):
            wrong += [f"{module} imports {imported}: {why}" for why in _objections(module, imported)]
    return wrong


def _imports(module: str, source: str) -> Iterator[str]:
    """Every import, wherever it stands in the module, as an absolute dotted name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A package is given by its __init__, so one level up is the package that a module lies in.
            parents = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*parents, *filter(None, [node.module])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _objections(module: str, imported: str) -> Iterator[str]:
    library = imported.split(".", maxsplit=1)[0]
    if module.removesuffix(".__init__") not in LIBRARIES.get(library, {module.removesuffix(".__init__")}):
        yield f"only {', '.join(sorted(LIBRARIES[library]))} may"
    if _in(module, ENGINE):
        if library in ("django", "channels", "daphne"):
            yield "the engine is plain Python"
        if library in OURS and not _in(imported, ENGINE):
            yield "the engine knows nothing else of ours"
        return
    if library not in OURS:
        return
    app = module.split(".", maxsplit=1)[0]
    if app != "supportbot" and library != app and not _in(imported, ENGINE):
        yield "an app that teaches the assistant knows the engine and itself"
    if app == "supportbot" and library != "supportbot":
        yield "supportbot finds the apps by INSTALLED_APPS"
    yield from _room_objections(module, imported)


def _room_objections(module: str, imported: str) -> Iterator[str]:
    room = module.removeprefix(f"{ROOMS}.").split(".")[0] if _in(module, ROOMS) else ""
    if room not in DOORS:
        return
    other = imported.removeprefix(f"{ROOMS}.").split(".")[0] if _in(imported, ROOMS) else ""
    if other in DOORS and other != room and other not in DOORS[room]:
        yield f"there is no door from {room} to {other}"
    known = (f"{ENGINE}.messages", *(f"{ROOMS}.{each}" for each in ("models", "history", "visitors")))
    if room in ("models", "history") and not any(_in(imported, each) for each in known):
        yield f"{room} knows of ours only the engine's messages"
    if room in ("fragments", "live", "elsewhere") and not _in(imported, ROOMS):
        yield f"{room} knows nothing of the rest"


def _in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _sources() -> dict[str, str]:
    """Our modules as they are on disk; a package is there by its `__init__`."""
    files = [path for app in OURS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text() for path in files}


def test_the_house_is_as_it_is_drawn():
    sources = _sources()

    assert f"{ENGINE}.loop" in sources
    assert violations(sources) == []


def test_no_test_has_a_name_that_says_nothing():
    names = [path.relative_to(ROOT).with_suffix("").parts for path in (ROOT / "tests").rglob("*.py")]

    assert [parts for parts in names if NAMELESS & set(parts)] == []


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        (f"{ENGINE}.loop", "from django.db import models", "plain Python"),
        (f"{ENGINE}.loop", "def f():\n    import channels.layers", "plain Python"),
        (f"{ENGINE}.loop", "from ..conversations import models", "knows nothing else of ours"),
        (f"{ENGINE}.loop", "from supportbot import settings", "knows nothing else of ours"),
        (f"{ENGINE}.tools", "import tickets.models", "knows nothing else of ours"),
        (f"{ENGINE}.loop", "import openai", "backends.server"),
        (f"{ENGINE}.loop", "from asgiref.sync import sync_to_async", "assistant.tools"),
        (f"{ENGINE}.backends.demo.__init__", "from openai import AsyncOpenAI", "backends.server"),
        (f"{ENGINE}.backends.chat", "import xai_sdk", "backends.xai"),
        (f"{ROOMS}.turns", "import openai", "backends.server"),
        (f"{ROOMS}.models", "from channels.layers import get_channel_layer", "consumers"),
        ("tickets.tools", "from channels.db import database_sync_to_async", "consumers"),
        ("tickets.tools", "from orders.models import Order", "the engine and itself"),
        ("orders.tools", "from tickets import models", "the engine and itself"),
        (
            "tickets.models",
            "from supportbot.conversations.models import Conversation",
            "the engine and itself",
        ),
        ("orders.tools", "from supportbot import assistant, settings", "the engine and itself"),
        (f"{ROOMS}.views", "from orders.models import Order", "INSTALLED_APPS"),
        (f"{ROOMS}.fragments", "from .models import Message", "no door from fragments to models"),
        (f"{ROOMS}.fragments", "from . import turns", "no door from fragments to turns"),
        (f"{ROOMS}.fragments", "from ..assistant.messages import Message", "nothing of the rest"),
        (f"{ROOMS}.live", "from . import models", "no door from live to models"),
        (f"{ROOMS}.models", "from . import turns", "no door from models to turns"),
        (f"{ROOMS}.models", "from ..assistant.loop import run_turn", "only the engine's messages"),
        (
            f"{ROOMS}.turns",
            "from supportbot.conversations import consumers",
            "no door from turns to consumers",
        ),
        (f"{ROOMS}.turns", "from . import runner", "no door from turns to runner"),
        (f"{ROOMS}.turns", "from . import live", "no door from turns to live"),
        (f"{ROOMS}.claims", "from .turns import submit", "no door from claims to turns"),
        (f"{ROOMS}.calls", "from . import recovery", "no door from calls to recovery"),
        (f"{ROOMS}.history", "from .models import Message", "no door from history to models"),
        (f"{ROOMS}.turns", "from channels.db import database_sync_to_async", "consumers"),
        (f"{ROOMS}.turns", "if TYPE_CHECKING:\n    from .views import page", "no door from turns to views"),
        (f"{ROOMS}.helpers", "", "says nothing"),
        ("orders.core.__init__", "", "says nothing"),
    ],
)
def test_a_short_cut_is_noticed(module, source, complaint):
    found = violations({module: source})

    assert any(complaint in each for each in found), found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (f"{ENGINE}.backends.server", "import openai\nfrom ..messages import Message\nfrom . import events"),
        (f"{ENGINE}.backends.__init__", "from ..tools import Tool\nfrom . import chat"),
        (f"{ENGINE}.backends.xai", "import xai_sdk"),
        ("tickets.tools", "from supportbot.assistant.tools import tool\nfrom .models import Ticket"),
        (f"{ENGINE}.tools", "from asgiref.sync import async_to_sync"),
        (f"{ROOMS}.models", "from ..assistant.messages import Message\nfrom django.db import models"),
        (
            f"{ROOMS}.turns",
            "from . import budgets, fragments\nfrom .models import Turn\nfrom ..assistant import loop",
        ),
        (f"{ROOMS}.consumers", "from channels.generic import websocket\nfrom . import live, models, turns"),
        (f"{ROOMS}.fragments", "from django.template import loader\nfrom .markdown import render"),
    ],
)
def test_the_doors_that_there_are_can_be_used(module, source):
    assert violations({module: source}) == []
