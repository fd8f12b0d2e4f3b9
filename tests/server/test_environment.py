"""A setting that cannot do what it says is told by its name before anything is served, and its default counts."""

import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.utils.translation import gettext_lazy

from supportbot.assistant.tools import Registry, ToolContext, tool
from supportbot.conversations.checks import check_environment
from supportbot.environment import BASE_DIR, Environment
from supportbot.environment.reader import read_environment

from .environments import read_settings

SECONDS = ("LLM_FIRST_TOKEN_SECONDS", "LLM_STALL_SECONDS", "TURN_SECONDS", "DRAIN_SECONDS")
KEYS = ("XAI_API_KEY", "LLM_API_KEY", "LLM_FALLBACK_API_KEY", "ORDERS_API_TOKEN")
NO_HOSTS = [
    *("https://help.example.com", "help.example.com:8000", "help.example.com/chat", "help.example.com/"),
    *(
        "*.example.com",
        "me@help.example.com",
        "help example.com",
        "münchen.example",
        "::1",
        "help.example.com.",
    ),
    "help.example.com, https://www.example.com",
]
NO_ORIGINS = [
    *("help.example.com", "https://help.example.com/", "https://help.example.com/chat", "https://", "*"),
    *("ftp://help.example.com", "https://help.example.com?a=b", "https://a.example, b.example"),
]
WRONG = [
    *[("ALLOWED_HOSTS", value) for value in NO_HOSTS],
    *[("CSRF_TRUSTED_ORIGINS", value) for value in NO_ORIGINS],
    *[("HOST", value) for value in ("http://0.0.0.0", "0.0.0.0:8000", "[::1]:80", "a b")],
    *[(name, value) for name in SECONDS for value in ("inf", "nan", "-1", "1e300", "86401")],
    *[("DEMO_WORDS_PER_SECOND", value) for value in ("inf", "nan", "-1")],
    *[
        ("LLM_PRICES", f"grok={value}")
        for value in ("-1/1/1", "1/-1/1", "nan/1/1", "1/1/inf", "1/1", "1e9/1/1")
    ],
    ("LLM_PRICES", "=1/1/1"),
    *[("SITE_URL", f"https://x.com{rest}") for rest in ("/?a=b", "?", "/#top", ":0")],
    ("SITE_URL", "https://me:p4ss@x.com"),
    *[("VISITOR_TOKENS_PER_DAY", value) for value in ("1" + "0" * 30, "-1", "1.5", "many")],
    *[("PAGE_TURNS", value) for value in ("9" * 19, "4")],
    ("COMPANY_NAME", "Shop\nBcc: all@example.com"),
    ("LLM_MODEL", "grok\t"),
    *[("ALERT_EMAILS", f"a@example.com{sign}b@example.com") for sign in (";", "; ", " ")],
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_value_that_makes_no_sense_is_told_and_the_default_counts(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    environment, problems = read_environment()

    assert problems.keys() == {name}
    assert problems[name].startswith(f"{name}: Input should")
    field = name.lower()
    assert getattr(environment, field) == Environment.model_fields[field].default
    assert "p4ss" not in problems[name]


RIGHT = [
    ("ALLOWED_HOSTS", "*", ("*",)),
    ("ALLOWED_HOSTS", "Help.Example.com, .example.org", ("Help.Example.com", ".example.org")),
    ("ALLOWED_HOSTS", "[::1],127.0.0.1,my_host", ("[::1]", "127.0.0.1", "my_host")),
    ("CSRF_TRUSTED_ORIGINS", "https://*.example.com", ("https://*.example.com",)),
    ("CSRF_TRUSTED_ORIGINS", "http://localhost:8000,http://[::1]:1", ("http://localhost:8000", "http://[::1]:1")),
    ("HOST", "::", "::"),
    ("HOST", "chat-1.internal", "chat-1.internal"),
    ("XAI_API_KEY", " xai-Abc_1=+/ \n", "xai-Abc_1=+/"),
    ("SITE_URL", "https://help.example.com:8443/chat/", "https://help.example.com:8443/chat/"),
    ("TURN_SECONDS", "0.5", 0.5),
    ("DRAIN_SECONDS", "0", 0),
    ("LLM_PRICES", "own=0/0/0", {"own": (Decimal(0), Decimal(0), Decimal(0))}),
    ("COMPANY_NAME", "Köln & 東京", "Köln & 東京"),
    ("VISITOR_TOKENS_PER_DAY", "1000000000000", 10**12),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "expected"), RIGHT)
def test_what_makes_sense_is_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: object
) -> None:
    monkeypatch.setenv(name, value)

    environment, problems = read_environment()

    assert problems == {}
    assert getattr(environment, name.lower()) == expected


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("value", ["ключ-9", "key“9”", "key-9\nX-Other: 1", "key 9", '"key-9"'])
def test_a_key_that_no_header_can_hold_is_told_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    environment, problems = read_environment()

    assert problems[name].startswith(f"{name}: Input should be letters")
    assert "9" not in problems[name]
    assert getattr(environment, name.lower()) == ""


