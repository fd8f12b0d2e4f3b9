"""EXTRA_APPS: a stranger's app is installed by its name, and one that cannot be is told in a sentence."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from supportbot.assistant.declarations import DeclarationError
from supportbot.environment.reader import read_environment
from supportbot.extra_apps import find_installable_apps
from supportbot.server.command_line import execute_command
from supportbot.server.reloader import read_file_times

from .environments import read_settings

INSTALLED = ["supportbot.desk", "orders"]
CONFIG = """
from django.apps import AppConfig

class {name}(AppConfig):
    name = "{module}"
    label = "{label}"
"""

WriteModule = Callable[[str, str], None]


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteModule:
    """Write a file of a stranger's app, such as `stock/apps.py`, and those that make its folders packages."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, code: str = "") -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.relative_to(tmp_path).parents[:-1]:
            (tmp_path / folder / "__init__.py").touch()
        path.write_text(code)
        importlib.invalidate_caches()

    return write


def test_an_app_comes_behind_those_of_the_product(write_module: WriteModule, tmp_path: Path) -> None:
    write_module("extra_parcels/__init__.py", "")
    write_module(
        "extra_shop/stock/apps.py", CONFIG.format(name="Stock", module="extra_shop.stock", label="stock")
    )

    installed, problems = read_settings(
        {"EXTRA_APPS": "extra_parcels, extra_shop.stock.apps.Stock", "PYTHONPATH": str(tmp_path)},
        "INSTALLED_APPS",
        "ENVIRONMENT_PROBLEMS",
    )

    assert installed == [*settings.INSTALLED_APPS, "extra_parcels", "extra_shop.stock.apps.Stock"]
    assert problems == {}


def test_it_may_read_settings_while_it_is_imported(write_module: WriteModule, tmp_path: Path) -> None:
    reads = (
        "from django.conf import settings\n\nassert settings.COMPANY_NAME == 'Lamps' and settings.LOGGING\n"
    )
    write_module("extra_reader/__init__.py", reads)

    installed, company, problems = read_settings(
        {"EXTRA_APPS": "extra_reader", "PYTHONPATH": str(tmp_path), "COMPANY_NAME": "Lamps"},
        *("INSTALLED_APPS", "COMPANY_NAME", "ENVIRONMENT_PROBLEMS"),
    )

    assert (installed[-1], company, problems) == ("extra_reader", "Lamps", {})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("extra_stok", "There is no app extra_stok: no folder extra_stok stands beside manage.py"),
        ("extra_broken.apps.Stock", "extra_broken.apps.Stock cannot be imported: SyntaxError: "),
        ("extra_needy", r"extra_needy cannot be imported: .*'a_library'.*extra_needy/apps\.py, line 1\)\.$"),
        ("extra_good.apps.Stok", "Module 'extra_good.apps' does not contain a 'Stok' class"),
        ("extra_good.stok", "no folder extra_good/stok stands beside manage.py"),
        ("orders", r"orders is installed already\."),
        ("extra_shop.orders", "extra_shop.orders has the label “orders”, which orders has"),
        ("extra_other.apps.Other", "has the label “other”, which orders has"),
    ],
)
def test_what_cannot_be_installed_is_told_and_the_others_are(
    write_module: WriteModule, name: str, told: str
) -> None:
    write_module("extra_broken/apps.py", "def (:\n")
    write_module("extra_needy/apps.py", "import a_library\n")
    write_module("extra_good/apps.py", CONFIG.format(name="Good", module="extra_good", label="good"))
    write_module("extra_shop/orders/__init__.py", "")
    write_module("extra_other/apps.py", CONFIG.format(name="Other", module="orders", label="other"))

    found, problems = find_installable_apps([name, "extra_good"], INSTALLED)

    assert found == ["extra_good"]
    assert re.search(told, " ".join(problems))
    assert len(problems) == 1


def test_what_a_decorator_refuses_is_told_with_its_file_and_line(
    write_module: WriteModule, tmp_path: Path
) -> None:
    tool = 'from supportbot.assistant import tool\n\n@tool(effect="read")\ndef act(ctx):\n    pass\n'
    write_module("extra_silent/tools.py", tool)
    command = ["manage.py", "shell", "--verbosity", "0", "--command", "import extra_silent.tools"]

    with pytest.raises(SystemExit) as ended:
        execute_command(command)
    with pytest.raises(DeclarationError):
        execute_command([*command, "--traceback"])

    place = f"{tmp_path / 'extra_silent/tools.py'}, line 3"
    assert ended.value.code == f"{place}: Tool act needs a docstring: it is what the model reads."


def test_an_app_that_is_named_twice_is_installed_once(write_module: WriteModule) -> None:
    write_module("extra_twice/__init__.py", "")

    assert find_installable_apps(["extra_twice", "extra_twice"], INSTALLED) == (
        ["extra_twice"],
        ["extra_twice is named twice."],
    )


def test_the_labels_of_our_own_apps_are_the_last_parts_of_their_names() -> None:
    assert {each.label for each in apps.get_app_configs()} == {
        each.rpartition(".")[2] for each in settings.INSTALLED_APPS
    }


@pytest.mark.parametrize("value", ["./stock", "stock/", "st-ock", ".stock", "stock tools"])
def test_a_word_that_is_no_name_of_an_app_is_told(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EXTRA_APPS", value)

    environment, problems = read_environment()

    assert problems["EXTRA_APPS"].startswith("EXTRA_APPS: Input should be names of apps with commas")
    assert environment.extra_apps == ()


def test_what_is_changed_in_it_is_served_at_once_also_in_a_folder_that_is_no_package(
    write_module: WriteModule, tmp_path: Path, settings: Any
) -> None:
    write_module("plugins/extra_parts/tools.py", "")
    (tmp_path / "plugins/__init__.py").unlink()
    settings.BASE_DIR = tmp_path
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "plugins.extra_parts"]

    assert tmp_path / "plugins/extra_parts/tools.py" in read_file_times()
