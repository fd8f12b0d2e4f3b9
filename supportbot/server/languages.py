"""Everything is answered in the language of whoever asked, and below the address of admin in the site's."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from supportbot.languages import find_language

from .cookie_names import read_cookies

STAFF_PATH = "/admin/"


def read_language(scope: Mapping[str, Any]) -> str:
    """The language of a request or a handshake.

    A page names its own where it opens a socket: another one may have been chosen since it was loaded, and not every
    browser sends Accept-Language with a handshake.
    """
    if scope["path"].startswith(STAFF_PATH):
        return settings.LANGUAGE_CODE
    named = parse_qs(scope["query_string"].decode(errors="replace")).get("language", [""])[0]
    if named:
        return find_language({}, named)
    accepted = dict(scope["headers"]).get(b"accept-language", b"").decode("latin1")
    return find_language(read_cookies(scope), accepted)


class LanguageMiddleware(MiddlewareMixin):
    """Django's own knows no pages that are in the site's language whatever the browser asks for."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(STAFF_PATH):
            translation.activate(settings.LANGUAGE_CODE)
        else:
            accepted = request.headers.get("Accept-Language", "")
            translation.activate(find_language(request.COOKIES, accepted))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response
