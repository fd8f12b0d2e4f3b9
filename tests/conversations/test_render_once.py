"""What is the same for everybody is rendered once, and nothing of one visitor can be in it."""

from typing import Any

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation


class Counter:
    """Says how often a template has looked at it."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> int:
        self.looks += 1
        return self.looks


def compile_template(inside: str, arguments: str = "") -> Any:
    tags = "{% load i18n render_once %}{% render_once " + arguments + " %}" + inside + "{% endrender_once %}"
    return engines["django"].from_string(tags)


def test_it_is_rendered_once_for_each_of_its_values():
    page = compile_template("{{ shop.name }}{{ shop.count }}", "shop=shop")
    count = Counter()

    class Shop(str):
        @property
        def name(self) -> str:
            return str(self)

        def count(self) -> int:
            return count()

    shown = [page.render({"shop": Shop(name)}) for name in ("A", "B", "A", "B", "A")]

    assert shown == ["A1", "B2", "A1", "B2", "A1"]


def test_it_is_rendered_once_for_each_language():
    page = compile_template("{% translate 'Yes' %}")

    shown = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            shown.append(page.render({}))

    assert shown == ["Yes", "Ja", "Yes"]


@pytest.mark.parametrize("secret", ["{{ name }}", "{{ request.path }}", "{{ user }}", "{% csrf_token %}"])
def test_it_sees_nothing_of_whoever_looks(secret, rf: RequestFactory, db):
    request = rf.get("/secret")
    request.user = "secret"  # type: ignore[assignment]
    page = compile_template(f"[{secret}]", "company=company")

    assert page.render({"name": "secret", "company": "Shop"}, request) == "[]"


def test_it_includes_and_escapes_as_the_page_does(rf: RequestFactory):
    page = compile_template("{{ company }}{% include 'chat/_tray_photo.html' %}", "company=company")

    for _time in range(2):
        html = page.render({"company": "<Shop>"}, rf.get("/"))
        assert html.startswith("&lt;Shop&gt;")
        assert 'class="photo"' in html
