"""Checks before anybody is served that the static files are there which pages name."""

from typing import Any

from django.apps import apps
from django.contrib.staticfiles.finders import get_finders
from django.core.management.base import CommandError


def check_static_files(storage: Any) -> None:
    """Raise `CommandError`, in a sentence, if one is not collected: each page that names it would be an error.

    `storage` is the one with the collected files' names.
    """
    app: Any = apps.get_app_config("staticfiles")
    for finder in get_finders():
        for path, _source in finder.list(app.ignore_patterns):
            if path not in storage.hashed_files:
                raise CommandError(
                    f"The static file {path} is not collected yet: manage.py collectstatic --noinput"
                )
