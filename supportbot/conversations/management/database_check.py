"""Checks the database before anybody is served."""

from django.core.management.base import CommandError
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from supportbot.server.direct_connection import find_connection_problem
from supportbot.server.outages import describe_database_error


def check_database() -> None:
    """Raise `CommandError`, in a sentence, when the database cannot be reached or is older than the code."""
    if problem := find_connection_problem():
        raise CommandError(f"The database cannot be reached: {problem}")
    try:
        migrations = MigrationExecutor(connection)
        is_behind = bool(migrations.migration_plan(migrations.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        raise CommandError(f"The database cannot be read: {describe_database_error(error)}") from None
    if is_behind:
        raise CommandError("The database is not up to date. Run manage.py migrate first.")
