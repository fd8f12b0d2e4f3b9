"""The documentation is true: its settings, its commands, the files that it names and the programs that it shows."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import Registry, ToolContext
from supportbot.environment import Environment

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "tests/README.md"]
FOLDERS = r"(?:tests|docs|supportbot|tickets|orders|templates|static)"
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def settings_table() -> str:
    rows = ["| variable | unset | what it is |", "| --- | --- | --- |"]
    for name, field in Environment.model_fields.items():
        shown = f"`{default}`" if (default := as_written(field.default)) != "" else ""
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def as_written(default: Any) -> Any:
    if default is None:
        return ""
    if isinstance(default, bool):
        return int(default)
    if isinstance(default, dict):
        values = {name: each if isinstance(each, tuple) else (each,) for name, each in default.items()}
        return ",".join(f"{name}={'/'.join(map(str, each))}" for name, each in values.items())
    if isinstance(default, tuple):
        return ",".join(default)
    return default


def code_block(page: str, first_line: str) -> str:
    """The indented block of this page that begins with this line."""
    lines = (ROOT / page).read_text().splitlines()
    block = []
    for line in lines[lines.index(f"    {first_line}") :]:
        if line and not line.startswith("    "):
            break
        block.append(line.removeprefix("    "))
    return "\n".join(block)


def test_every_setting_is_in_the_docs() -> None:
    assert settings_table() in (ROOT / "docs/settings.md").read_text()


@each_page
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\(([\w./-]+)\)", text)

    named = {ROOT / name for name in re.findall(rf"`({FOLDERS}/[\w./-]*)`", text)}
    linked = {page.parent / link for link in links}

    assert [str(path) for path in named | linked if not path.exists()] == []


@pytest.mark.parametrize("package", ["supportbot", "supportbot.conversations", "supportbot.mail"])
def test_the_layers_in_the_docs_are_those_that_are_held(package: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == [package])
    _heading, table = (ROOT / "docs/architecture.md").read_text().split(f"| `{package}` | |\n| --- | --- |\n")
    rows = [line.split("|")[1] for line in table.split("\n\n")[0].splitlines()]

    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == [set(each.split(" | ")) for each in layers]


def test_every_function_that_a_page_names_is_where_it_says() -> None:
    named = {
        (page.name, path, name)
        for page in PAGES
        for path, name in re.findall(rf"`({FOLDERS}/[\w./-]+\.(?:py|js)):(\w+)`", page.read_text())
    }

    missing = [
        (page, path, name)
        for page, path, name in named
        if not (ROOT / path).exists() or not re.search(rf"\b{name}\b", (ROOT / path).read_text())
    ]

    assert len(named) > 30
    assert missing == []


def test_it_is_noticed_what_a_page_names() -> None:
    named = re.findall(rf"`({FOLDERS}/[\w./-]*)`", (ROOT / "docs/faults.md").read_text())

    assert "tests/faults/" in named
    assert len(named) > 10


@each_page
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"^(?:    |[^`\n]*`)(?:\S+=\S+ )*make ([a-z-]+)", page.read_text(), re.MULTILINE))

    assert page.name != "README.md" or page.parent != ROOT or {"run", "test", "help"} <= named
    assert named <= targets, f"not in the Makefile: {named - targets}"


def test_every_page_is_within_two_clicks_of_the_front_page() -> None:
    first = set(re.findall(r"\]\(([\w./-]+\.md)\)", (ROOT / "README.md").read_text()))
    second = {
        str((ROOT / page).parent.joinpath(link).resolve().relative_to(ROOT))
        for page in first
        for link in re.findall(r"\]\(([\w./-]+\.md)\)", (ROOT / page).read_text())
    }

    pages = {str(page.relative_to(ROOT)) for page in PAGES} - {"README.md"}

    assert pages - first - second == set()


def test_the_example_tool_works_as_it_stands() -> None:
    stock = ModuleType("stock.tools")
    exec(code_block("docs/tutorial.md", "# stock/tools.py"), vars(stock))
    tools = Registry.from_modules([stock])
    ctx = ToolContext(conversation=1, visitor="guest:x", customer=None, request="turn:1")

    found = tools["check_stock"].run(ctx, ToolCall("1", "check_stock", '{"product": "lamp"}'))
    refused = tools["check_stock"].run(ctx, ToolCall("2", "check_stock", '{"product": "yacht"}'))

    assert found.content == '{"product": "lamp", "in_stock": 4}'
    assert (refused.outcome, refused.content) == ("refused", '{"error": "We do not sell that."}')


def test_the_example_program_of_the_engine_answers_without_django() -> None:
    program = code_block("docs/tutorial.md", "import asyncio")

    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nassert 'django.conf' not in sys.modules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Hello!")
