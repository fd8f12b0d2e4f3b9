"""Forms of admin as a browser sends them, and somebody who is quicker."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client

from tests.conversations.markup import Element, parse


def overtake(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have somebody else act once, right after a request that is sent has read the row for the first time."""
    real, has_acted = admin.ModelAdmin.get_object, False

    def read(self: Any, request: HttpRequest, *args: Any) -> Any:
        nonlocal has_acted
        found = real(self, request, *args)
        if request.method == "POST" and not has_acted:
            has_acted = True
            act()
        return found

    monkeypatch.setattr(admin.ModelAdmin, "get_object", read)


def open_form(client: Client, address: str) -> dict[str, list[str]]:
    """All that a browser sends back of a page of admin when nothing was changed, also what the page has shown."""
    return read_form(client.get(address).content.decode())


def read_form(html: str) -> dict[str, list[str]]:
    """The fields of the page's form with their values. Those of a row that could be added are left out."""
    (form,) = [each for each in parse(html).all("form") if each.attributes.get("id", "").endswith("_form")]
    sent: dict[str, list[str]] = {}
    for field in form:
        name = field.attributes.get("name", "")
        if name and "__prefix__" not in name:
            sent.setdefault(name, []).extend(_list_values(field))
    return sent


def _list_values(field: Element) -> list[str]:
    kind = field.attributes.get("type", "")
    if field.tag == "select":
        return [option["value"] for option in field.all("option") if "selected" in option.attributes]
    if field.tag == "textarea":
        return [_end_lines(field.text.removeprefix("\n"))]
    if field.tag != "input" or kind == "submit":
        return []
    if kind in {"checkbox", "radio"}:
        return [field.attributes.get("value", "on")] if "checked" in field.attributes else []
    return [_end_lines(field.attributes.get("value", ""))]


def _end_lines(text: str) -> str:
    """As a browser does in what it sends, however the page ended them."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
