"""The README tells what is true: its settings, its commands, its tool of twelve lines."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import Registry, ToolContext
from supportbot.environment import Environment

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def settings_table() -> str:
    rows = ["| variable | unset | what it is |", "| --- | --- | --- |"]
    for name, field in Environment.model_fields.items():
        shown = f"`{default}`" if (default := _as_written(field.default)) not in ("", ()) else ""
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def _as_written(default: Any) -> Any:
    if isinstance(default, bool):
        return int(default)
    if isinstance(default, dict):
        return ",".join(f"{name}={'/'.join(map(str, prices))}" for name, prices in default.items())
    return default


def test_every_setting_stands_in_the_docs():
    assert settings_table() in (ROOT / "docs/settings.md").read_text()


@pytest.mark.parametrize("page", ["README.md", "docs/patterns.md", "docs/faults.md"])
def test_every_file_that_the_docs_name_exists(page):
    text = (ROOT / page).read_text()
    named = set(re.findall(r"`((?:tests|docs|supportbot|tickets|orders)/[\w./-]*)`", text))

    missing = [name for name in named if not (ROOT / name).exists()]

    assert named
    assert missing == []


def test_every_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"^(?:    |[^`\n]*`)(?:\S+=\S+ )*make ([a-z-]+)", README, re.MULTILINE))

    assert {"run", "test"} <= named

    assert named <= targets, f"not in the Makefile: {named - targets}"


def test_its_example_tool_works_as_it_stands():
    example = README.split("# stock/tools.py\n")[1].split("\n\nThen:")[0]
    stock = ModuleType("stock.tools")
    exec(re.sub(r"^    ", "", example, flags=re.MULTILINE), vars(stock))
    tools = Registry.from_modules([stock])
    ctx = ToolContext(conversation=1, visitor="guest:x", customer=None, request="turn:1")

    found = tools["check_stock"].run(ctx, ToolCall("1", "check_stock", '{"product": "lamp"}'))
    refused = tools["check_stock"].run(ctx, ToolCall("2", "check_stock", '{"product": "yacht"}'))

    assert found.content == '{"product": "lamp", "in_stock": 4}'
    assert (refused.outcome, refused.content) == ("refused", '{"error": "We do not sell that."}')
