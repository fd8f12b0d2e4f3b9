"""What an app adds to a page: when that fails, the rest of the page is shown without it."""

import logging
from collections.abc import Callable
from typing import TypeVar

from .outages import is_outage

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


def call_or_log(
    owner: str, function: Callable[[], Result], *, answers: tuple[type[Exception], ...] = ()
) -> Result | None:
    """What the function returns; None if it raises, which is logged with its traceback as a failure of `owner`.

    `answers` are exceptions that answer a request, such as `Http404`: they are raised. So is that the database is out
    of reach, which is said for the whole page. Call it outside of transactions, which a failed query would break for
    the others; SQLite would have readers wait there for writers.
    """
    try:
        return function()
    except answers:
        raise
    except Exception as error:
        if is_outage(error):
            raise
        logger.exception("%s failed", owner)
        return None
