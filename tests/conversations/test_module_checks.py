"""A function that an app has in the wrong module is told of at the start, since nothing would ever call it."""

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from django.core.checks import CheckMessage

from supportbot.conversations.module_checks import MODULES, check_modules
from tests.servers.site import PROJECT

QUESTION = """
from pydantic import BaseModel
from supportbot.assistant import question

class Mood(BaseModel):
    mood: str

@question(Mood, label="Mood")
def ask_mood(key: str, answer: Mood | None) -> None:
    '''How does the customer feel?

@question is what makes it one.
    '''
"""
NUMBERS = """
from supportbot.assistant.dashboard_numbers import Period, confirmation_source, dashboard_number

@dashboard_number
def count_returns(period: Period):
    raise NotImplementedError

@confirmation_source
def find_confirmed(period: Period):
    raise NotImplementedError
"""

CheckApp = Callable[[dict[str, str]], list[CheckMessage]]


@pytest.fixture
def check_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> CheckApp:
    """Write a stranger's app of these files, install it, and check it."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"returns_{tmp_path.name}"

    def check(files: dict[str, str]) -> list[CheckMessage]:
        for path, source in {"__init__.py": "", **files}.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(source)
        importlib.invalidate_caches()
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, name]
        return check_modules(None)

    return check


@pytest.mark.parametrize("path", ["question.py", "background/questions.py", "models.py", "tools.py"])
def test_a_function_in_a_module_in_which_nobody_looks_is_told(check_app: CheckApp, path: str) -> None:
    (warning,) = check_app({path: QUESTION})

    assert warning.id == "supportbot.W024"
    assert warning.msg.endswith(f"/{path}: @question ask_mood is never found there.")
    assert ".questions, or import it there" in (warning.hint or "")


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        (
            QUESTION.replace("@question", "@transaction.atomic\n@question"),
            "Write @question above its other decorators.",
        ),
        (QUESTION + QUESTION, "Rename it: the file has another one of this name."),
    ],
    ids=["another decorator above it", "another of its name below it"],
)
def test_a_function_that_another_decorator_or_function_hides_is_told(
    check_app: CheckApp, source: str, remedy: str
) -> None:
    warnings = check_app({"questions.py": f"from django.db import transaction\n{source}"})

    assert {each.hint for each in warnings} == {remedy}


def test_a_function_in_a_class_is_told(check_app: CheckApp) -> None:
    gifts = f"class Gifts:\n{indent(QUESTION, '    ')}"

    (warning,) = check_app({"questions.py": f"from supportbot.assistant import question\n{gifts}"})

    assert warning.msg.endswith("/questions.py: @question Gifts.ask_mood is never found there.")
    assert warning.hint == "Move it out of the class Gifts."


def test_a_file_is_not_imported_for_it(check_app: CheckApp) -> None:
    warnings = check_app({"number.py": f"{NUMBERS}\nraise NotImplementedError\n"})

    assert [each.msg.rpartition(": ")[2] for each in warnings] == [
        "@dashboard_number count_returns is never found there.",
        "@confirmation_source find_confirmed is never found there.",
    ]
    assert not any(name.startswith("returns_") and name.endswith(".number") for name in sys.modules)


@pytest.mark.parametrize(
    "files",
    [
        {"questions.py": QUESTION, "dashboard_numbers.py": NUMBERS},
        {"questions/__init__.py": "from .mood import ask_mood", "questions/mood.py": QUESTION},
        {"mood.py": QUESTION, "questions.py": "from .mood import *"},
        {"tests/question.py": QUESTION, "test_questions.py": QUESTION, "conftest.py": QUESTION},
        {"mood.py": QUESTION.replace("supportbot.assistant", "somewhere.else")},
        {"unfinished.py": f"{QUESTION}\nthis is no Python"},
    ],
    ids=["by name", "package", "imported", "tests", "another question", "no Python"],
)
def test_what_is_found_or_is_none_of_ours_is_not_told_of(check_app: CheckApp, files: dict[str, str]) -> None:
    assert check_app(files) == []


def test_every_decorator_of_the_page_for_developers_is_looked_for() -> None:
    page = (PROJECT / "docs/apps.md").read_text()
    rows = re.findall(r"^\| `(\w+)\.py` \| (.*?) \|", page, re.MULTILINE)

    assert {name: module for module, cell in rows for name in re.findall(r"`@(\w+)`", cell)} == MODULES
