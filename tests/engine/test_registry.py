"""The tools of an installation: found in modules, one of each name, each with a line for the customer."""

import json
from importlib import import_module
from types import ModuleType

import pytest

from supportbot.assistant.declarations import DeclarationError
from supportbot.assistant.messages import ToolCall
from supportbot.assistant.questions import collect_questions
from supportbot.assistant.tools import Registry, tool

from .desk import create_ticket, lookup_order

TOOL = """
from supportbot.assistant.tools import ToolContext, tool

@tool(effect="read")
def {name}(ctx: ToolContext) -> str:
    '''Look something up.'''
    return "found"
"""
QUESTION = """
from pydantic import BaseModel
from supportbot.assistant.questions import question

class Mood(BaseModel):
    mood: str

@question(Mood)
def {name}(key: str, answer: Mood | None) -> None:
    '''How does the customer feel?'''
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    """Writes the files of an app, by their paths, and imports the module of that name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(module: str, files: dict[str, str]) -> ModuleType:
        for path, source in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(source)
        return import_module(module)

    return write


def call(arguments: str, name: str = "lookup_order") -> ToolCall:
    return ToolCall("call_1", name, arguments)


def test_two_tools_of_one_name_are_an_error_that_names_both_functions():
    twin = tool(effect="read")(lookup_order.function)

    with pytest.raises(DeclarationError, match="Two tools are named lookup_order") as caught:
        Registry([lookup_order, create_ticket, twin])

    assert str(caught.value).count("tests.engine.desk.lookup_order") == 2


def test_a_module_gives_the_tools_that_it_defines_and_not_those_of_another_app(app):
    imports = "from tests.engine.desk import create_ticket, lookup_order\n"
    module = app("hall.tools", {"hall/__init__.py": "", "hall/tools.py": imports + TOOL.format(name="look")})

    registry = Registry.from_modules([module, import_module("tests.engine.desk"), ModuleType("empty")])

    assert list(registry) == ["look", "lookup_order", "create_ticket"]


def test_a_package_of_tools_gives_what_it_imports_from_its_own_app(app):
    imports = "from hall2.shelf import browse\nfrom .door import knock\n"
    files = {"hall2/__init__.py": "", "hall2/tools/__init__.py": imports}
    files["hall2/tools/door.py"] = TOOL.format(name="knock")
    files["hall2/shelf.py"] = TOOL.format(name="browse")

    assert list(Registry.from_modules([app("hall2.tools", files)])) == ["browse", "knock"]


def test_an_app_whose_name_only_begins_alike_is_another_app(app):
    files = {"shop/__init__.py": "", "shop/tools.py": "from shopping.tools import look\n"}
    files |= {"shopping/__init__.py": "", "shopping/tools.py": TOOL.format(name="look")}

    assert list(Registry.from_modules([app("shop.tools", files)])) == []


def test_questions_are_found_by_the_same_rule(app):
    files = {"desk1/__init__.py": "", "desk2/__init__.py": "", "desk2/ask.py": QUESTION.format(name="mood")}
    files["desk1/questions.py"] = "from desk2.ask import mood"
    files["desk2/questions/__init__.py"] = "from ..ask import mood"

    theirs, own = app("desk1.questions", files), app("desk2.questions", {})

    assert list(collect_questions([theirs])) == []
    assert list(collect_questions([theirs, own])) == ["mood"]


def test_two_questions_of_one_name_are_an_error_that_names_both_functions(app):
    files = {"desk3/__init__.py": "", "desk3/questions.py": QUESTION.format(name="mood")}
    files |= {"desk4/__init__.py": "", "desk4/questions.py": QUESTION.format(name="mood")}

    with pytest.raises(DeclarationError, match=r"desk3\.questions\.mood and desk4\.questions\.mood"):
        collect_questions([app("desk3.questions", files), app("desk4.questions", {})])


def test_an_unknown_name_is_answered_with_the_names_that_there_are():
    registry = Registry([lookup_order, create_ticket])

    result = registry.build_unknown_result(call("{}", "delete_everything"))

    assert result.outcome == "unknown"
    assert "lookup_order, create_ticket" in result.content
    assert registry.format_progress(call("{}", "delete_everything")) == "Looking for a way to help"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ('{"order_id": "ORD-123"}', "Looking up order ORD-123…"),
        ('{"order_id": "{ctx.__class__} {0} %s"}', "Looking up order {ctx.__class__} {0} %s…"),
        ('{"order_id": ["a", {"b": 1}]}', "Looking up order ['a', {'b': 1}]…"),
        (json.dumps({"order_id": "x" * 5000}), f"Looking up order {'x' * 60}…"),
        ('{"order": "ORD-123"}', "Looking up order"),
        ("", "Looking up order"),
        ("null", "Looking up order"),
        ("[1, 2]", "Looking up order"),
        ('{"order_id": "ORD', "Looking up order"),
        ("[" * 100_000, "Looking up order"),
        ("9" * 10_000, "Looking up order"),
    ],
)
def test_the_format_progress_is_safe_whatever_the_model_writes(arguments, line):
    assert lookup_order.format_progress(call(arguments)) == line


def test_a_tool_without_a_format_progress_shows_its_name_in_words():
    assert create_ticket.format_progress(call("{}")) == "Create ticket"
