"""Customers are written to in the language of their browser, whoever does something; staff in the site's."""

import json
import re
from functools import partial
from html import unescape
from typing import Any
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.auth.models import User
from django.core import mail
from django.db import OperationalError
from django.test import Client
from django.utils.translation import get_language, override

from supportbot.assistant.tools import Registry, ToolContext, tool
from supportbot.conversations import turns
from supportbot.conversations.checks import check_environment
from supportbot.conversations.models import Conversation
from supportbot.conversations.realtime import broadcast
from supportbot.conversations.realtime.answer_stream import AnswerStream
from supportbot.conversations.realtime.fragments import render_thinking
from supportbot.conversations.worker import runner, storage_notices
from supportbot.server.process import process
from supportbot.server.request_limits import limit_request_bodies
from tests.desk.desk_page import open_desk
from tests.provider import Provider

from .markup import Element, parse
from .page import Browser
from .rows import until

GERMAN = "de-AT,de;q=0.9,en;q=0.8"


@pytest.fixture
def germans(alice: User) -> Browser:
    return Browser(alice, GERMAN)


@pytest.fixture
def german_chat(germans: Browser) -> Conversation:
    with override("de"):
        return germans.begin()


@pytest.fixture
def german_agents(agent: User) -> Browser:
    return Browser(agent, GERMAN)


def get_html(browser: Browser, path: str) -> str:
    with override("en"):  # a request leaves its language behind, on the test's own thread
        return browser.client.get(path).content.decode()


async def until_open(conversation: Conversation, number: int) -> None:
    """Wait until so many pages of it have subscribed."""

    async def are_open() -> bool:
        return len(process.get(broadcast.Watchers).pages[conversation.pk]) == number

    await until(are_open)


@pytest.mark.parametrize(
    ("languages", "language", "words"),
    [
        (GERMAN, "de", "Mit einem Menschen sprechen"),
        ("pt", "pt-br", "Falar com uma pessoa"),
        ("tlh, fr;q=0.5", "fr", "Parler à un conseiller"),
        ("tlh", "en", "Talk to a person"),
        ("de;q=x, *", "en", "Talk to a person"),
        ("", "en", "Talk to a person"),
    ],
)
def test_a_page_is_in_the_language_of_the_browser(alice, languages, language, words):
    browser = Browser(alice, languages)

    with override("en"):
        response = browser.client.get(browser.begin().get_absolute_url())

    html = response.content.decode()
    assert f'<html lang="{language}">' in html
    assert words in html
    assert response["Content-Language"] == language
    assert "Accept-Language" in response["Vary"]


def test_english_is_a_language_like_the_others(alice, settings):
    settings.LANGUAGES, settings.LANGUAGE_CODE = [("de", "Deutsch"), ("en", "English")], "de"
    browser = Browser(alice, "en-GB")

    assert "Talk to a person" in get_html(browser, browser.begin().get_absolute_url())


def test_a_site_may_have_one_language(alice, settings):
    settings.LANGUAGES, settings.LANGUAGE_CODE = [("de", "Deutsch")], "de"
    browser = Browser(alice, "fr")

    assert '<html lang="de">' in get_html(browser, browser.begin().get_absolute_url())


async def test_what_staff_are_told_over_a_socket_is_in_the_language_of_the_site(
    model: Provider, german_agents, german_chat
):
    desk = await open_desk(german_agents, german_chat)

    await desk.act("reply", text="Hello")

    assert (await desk.refused()).text == "This conversation isn't yours yet. Take it over first."
    await desk.close()


def test_staff_work_in_the_language_of_the_site(german_agents):
    assert "Waiting" in get_html(german_agents, "/admin/desk/")
    assert "Gespräch" not in get_html(german_agents, "/admin/conversations/conversation/")


async def test_what_a_page_is_told_over_its_socket_is_in_its_language(model: Provider, germans, german_chat):
    page = await germans.open(german_chat)

    await page.say(" ")

    assert (await page.refused()).text == "Bitte schreiben Sie zuerst eine Nachricht."
    await page.close()


async def test_a_socket_is_in_the_language_of_its_page_whatever_the_handshake_says(
    model: Provider, alices, germans, german_chat
):
    html = await sync_to_async(get_html)(germans, german_chat.get_absolute_url())
    address = re.search(r'ws-connect="/ws([^"]+)"', html)
    assert address is not None
    page = await alices.connect(unescape(address[1]))

    await page.say(" ")

    assert (await page.refused()).text == "Bitte schreiben Sie zuerst eine Nachricht."
    await page.close()


def test_what_a_page_is_told_that_asks_again_and_again_is_in_its_language(germans, german_chat):
    frame = {"text": " ", "client_id": "a1"}

    answer = germans.client.post(
        f"{german_chat.get_absolute_url()}frames/", frame, content_type="application/json"
    )

    assert "Bitte schreiben Sie zuerst eine Nachricht." in answer.json()["frames"][0]