def list_check_ids() -> set[str]:
    return {each.id for each in check_environment(None) if each.id}


def test_whoever_silences_one_check_by_its_id_silences_no_other_one():
    modules: defaultdict[str, set[Path]] = defaultdict(set)
    for folder in ("supportbot", "orders", "tickets"):
        for path in (BASE_DIR / folder).rglob("*.py"):
            for number in re.findall(r"id=\"(supportbot\.[EW]\d{3})\"", path.read_text()):
                modules[number].add(path)

    assert len(modules) > 20
    assert {number: paths for number, paths in modules.items() if len(paths) > 1} == {}


def test_a_relative_place_is_the_same_from_whichever_folder_a_command_is_run(tmp_path: Path) -> None:
    (databases,) = read_settings(
        {"DATABASE_URL": "sqlite:///shop.sqlite3", "PYTHONPATH": str(BASE_DIR)}, "DATABASES", folder=tmp_path
    )

    assert databases["default"]["NAME"] == str(BASE_DIR / "shop.sqlite3")


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"media_dir": "photos-of-before"}, "photos-of-before"),
        ({"database_url": "sqlite:///before.sqlite3?timeout=5"}, "before.sqlite3"),
    ],
)
def test_what_lies_in_the_folder_of_the_command_and_not_beside_manage_py_is_told(
    settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, values: dict[str, str], path: str
):
    monkeypatch.chdir(tmp_path)
    settings.ENVIRONMENT = Environment().model_copy(update=values)
    assert "supportbot.E016" not in list_check_ids()

    (tmp_path / path).touch()
    assert "supportbot.E016" in list_check_ids()

    settings.ENVIRONMENT = Environment().model_copy(
        update={name: value.replace(path, str(tmp_path / path)) for name, value in values.items()}
    )
    assert "supportbot.E016" not in list_check_ids()


@pytest.mark.parametrize(
    "address",
    [f"https://llm.example.com/v1{rest}" for rest in ("?key=1", "#a", "/chat/completions", "/responses/")],
)
def test_an_address_of_a_model_to_which_no_path_can_be_added_is_told(settings, address):
    for wrong, number in (
        ({"llm_backend": "chat", "llm_base_url": address}, "supportbot.E004"),
        ({"llm_fallback": (f"qwen3@{address}",)}, "supportbot.E007"),
    ):
        settings.ENVIRONMENT = Environment().model_copy(update=wrong)
        assert number in list_check_ids()


def test_the_tests_of_an_app_whose_runner_turns_debug_off_need_no_secret_key(settings):
    settings.DEBUG = False
    for debug in (True, False):
        settings.ENVIRONMENT = Environment().model_copy(update={"secret_key": "", "debug": debug})
        assert ("supportbot.E002" in list_check_ids()) is not debug


@pytest.mark.parametrize("place", ["/proc/nope", "/dev/null", "/dev/null/media", "file/media", "x" * 300])
def test_a_folder_in_which_no_photo_can_be_kept_is_told(settings, tmp_path: Path, place: str):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / place  # which an absolute place takes the place of
    settings.ENVIRONMENT = Environment().model_copy(update={"media_dir": place})
    assert "supportbot.E011" in list_check_ids()

    settings.ENVIRONMENT = Environment()
    assert "supportbot.W016" in list_check_ids()


def test_a_folder_that_can_be_made_is_none_to_tell_of_and_not_made_yet(settings, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path / "shop" / "media"

    assert {"supportbot.E011", "supportbot.W016"}.isdisjoint(list_check_ids())
    assert list(tmp_path.iterdir()) == []


def test_a_brace_in_a_translated_line_of_a_tool_that_names_no_argument_is_told(monkeypatch):
    @tool(effect="read", progress=gettext_lazy("Paying {amount}"), done_line=gettext_lazy("Paid {euros}"))
    def pay_out(ctx: ToolContext, euros: int) -> None:
        """Pay money out."""

    monkeypatch.setattr(apps.get_app_config("conversations"), "tools", Registry([pay_out]))

    (found,) = [each for each in check_environment(None) if each.id == "supportbot.E012"]
    assert found.msg == "Tool pay_out: progress names {amount}, which is none of its arguments."
