"""The apps that EXTRA_APPS names: which of them can be installed, and why the others cannot.

Django ends every command with a traceback at the first that cannot. Here such an app is left out, and the system check
of the environment says what is wrong with it.
"""

import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

import django
from django.apps import AppConfig

DJANGO = str(Path(django.__file__).parent)


def find_installable_apps(names: Iterable[str], installed: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those of the names that can be installed behind the apps that are, and a sentence for each of the others.

    It imports their configurations, so call it once the settings that these may read are there. The label of an
    installed app is the last part of its name.
    """
    taken = {each.rpartition(".")[2]: each for each in installed} | {each: each for each in installed}
    found: list[str] = []
    problems = []
    for name in names:
        try:
            app = AppConfig.create(name)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's module raises is told
            problems.append(_describe_error(name, error))
            continue
        if other := taken.get(app.label) or taken.get(app.name):
            problems.append(_describe_clash(name, app.label, other, is_twice=name in found))
        else:
            taken |= {app.label: name, app.name: name}
            found.append(name)
    return found, problems


def _describe_error(name: str, error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
        folder = error.name.replace(".", "/")
        return (
            f"There is no app {name}: no folder {folder} stands beside manage.py, and no package of that name "
            "is installed."
        )
    place = _find_place(error)
    what = f"{type(error).__name__}: {error}".rstrip(".")
    return f"{name} cannot be imported: {what}{f' ({place})' if place else ''}."


def _describe_clash(name: str, label: str, other: str, *, is_twice: bool) -> str:
    if name == other:
        return f"{name} is named twice." if is_twice else f"{name} is installed already."
    return f"{name} has the label “{label}”, which {other} has. Give its AppConfig another label."


def _find_place(error: Exception) -> str:
    """The line of the app that raised an error; empty where Python says it itself, or Django raised it."""
    if isinstance(error, SyntaxError):
        return ""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith("<")]
    last = frames[-1]
    return "" if last.filename.startswith(DJANGO) else f"{last.filename}, line {last.lineno}"
