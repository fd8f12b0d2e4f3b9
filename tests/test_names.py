"""Names say what is done to what: `lock_conversation`, not `locked`. Those that say less may become fewer, not more.

    python -m tests.test_names

writes the names that there are into old_names.txt, after some have been renamed.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OLD_NAMES = Path(__file__).with_name("old_names.txt")
OURS = ("supportbot", "tickets", "orders")

IRREGULAR = (
    "begun brought drawn found given gone got heard held kept known left lost made meant put said seen sent shown "
    "taken told unsent written"
)
# Names that Django, Channels, Twisted, contextlib and email call.
DICTATED = {"aclose", "clean", "connect", "delete", "dispatch", "flush", "handle", "ready", "receive", "save"}
DICTATED |= {"attach", "authenticate", "connectionMade", "encode", "filter", "process", "sendMessage"}
DICTATED |= {"choices", "flush", "load", "lookups", "queryset", "render"}
DICTATED |= {"allContentReceived", "allHeadersReceived", "connectionLost", "dataReceived", "requestDone"}
DICTATED |= {"data", "login", "send", "starttls"}  # of smtplib
DICTATED |= {"write"}  # of zipfile
# «need», «feed» and «speed» are no participles.
PARTICIPLE = re.compile(rf"\w*[^e]ed|{'|'.join(IRREGULAR.split())}")
ADVICE = "Name a function by a verb and a noun, as in lock_conversation, render_turn, claim_next_turn"


def function_names(sources: Iterable[str]) -> list[str]:
    """The names of all functions and methods in these sources, nested ones too; Python's own `__names__` are out."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    names = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [name for name in names if not name.startswith("__")]


def one_word_names(names: Sequence[str]) -> list[str]:
    """Those of public functions that have one word only, unless a library asks for it."""
    return sorted(name for name in names if "_" not in name and name not in DICTATED)


def participles(names: Sequence[str]) -> list[str]:
    """Those that are a past participle and nothing else, of private functions too."""
    ours = [name.strip("_") for name in names if name not in DICTATED]
    return sorted(bare for bare in ours if PARTICIPLE.fullmatch(bare) and "_" not in bare)


@cache
def our_names() -> list[str]:
    paths = [path for name in OURS for path in (ROOT / name).rglob("*.py") if "migrations" not in path.parts]
    return function_names(path.read_text() for path in paths)


def old_names(rule: str) -> list[str]:
    """The names that a rule was broken by when it was made."""
    return OLD_NAMES.read_text().split(f"# {rule}\n")[1].split("#")[0].split()


@pytest.mark.parametrize("rule", [one_word_names, participles], ids=lambda rule: rule.__name__)
def test_names_that_say_too_little_do_not_grow_in_number(rule) -> None:
    names = our_names()

    new = Counter(rule(names)) - Counter(old_names(rule.__name__))

    assert len(names) > 500
    assert not new, f"{ADVICE}. New {rule.__name__}: {', '.join(sorted(new.elements()))}"


def test_what_says_too_little_is_noticed() -> None:
    source = (
        "def held(): ...\ndef lock_turn():\n    async def _told(): ...\nclass Page:\n"
        "    def show(self): ...\n    def need(self): ...\n    def save(self): ...\n"
        "    def __init__(self): ...\n    def is_held(self): ..."
    )
    names = function_names([source])

    assert one_word_names(names) == ["held", "need", "show"]
    assert participles(names) == ["held", "told"]


def write_old_names() -> None:
    names = our_names()
    rules = [f"# {rule.__name__}\n" + "\n".join(rule(names)) for rule in (one_word_names, participles)]
    OLD_NAMES.write_text("\n".join(rules) + "\n")


if __name__ == "__main__":
    write_old_names()


def test_every_room_says_what_is_in_it() -> None:
    rooms = [path for name in (*OURS, "tests") for path in (ROOT / name).rglob("__init__.py")]
    named_by_django = {"migrations", "management", "commands", "templatetags"}

    silent = [
        str(path.parent.relative_to(ROOT))
        for path in rooms
        if path.parent.name not in named_by_django and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert len(rooms) > 40
    assert not silent
