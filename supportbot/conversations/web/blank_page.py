"""The page of a guest who has said nothing yet, which is what most visitors of a site are shown.

It is the same for all of them but for some words that the server has made up. So the template is rendered for the first
guest, and for the others these words are put in the places of that guest's: a tenth of what rendering takes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.translation import get_language

from supportbot.server.process import process

MAX_KEPT_PAGES = 20  # one for each language is enough; tests have more


@dataclass
class BlankPages:
    """Pages as they were rendered, by all that they depend on: fixed pieces, and between these names of words."""

    by_key: dict[Any, list[str]] = field(default_factory=dict)


def render_blank_page(request: HttpRequest, template: str, context: Mapping[str, Any]) -> str:
    """The page of an anonymous visitor whose conversation has not begun.

    Of the context `conversation`, `form_id` and `now` may differ from one visitor to the next, and nothing else.
    """
    words = {
        "public_id": str(context["conversation"].public_id),
        "csrf_token": get_token(request),
        "form_id": context["form_id"],
        "now": f"?at={context['now']}#",
    }
    pages = process.get(BlankPages).by_key
    key = (template, get_language(), get_script_prefix())
    pieces = pages.get(key)
    if pieces is None:
        # Django would hide the same secret in other letters each time that it is asked.
        html = render_to_string(template, {**context, "csrf_token": words["csrf_token"]}, request)
        if len(pages) < MAX_KEPT_PAGES:
            pages[key] = _split_at_words(html, words)
        return html
    return "".join([words.get(piece, piece) for piece in pieces])


def _split_at_words(html: str, words: Mapping[str, str]) -> list[str]:
    names = {word: name for name, word in words.items()}
    pattern = "|".join(map(re.escape, names))
    return [names.get(piece, piece) for piece in re.split(f"({pattern})", html)]
