"""What the desk's sockets send: HTML fragments from templates/desk, which the page swaps in by their ids."""

from typing import Any

from django.template.loader import render_to_string

from supportbot.languages import use_site_language


def render_fragment(template: str, **context: Any) -> str:
    with use_site_language():
        return render_to_string(template, context)
