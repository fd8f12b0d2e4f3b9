"""Runs the commands of manage.py. Where the database cannot be used, they say why in a sentence."""

import sys
from collections.abc import Sequence

from django.core import management

from .direct_connection import find_connection_problem
from .outages import OUTAGE_ERRORS, find_reason


def execute_command(arguments: Sequence[str]) -> None:
    """Run a command as Django does. An outage of the database is a traceback only where nobody knows its reason."""
    try:
        management.execute_from_command_line(list(arguments))
    except OUTAGE_ERRORS as error:
        reason = find_connection_problem() or find_reason(error)
        if not reason or "--traceback" in arguments:
            raise
        sys.exit(f"The database cannot be used: {reason}")
