"""A bug of an app that is told of events: nothing of the event is stored, and whoever did it is told that."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError

from supportbot.assistant.conversation_events import ConversationEvent, ConversationEventHandler
from supportbot.assistant.tools import ToolError
from supportbot.conversations import turns
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation, Message

from .page import Browser
from .test_http_transport import visit

WORDS = "That didn't work, because something went wrong on our side. Please try again in a moment."
SECRET = "My lamp is broken"


@pytest.fixture
def break_handlers(monkeypatch):
    """Have an app's handler of all events raise an error, until it is called with None."""

    def break_them(error: Exception | None) -> None:
        def fail(_event: ConversationEvent) -> None:
            if error is not None:
                raise error

        handlers = [ConversationEventHandler(ConversationEvent, fail)]
        monkeypatch.setattr(apps.get_app_config("conversations"), "event_handlers", handlers)

    return break_them


async def test_a_customer_is_told_over_the_socket_and_the_page_goes_on(page, model, break_handlers, caplog):
    break_handlers(KeyError(SECRET))
    client_id = await page.say(SECRET)

    notice = await page.refused()

    assert (notice.text, notice["data-refused"]) == (WORDS, client_id)
    assert not await Message.objects.aexists()
    assert "A handler of CustomerWrote failed, so nothing was stored: KeyError" in caplog.text
    assert "test_app_handlers.py" in caplog.text
    assert SECRET not in caplog.text

    break_handlers(None)
    model.say("I am here.")
    assert "I am here." in (await page.ask(SECRET)).text


async def test_customers_without_sockets_or_scripts_are_told_too(alices, chat, model, break_handlers):
    break_handlers(KeyError(SECRET))
    visitor = visit(alices, chat)

    answer = await visitor.post_frame(text=SECRET, client_id="k1")
    response = await visitor.submit((await visitor.load()).one("form", id="composer"), text=SECRET)

    assert 'data-refused="k1"' in "".join(answer["frames"])
    assert WORDS.replace("'", "&#x27;") in "".join(answer["frames"])
    assert response.status_code == 422
    assert WORDS.replace("'", "&#x27;") in response.content.decode()
    assert SECRET in response.content.decode()  # in the field, to be sent again
    assert not await Message.objects.aexists()


def close(chat: Conversation, staff: int) -> None:
    turns.take_over.run_sync(chat.pk, staff)
    turns.close_conversation.run_sync(chat.pk, staff)


def reply(chat: Conversation, staff: int) -> None:
    turns.take_over.run_sync(chat.pk, staff)
    turns.post_staff_message.run_sync(chat.pk, staff, "Hello", "s1")


def give_contact(chat: Conversation, _staff: int) -> None:
    turns.request_person.run_sync(chat.pk)
    turns.store_contact.run_sync(chat.pk, "Zoe", "zoe@example.com")


WAYS: dict[str, Callable[[Conversation, int], Any]] = {
    "a message": lambda chat, _staff: turns.submit_message.run_sync(chat.pk, SECRET, "c1"),
    "a message to the team": lambda chat, _staff: turns.post_to_team.run_sync(chat.pk, SECRET, "c1"),
    "a reply": reply,
    "the end": close,
    "a contact": give_contact,
}


@pytest.mark.parametrize("error", [KeyError(SECRET), ToolError(SECRET), IntegrityError(SECRET)])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nothing_of_any_event_is_stored(
    transactional_db, of_guest, agent, break_handlers, caplog, settings, way: Any, error: Exception
):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": "smtp://localhost"})
    break_handlers(error)

    with pytest.raises(RequestRefused, match="something went wrong on our side"):
        way(of_guest, agent.pk)

    of_guest.refresh_from_db()
    assert not of_guest.messages.filter(role__in=("customer", "staff")).exists()
    assert (of_guest.owner != "closed", of_guest.contact_email) == (True, "")
    assert caplog.text.count("so nothing was stored") == 1
    assert SECRET not in caplog.text


def test_a_guest_signs_in_with_what_they_have_said_all_the_same(
    transactional_db, guests: Browser, of_guest, alice, break_handlers, caplog
):
    break_handlers(IntegrityError(SECRET))

    guests.client.post("/accounts/login/", {"username": "alice", "password": "alice"})

    of_guest.refresh_from_db()
    assert of_guest.user == alice
    assert "A handler of CustomerSignedIn failed" in caplog.text
