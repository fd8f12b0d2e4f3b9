"""A system check of apps: functions with a decorator of ours in a module in which nobody looks for them."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register  # noqa: A004

from supportbot.app_modules import find_teaching_apps

MODULES = {
    "tool": "tools",
    "question": "questions",
    "job": "jobs",
    "conversation_event_handler": "conversation_events",
    "person_request_handler": "person_requests",
    "customer_record": "customer_records",
    "customer_export": "customer_exports",
    "dashboard_number": "dashboard_numbers",
    "confirmation_source": "dashboard_numbers",
    "retention_rule": "retention_rules",
}
DECORATED = re.compile(rf"^[ \t]*@({'|'.join(MODULES)})\b".encode(), re.MULTILINE)
OF_TESTS = re.compile(r"test|conftest")


@register
def check_modules(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """What is in another module is never found, and nobody would notice.

    The files are read and not imported: a module of a misspelt name is imported by nothing.
    """
    return [
        Warning(f"{path}: @{decorator} {function} is never found there.", hint=hint, id="supportbot.W024")
        for app in find_teaching_apps()
        for path, decorator, function, hint in _find_lost_functions(app)
    ]


def _find_lost_functions(app: AppConfig) -> Iterator[tuple[Path, str, str, str]]:
    """The file of each, its decorator, its name, and what to do about it."""
    for path in sorted(Path(app.path).rglob("*.py")):
        if any(OF_TESTS.match(part) for part in path.relative_to(app.path).parts):
            continue
        functions = list(_list_decorated_functions(path.read_bytes()))
        for decorator, function in functions:
            module = f"{app.name}.{MODULES[decorator]}"
            owner, _dot, name = function.rpartition(".")
            found = getattr(sys.modules.get(module), name, None)
            if found is None:
                place = f"out of the class {owner}" if owner else f"to {module}, or import it there"
                yield path, decorator, function, f"Move it {place}."
            elif not type(found).__module__.startswith("supportbot."):
                yield path, decorator, function, f"Write @{decorator} above its other decorators."
            elif functions.count((decorator, function)) > 1:
                yield path, decorator, function, "Rename it: the file has another one of this name."


def _list_decorated_functions(source: bytes) -> Iterator[tuple[str, str]]:
    """The decorators of ours in a source, with the functions at its top level that have them, and those of classes."""
    if not DECORATED.search(source):
        return
    try:
        module = ast.parse(source)
    except SyntaxError:  # so nothing has imported it either
        return
    imported = {
        alias.name
        for each in module.body
        if isinstance(each, ast.ImportFrom) and (each.module or "").startswith("supportbot.")
        for alias in each.names
    }
    classes = [each for each in module.body if isinstance(each, ast.ClassDef)]
    for prefix, body in (("", module.body), *((f"{each.name}.", each.body) for each in classes)):
        for each in body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                names = {ast.unparse(decorator).partition("(")[0] for decorator in each.decorator_list}
                yield from ((name, prefix + each.name) for name in names & imported & MODULES.keys())
