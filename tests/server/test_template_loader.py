"""Our templates say what Django's own would, whatever stands in them."""

import html
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.template import Context, Engine, Template
from django.template.loader import get_template
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from supportbot.server import template_loader
from supportbot.server.template_loader import QuickTemplate, QuickVariableNode

LOADER = "supportbot.server.template_loader.Loader"


class Row:
    """What templates meet: attributes, methods, and those that must not be called."""

    text = "a < b & 'c'"
    safe = mark_safe("<b>bold</b>")
    lazy = gettext_lazy("Queued <b>")
    number = 1234567
    share = 1234.5
    is_good = True
    nothing = None
    moment = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
    names = ("first", "second")
    by_name: dict[str, Any] = {"items": "own", "n": 7, "call": lambda: "called"}

    def __init__(self) -> None:
        self.asked = 0

    def method(self) -> str:
        return "said <b>"

    def needs(self, word: str) -> str:
        return word

    def delete(self) -> str:
        raise AssertionError("a template deleted it")

    delete.alters_data = True  # type: ignore[attr-defined]

    @property
    def missing(self) -> str:
        raise ObjectDoesNotExist

    @property
    def broken(self) -> str:
        raise ZeroDivisionError

    @property
    def partner(self) -> "Row":
        self.asked += 1
        return self


class Kind:
    do_not_call_in_templates = True
    name = "a kind"


def load(source: str, loader: str | None, *, debug: bool = False) -> Template:
    stored: Any = ("django.template.loaders.locmem.Loader", {"page.html": source})
    libraries = {name: f"django.templatetags.{name}" for name in ("i18n", "l10n")}
    loaders = [(loader, [stored]) if loader else stored]
    engine = Engine(loaders=loaders, libraries=libraries, debug=debug, string_if_invalid="?")
    return engine.get_template("page.html")


def render(source: str, loader: str | None, **context: Any) -> str:
    values = {
        "row": Row(),
        "rows": [Row()],
        "kind": Kind,
        "text": "<i>",
        "space": SimpleNamespace(a={"b": ["<x>"]}),
    }
    return load(source, loader).render(Context(values | context))


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "row.text",
            "row.safe",
            "row.lazy",
            "row.number",
            "row.share",
            "row.is_good",
            "row.nothing",
            "row.moment",
        ),
        *(
            "row.method",
            "row.needs",
            "row.delete",
            "row.missing",
            "row.unknown",
            "row.text.unknown",
            "unknown",
        ),
        *("row.names.0", "row.names.1", "row.names.5", "row.names.x", "row.by_name.items", "row.by_name.n"),
        *(
            "row.by_name.call",
            "row.by_name.keys",
            "row.method.upper",
            "row.text.upper",
            "row.partner.partner.text",
        ),
        *(
            "kind",
            "kind.name",
            "text",
            "text.upper",
            "space.a.b.0",
            "space.a.b.0.upper",
            "dicts",
            "push",
            "True",
        ),
        *(
            "row.text|upper",
            "row.text|safe",
            "row.unknown|default:row.text",
            "row.nothing|default_if_none:text",
        ),
        *("row.number|add:row.number", "'<b>'", "_('Queued')", "12", "row", "rows.0.text"),
    ],
)
def test_a_value_is_what_it_would_be(settings, expression):
    settings.USE_THOUSAND_SEPARATOR = True
    around = (
        "{{{{ {0} }}}}",
        "{{% autoescape off %}}{{{{ {0} }}}}{{% endautoescape %}}",
        "{{% load l10n %}}{{% localize off %}}{{{{ {0} }}}}{{% endlocalize %}}",
        "{{% if {0} %}}yes{{% else %}}no{{% endif %}}",
        "{{% with it={0} %}}{{{{ it }}}}{{% endwith %}}",
    )
    for source in (each.format(expression) for each in around):
        row = Row()
        expected = render(source, None, row=row).replace(f"{id(row):x}", "")
        assert render(source, LOADER, row=row).replace(f"{id(row):x}", "") == expected


def test_what_a_row_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        render("{{ row.broken }}", LOADER)


def test_a_simple_value_is_looked_up_once_and_escaped_at_once(monkeypatch):
    row, escaped = Row(), []

    def escape(text: str) -> str:
        escaped.append(text)
        return html.escape(text)

    monkeypatch.setattr(template_loader, "html", SimpleNamespace(escape=escape))

    assert render("{{ row.partner.text }}", LOADER, row=row) == html.escape(Row.text)
    assert (row.asked, escaped) == (1, [Row.text])


def test_where_templates_are_traced_they_are_djangos():
    traced, plain = (load("{{ row.text }}", LOADER, debug=debug) for debug in (True, False))

    assert [len(each.nodelist.get_nodes_by_type(QuickVariableNode)) for each in (traced, plain)] == [0, 1]
    assert traced.render(Context({"row": Row()})) == plain.render(Context({"row": Row()}))


@pytest.mark.parametrize("name", ["chat/_turn.html", "admin/change_list.html"])
def test_all_templates_are_of_this_kind_and_loaded_once(name):
    template = get_template(name).template

    assert type(template) is QuickTemplate
    assert get_template(name).template is template
