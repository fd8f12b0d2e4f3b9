"""Text comes as it is said, whole and in any alphabet, with what it cost and why it ended."""

import asyncio

import pytest

from supportbot.assistant.backends.output_text import SpokenText
from supportbot.assistant.messages import Message, Thinking
from tests.engine.desk import SYSTEM, Desk
from tests.provider import End, Say, Think, wire

GREETING = "Grüße aus Köln! 🎉 你好, 안녕하세요, مرحبا."


async def test_a_conversation_is_sent_message_by_message(provider, desk):
    provider.say("What is the order number?")
    provider.say("Thank you.")

    await desk.ask("Where is my order?")
    await desk.ask("ORD-123 – in Köln")

    assert provider.requests[1].messages == [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "Where is my order?"},
        {"role": "assistant", "content": "What is the order number?"},
        {"role": "user", "content": "ORD-123 – in Köln"},
    ]


async def test_every_alphabet_arrives_whole(provider, desk):
    provider.say(GREETING)

    assert await desk.ask(GREETING) == GREETING

    assert provider.requests[0].messages[-1]["content"] == GREETING
    assert desk.answers[0].message.text == GREETING


async def test_text_is_passed_on_while_the_rest_is_still_to_come(provider, desk):
    reply = provider.say("One two three", hold_after=2)
    asking = asyncio.create_task(desk.ask("Count"))

    await desk.text_received.wait()
    await provider.until(lambda provider: reply.held)
    assert desk.text
    assert "One two ".startswith(desk.text)
    reply.release()

    assert await asking == "One two three"


@pytest.mark.parametrize(
    "said",
    [
        "a -> b, x[0] >= 1 and [1] ",
        "See <b>bold</b> and [our page](https://shop.example). ",
        "I said: “>>” or ]] ~ 5 days, C#. ",
        "Order #12 left. ",
        "Größe: L, Ça va. ",
    ],
)
def test_no_word_waits_for_the_next_one_that_cannot_be_of_a_mark(said: str):
    spoken = SpokenText()
    spoken.read_text("Well. ")

    waited = [char for char in said if not spoken.read_text(char)]

    assert set(waited) <= set("<[/b")


async def test_the_answer_says_what_it_cost_and_which_model_it_was(provider, desk, spoken):
    provider.say("Hello.")

    await desk.ask("Hi")

    (answer,) = desk.answers
    assert answer.finish_reason == "stop"
    assert answer.model == wire.MODEL
    assert {key: answer.usage[key] for key in spoken.usage} == spoken.usage


async def test_an_answer_out_of_tokens_says_so(provider, desk):
    provider.say("A long sto", finish="length")

    assert await desk.ask("Tell me a story") == "A long sto"

    assert desk.answers[0].finish_reason == "length"


@pytest.mark.parametrize("thought", ["Hm. ", ""])
async def test_thinking_is_told_once_and_never_shown(provider, desk, thought):
    provider.play(*[Think(thought)] * 40, Say("I "), Think(thought), Say("know."), End())

    assert await desk.ask("Why?") == "I know."

    assert [type(event) for event in desk.events].count(Thinking) == 1
    assert isinstance(desk.events[0], Thinking)
    assert desk.answers[0].message.text == "I know."


async def test_a_model_that_speaks_at_once_is_not_thinking(provider, desk):
    provider.say("Hello there.")

    await desk.ask("Hi")

    assert Thinking() not in desk.events


async def test_many_answers_at_once_stay_apart(provider, backend):
    provider.otherwise(lambda request: provider.say("You said " + request.messages[-1]["content"] * 30))
    desks = [Desk(backend) for _each in range(20)]

    said = await asyncio.gather(*(desk.ask(f"{number}, ") for number, desk in enumerate(desks)))

    assert said == [f"You said {f'{number}, ' * 30}" for number in range(20)]


async def test_a_nul_that_no_database_stores_never_reaches_the_page(provider, desk):
    provider.play(Say("Oh\0 "), Say("dear"), End())

    assert await desk.ask("Hi") == "Oh dear"

    assert desk.answers[0].message.text == "Oh dear"


def test_one_backend_works_in_one_event_loop_after_the_other(spoken, provider):
    backend = spoken.connect(provider)

    for words in ("Yes.", "Still."):
        provider.say(words)
        assert asyncio.run(Desk(backend).ask("Are you there?")) == words


async def test_a_message_of_history_is_sent_as_it_was_said(provider, desk):
    desk.history = [Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "Hm")]
    desk.history += [Message("assistant", "Yes?")]
    provider.say("I see.")

    await desk.ask("Nothing")

    said = [message["content"] for message in provider.requests[0].messages]
    assert said == [SYSTEM, "Hi", "Hello.", "Hm", "Yes?", "Nothing"]
