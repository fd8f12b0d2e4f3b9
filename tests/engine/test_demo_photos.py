"""Photos: the demo model says that it cannot look at them, and hands them on to those who can."""

import json

from supportbot.assistant.messages import Image, Message
from supportbot.assistant.tools import Registry

from .demo_shop import Chat, lookup_order, summarise_calls

PHOTO = Image("data:image/png;base64,AAAA")
CANNOT_LOOK = "I'm a demo model and can't look at photos"


async def send_photos(chat: Chat, text: str, photos: int = 1) -> str:
    chat.messages.append(Message("user", text, images=(PHOTO,) * photos))
    return await chat.take_turn()


async def test_it_says_that_it_cannot_look_at_a_photo_and_offers_to_pass_it_on() -> None:
    answer = await send_photos(Chat(), "What is this?")

    assert answer == (
        f"{CANNOT_LOOK}, but yours is kept with this conversation, and I can pass it all on to our team. "
        "Would you like me to open a ticket?"
    )


async def test_a_photo_of_a_damaged_parcel_goes_to_the_team() -> None:
    chat = Chat()

    answer = await send_photos(chat, "ORD-123 arrived broken, see here")
    assert answer.startswith("I'm sorry to hear that something went wrong.")
    assert CANNOT_LOOK in answer
    assert "**TKT-48291037**" in await chat.say("yes, please")

    (ticket,) = (json.loads(call.arguments) for call in chat.tool_calls)
    assert ticket["issue"].startswith("Report of a damaged or faulty item in order ORD-123.")
    assert ticket["issue"].endswith("With the conversation: 1 photo.")
    assert ticket["priority"] == "high"


async def test_it_opens_the_ticket_at_once_where_the_words_alone_would_do() -> None:
    chat = Chat()

    answer = await send_photos(chat, "I want to complain: the mug of ORD-800 came broken", photos=2)

    assert summarise_calls(chat.tool_calls)[0].endswith("With the conversation: 2 photos.")
    assert "**TKT-48291037**" in answer
    assert "Would you like" not in answer
    assert answer.endswith("yours are kept with this conversation, where our team can see them.")


async def test_photos_without_a_word_can_be_passed_on_too() -> None:
    chat = Chat()

    assert "yours are kept" in await send_photos(chat, "", photos=2)
    await chat.say("yes")

    assert summarise_calls(chat.tool_calls) == [
        "create_ticket medium: Request. With the conversation: 2 photos."
    ]


async def test_it_still_answers_the_words_that_came_with_a_photo() -> None:
    answer = await send_photos(Chat(), "where is ORD-123? this is the label")

    assert answer.startswith("Order **ORD-123** has been shipped.")
    assert CANNOT_LOOK in answer


async def test_it_promises_no_ticket_where_there_are_none() -> None:
    answer = await send_photos(Chat(tools=Registry([lookup_order])), "What is this?")

    assert answer.endswith("Please describe what it shows.")


async def test_a_photo_of_an_earlier_message_is_not_talked_about_again() -> None:
    chat = Chat()

    await send_photos(chat, "What is this?")

    assert "photo" not in await chat.say("where is ORD-123?")
