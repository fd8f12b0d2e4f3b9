"""A kind of job is a function in the module `jobs` of any installed app, and there is one of each name."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supportbot.assistant.declarations import DeclarationError
from supportbot.jobs import queue
from supportbot.jobs.models import Job
from supportbot.jobs.registry import (
    DEFAULT_MAX_ATTEMPTS,
    DEFAULT_TIMEOUT_SECONDS,
    collect_job_kinds,
    get_job_kinds,
)

IMPORT = "from supportbot.jobs.registry import ClaimedJob, job\n"
KIND = f"{IMPORT}@job({{options}})\nasync def track_parcel(claimed: ClaimedJob) -> str:\n    return 'on its way'\n"

WriteApp = Callable[[str, str], None]


@pytest.fixture
def write_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteApp:
    """Write a stranger's app with this module `jobs`; without one if it is empty."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, jobs: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        if jobs:
            (folder / "jobs.py").write_text(jobs)
        importlib.invalidate_caches()

    return write


def test_the_kinds_of_the_project_s_own_apps_are_known() -> None:
    assert {"ask_question", "delete_from_provider", "send_outage_alert"} <= get_job_kinds().keys()


def test_the_kinds_of_a_stranger_s_app_are_found_with_their_options(
    write_app: WriteApp, settings: Any
) -> None:
    write_app("parcels_a", KIND.format(options="max_attempts=3, timeout_seconds=1.5"))

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "parcels_a"]

    kind = get_job_kinds()["track_parcel"]
    assert (kind.max_attempts, kind.timeout_seconds) == (3, 1.5)
    assert kind.function.__module__ == "parcels_a.jobs"


def test_what_a_kind_does_not_say_is_settled_for_it(write_app: WriteApp, settings: Any) -> None:
    write_app("parcels_b", KIND.format(options=""))

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "parcels_b"]

    kind = get_job_kinds()["track_parcel"]
    assert (kind.max_attempts, kind.timeout_seconds) == (DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUT_SECONDS)
    assert (kind.store, kind.on_failure) == (None, None)


def test_an_app_needs_no_jobs(write_app: WriteApp, settings: Any) -> None:
    before = dict(get_job_kinds())
    write_app("parcels_c", "")

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "parcels_c"]

    assert get_job_kinds() == before


def test_two_of_one_name_stop_the_start_and_both_are_named(write_app: WriteApp, settings: Any) -> None:
    write_app("parcels_d", KIND.format(options=""))
    write_app("letters_d", KIND.format(options=""))

    with pytest.raises(
        DeclarationError, match=r"parcels_d\.jobs\.track_parcel and letters_d\.jobs\.track_parcel"
    ):
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "parcels_d", "letters_d"]

    assert "track_parcel" not in get_job_kinds()


def test_a_kind_that_another_app_imports_is_still_one(write_app: WriteApp, settings: Any) -> None:
    write_app("parcels_e", KIND.format(options=""))
    write_app("letters_e", "from parcels_e.jobs import track_parcel\n")

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "parcels_e", "letters_e"]

    assert collect_job_kinds()["track_parcel"].function.__module__ == "parcels_e.jobs"


def test_a_job_that_nobody_would_ever_do_is_refused_where_it_is_asked_for(db: None) -> None:
    for wrong in ("ask_questions", get_job_kinds()["ask_question"]):
        with pytest.raises(
            ValueError, match=r"There is no job .* Name it as in enqueue\(send_reminder\.name, key\)"
        ):
            queue.enqueue(wrong, "1")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="There is no job"):
            queue.enqueue_many(wrong, {"1": None})  # type: ignore[arg-type]

    assert not Job.objects.exists()


def test_a_broken_module_is_not_taken_for_none(write_app: WriteApp, settings: Any) -> None:
    write_app("parcels_f", "import a_library_that_is_not_there\n")

    with pytest.raises(ModuleNotFoundError, match="a_library_that_is_not_there"):
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "parcels_f"]
