"""Asking for a person, by the button: one path, whatever the model does and however often it is clicked."""

import pytest

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.turns.person_reasons import describe_last_words
from tests.provider import Call, nobody_listens
from tickets.models import Ticket


@pytest.fixture
async def without_model(page, settings):
    with nobody_listens() as url:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_base_url": url})
        yield page


async def ask_for_a_person(page):
    known = set(page.turns)
    await page.request(action="person")
    await page.until(lambda page: page.turns.keys() - known)
    return await page.settled()


async def test_the_server_says_what_happens_now_and_the_ticket_s_number(page, alice, chat):
    turn = await ask_for_a_person(page)

    ticket = await Ticket.objects.aget()
    assert ticket.number in turn.one(data_role="system").text
    assert (ticket.customer_id, ticket.conversation_id) == (alice.pk, chat.pk)
    assert "person" in ticket.issue
    assert turn.one(data_role="customer").classed("text")[0].text == "I'd like to talk to a person."


async def test_the_model_is_not_asked(page, model):
    await ask_for_a_person(page)
    await page.say("Hello?")
    await page.until(lambda page: len(page.turns) == 2)

    assert model.requests == []


async def test_it_works_when_no_model_can_be_reached(without_model):
    await without_model.ask("Hello?")

    await without_model.press(without_model.button("Talk to a person"))
    await without_model.until(lambda page: len(page.turns) == 2)

    assert (await Ticket.objects.aget()).number in without_model.last.text


async def test_staff_read_what_the_customer_had_asked_before(page, model):
    for text, answer in (("My parcel is wet", "I do not know. Shall I ask?"), ("yes", "I will.")):
        model.say(answer)
        await page.ask(text)

    await ask_for_a_person(page)

    assert "My parcel is wet" in (await Ticket.objects.aget()).issue
    assert (await Conversation.objects.aget()).waiting_reason == "My parcel is wet"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (["My parcel is wet", "ORD-123", "alice@example.com"], "My parcel is wet"),
        (["It is broken", "I'd like to talk to a person.", "hello? is somebody there??"], "It is broken"),
        (["届いた商品が壊れています", "はい"], "届いた商品が壊れています"),
        (["Mein Paket ist kaputt", "ja bitte", "Danke!"], "Mein Paket ist kaputt"),
        (["My support chat does not connect", "thank you very much"], "My support chat does not connect"),
        (["My headphones arrived damaged", "This is how it looks"], "My headphones arrived damaged"),
        (["hi", "ORD-123", "alice@example.com"], "ORD-123"),
        (
            ["hi", "I need a refund and want to talk to a human"],
            "I need a refund and want to talk to a human",
        ),
        (
            ["This is how it looks", "I want my money back from you people"],
            "I want my money back from you people",
        ),
        (["alice@example.com"], ""),
        (["hi", "yes please", "https://shop.example/cart", "I want to speak to a real person now"], ""),
    ],
)
@pytest.mark.django_db
def test_the_reason_is_what_says_something_about_the_matter(alice, said, reason):
    chat = Conversation.objects.create(user=alice)
    turn = chat.turns.create(state="done")
    for seq, text in enumerate(said, 1):
        chat.messages.create(turn=turn, seq=seq, role="customer", text=text)

    assert describe_last_words(chat) == reason


@pytest.mark.parametrize(
    "wish",
    [
        "I want to speak to a customer service representative",
        "connect me with a support agent",
        "Can I talk to customer support staff",
        "please let me talk to a member of staff",
        "I need help from a real human",
        "get me in touch with someone",
        "I'd like to be connected to one of your agents",
    ],
)
@pytest.mark.django_db
def test_a_wish_for_a_person_is_no_reason(alice, wish):
    chat = Conversation.objects.create(user=alice)
    turn = chat.turns.create(state="done")
    for seq, text in enumerate(("The lamp arrived broken", wish), 1):
        chat.messages.create(turn=turn, seq=seq, role="customer", text=text)

    assert describe_last_words(chat) == "The lamp arrived broken"


