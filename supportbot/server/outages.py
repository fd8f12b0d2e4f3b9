"""That the database is away or full: why, in words, and as one line in the log."""

import logging
from dataclasses import dataclass
from time import monotonic

from django.db import InterfaceError, OperationalError

from .process import process

logger = logging.getLogger(__name__)

OUTAGE_ERRORS = (OperationalError, InterfaceError)
LOG_INTERVAL_SECONDS = 10.0
# By the codes of PostgreSQL, and the first two words of SQLite's.
REASONS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_BUSY": "another process holds it",
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_IOERR": "its file cannot be read or written",
    "SQLITE_READONLY": "its file is read-only",
    "53100": "the disk is full",
    "53200": "its server has no memory left",
    "53300": "its server takes no more connections",
    "55P03": "somebody else holds what it has waited for",
    "57P01": "its server was shut down",
    "57P02": "its server has crashed",
    "57P03": "its server is starting or shutting down",
}


def describe_outage(error: BaseException) -> str:
    """What may be logged of the error: its type, the database's own code, and the reason in words, if it is known."""
    name = f"{type(error).__name__}, {_get_code(error) or type(error.__cause__ or error).__name__}"
    reason = find_reason(error)
    return f"{name}: {reason}" if reason else name


def find_reason(error: BaseException) -> str:
    """Why the database cannot be used, in words; empty if nobody knows.

    Not the error's own text, which may hold what somebody wrote. Who could not connect wrote nothing.
    """
    code = _get_code(error)
    if not code:
        return process.get(PoolFailure).get_recent_reason()
    return REASONS.get("_".join(code.split("_")[:2]), "")


def is_outage(error: BaseException) -> bool:
    """Whether the database is out of reach or full. SQLite raises the same for a query of a table that is not there."""
    return isinstance(error, OUTAGE_ERRORS) and (not _get_code(error) or bool(find_reason(error)))


def describe_database_error(error: BaseException) -> str:
    """Its first line, as PostgreSQL or SQLite says it."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _get_code(error: BaseException) -> str:
    cause = error.__cause__
    return getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""


@dataclass
class PoolFailure:
    """Why a connection to PostgreSQL failed last, and when, in seconds of the monotonic clock.

    The pool tries again and again, and whoever waits for a connection in vain is told only that it has waited.
    """

    reason: str = ""
    failed_at: float = float("-inf")

    def get_recent_reason(self) -> str:
        return self.reason if monotonic() - self.failed_at < LOG_INTERVAL_SECONDS else ""


class PoolFilter(logging.Filter):
    """Notes why the pool could not connect, and leaves each attempt out of the log: the outage is logged, with that."""

    def filter(self, record: logging.LogRecord) -> bool:
        for each in record.args or ():
            if isinstance(each, Exception):
                failure = process.get(PoolFailure)
                failure.reason, failure.failed_at = describe_database_error(each), monotonic()
        return record.levelno >= logging.ERROR


@dataclass
class OutageLog:
    """When this process last logged that the database is out of reach, in seconds of the monotonic clock."""

    logged_at: float = float("-inf")


def log_outage(error: BaseException) -> None:
    """Log that the database is out of reach, once in a while however often it is tried."""
    state, now = process.get(OutageLog), monotonic()
    if now - state.logged_at > LOG_INTERVAL_SECONDS:
        state.logged_at = now
        logger.warning("The database is out of reach: %s", describe_outage(error))


def log_task_failure(log: logging.Logger, name: str, error: BaseException) -> None:
    """Log that a task of the background failed: with its traceback, unless the database alone was the reason."""
    if isinstance(error, OUTAGE_ERRORS):
        log.error("%s could not be finished: %s", name, describe_outage(error))
    else:
        log.error("%s could not be finished", name, exc_info=error)


class OutageFilter(logging.Filter):
    """Has Django log a request that failed for want of the database in one line, without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, OUTAGE_ERRORS):
            record.msg, record.args = "The database is out of reach: %s", (describe_outage(error),)
            record.exc_info = record.exc_text = None
            record.tells_of_outage = True  # whoever sets logging up twice has this filter twice
        # Django logs the response as well.
        return hasattr(record, "tells_of_outage") or not hasattr(getattr(record, "request", None), "outage")