async def test_each_page_of_a_conversation_is_shown_a_change_in_its_own_language(
    model: Provider, alices, germans, german_chat
):
    page, english = await germans.open(german_chat), await alices.open(german_chat)
    model.fail(400)

    await page.say("Wo ist meine Lampe?")

    assert "Mit einem Menschen sprechen" in (await page.settled("failed")).text
    assert "Talk to a person" in (await english.settled("failed")).text
    await page.close()
    await english.close()


async def test_an_outage_is_told_to_each_page_in_its_own_language(
    model: Provider, alices, germans, german_chat
):
    page, english = await germans.open(german_chat), await alices.open(german_chat)

    await until_open(german_chat, 2)
    await storage_notices._publish_notice(german_chat.pk, is_outage=True)

    assert "Wir können gerade nichts speichern" in (await page.refused()).text
    assert "We can't save anything right now" in (await english.refused()).text
    await page.close()
    await english.close()


def test_what_is_said_to_a_customer_is_in_their_language_whoever_does_it(german_chat, agent):
    taken = turns.take_over.run_sync(german_chat.pk, agent.pk).change
    closed = turns.close_conversation.run_sync(german_chat.pk, agent.pk).change

    (joined,), (left,) = taken.turns[-1].messages, closed.turns[-1].messages
    assert joined.text.endswith("ist jetzt im Chat. Sie sprechen nun mit einem Menschen.")
    assert "hat dieses Gespräch" in left.text
    assert taken.language == "de"


async def test_what_staff_read_is_in_theirs(model: Provider, germans, german_chat):
    page = await germans.open(german_chat)

    await page.request(action="person", client_id="p1")
    await page.until(lambda page: page.shown_owner and page.owner_state == "waiting")

    waiting = await Conversation.objects.aget(pk=german_chat.pk)
    assert waiting.waiting_reason == "No reason was given."
    await page.close()


async def test_a_process_does_by_itself_what_it_does_in_the_language_of_the_site(
    model: Provider, germans, german_chat, agent, frequent_sweeps, settings
):
    """Though it began with a page in another language."""
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": "smtp://localhost"})
    page = await germans.open(german_chat)

    await page.request(action="person", client_id="p1")

    async def is_told() -> bool:
        return bool(mail.outbox)

    await until(is_told)
    assert mail.outbox[0].subject.endswith("is waiting for a person")
    await page.close()


async def test_an_answer_is_made_in_the_language_of_its_customer_whoever_started_it(
    model: Provider, german_chat, monkeypatch
):
    """Such as a process that goes on with what another one began."""
    heard = []

    @tool(effect="read")
    def note_language(ctx: ToolContext) -> str:
        """Note it."""
        heard.append(get_language())
        return "noted"

    conversations = apps.get_app_config("conversations")
    monkeypatch.setattr(conversations, "tools", Registry([note_language]))
    model.call("note_language")
    model.say("Fertig.")

    change = await turns.submit_message(german_chat.pk, "Hallo", "a1")
    with override("fr"):
        task = await runner.publish_and_start(change)
        assert get_language() == "fr"
    assert task is not None
    await task

    assert heard == ["de"]


def test_who_reads_another_language_today_is_written_to_in_that(alice, german_chat, agent):
    get_html(Browser(alice, "en"), german_chat.get_absolute_url())

    taken = turns.take_over.run_sync(german_chat.pk, agent.pk).change

    assert taken.turns[-1].messages[0].text.endswith("You're now talking to a person.")


def test_a_page_is_shown_in_another_language_though_that_cannot_be_noted(alice, german_chat, monkeypatch):
    failing = Mock(side_effect=OperationalError("database or disk is full"))
    monkeypatch.setattr(Conversation.objects, "filter", failing)

    assert "Talk to a person" in get_html(Browser(alice, "en"), german_chat.get_absolute_url())

    failing.assert_called_once()


async def test_staff_are_told_in_theirs_what_the_model_does(
    model: Provider, germans, german_agents, german_chat
):
    page, desk = await germans.open(german_chat), await open_desk(german_agents, german_chat)
    await until_open(german_chat, 2)
    stream = AnswerStream(german_chat.pk, 1)

    with override("de"):
        await stream.publish_notice(partial(render_thinking, 1))

    await page.until(lambda page: "denkt nach" in "".join(page.frames))
    await desk.until(lambda desk: "thinking…" in "".join(desk.frames))
    stream.close()
    await page.close()
    await desk.close()


async def test_what_is_too_large_is_refused_in_the_language_of_the_browser(settings):
    sent = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-length", b"99999999"), (b"accept-language", GERMAN.encode())]
    scope = {"type": "http", "path": "/", "query_string": b"", "headers": headers}
    await limit_request_bodies(None)(scope, None, send)

    assert sent[0]["status"] == 413
    assert "zu groß" in json.loads(sent[1]["body"])["error"]


