"""Who has guessed a password too often: told in plain words, and let in again by a lead or by time."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MAX_NAME_CHARS = 150  # of an account


def get_login_name(request: HttpRequest, credentials: Any = None) -> str | None:
    """The name that is locked. A longer one is no account's, and PostgreSQL would not take it whole."""
    name: str | None = (credentials or request.POST).get("username")
    return name and name[:MAX_NAME_CHARS]


def render_lockout(
    request: HttpRequest, credentials: Any = None, *_args: Any, **_kwargs: Any
) -> HttpResponse:
    """The page in place of the log-in, with status 429. It says the same of names that there are and are not."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return render(request, "registration/locked.html", {"minutes": minutes}, status=429)
