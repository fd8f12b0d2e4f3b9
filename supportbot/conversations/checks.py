"""System checks of the environment: what is wrong or unsafe with it is said before anything is served."""

from collections.abc import Collection, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.utils.module_loading import module_has_submodule
from django.utils.translation import to_locale

from supportbot.addresses import HTTP_SCHEMES, is_address, is_loopback
from supportbot.assistant.tool_lines import require_line
from supportbot.environment import BASE_DIR
from supportbot.server.direct_connection import find_connection_problem
from supportbot.server.open_files import count_socket_room, find_reachable_limit

XAI_REASONING_EFFORTS = ("", "none", "low", "medium", "high", "xhigh")  # of xai-sdk
FEW_OPEN_FILES = 4096


@register(Tags.security, Tags.staticfiles)
def check_values(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """Also `collectstatic` stops, which would leave out the files of an app that cannot be installed."""
    hint = "Correct it in the environment or in .env."
    return [
        Error(problem, hint=hint, id="supportbot.E001") for problem in settings.ENVIRONMENT_PROBLEMS.values()
    ]


@register(Tags.security)
def check_environment(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    return [
        *_check_secret_key(),
        *_check_model(),
        *_check_fallback(),
        *_check_debug(),
        *_check_processes(),
        *_check_open_files(),
        *_check_relative_paths(),
        *_check_media(),
        *_check_tool_lines(),
        *_check_languages(),
        *_check_migrations(),
    ]


def _check_migrations() -> Iterator[CheckMessage]:
    """Django makes no table for an app that has never had a migration, and does not say so."""
    for app in apps.get_app_configs():
        has_tables = any(model._meta.managed for model in app.get_models())
        if has_tables and not (app.module and module_has_submodule(app.module, "migrations")):
            hint = f"Run manage.py makemigrations {app.label}, and manage.py migrate after that."
            yield Warning(
                f"{app.name} has models but no migrations, so that there are no tables for them.",
                hint=hint,
                id="supportbot.W022",
            )


def _check_languages() -> Iterator[CheckMessage]:
    """English needs no catalogue, and a dialect may have that of its language."""
    codes = [code for code, _name in settings.LANGUAGES if code.partition("-")[0] != "en"]
    for code in codes:
        names = {to_locale(code), code.partition("-")[0]}
        if not any((Path(folder) / name).is_dir() for folder in settings.LOCALE_PATHS for name in names):
            hint = "docs/languages.md says which there are, and how to add one."
            yield Warning(
                f"LANGUAGES: there are no translations for {code}.", hint=hint, id="supportbot.W021"
            )


@register(Tags.security, deploy=True)
def check_hosts(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """`check --deploy` warns of a site that answers to any name."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = "Name the site's hosts: ALLOWED_HOSTS=help.example.com. Health checks are answered by any name."
    return [Warning("ALLOWED_HOSTS allows every host.", hint=hint, id="supportbot.W012")]


@register(Tags.database)
def check_connection(
    app_configs: Any, databases: Collection[str] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """`migrate`, and `check --database default`, say why the database cannot be reached."""
    if "default" not in (databases or ()) or not (problem := find_connection_problem()):
        return []
    hint = "Start it, or correct DATABASE_URL."
    return [Error(f"The database cannot be reached: {problem}", hint=hint, id="supportbot.E009")]


def _check_secret_key() -> Iterator[CheckMessage]:
    # The setting itself cannot be read: Django raises an error for an empty one.
    if not (settings.ENVIRONMENT.secret_key or settings.ENVIRONMENT.debug):
        hint = "Set SECRET_KEY to 50 random characters; it is made by itself only with DEBUG=1."
        yield Error("SECRET_KEY is not set.", hint=hint, id="supportbot.E002")


def _check_model() -> Iterator[CheckMessage]:
    env = settings.ENVIRONMENT
    if env.llm_backend not in ("", "demo") and not (env.xai_api_key or env.llm_base_url):
        hint = "Set XAI_API_KEY, or LLM_BASE_URL and LLM_API_KEY for another server."
        problem = f"LLM_BACKEND={env.llm_backend} has no model to talk to."
        yield Error(problem, hint=hint, id="supportbot.E003")
    if env.llm_backend == "xai":
        yield from _check_xai()
    elif env.llm_base_url and not _is_server(env.llm_base_url):
        hint = "It looks like https://llm.example.com/v1, without /chat/completions, “?” or “#”."
        problem = "LLM_BASE_URL is not an http address to which a path can be added."
        yield Error(problem, hint=hint, id="supportbot.E004")


def _is_server(address: str) -> bool:
    is_endpoint = address.rstrip("/").endswith(("/chat/completions", "/responses"))
    return is_address(address, HTTP_SCHEMES) and not (is_endpoint or "?" in address or "#" in address)


def _check_xai() -> Iterator[CheckMessage]:
    if find_spec("xai_sdk") is None:
        hint = "Install it: pip install -r requirements-xai.txt"
        yield Error("LLM_BACKEND=xai needs the package xai-sdk.", hint=hint, id="supportbot.E005")
    effort = settings.ENVIRONMENT.llm_reasoning_effort
    if effort.lower() not in XAI_REASONING_EFFORTS:
        hint = f"LLM_BACKEND=xai knows {', '.join(XAI_REASONING_EFFORTS[1:])}."
        yield Error(f"LLM_REASONING_EFFORT={effort} is not known.", hint=hint, id="supportbot.E006")


def _check_fallback() -> Iterator[CheckMessage]:
    for entry in settings.ENVIRONMENT.llm_fallback:
        model, at, address = entry.partition("@")
        if model and (not at or _is_server(address)):
            continue
        hint = "A model's name such as grok-4.5, or one on another server: qwen3@http://127.0.0.1:11434/v1"
        shown = f"{model}@…" if "@" in address else entry  # an address with an @ may hold a password
        problem = f"LLM_FALLBACK names no model that can be asked: {shown}"
        yield Error(problem, hint=hint, id="supportbot.E007")


def _check_debug() -> Iterator[CheckMessage]:
    host = settings.ENVIRONMENT.host
    if settings.DEBUG and not is_loopback(host):
        hint = "Set DEBUG=0, SECRET_KEY and ALLOWED_HOSTS before strangers can reach this address."
        yield Warning(f"DEBUG is on and the site is served on {host}.", hint=hint, id="supportbot.W001")


def _check_processes() -> Iterator[CheckMessage]:
    if settings.ENVIRONMENT.redis_url and settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        hint = "Set DATABASE_URL to a PostgreSQL database, or leave REDIS_URL out."
        problem = "REDIS_URL is for several processes, but SQLite is for one."
        yield Warning(problem, hint=hint, id="supportbot.W015")


def _check_open_files() -> Iterator[CheckMessage]:
    limit = find_reachable_limit()
    if limit < FEW_OPEN_FILES:
        hint = "Raise the hard limit: ulimit -Hn 65536, or LimitNOFILE=65536 in the service's unit."
        problem = (
            f"A process may have {limit} files open at once, so {count_socket_room(limit)} pages at the most "
            "can be connected to it."
        )
        yield Warning(problem, hint=hint, id="supportbot.W011")


def _check_relative_paths() -> Iterator[CheckMessage]:
    """They began in the folder of the command once: what lies there must not be taken for lost."""
    media = settings.ENVIRONMENT.media_dir
    database = settings.ENVIRONMENT.database_url.removeprefix("sqlite:///").partition("?")[0]
    # The file of a database is there as soon as anything has asked for it.
    for name, path, may_be_lost in (
        ("MEDIA_DIR", media, not _is_there(BASE_DIR / media)),
        ("DATABASE_URL", database, bool(database)),
    ):
        if may_be_lost and Path(path).absolute() != BASE_DIR / path and _is_there(Path(path)):
            yield Error(
                f"{name} means {BASE_DIR / path}, and not {Path(path).absolute()}, which is there.",
                hint="Move it there, or set the whole path.",
                id="supportbot.E016",
            )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no system takes such a name
        return False


def _check_media() -> Iterator[CheckMessage]:
    problem = _find_write_problem(Path(settings.MEDIA_ROOT))
    if problem:
        hint = "Set MEDIA_DIR to a folder in which the site may write, or that it may make."
        words = f"No photo can be kept in {settings.MEDIA_ROOT}: {problem}."
        if settings.ENVIRONMENT.media_dir:
            yield Error(words, hint=hint, id="supportbot.E011")
        else:
            yield Warning(words, hint=hint, id="supportbot.W016")


def _find_write_problem(folder: Path) -> str:
    """Why no file can be made in a folder, or in the nearest one above it that there is; empty if one can."""
    try:
        place = next(each for each in (folder, *folder.parents) if each.exists())
        with TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def _check_tool_lines() -> Iterator[CheckMessage]:
    """Those that are translated could not be read while their app was imported."""
    config: Any = apps.get_app_config("conversations")
    for tool in config.tools.values():
        for name in ("progress", "done_line"):
            try:
                require_line(
                    str(getattr(tool, name)), tool.parameters["properties"], f"Tool {tool.name}", name
                )
            except TypeError as error:
                hint = "Name the arguments as the function does, or leave the braces out."
                yield Error(str(error), hint=hint, id="supportbot.E012")
