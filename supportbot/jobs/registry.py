"""`@job` makes a coroutine function a kind of background work, found in the module `jobs` of every installed app.

    @job(max_attempts=180)
    async def send_outage_alert(claimed: ClaimedJob) -> None:
        ...

`queue.enqueue("send_outage_alert", key)` stores one, in the transaction that it belongs to; whichever process finds it
due runs it. A run that raises `JobFailed`, OSError or TimeoutError is tried again later; any other exception is a bug,
which is logged whole before the job is tried again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps

from supportbot.app_modules import find_app_modules
from supportbot.assistant.app_functions import collect_app_functions, index_by_name
from supportbot.assistant.declarations import (
    require_count,
    require_function,
    require_named_options,
    require_seconds,
    require_short_name,
)

DEFAULT_MAX_ATTEMPTS = 10  # over two hours
DEFAULT_TIMEOUT_SECONDS = 120.0


class JobFailed(Exception):
    """This attempt came to nothing. Code and detail are for logs, and never hold a customer's words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} ({detail})" if detail else code)
        self.code = code


class JobHopeless(JobFailed):
    """So will every other attempt: the job ends without a result."""


class JobPostponed(Exception):
    """It cannot be done before `run_after`, and this does not count as an attempt."""

    def __init__(self, run_after: datetime) -> None:
        super().__init__(run_after.isoformat())
        self.run_after = run_after


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that this process runs. `attempts` counts this attempt too, and proves the right to end the job."""

    id: int
    kind: str
    key: str
    attempts: int
    conversation_id: int | None = None
    last_turn_id: int | None = None


Run = Callable[[ClaimedJob], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class JobKind:
    """How one kind of job is run, and what follows from its end.

    - `function` does the work and returns the result.
    - `store(job, result)` is called in the transaction that ends the job, so its effect happens once. The result is
      None when the job was given up.
    - `on_failure(job, code)` is called in a transaction after each failed attempt.
    """

    name: str
    function: Run
    store: Callable[[ClaimedJob, Any], None] | None
    on_failure: Callable[[ClaimedJob, str], None] | None
    max_attempts: int
    timeout_seconds: float

    @property
    def is_slow(self) -> bool:
        """Whether a run may take longer than most. Such jobs leave room for the others."""
        return self.timeout_seconds > DEFAULT_TIMEOUT_SECONDS


@require_named_options("@job()")
def job(
    *,
    store: Callable[[ClaimedJob, Any], None] | None = None,
    on_failure: Callable[[ClaimedJob, str], None] | None = None,
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> Callable[[Run], JobKind]:
    """Make a coroutine function into a `JobKind` of its name.

    It is run at most `max_attempts` times, with growing pauses, and each run may take `timeout_seconds`. See `JobKind`
    for `store` and `on_failure`.

    Raises TypeError for a function that is not `async` or cannot be called with one job, for a name of more than 40
    letters, and for options that say something else than what is written here.
    """

    def decorate(function: Run) -> JobKind:
        require_function(function, "Job", ("claimed",), is_async=True)
        owner = f"Job {function.__qualname__}"
        require_short_name(function.__name__, owner)
        require_count(max_attempts, owner, "max_attempts")
        require_seconds(timeout_seconds, owner, "timeout_seconds")
        if store is not None:
            require_function(store, f"store of {owner}:", ("claimed", "result"))
        if on_failure is not None:
            require_function(on_failure, f"on_failure of {owner}:", ("claimed", "code"))
        return JobKind(function.__name__, function, store, on_failure, max_attempts, timeout_seconds)

    return decorate


def collect_job_kinds() -> dict[str, JobKind]:
    """The kinds in the modules `jobs` of all installed apps, by name. Raises DeclarationError for two of one name."""
    return index_by_name(collect_app_functions(JobKind, find_app_modules("jobs")), "kinds of jobs")


def get_job_kinds() -> Mapping[str, JobKind]:
    """The kinds that this process knows, by name. A job of another kind is left for a process that has its app."""
    jobs: Any = apps.get_app_config("jobs")
    kinds: dict[str, JobKind] = jobs.kinds
    return kinds
