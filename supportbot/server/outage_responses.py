"""What is answered while the database is away or full: an honest page that comes back by itself, and sockets that do.

Django turns an exception into a response where it is raised, which may be a middleware, and logs its traceback. So the
exception is noted by Django's signal, and the response is replaced further out.
"""

import random
import sys
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from .close_codes import CLOSE_TRY_AGAIN
from .outages import OUTAGE_ERRORS, log_outage

# Spread, so that all who wait do not come back in the same second.
MIN_RELOAD_SECONDS, MAX_RELOAD_SECONDS = 5, 12
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class NoReport:
    """In the place of Django's report for developers, which would ask the database for what it shows."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def get_traceback_html(self) -> str:
        return ""

    def get_traceback_text(self) -> str:
        return ""


@receiver(got_request_exception)
def note_outage(request: Any = None, **_kwargs: Any) -> None:
    """Called by Django where it handles an exception of a view or of a middleware."""
    error = sys.exc_info()[1]
    if request is not None and isinstance(error, OUTAGE_ERRORS):
        request.outage = error
        request.exception_reporter_class = NoReport


class OutageMiddleware(MiddlewareMixin):
    """Answers requests that failed for want of the database. Stands outside of all that uses it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code != 500 or not hasattr(request, "outage"):
            return response
        return build_outage_response(request)


def build_outage_response(request: HttpRequest) -> HttpResponse:
    """A page for people, which loads anew by itself if that repeats nothing; a sentence in JSON for scripts."""
    seconds = random.randint(MIN_RELOAD_SECONDS, MAX_RELOAD_SECONDS)  # noqa: S311 - nobody is to be kept from guessing it
    is_safe = request.method in SAFE_METHODS
    wants_page = "text/html" in request.headers.get("Accept", "") or (
        is_safe and request.accepts("text/html")
    )
    response: HttpResponse
    if wants_page:
        context = {"company": settings.COMPANY_NAME, "reload_seconds": seconds if is_safe else None}
        response = HttpResponse(render_to_string("503.html", context), status=503)
    else:
        words = _("We can't reach our own data right now. Please try again in a moment.")
        response = JsonResponse({"error": words}, status=503)
    response["Retry-After"] = str(seconds)
    add_never_cache_headers(response)
    return response


def close_sockets_in_outages(application: Any) -> Any:
    """Wrap an ASGI application of sockets: one that fails for want of the database is refused or closed for now."""

    async def handle_socket(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        is_closed = False

        async def note_and_send(message: Mapping[str, Any]) -> None:
            nonlocal is_closed
            is_closed = is_closed or message["type"] == "websocket.close"
            await send(message)

        try:
            await application(scope, receive, note_and_send)
        except OUTAGE_ERRORS as error:
            log_outage(error)
            if not is_closed:
                await send({"type": "websocket.close", "code": CLOSE_TRY_AGAIN})

    return handle_socket
