"""The ways to a person as a customer goes them: whatever the model does, and until the conversation is closed."""

import asyncio
from contextlib import nullcontext

import pytest

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, StaffPresence
from supportbot.conversations.realtime.desk_feed import subscribe_desk, unsubscribe_desk
from supportbot.conversations.worker import housekeeping, runner
from supportbot.jobs.models import Job
from tests.provider import Call, nobody_listens
from tickets.models import Ticket

from .markup import parse


@pytest.fixture
async def desk(transactional_db):
    """Which conversations the desk was told of."""
    told: asyncio.Queue[int] = asyncio.Queue()
    await subscribe_desk(told.put)
    yield told
    await unsubscribe_desk(told.put)


async def _ask_by_button(page, model):
    await page.request(action="person", client_id="p1")


async def _ask_when_model_is_down(page, model):
    await page.ask("My parcel arrived wet.")
    await page.press(page.button("Talk to a person"))


async def _ask_when_model_is_silent(page, model):
    model.say("")
    model.say("")
    await page.ask("My parcel arrived wet.")
    await page.press(page.button("Talk to a person"))


async def _ask_in_words(page, model):
    model.call("request_human", reason="The parcel arrived wet.")
    await page.say("My parcel arrived wet. A person, please!")


async def _ask_after_a_tool_failed(page, model):
    model.call("lookup_order", order_id="ORD-999")
    model.calls(Call("request_human", '{"reason": "The parcel arrived wet."}'))
    await page.say("My parcel arrived wet. A person, please!")


async def _ask_after_a_bad_call(page, model):
    model.call("request_human", wrong="argument")
    model.call("request_human", reason="The parcel arrived wet.")
    await page.say("My parcel arrived wet. A person, please!")


async def _ask_in_mid_answer(page, model):
    model.say("One moment please.", hold_after=1)
    await page.say("My parcel arrived wet.")
    await page.until(lambda page: page.has_words)
    await page.request(action="person", client_id="p1")


@pytest.fixture
def jobs_wait(monkeypatch):
    """No job is run, so that those which are there can be counted however slow the machine is."""

    async def run_nothing() -> None:
        pass

    monkeypatch.setattr(housekeeping, "_run_jobs", run_nothing)


@pytest.mark.usefixtures("jobs_wait")
@pytest.mark.parametrize(
    "ask",
    [
        _ask_by_button,
        _ask_when_model_is_down,
        _ask_when_model_is_silent,
        _ask_in_words,
        _ask_after_a_tool_failed,
        _ask_after_a_bad_call,
        _ask_in_mid_answer,
    ],
    ids=lambda ask: ask.__name__.strip("_"),
)
async def test_whatever_the_model_does_a_person_is_told(ask, page, model, chat, desk, settings):
    is_down = ask is _ask_when_model_is_down
    with nobody_listens() if is_down else nullcontext(model.url) as url:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_base_url": url})
        await ask(page, model)
        await page.until(lambda page: page.messages("system") and page.owner_state == "waiting")

    (sentence,) = page.messages("system")
    assert (await Ticket.objects.aget()).number in sentence.text
    await chat.arefresh_from_db()
    assert chat.owner == "waiting"
    assert ("wet" in chat.waiting_reason) == (ask is not _ask_by_button)
    assert await Job.objects.filter(kind="send_waiting_alert", conversation=chat).acount() == 1
    async with asyncio.timeout(10):
        assert await desk.get() == chat.pk


async def test_who_would_rather_not_wait_is_not_handed_over_once_more(page, model, chat):
    """The model reads that the wish was answered, and withdrawn."""
    await page.request(action="person", client_id="p1")
    await page.until(lambda page: page.owner_state == "waiting")
    await page.request(action="cancel_person")
    await page.until(lambda page: page.owner_state == "bot")
    model.say("It is on its way.")
    await page.ask("Where is my order?")

    wish, *answers, question = model.requests[0].messages[1:]
    assert wish["content"] == "I'd like to talk to a person."
    assert "away right now" in answers[0]["content"]
    assert "The AI assistant answers again." in answers[1]["content"]
    assert question == {"role": "user", "content": "Where is my order?"}


