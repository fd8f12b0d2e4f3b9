"""A customer may read another language than that of their browser: each page has a menu of those that there are.

Its buttons are posted to the address of the page itself, which is shown again in that language, with what was typed.
So they work without scripts, and lead nowhere else. The choice is kept in the cookie that Django has for it.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from supportbot.server.languages import STAFF_PATH
from supportbot.server.outages import OUTAGE_ERRORS, log_outage

from ..models import Conversation
from ..visitors import get_visitor

LANGUAGE_FIELD = "page_language"
# What a form has besides what its customer has typed.
HIDDEN_FIELDS = {LANGUAGE_FIELD, "csrfmiddlewaretoken", "client_id", "form_id"}


def list_languages(request: HttpRequest) -> list[tuple[str, str]]:
    """The languages of which the page offers a choice, by their own names. None on staff's pages."""
    has_choice = len(settings.LANGUAGES) > 1 and not request.path_info.startswith(STAFF_PATH)
    return list(settings.LANGUAGES) if has_choice else []


def get_typed_fields(request: HttpRequest) -> QueryDict:
    """What was typed into a page that is shown again in another language."""
    return request.POST if request.method == "GET" else QueryDict()


class LanguageChoiceMiddleware(MiddlewareMixin):
    """Takes the choice, once it is known that the post comes from a page of ours."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        # What another system sends is no form of ours, and its body is for its own view to read.
        is_form = request.method == "POST" and not getattr(view, "csrf_exempt", False)
        if not is_form or not list_languages(request) or LANGUAGE_FIELD not in request.POST:
            return None
        self._choose_language(request, request.POST[LANGUAGE_FIELD])
        if not any(str(value).strip() for name, value in request.POST.items() if name not in HIDDEN_FIELDS):
            return redirect(request.get_full_path())  # which the browser loads again without a question
        request.method = "GET"  # the page is shown, and nothing that its form is for is done
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if language := getattr(request, "chosen_language", ""):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                samesite="Lax",
            )
        return response

    def _choose_language(self, request: Any, language: str) -> None:
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.chosen_language = language
            _note_choice(request, language)


def _note_choice(request: HttpRequest, language: str) -> None:
    """What is written to the visitor from now on is in that language, in whichever of their conversations.

    It is chosen whether that can be noted or not. Each is noted by itself: while it waits for whoever writes
    in one, no other is locked.
    """
    try:
        own = Conversation.objects.visible_to(get_visitor(request.user, request.session))
        for pk in own.exclude(language=language).values_list("pk", flat=True):
            Conversation.objects.filter(pk=pk).update(language=language)
    except OUTAGE_ERRORS as error:
        log_outage(error)
