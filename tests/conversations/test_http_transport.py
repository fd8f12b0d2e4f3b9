"""Without scripts, and without sockets, all that a customer does arrives once, and what is answered is shown."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import AsyncClient, Client

from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.turns import ownership

from .markup import Element, parse
from .page import Browser
from .rows import until

QUESTION = "Where is my order?"
ANSWER = "It should reach you tomorrow."


class Visitor:
    """A browser that runs no scripts, or one whose scripts make requests alone."""

    def __init__(self, client: AsyncClient, path: str) -> None:
        self.client = client
        self.path = path

    async def load(self) -> Element:
        return parse((await self.client.get(self.path)).content.decode())

    async def submit(self, form: Element, **typed: str) -> HttpResponse:
        """Send a form with what it holds, with what is typed, and with the button that is pressed."""
        fields = {each["name"]: each.attributes.get("value", "") for each in form.all("input", type="hidden")}
        assert form["method"] == "post"
        return await self.client.post(form.attributes.get("action", self.path), {**fields, **typed})

    async def press(self, page: Element, words: str) -> HttpResponse:
        (button,) = [each for each in page.all("button", form="request") if each.text.strip() == words]
        return await self.submit(page.one("form", id="request"), **{button["name"]: button["value"]})

    async def post_frame(self, **frame: Any) -> Mapping[str, Any]:
        response = await self.client.post(f"{self.path}frames/", frame, content_type="application/json")
        return response.json()

    async def get_frames(self, seen: int = 0, shown: int = -1) -> Mapping[str, Any]:
        return (await self.client.get(f"{self.path}frames/?seen={seen}&shown={shown}")).json()


@pytest.fixture
async def visitor(model, alices: Browser, chat: Conversation) -> Visitor:
    return visit(alices, chat)


def visit(browser: Browser, conversation: Conversation) -> Visitor:
    client = AsyncClient()
    client.cookies = browser.client.cookies
    return Visitor(client, conversation.get_absolute_url())


async def wait_for_end(chat: Conversation, count: int = 1) -> None:
    async def has_ended() -> bool:
        ended = chat.turns.filter(state__in=(Turn.State.DONE, Turn.State.FAILED, Turn.State.STOPPED))
        return await ended.acount() == count

    await until(has_ended)


def get_texts(page: Element, role: str) -> list[str]:
    articles = [each for each in page.all("article", data_role=role) if "data-message" in each.attributes]
    return [text.text.strip() for article in articles for text in article.classed("text")]


# ---- Forms -----------------------------------------------------------------------------------------


async def test_a_message_that_is_sent_without_scripts_is_answered_and_stands_on_the_page(
    visitor, chat, model
):
    model.say(ANSWER)
    page = await visitor.load()
    assert page.one("textarea", id="text")["name"] == "text"

    response = await visitor.submit(page.one("form", id="composer"), text="Two\r\nlines")

    assert response.status_code == 302
    assert response.headers["location"] == f"{visitor.path}#end"
    await wait_for_end(chat)
    page = await visitor.load()
    assert (get_texts(page, "customer"), get_texts(page, "assistant")) == (["Two\nlines"], [ANSWER])
    assert "Check for the answer" in [link.text for link in page.all("a")]


async def test_a_form_that_is_sent_twice_says_it_once(visitor, chat, model):
    model.say(ANSWER)
    form = (await visitor.load()).one("form", id="composer")

    for _ in range(2):
        assert (await visitor.submit(form, text=QUESTION)).status_code == 302

    await wait_for_end(chat)
    assert await Message.objects.filter(role="customer").acount() == 1


async def test_what_a_form_and_a_socket_send_under_one_id_is_one_message(visitor, chat, model, alices):
    model.say(ANSWER)
    page = await alices.open(chat)
    await page.say("Two\nlines", client_id="k1")
    await page.settled()
    await page.close()

    assert (
        await visitor.client.post(visitor.path, {"text": "Two\r\nlines", "client_id": "k1"})
    ).status_code == 302
    assert await Message.objects.filter(role="customer").acount() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Please write a message first."),
        ("x" * 5000, "the limit is 4,000"),
        (QUESTION, "You're sending messages very quickly."),
        ("Something else", "You already sent a different version"),
    ],
)
async def test_a_refused_form_says_why_and_keeps_what_was_typed(visitor, chat, model, settings, text, words):
    model.say(ANSWER)
    if text == QUESTION:
        settings.CONVERSATION_MESSAGES_PER_MINUTE = 1
    form = (await visitor.load()).one("form", id="composer")
    await visitor.submit(form, text="The first")
    await wait_for_end(chat)
    if words != "You already sent a different version":
        form = (await visitor.load()).one("form", id="composer")

    response = await visitor.submit(form, text=text)

    page = parse(response.content.decode())
    assert response.status_code == 422
    assert words in page.one(id="notice").text
    assert page.one("textarea", id="text").text == text
    assert (
        page.one("form", id="composer").one(name="form_id")["value"] not in form.one(name="form_id")["value"]
    )


async def test_who_sends_the_form_over_the_socket_names_each_message(visitor, alices, chat, model):
    """As programs do that measure chats: they fill in what is empty, and send again what is not."""
    model.otherwise(lambda request: model.say(ANSWER))
    composer = (await visitor.load()).one("form", id="composer")
    fields = {each["name"]: each["value"] for each in composer.all("input", type="hidden")}
    assert not fields["client_id"]
    page = await alices.open(chat)

    for number in range(2):
        await page.request(**fields | {"client_id": f"m{number}", "text": QUESTION})
        await wait_for_end(chat, number + 1)
    await page.close()


async def test_a_starter_works_without_scripts(visitor, chat, model):
    model.say(ANSWER)

    await visitor.press(await visitor.load(), QUESTION)

    await wait_for_end(chat)
    page = await visitor.load()
    assert (get_texts(page, "customer"), get_texts(page, "assistant")) == ([QUESTION], [ANSWER])


@pytest.mark.parametrize("words", ["Talk to a person", "I'd like to talk to a person"])
async def test_a_person_is_asked_for_without_scripts_and_without_a_model(visitor, chat, model, words):
    await visitor.press(await visitor.load(), words)

    await chat.arefresh_from_db()
    assert chat.owner == Conversation.Owner.WAITING
    assert not model.requests
    await visitor.press(await visitor.load(), "Continue with the assistant")
    await chat.arefresh_from_db()
    assert chat.owner == Conversation.Owner.BOT


async def test_an_answer_is_stopped_and_tried_again_without_scripts(visitor, chat, model):
    answer = model.say(ANSWER, hold_after=2)
    await visitor.submit((await visitor.load()).one("form", id="composer"), text=QUESTION)
    await until(Message.objects.filter(role="assistant").exclude(text="").aexists)

    await visitor.press(await visitor.load(), "■ Stop")
    await wait_for_end(chat)
    answer.release()
    model.say(ANSWER)
    await visitor.press(await visitor.load(), "Try again")

    await until(chat.turns.filter(state=Turn.State.DONE).aexists)
    assert get_texts(await visitor.load(), "assistant") == [ANSWER]


async def test_a_guest_leaves_an_address_without_scripts_and_may_mistype_it(
    model, guests: Browser, of_guest: Conversation, settings
):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": "smtp://mail.example"})
    visitor = visit(guests, of_guest)
    await visitor.press(await visitor.load(), "Talk to a person")
    form = (await visitor.load()).one("form", data_contact="")

    refused = await visitor.submit(form, name="Gail", email="gail@")
    page = parse(refused.content.decode())
    assert "e-mail address" in page.one(id="contact-why").text
    assert page.one("input", id="contact-email")["value"] == "gail@"
    await visitor.submit(page.one("form", data_contact=""), name="Gail", email="gail@example.org")

    await of_guest.arefresh_from_db()
    assert of_guest.contact_email == "gail@example.org"


def test_a_form_from_elsewhere_does_nothing(alices: Browser, chat: Conversation):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = alices.client.cookies
    for path in (chat.get_absolute_url(), f"{chat.get_absolute_url()}frames/"):
        assert strict.post(path, {"text": QUESTION, "client_id": "k1"}).status_code == 403
    assert not Message.objects.exists()


def test_nobody_else_sends_a_form_or_a_frame(chat: Conversation, bobs: Browser, guests: Browser):
    guests.begin()
    for browser in (bobs, guests, Browser()):
        for path in (chat.get_absolute_url(), f"{chat.get_absolute_url()}frames/"):
            assert browser.client.post(path, {"text": QUESTION}).status_code == 404
            assert browser.client.get(f"{chat.get_absolute_url()}frames/").status_code == 404
    assert not Message.objects.exists()


# ---- Frames ----------------------------------------------------------------------------------------


async def test_a_page_without_sockets_sees_an_answer_grow_and_end(visitor, chat, model):
    answer = model.say(ANSWER, hold_after=2)
    assert (await visitor.post_frame(text=QUESTION, client_id="k1"))["frames"] == []
    await until(Message.objects.filter(role="assistant").exclude(text="").aexists)

    update = await visitor.get_frames()
    seen = int(parse(update["frames"][-1]).one(id="pulse")["data-newest"])
    html = parse("".join(update["frames"]))
    assert update["pace"]
    assert get_texts(html, "customer") == [QUESTION]
    (tail,) = [each for each in html.classed("tail") if each["data-end"] != "0"][-1:]
    assert ANSWER.startswith(tail.text)
    # Asked again, only what is new is sent.
    assert len((await visitor.get_frames(seen, len(tail.text)))["frames"]) == 1
    assert len((await visitor.get_frames(seen, 2))["frames"]) == 2

    answer.release()
    await wait_for_end(chat)
    update = await visitor.get_frames(seen, len(tail.text))
    assert get_texts(parse("".join(update["frames"])), "assistant") == [ANSWER]
    assert update["pace"] is None


async def test_text_that_streams_in_another_process_is_shown_as_far_as_it_is_stored(visitor, chat, model):
    turn = await chat.turns.acreate(state=Turn.State.RUNNING)
    await turn.messages.acreate(conversation=chat, seq=1, role="assistant", status="streaming", text="It is")

    update = await visitor.get_frames(0, 0)

    assert "It is" in parse("".join(update["frames"])).text
    assert update["pace"]


async def test_a_refused_frame_says_why_as_over_a_socket(visitor, model):
    answer = await visitor.post_frame(text="x" * 5000, client_id="k1")
    notice = parse(answer["frames"][0]).one(id="notice")
    assert notice["data-refused"] == "k1"
    assert "the limit is 4,000" in notice.text

    answer = await visitor.post_frame(action="dance", client_id="k2")
    assert parse(answer["frames"][0]).one(id="notice")["data-refused"] == "k2"


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_a_frame_that_is_sent_as_a_form_is_refused_in_plain_words(alices, chat, kind):
    address = f"{chat.get_absolute_url()}frames/"
    client = Client(enforce_csrf_checks=True)
    client.cookies = alices.client.cookies
    client.cookies["csrftoken"] = token = "a" * 32
    answer = client.generic("POST", address, b'{"action": "ping"}', kind, headers={"X-CSRFToken": token})

    assert "Something went wrong" in answer.json()["frames"][0]


async def test_a_page_without_sockets_hears_of_a_person(visitor, chat, model, agent: User):
    await visitor.post_frame(action="person", client_id="k1")
    update = await visitor.get_frames()
    assert parse("".join(update["frames"])).one(id="owner")["data-owner"] == "waiting"
    assert update["pace"]
    await chat.arefresh_from_db()
    assert chat.customer_last_seen  # so that nobody mails an answer that is on the screen

    await ownership.take_over(chat.pk, agent.pk)
    update = await visitor.get_frames(1)
    assert parse("".join(update["frames"])).one(id="owner")["data-owner"] == "human"


async def test_a_page_without_sockets_hears_that_what_it_posted_has_been_handled(visitor, chat):
    await visitor.post_frame(action="person", client_id="k1")
    await visitor.post_frame(action="cancel_person")
    answer = await visitor.post_frame(action="ping", client_id="p1")

    (frame,) = answer["frames"]
    assert parse(frame).one(id="pulse")["data-handled"] == "p1"
    await chat.arefresh_from_db()
    assert chat.owner == "bot"


async def test_a_page_without_sockets_learns_that_its_session_has_ended(visitor):
    assert (await visitor.client.get(f"{visitor.path}frames/")).status_code == 200
    await visitor.client.post("/accounts/logout/")
    response = await visitor.client.get(f"{visitor.path}frames/")
    # A proxy says 404 too, but not this.
    assert (response.status_code, response.json()) == (404, {"close_code": 4404})


# ---- The beginning ---------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["form", "frame", "person"])
async def test_a_guests_first_word_begins_the_conversation_without_scripts_or_sockets_too(model, way):
    client = AsyncClient()
    path = (await client.get("/")).headers["location"]
    looked = Visitor(client, path)
    page = await looked.load()
    assert parse("".join((await looked.get_frames())["frames"])).one(id="pulse")["data-newest"] == "0"
    assert not await Conversation.objects.aexists()

    if way == "form":
        model.say(ANSWER)
        await looked.submit(page.one("form", id="composer"), text=QUESTION)
    elif way == "frame":
        model.say(ANSWER)
        await looked.post_frame(text=QUESTION, client_id="k1")
    else:
        await looked.press(page, "Talk to a person")

    begun = await Conversation.objects.aget()
    assert begun.get_absolute_url() == path
    if way != "person":
        await wait_for_end(begun)
    assert get_texts(await looked.load(), "customer") == [
        QUESTION if way != "person" else "I'd like to talk to a person."
    ]


async def test_an_empty_form_begins_nothing(model):
    client = AsyncClient()
    looked = Visitor(client, (await client.get("/")).headers["location"])
    response = await looked.submit((await looked.load()).one("form", id="composer"), text=" ")
    assert response.status_code == 422
    assert not await Conversation.objects.aexists()
