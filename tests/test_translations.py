"""Every sentence is there in every language that the product comes in, with the same values in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from supportbot.environment import Environment
from tests.servers.programs import need

CATALOGUES = sorted((settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/django.po"))
SOURCES = ("supportbot", "tickets", "orders", "templates", "locale")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with its catalogues brought up to date, as `make messages` does it."""
    need("msgfmt")
    project = tmp_path_factory.mktemp("project")
    for name in SOURCES:
        shutil.copytree(settings.BASE_DIR / name, project / name, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(settings.BASE_DIR / "manage.py", project)
    command = ["makemessages", "--all", "--no-obsolete", "--verbosity", "0"]
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=project, env={**os.environ, "DEBUG": "1"}, check=True
    )
    return project


def compile_catalogue(path: Path, into: Path) -> str:
    """Returns what the compiler says of it."""
    command = ["msgfmt", "--check", "--statistics", "-o", str(into), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return "\n".join(line for line in done.stderr.splitlines() if "header field" not in line)


def get_language(path: Path) -> str:
    return path.parent.parent.name


@pytest.mark.parametrize("path", CATALOGUES, ids=get_language)
def test_no_sentence_is_without_its_translation(collected, path, tmp_path):
    """If one is: `make messages`, then translate what is empty or marked as fuzzy in this file."""
    told = compile_catalogue(collected / path.relative_to(settings.BASE_DIR), tmp_path / "django.mo")

    assert "fuzzy" not in told
    assert "untranslated" not in told


@pytest.mark.parametrize("path", CATALOGUES, ids=get_language)
def test_what_is_shown_is_what_was_translated(path, tmp_path):
    """If not: `make messages` compiles it."""
    need("msgfmt")
    compile_catalogue(path, tmp_path / "django.mo")

    assert (tmp_path / "django.mo").read_bytes() == path.with_suffix(".mo").read_bytes()


def test_all_of_them_are_offered_unless_the_shop_says_otherwise():
    codes = {get_language(path).replace("_", "-").lower() for path in CATALOGUES}

    assert codes | {"en"} == set(Environment.model_fields["languages"].default)
