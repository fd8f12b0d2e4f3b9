"""A process keeps the templates of its own version, also those that it has not used yet."""

import logging
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from supportbot.server.templates import load_templates


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """Of templates of the site."""
    settings.TEMPLATES = deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"] = [tmp_path]
    return tmp_path


def test_a_version_that_is_installed_beside_a_running_process_breaks_no_page_of_it(folder: Path) -> None:
    desk = folder / "desk"
    desk.mkdir()
    (desk / "page.html").write_text('{% include "desk/_line.html" %}')
    (desk / "_line.html").write_text("as it was")

    load_templates()
    for name in ("page.html", "_line.html"):
        (desk / name).write_text("{{ text|a_filter_of_the_new_version }}")

    assert render_to_string("desk/page.html") == "as it was"


def test_a_template_of_an_app_that_cannot_be_used_is_told_and_ends_nothing(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "broken.html").write_text("{% load a_library_that_is_not_there %}")
    (folder / "unreadable.html").mkdir()
    (folder / "mail.txt").write_text("as it was")
    with caplog.at_level(logging.WARNING):
        load_templates()

    (folder / "mail.txt").unlink()
    assert render_to_string("mail.txt") == "as it was"
    assert {record.getMessage().split(":")[0] for record in caplog.records} == {
        "The template broken.html cannot be used",
        "The template unreadable.html cannot be used",
    }
