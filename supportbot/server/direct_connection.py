"""A connection to the database beside the pool of the server, which waits, tries again and does not say why."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections

from .outages import describe_database_error, describe_outage

CONNECT_TIMEOUT_SECONDS = 3


@contextmanager
def open_direct_connection() -> Iterator[Any]:
    """A connection of its own to the site's database, closed at the end."""
    connection = connections["default"].copy()
    if connection.vendor == "postgresql":
        options = {
            name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"
        }
        options["connect_timeout"] = CONNECT_TIMEOUT_SECONDS
        connection.settings_dict = connection.settings_dict | {"OPTIONS": options}
    with closing(connection):
        yield connection


def find_connection_problem() -> str:
    """Why the database cannot be reached, in its own words; empty if it can be."""
    try:
        with open_direct_connection() as connection:
            connection.ensure_connection()
    except DatabaseError as error:
        return describe_database_error(error)
    return ""


def describe_unreachable(error: DatabaseError) -> str:
    """What a command logs of an error of the database: why it cannot be reached, if it still cannot."""
    return find_connection_problem() or describe_outage(error)
