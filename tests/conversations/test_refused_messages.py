"""What cannot be taken is refused in words that a customer understands, and the next message works."""

import json
from datetime import timedelta

import pytest

from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import CustomerRequest, Message
from supportbot.conversations.turns import submit
from supportbot.conversations.web.frames import MAX_FRAME_CHARS

from .page import Browser
from .rendering import render

UNREADABLE = {
    "not JSON": "hello",
    "half of it": '{"text": "hel',
    "nothing": " ",
    "a list": '["text"]',
    "null": "null",
    "text is a number": '{"text": 5}',
    "text is null": '{"text": null}',
    "text is a list": '{"text": ["a"]}',
    "an unknown action": '{"action": "delete"}',
    "a private action": '{"action": "_submit"}',
    "half a character": '{"text": "\\ud800"}',
    "an id that is markup": '{"text": "a", "client_id": "<b>"}',
    "an id that is too long": json.dumps({"text": "a", "client_id": "a" * 65}),
    "a turn that is no number": '{"action": "retry", "turn": "x"}',
    "not a finite number": '{"action": "retry", "turn": NaN}',
    "too deep": '{"text": ' * 500,
}


async def works(page, model) -> bool:
    model.say("I am here.")
    return "I am here." in (await page.ask("Are you there?")).text


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t \u2003", "\u200b\ufeff", "\u202e", "\u2800\u3164", "\x07\x1b"],
    ids=["empty", "a blank", "white space", "no width", "a direction", "blank letters", "control characters"],
)
async def test_a_message_without_words_is_refused(page, model, text):
    client_id = await page.say(text)

    notice = await page.refused()

    assert (notice.text, notice["data-refused"]) == ("Please write a message first.", client_id)
    assert await works(page, model)


async def test_a_message_that_is_too_long_is_refused_with_the_numbers(page, model, settings):
    settings.MESSAGE_MAX_CHARS = 4000
    client_id = await page.say("x" * 4001)

    notice = await page.refused()

    assert notice.text == "This message is 4,001 characters long; the limit is 4,000. Please shorten it."
    assert notice["data-refused"] == client_id
    assert not await Message.objects.aexists()
    assert await works(page, model)


@pytest.mark.parametrize("letter", ["x", "ü", "🎉"])
async def test_the_longest_message_is_taken_whatever_its_letters(page, model, settings, letter):
    settings.MESSAGE_MAX_CHARS = 4000
    model.say("That was long.")

    await page.ask(letter * 4000)

    assert (await Message.objects.aget(role="customer")).text == letter * 4000


async def test_what_cannot_be_read_is_answered_with_a_word(page, model):
    for frame in UNREADABLE.values():
        await page.socket.send_to(frame)
        assert (
            await page.refused()
        ).text == "Something went wrong. Please reload the page; your message is saved."

    assert not await Message.objects.aexists()
    assert await works(page, model)


async def test_of_what_cannot_be_read_the_page_learns_which_message_it_was(page):
    """Or that would stay on its way, and be sent again with every connection."""
    await page.socket.send_to('{"text": "\\ud83c", "client_id": "a1"}')
    assert (await page.refused())["data-refused"] == "a1"

    await page.say("x" * MAX_FRAME_CHARS, "a2")
    assert (await page.refused())["data-refused"] == "a2"


async def test_a_binary_frame_is_refused(page, model):
    await page.socket.send_to(bytes_data=b'{"text": "Hello"}')

    assert (await page.refused()).text
    assert not await Message.objects.aexists()
    assert await works(page, model)


async def test_a_frame_that_is_too_long_is_refused_unread(page, model):
    await page.say("x" * MAX_FRAME_CHARS)

    assert (await page.refused()).text == "This is too long to send. Please shorten it."
    assert await works(page, model)


async def test_numbers_beyond_the_databases_do_no_harm(page, model):
    await page.request(action="retry", turn=10**30)
    await page.request(action="retry", turn=-(10**30))
    await page.request(action="resync", seen=-(10**30))

    assert await works(page, model)


async def test_a_zero_byte_in_a_message_does_no_harm(page, model):
    model.say("I am here.")

    turn = await page.ask("Are you\0 there?")

    assert turn.one(data_role="customer").classed("text")[0].text == "Are you there?"


async def test_what_a_page_sends_besides_is_passed_over(page, model):
    model.say("Hello.")

    await page.request(text="Hi", client_id="a1", HEADERS={"HX-Request": "true"}, user=1, owner="human")
    await page.settled("done")

    assert page.last.all(data_client_id="a1")


async def test_the_eleventh_message_in_a_minute_is_refused(page, model, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 10
    model.otherwise(lambda request: model.say("Yes."))
    for number in range(10):
        await page.ask(f"Message {number}")

    client_id = await page.say("One more")
    notice = await page.refused()

    assert notice["data-refused"] == client_id
    assert "wait a minute" in notice.text
    assert await Message.objects.filter(role="customer").acount() == 10
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 11
    await page.ask("One more")


def test_messages_older_than_a_minute_do_not_count(db, chat, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 1
    submit.submit_message.run_sync(chat.pk, "One", "a1")
    long_ago = CustomerRequest.objects.get().created - timedelta(seconds=61)
    CustomerRequest.objects.update(created=long_ago)

    submit.submit_message.run_sync(chat.pk, "Two", "a2")

    assert Message.objects.filter(role="customer").count() == 2


def test_messages_from_before_the_clock_was_set_back_do_not_count(db, chat, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 1
    submit.submit_message.run_sync(chat.pk, "One", "a1")
    CustomerRequest.objects.update(created=CustomerRequest.objects.get().created + timedelta(hours=1))

    submit.submit_message.run_sync(chat.pk, "Two", "a2")

    assert Message.objects.filter(role="customer").count() == 2


def said_by(browser, conversations: int, messages: int) -> None:
    for _ in range(conversations):
        conversation = browser.begin_another()
        for number in range(messages):
            submit.submit_message.run_sync(conversation.pk, f"Message {number}", f"{number}")


@pytest.mark.parametrize("who", ["alices", "guests"])
def test_the_thirty_first_message_of_a_visitor_is_refused(db, settings, request, who, bobs):
    settings.VISITOR_MESSAGES_PER_MINUTE = 30
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 10
    browser = request.getfixturevalue(who)
    said_by(browser, 3, 10)

    with pytest.raises(RequestRefused, match="wait a minute"):
        said_by(browser, 1, 1)

    said_by(bobs, 1, 1)
    said_by(Browser(), 1, 1)


def test_zero_switches_a_limit_off(db, settings, alices):
    settings.VISITOR_MESSAGES_PER_MINUTE = settings.CONVERSATION_MESSAGES_PER_MINUTE = 0

    said_by(alices, 1, 40)

    assert Message.objects.filter(role="customer").count() == 40


def test_what_was_acknowledged_is_acknowledged_again_over_the_limit(db, chat, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 1
    submit.submit_message.run_sync(chat.pk, "One", "a1")

    again = submit.submit_message.run_sync(chat.pk, "One", "a1")

    assert 'data-client-id="a1"' in render(again)
    assert again.lease is None


def test_what_was_refused_may_be_sent_again_later(db, chat, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 1
    submit.submit_message.run_sync(chat.pk, "One", "a1")
    with pytest.raises(RequestRefused):
        submit.submit_message.run_sync(chat.pk, "Two", "a2")
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 2

    submit.submit_message.run_sync(chat.pk, "Two", "a2")

    assert list(Message.objects.filter(role="customer").values_list("text", flat=True)) == ["One", "Two"]