async def test_a_double_click_is_one_wish(page):
    await page.request(action="person")
    await page.request(action="person")

    await page.settled("done")
    await page.is_quiet()

    assert await Ticket.objects.acount() == await Turn.objects.acount() == 1


async def test_the_second_click_is_told_that_nothing_more_is_needed(page):
    """Or the page would keep it, and send it for ever."""
    await page.request(action="person", client_id="a1")
    await page.request(action="person", client_id="a2")

    notice = await page.refused()

    assert (notice["data-refused"], notice.text.strip()) == ("a2", "")


async def test_in_mid_answer_the_bot_falls_silent_and_what_was_read_stays(page, model):
    model.say("One moment please.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    await page.request(action="person")
    await page.until(lambda page: len(page.turns) == 2)

    answer = await Message.objects.aget(role="assistant")
    assert (answer.text.strip(), answer.status) == ("One", "partial")
    assert (await Turn.objects.afirst()).state == "stopped"
    assert (await Conversation.objects.aget()).owner == "waiting"


async def test_a_wish_that_is_refused_does_not_cut_the_answer(page, model, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 1
    answer = model.say("One moment please.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    await page.request(action="person", client_id="a1")
    refused = await page.refused()
    answer.release()
    turn = await page.settled("done")

    assert "very quickly" in refused.text
    assert "One moment please." in turn.text


async def test_who_would_rather_not_wait_goes_on_with_the_assistant(page, model):
    await ask_for_a_person(page)
    model.say("In the meantime I can help.")

    await page.request(action="cancel_person")
    await page.until(lambda page: len(page.turns) == 2)
    turn = await page.ask("Thanks")

    assert "In the meantime I can help." in turn.text
    assert await Ticket.objects.acount() == 1


async def test_a_guest_may_ask_too(model, guests, of_guest):
    page = await guests.open(of_guest)

    turn = await ask_for_a_person(page)

    ticket = await Ticket.objects.aget()
    assert ticket.number in turn.text
    assert (ticket.customer_id, ticket.conversation_id) == (None, of_guest.pk)
    await page.close()


async def test_when_the_first_ticket_is_settled_there_is_another_one(page):
    await ask_for_a_person(page)
    await Ticket.objects.aupdate(status="resolved")
    await page.request(action="cancel_person")
    await page.until(lambda page: len(page.turns) == 2)

    await ask_for_a_person(page)

    assert await Ticket.objects.acount() == 2


async def test_the_model_hands_over_by_a_tool_and_says_nothing_more(page, model):
    model.call("request_human", reason="The parcel arrived wet.")
    model.say("I have passed that on.")

    await page.say("My parcel is wet. I want a person.")
    turn = await page.settled("done")

    assert (await Ticket.objects.aget()).number in turn.one(data_role="system").text
    assert (await Conversation.objects.aget()).waiting_reason == "The parcel arrived wet."
    assert (await AuditEvent.objects.aget(action="person_requested")).actor == "assistant"
    assert len(model.requests) == 1
    assert (await Conversation.objects.aget()).owner == "waiting"


async def test_what_else_the_model_calls_behind_the_handover_is_not_run(page, model):
    model.calls(
        Call("request_human", '{"reason": "Wet."}'),
        Call("create_ticket", '{"issue": "Something else", "priority": "low"}'),
    )

    await page.say("A person, please")
    await page.settled("done")

    assert await Ticket.objects.acount() == 1
    assert "Something else" not in (await Ticket.objects.aget()).issue


async def test_after_a_person_has_it_the_button_changes_nothing(page, chat, agent):
    await turns.take_over(chat.pk, agent.pk)
    await page.request(action="person", client_id="a1")

    await page.refused()

    assert (await Conversation.objects.aget()).owner == "human"