@pytest.fixture
def alex(agent):
    agent.first_name = "Alex"
    agent.save()
    return agent


async def _publish(result) -> None:
    await runner.publish_and_start(result.change)


def _read_label(page) -> str:
    return " ".join(page.shown_owner.text.split())


async def test_the_page_says_who_speaks_from_the_assistant_to_a_person_and_back(page, chat, alex):
    await page.request(action="person", client_id="p1")
    await page.until(lambda page: page.owner_state == "waiting")
    assert _read_label(page) == "Waiting for a person"

    await _publish(await turns.take_over(chat.pk, alex.pk))
    await page.until(lambda page: page.owner_state == "human")
    assert _read_label(page) == "Alex, support team"
    assert "Alex has joined the chat. You're now talking to a person." in page.last.text

    await _publish(await turns.hand_back(chat.pk, alex.pk))
    await page.until(lambda page: page.owner_state == "bot")
    assert _read_label(page) == "AI assistant"
    assert "Alex has left the chat. The AI assistant answers again." in page.last.text


def test_a_page_that_is_opened_now_says_it_too(transactional_db, chat, alex, alices, settings):
    settings.LLM_BACKEND = "chat"

    def read_opened_page() -> str:
        html = alices.client.get(chat.get_absolute_url()).content.decode()
        return " ".join(parse(html).one(id="owner").text.split())

    assert read_opened_page() == "AI assistant"
    turns.request_person.run_sync(chat.pk)
    assert read_opened_page() == "Waiting for a person"
    turns.take_over.run_sync(chat.pk, alex.pk)
    assert read_opened_page() == "Alex, support team"
    turns.close_conversation.run_sync(chat.pk, alex.pk)
    assert read_opened_page() == "Closed"


@pytest.mark.parametrize(
    ("last", "label"),
    [
        (turns.take_over, "Alex, support team"),
        (turns.hand_back, "AI assistant"),
        (turns.close_conversation, "Closed"),
    ],
    ids=["taken over", "handed back", "closed"],
)
async def test_a_page_that_was_asleep_says_so_too(last, label, page, chat, alex):
    await page.request(action="person", client_id="p1")
    await page.until(lambda page: page.owner_state == "waiting")
    seen = page.complete

    await turns.take_over(chat.pk, alex.pk)  # nobody tells the page
    await last(chat.pk, alex.pk)
    await page.request(action="resync", seen=seen)

    await page.until(lambda page: _read_label(page) == label)


async def test_a_conversation_says_who_closed_it_and_goes_on_with_the_assistant(page, model, chat, alex):
    await _publish(await turns.take_over(chat.pk, alex.pk))
    await _publish(await turns.close_conversation(chat.pk, alex.pk))
    await page.until(lambda page: page.owner_state == "closed")
    assert "Alex has closed this conversation. Write again at any time" in page.last.text

    model.say("Here I am.")
    turn = await page.ask("One more thing")

    assert "Here I am." in turn.text
    assert (page.owner_state, _read_label(page)) == ("bot", "AI assistant")


async def test_it_goes_on_with_the_person_if_they_are_there(page, model, chat, alex):
    await _publish(await turns.take_over(chat.pk, alex.pk))
    await _publish(await turns.close_conversation(chat.pk, alex.pk))
    await StaffPresence.objects.acreate(user=alex)

    await page.ask("One more thing")

    await page.until(lambda page: page.owner_state == "human")
    assert _read_label(page) == "Alex, support team"
    assert model.requests == []


def test_a_wrong_address_is_marked_where_it_was_typed_without_scripts(
    transactional_db, guests, of_guest, settings
):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": "smtp://mail.example"})
    Conversation.objects.filter(pk=of_guest.pk).update(owner="waiting")

    refused = guests.client.post(of_guest.get_absolute_url(), {"action": "contact", "email": "gerda"})

    page = parse(refused.content.decode())
    email = page.one("input", id="contact-email")
    assert (email["value"], email["aria-invalid"], email["aria-describedby"]) == (
        "gerda",
        "true",
        "contact-why",
    )
    assert "doesn't look like an e-mail address" in page.one(id="contact-why").text
    assert page.one(id="notice").text == ""
