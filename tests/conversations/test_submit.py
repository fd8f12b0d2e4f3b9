"""What a customer says is stored once, in order, before anything else happens, and answered in its turn."""

import pytest
from django.db import IntegrityError

from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Message, Turn
from supportbot.conversations.turns import submit
from tests.provider import nobody_listens

from .crowd import at_once
from .rendering import render

THREADS = 20


async def test_a_message_is_stored_before_the_model_is_asked(page, model):
    model.ignore()

    await page.say("Where is my order?")
    await page.until(lambda page: page.messages("customer"))

    stored = await Message.objects.aget(role="customer")
    assert (stored.text, stored.status, stored.seq) == ("Where is my order?", "complete", 1)


async def test_a_message_is_stored_though_no_model_can_be_reached(page, model, settings):
    with nobody_listens() as url:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_base_url": url})

        await page.ask("Where is my order?")

    assert await Message.objects.filter(role="customer", text="Where is my order?").aexists()


def test_it_is_stored_word_for_word(transactional_db, chat):
    text = "<b>1 & 2</b>\n\n\ttab «ü» 🎉 \u202e {{ x }} %s 'or\" 1=1"

    submit.submit_message.run_sync(chat.pk, text, "a1")

    assert Message.objects.get(role="customer").text == text


def test_the_same_message_sent_twenty_times_at_once_is_one(transactional_db, chat):
    steps = at_once(*[lambda: submit.submit_message.run_sync(chat.pk, "Hello", "a1")] * THREADS)

    assert Message.objects.filter(role="customer").count() == 1
    assert Turn.objects.count() == 1
    assert sum(step.lease is not None for step in steps) == 1
    assert all('data-client-id="a1"' in render(step) for step in steps)


def test_different_messages_at_once_are_numbered_without_gaps(transactional_db, chat, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 0

    steps = at_once(
        *[
            lambda n=n: submit.submit_message.run_sync(chat.pk, f"Message {n}", f"a{n}")
            for n in range(THREADS)
        ]
    )

    numbers = sorted(Message.objects.values_list("seq", flat=True))
    assert numbers == list(range(1, THREADS + 2))  # and one answer
    assert Message.objects.get(role="assistant").seq == THREADS + 1
    assert sorted(step.lease.fencing_token for step in steps) == list(range(1, THREADS + 1))
    assert Turn.objects.get().fencing_token == THREADS  # so that only one of them may answer


def test_the_same_id_with_other_words_is_refused(transactional_db, chat):
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")

    with pytest.raises(RequestRefused, match="send it as a new one"):
        submit.submit_message.run_sync(chat.pk, "Goodbye", "a1")

    assert Message.objects.get(role="customer").text == "Hello"


def test_the_same_id_in_another_conversation_is_another_message(transactional_db, chat, bobs):
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")

    submit.submit_message.run_sync(bobs.begin().pk, "Hello", "a1")

    assert Message.objects.filter(role="customer").count() == 2


def test_messages_without_an_id_are_all_stored(transactional_db, chat):
    submit.submit_message.run_sync(chat.pk, "Hello", "")
    submit.submit_message.run_sync(chat.pk, "Hello", None)

    assert Message.objects.filter(role="customer").count() == 2


async def test_a_message_that_is_sent_again_is_shown_again_and_not_answered_again(page, model):
    model.say("It has shipped.")
    client_id = await page.say("Hello")
    await page.settled("done")
    known = len(page.frames)

    await page.say("Hello", client_id)
    await page.until(lambda page: len(page.frames) > known)

    assert page.last.all(data_client_id=client_id)
    assert len(model.requests) == await Turn.objects.acount() == 1


async def test_what_is_said_meanwhile_waits_and_is_answered_after(page, model):
    first = model.say("Answer one.", hold_after=1)
    model.say("Answer two.")
    await page.say("One")
    await page.until(lambda page: page.has_words)
    await page.say("Two")
    await page.say("Three")
    await page.until(lambda page: len(page.messages("customer")) == 3)
    assert [turn["data-state"] for turn in page.turns.values()] == ["running", "queued"]

    first.release()
    await page.settled("done")

    answers = [article.one("p").text for article in page.messages("assistant")]
    assert answers == ["Answer one.", "Answer two."]
    assert [message["content"] for message in model.requests[0].messages[1:]] == ["One"]
    assert [message["content"] for message in model.requests[1].messages[1:]] == [
        *("One", "Answer one.", "Two\n\nThree"),
    ]


async def test_conversations_do_not_wait_for_each_other(page, model, of_bob, bobs):
    held = model.say("For alice.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)
    other = await bobs.open(of_bob)
    model.say("For bob.")

    assert "For bob." in (await other.ask("Hello")).text

    assert page.last["data-state"] == "running"
    held.release()
    await page.settled("done")
    await other.close()


def test_the_database_lets_only_one_turn_run(db, chat):
    Turn.objects.create(conversation=chat, state="running")

    with pytest.raises(IntegrityError):
        Turn.objects.create(conversation=chat, state="running")


def test_the_database_lets_a_number_stand_for_one_message(db, chat):
    turn = Turn.objects.create(conversation=chat)
    Message.objects.create(conversation=chat, turn=turn, seq=1, role="customer")

    with pytest.raises(IntegrityError):
        Message.objects.create(conversation=chat, turn=turn, seq=1, role="customer")


def test_a_conversation_is_called_by_the_first_line_that_was_said(db, chat):
    submit.submit_message.run_sync(chat.pk, "Where is my order?\nIt is late.", "a1")
    submit.submit_message.run_sync(chat.pk, "Hello?", "a2")

    chat.refresh_from_db()
    assert chat.title == "Where is my order?"
