"""In which language somebody is written to: customers in that which they chose, or else in that of their browser, staff
in the first of LANGUAGES.

What is written to both is in the customer's, such as who has joined a chat.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation


def find_language(cookies: Mapping[str, str], accepted: str) -> str:
    """The language of a customer's page: that of Django's cookie, if they chose one, or else of Accept-Language."""
    request = SimpleNamespace(COOKIES=cookies, META={"HTTP_ACCEPT_LANGUAGE": accepted})
    return translation.get_language_from_request(cast(HttpRequest, request))


def get_known_language(language: str) -> str:
    """That of LANGUAGES that comes nearest; the site's own for one that is none of them, or not any more, or empty."""
    try:
        return translation.get_supported_language_variant(language)
    except LookupError:
        return settings.LANGUAGE_CODE


def use_language(language: str) -> Any:
    """A block within which sentences are in that language."""
    return translation.override(get_known_language(language))


def use_site_language() -> Any:
    """A block within which sentences are for staff, or for nobody in particular."""
    return translation.override(settings.LANGUAGE_CODE)
