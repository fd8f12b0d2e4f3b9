"""Requests whose Content-Type Django fails on, which is anybody's to write."""

import codecs
from contextlib import suppress
from typing import Any

from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _

from .request_limits import send_error

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def refuse_unreadable_types(application: Any) -> Any:
    """Wrap an ASGI application: a type without the form of one, or a form that is not in UTF-8, never reaches it."""

    async def handle_request(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if _has_readable_type(scope):
            await application(scope, receive, send)
        else:
            await send_error(scope, send, 415, _("This was sent in a form that we can't accept."))

    return handle_request


def _has_readable_type(scope: dict[str, Any]) -> bool:
    written = b",".join(value for name, value in scope["headers"] if name == b"content-type")
    try:
        kind, parameters = parse_header_parameters(written.decode("latin-1"))
        charset = parameters.get("charset", "utf-8")
        with suppress(LookupError):  # it is as if it named none
            codecs.lookup(charset)
    except ValueError:  # no encoding has such a name
        return False
    return kind not in FORMS or charset.lower() == "utf-8"
