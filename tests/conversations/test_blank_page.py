"""The page of a guest who has said nothing is put together, and is the very page that the template makes."""

import re
from typing import Any

import pytest
from django.test import Client

from supportbot.conversations.web import views
from supportbot.conversations.web.blank_page import BlankPages
from supportbot.server.process import process

from .markup import parse

WORDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|[0-9A-Za-z]{64}|\?at=\d+")


def get_page(client: Client) -> str:
    response = client.get("/", follow=True)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def _rendered_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As pages of conversations that have begun are."""

    def render(request: Any, template: str, context: Any) -> bytes:
        return views.render(request, template, context).content

    monkeypatch.setattr(views, "render_blank_page", render)


def test_nothing_of_one_guest_comes_to_another(db: None) -> None:
    pages = [get_page(Client()) for _ in range(3)]

    words = [set(WORDS.findall(page)) for page in pages]
    for each in words:
        # An address, a token against forged forms and the id of the forms; the time may be the same.
        assert len({word for word in each if not word.startswith("?")}) == 3
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert all(word.startswith("?at=") for word in words[one] & words[other])
    assert len({WORDS.sub("", page) for page in pages}) == 1


def test_a_blank_page_is_what_the_template_makes(db: None, request: pytest.FixtureRequest) -> None:
    put_together = [get_page(Client()) for _ in range(2)][1]
    request.getfixturevalue("_rendered_each_time")
    rendered = get_page(Client())

    assert WORDS.sub("", put_together) == WORDS.sub("", rendered)
    assert len(WORDS.findall(put_together)) == len(WORDS.findall(rendered))


def test_the_forms_of_a_blank_page_are_taken(transactional_db: None) -> None:
    get_page(Client())
    client = Client(enforce_csrf_checks=True)
    page = parse(get_page(client))
    form = page.one("form", id="composer")
    fields = {each["name"]: each["value"] for each in form.all("input", type="hidden")}

    response = client.post(form["action"], {**fields, "text": " "})

    assert response.status_code == 422  # and not 403, nor 404


def test_what_is_somebodys_own_is_not_kept(alices: Any, guests: Any) -> None:
    """An account's page says its name, and a form that was refused what was typed."""
    alices.look()
    address = guests.look()
    kept = len(process.get(BlankPages).by_key)
    guests.client.post(address, {"text": " ", "client_id": "a1"})

    assert "alice" not in str(process.get(BlankPages).by_key).lower().replace("signed in as alice", "")
    assert len(process.get(BlankPages).by_key) == kept == 1


def test_each_language_has_its_own(db: None, settings: Any) -> None:
    english = get_page(Client())
    settings.LANGUAGE_CODE = "de"

    assert '<html lang="de">' in get_page(Client())
    assert '<html lang="en">' in english
