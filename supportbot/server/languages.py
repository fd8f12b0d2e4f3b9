"""Every page is in the language of whoever asked for it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from supportbot.languages import find_language

from .middleware import Middleware, View

STAFF_PATH = "/admin/"


class LanguageMiddleware(Middleware):
    """Django's own knows no pages that are in the site's language whatever the browser asks for."""

    def find_view(self, request: HttpRequest) -> View | None:
        if request.path_info.startswith(STAFF_PATH):
            translation.activate(settings.LANGUAGE_CODE)
        else:
            accepted = request.headers.get("Accept-Language", "")
            translation.activate(find_language(request.COOKIES, accepted))
        return None

    def change_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response
