"""The `urls.py` of an app of one's own is served below its label, whatever else the app has."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from supportbot.urls import find_app_urls

URLS = """
from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("sizes/", lambda request: HttpResponse("S, M, L"))]
"""


@pytest.fixture
def pages_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """An app of nothing but addresses is installed."""
    (tmp_path / "leaflets").mkdir()
    (tmp_path / "leaflets/__init__.py").touch()
    (tmp_path / "leaflets/urls.py").write_text(URLS)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "leaflets"]
    settings.ROOT_URLCONF = type("Addresses", (), {"urlpatterns": find_app_urls()})


@pytest.mark.usefixtures("pages_alone")
def test_an_app_of_pages_alone_is_served(db: None) -> None:
    assert Client().get("/leaflets/sizes/").content == b"S, M, L"


def test_the_addresses_of_libraries_are_not_served() -> None:
    """Django's own sign-in has a `urls.py` too, which knows no limits."""
    assert {str(each.pattern) for each in find_app_urls()} == {"tickets/", "orders/"}