@pytest.mark.parametrize(
    ("codes", "named"), [(["pt"], ["pt"]), (["pt-br", "de", "en-gb"], []), (["en", "ja"], ["ja"])]
)
def test_a_language_without_translations_is_told_of(settings, codes, named):
    settings.LANGUAGES = [(code, code) for code in codes]

    warnings = [each for each in check_environment(None) if each.id == "supportbot.W021"]

    assert [each.msg.rpartition(" ")[2] for each in warnings] == [f"{code}." for code in named]


def test_a_language_that_is_no_longer_offered_gives_way_to_the_sites(german_chat, agent, settings):
    settings.LANGUAGES = [("en", "English")]

    taken = turns.take_over.run_sync(german_chat.pk, agent.pk).change

    assert taken.turns[-1].messages[0].text.endswith("You're now talking to a person.")


def choose_language(browser: Browser, address: str, language: str, **typed: str) -> Element:
    """Press a button of the page's menu of languages, without scripts. Returns the page that comes."""
    page = parse(get_html(browser, address))
    button = page.one("button", name="page_language", value=language)
    form = page.one("form", id=button["form"])
    fields = {each["name"]: each["value"] for each in form.all("input", type="hidden")}
    with override("en"):
        response = browser.client.post(
            form.attributes.get("action", address), fields | typed | {"page_language": language}, follow=True
        )
    assert response.status_code == 200
    return parse(response.content.decode())


def test_a_language_that_was_chosen_stays_on_all_pages(germans, german_chat):
    page = choose_language(germans, german_chat.get_absolute_url(), "fr")

    assert page.one("html")["lang"] == "fr"
    assert '<html lang="fr">' in get_html(germans, "/tickets/")
    assert '<html lang="en"' in get_html(germans, "/admin/login/")


@pytest.mark.parametrize(
    "address", ["/tickets/?page=1", "/conversations/", "/accounts/login/?next=/tickets/"]
)
def test_a_language_is_chosen_on_every_page_and_the_page_stays(address):
    guest = Browser()

    with override("en"):
        response = guest.client.post(address, {"page_language": "pl"})

    assert response["location"] == address
    assert '<html lang="pl">' in get_html(guest, address)


def test_what_was_typed_is_kept_where_no_script_keeps_it(germans, german_chat):
    page = choose_language(germans, german_chat.get_absolute_url(), "it", text="Wo ist <meine> Lampe?")

    assert page.one("html")["lang"] == "it"
    assert page.one("textarea", id="text").text == "Wo ist <meine> Lampe?"
    assert not german_chat.messages.exists()


def test_what_a_guest_typed_before_saying_anything_is_kept_and_shown_to_nobody_else(db):
    for words in ("Hello", "I am somebody else"):
        guest = Browser()
        page = choose_language(guest, guest.look(), "es", text=words)

        assert page.one("textarea", id="text").text == words
    assert not Conversation.objects.exists()


def test_who_chose_a_language_is_written_to_in_it(alice, germans, german_chat, agent):
    choose_language(germans, "/conversations/", "fr")

    taken = turns.take_over.run_sync(german_chat.pk, agent.pk).change

    assert taken.language == "fr"


async def test_a_page_that_is_open_stays_in_its_language_while_another_is_chosen(
    model: Provider, germans, german_chat
):
    html = await sync_to_async(get_html)(germans, german_chat.get_absolute_url())
    address = re.search(r'ws-connect="/ws([^"]+)"', html)
    assert address is not None
    await sync_to_async(choose_language)(germans, german_chat.get_absolute_url(), "fr")
    page = await germans.connect(unescape(address[1]))

    await page.say(" ")

    assert (await page.refused()).text == "Bitte schreiben Sie zuerst eine Nachricht."
    await page.close()


def test_another_site_can_choose_nothing(alice, german_chat):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    response = client.post(german_chat.get_absolute_url(), {"page_language": "fr"})

    assert response.status_code == 403
    assert "django_language" not in client.cookies


def test_a_language_that_the_site_does_not_have_changes_nothing_and_sends_nothing(germans, german_chat):
    address = german_chat.get_absolute_url()

    with override("en"):
        response = germans.client.post(address, {"page_language": "tlh", "text": "Hallo"})

    assert '<html lang="de">' in response.content.decode()
    assert not german_chat.messages.exists()


def test_a_site_of_one_language_offers_no_other(alice, settings):
    settings.LANGUAGES, settings.LANGUAGE_CODE = [("de", "Deutsch")], "de"
    browser = Browser(alice)

    assert "page_language" not in get_html(browser, browser.begin().get_absolute_url())
