"""Runs the commands of manage.py. Where the database or an app cannot be used, they say why in a sentence."""

import os
import sys
import traceback
from collections.abc import Sequence

from django.core import management

from supportbot.assistant.declarations import DeclarationError

from .direct_connection import find_connection_problem
from .outages import OUTAGE_ERRORS, find_reason


def execute_command(arguments: Sequence[str]) -> None:
    """Run a command as Django does.

    An outage of the database is a traceback only where nobody knows its reason, and so is what a decorator refused only
    where it was asked for: the sentence says all of it.
    """
    try:
        management.execute_from_command_line(list(arguments))
    except OUTAGE_ERRORS as error:
        reason = find_connection_problem() or find_reason(error)
        if not reason or "--traceback" in arguments:
            raise
        sys.exit(f"The database cannot be used: {reason}")
    except DeclarationError as error:
        if "--traceback" in arguments:
            raise
        sys.exit(f"{_find_place(error)}{error}")


def discard_output() -> None:
    """Have what goes to stdout go nowhere, now that it takes nothing: Python would try once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _find_place(error: DeclarationError) -> str:
    """The file and line of the app whose import raised it; empty for what is wrong between apps, which it names."""
    frames = traceback.extract_tb(error.__traceback__)
    files = [each for each in frames if each.name == "<module>"]
    return f"{files[-1].filename}, line {files[-1].lineno}: " if files else ""
