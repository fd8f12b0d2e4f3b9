"""Photos go with the message that they were sent with, once, and the model sees them as long as it may."""

from base64 import b64decode
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async

from supportbot.assistant.images import Picture
from supportbot.conversations.attachments import for_model, storage
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Attachment, Conversation, Message, Turn
from supportbot.conversations.turns import submit
from supportbot.conversations.turns.history import load_history
from tests.pictures import encoded, scene

from .crowd import at_once
from .rendering import render

SIZES = (9, 10, 11, 12)


def keep(chat: Conversation, size: int = 9) -> UUID:
    """Upload a photo; its id."""
    picture = Picture(encoded(scene(size, size)), "image/jpeg", size, size)
    return storage.store_image(chat.pk, picture).public_id


async def kept(chat: Conversation, *sizes: int) -> list[str]:
    """The same for several, as a page names them."""
    return [str(await sync_to_async(keep)(chat, size)) for size in sizes]


def parts(content: Any) -> list[Any]:
    """What the model was sent in a message: texts as they are, and photos as their bytes."""
    if isinstance(content, str):
        return [content]
    assert all(part["image_url"]["detail"] == "high" for part in content if part["type"] == "image_url")
    return [
        part["text"]
        if part["type"] == "text"
        else b64decode(part["image_url"]["url"].partition("base64,")[2])
        for part in content
    ]


async def test_the_model_is_shown_the_photos_of_a_message(page, model, chat):
    photos = await kept(chat, 9, 10)
    model.say("I see a damaged parcel.")

    await page.request(text="It arrived like this.", client_id="a1", images=photos)
    await page.settled("done")

    told = model.requests[0].messages[-1]
    assert parts(told["content"]) == ["It arrived like this.", *(encoded(scene(n, n)) for n in (9, 10))]
    assert told["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,")


async def test_the_page_is_shown_them_with_the_message(page, model, chat):
    photos = await kept(chat, 9, 10)
    model.say("I see.")

    await page.request(text="Look", client_id="a1", images=photos)
    await page.settled("done")

    (message,) = page.messages("customer")
    assert [each["src"].split("/")[-2] for each in message.all("img")] == photos
    assert await Message.objects.filter(role="customer", has_images=True).acount() == 1


async def test_photos_stay_in_the_order_in_which_they_were_sent(page, model, chat):
    photos = await kept(chat, 9, 10, 11)
    model.say("I see.")

    await page.request(text="Look", client_id="a1", images=[photos[2], photos[0], photos[1]])
    await page.settled("done")

    seen = parts(model.requests[0].messages[-1]["content"])
    assert seen == ["Look", *(encoded(scene(n, n)) for n in (11, 9, 10))]
    (message,) = page.messages("customer")
    assert [each["width"] for each in message.all("img")] == ["11", "9", "10"]


async def test_photos_need_no_words(page, model, chat, alices):
    photos = await kept(chat, 9)
    model.say("What is it?")

    await page.request(text=" ", client_id="a1", images=photos)
    await page.settled("done")

    assert parts(model.requests[0].messages[-1]["content"]) == [encoded(scene(9, 9))]
    await chat.arefresh_from_db()
    assert chat.title == "A photo"


async def test_what_is_said_before_the_answer_begins_may_have_photos_too(page, model, chat):
    photos = await kept(chat, 9, 10)
    model.ignore()
    await page.request(text="One", client_id="a1", images=photos[:1])
    await model.until(lambda model: model.requests)
    model.say("Both are seen.")

    await page.request(text="Two", client_id="a2", images=photos[1:])
    await page.settled("done")

    assert parts(model.requests[1].messages[-1]["content"]) == [
        *("One\n\nTwo", encoded(scene(9, 9)), encoded(scene(10, 10))),
    ]
    assert await Turn.objects.acount() == 1


async def test_later_turns_remember_photos(page, model, chat):
    photos = await kept(chat, 9)
    model.say("I see.")
    await page.request(text="Look", client_id="a1", images=photos)
    await page.settled("done")
    model.say("It was red.")

    await page.ask("What colour was it?")

    assert parts(model.requests[1].messages[1]["content"]) == ["Look", encoded(scene(9, 9))]
    assert model.requests[1].messages[-1]["content"] == "What colour was it?"


async def test_photos_are_forgotten_with_their_turn_when_the_window_is_full(page, model, chat, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_window_tokens": 5000})
    for number, photo in enumerate(await kept(chat, *SIZES)):
        model.say("I see.")
        await page.request(text=f"Photo {number}", client_id=f"a{number}", images=[photo])
        await page.until(lambda page, number=number: len(page.turns) == number + 1)
        await page.settled("done")

    told = [parts(each["content"])[0] for each in model.requests[-1].messages if each["role"] == "user"]
    assert told == ["Photo 2", "Photo 3"]


async def test_of_too_many_at_once_the_newest_are_shown(page, model, chat, monkeypatch):
    monkeypatch.setattr(for_model, "MAX_MODEL_BYTES", 2 * len(encoded(scene(12, 12))))
    for number, photo in enumerate(await kept(chat, 10, 11, 12)):
        model.say("I see.")
        await page.request(text=f"Photo {number}", client_id=f"a{number}", images=[photo])
        await page.until(lambda page, number=number: len(page.turns) == number + 1)
        await page.settled("done")

    told = [parts(each["content"]) for each in model.requests[-1].messages if each["role"] == "user"]
    assert told == [
        ["Photo 0\n\n[Here was a photo that is too long ago to be shown again.]"],
        ["Photo 1", encoded(scene(11, 11))],
        ["Photo 2", encoded(scene(12, 12))],
    ]


async def test_of_one_that_is_gone_the_model_is_told(page, model, chat):
    photos = await kept(chat, 9, 10)
    lost = await Attachment.objects.aget(width=9)
    await sync_to_async(Path(lost.file.path).unlink)()
    model.say("I see one.")

    await page.request(text="Look", client_id="a1", images=photos)
    await page.settled("done")

    assert parts(model.requests[0].messages[-1]["content"]) == [
        "Look\n\n[Here was a photo that can no longer be shown.]",
        encoded(scene(10, 10)),
    ]


async def test_a_conversation_without_photos_is_shown_as_it_is(transactional_db, chat):
    await submit.submit_message(chat.pk, "Hello", "a1")

    history = await sync_to_async(load_history)(chat)

    assert await for_model.load_images(history) == history


# Once, and one's own.


def refused(chat: Conversation, *photos: UUID, client_id: str = "a9") -> str:
    with pytest.raises(RequestRefused) as refusal:
        submit.submit_message.run_sync(chat.pk, "Look", client_id, images=photos)
    return str(refusal.value)


def test_a_message_sent_twice_is_one_with_its_photos(db, chat):
    photos = [keep(chat, 9), keep(chat, 10)]
    first = submit.submit_message.run_sync(chat.pk, "Look", "a1", images=photos)

    again = submit.submit_message.run_sync(chat.pk, "Look", "a1", images=photos[::-1])

    assert again.lease is None
    assert render(first).count("<img") == render(again).count("<img") == 2
    assert Message.objects.filter(role="customer").count() == 1


def test_the_same_id_with_other_photos_is_refused(db, chat):
    photos = [keep(chat, 9), keep(chat, 10)]
    submit.submit_message.run_sync(chat.pk, "Look", "a1", images=photos[:1])

    with pytest.raises(RequestRefused, match="send it as a new one"):
        submit.submit_message.run_sync(chat.pk, "Look", "a1", images=photos)
    with pytest.raises(RequestRefused, match="send it as a new one"):
        submit.submit_message.run_sync(chat.pk, "Look", "a1")


def test_a_photo_goes_with_one_message_only(db, chat):
    photo = keep(chat)
    submit.submit_message.run_sync(chat.pk, "Look", "a1", images=[photo])

    assert "attach it again" in refused(chat, photo)
    assert "attach it again" in refused(chat, *[keep(chat)] * 2)
    assert Message.objects.filter(role="customer").count() == 1


@pytest.mark.parametrize("whose", ["bob's", "another conversation's", "nobody's"])
def test_only_photos_of_the_conversation_can_be_sent(db, chat, alices, bobs, whose):
    submit.submit_message.run_sync(chat.pk, "Hello", "a1")
    begin = {"bob's": bobs.begin, "another conversation's": alices.begin_another}.get(whose)
    photo = keep(begin()) if begin else uuid4()

    words = refused(chat, keep(chat), photo)

    assert words == "A photo in this message is no longer available. Please attach it again."
    assert Message.objects.filter(role="customer").count() == 1
    assert not Attachment.objects.exclude(message=None).exists()


def test_four_photos_are_too_many(db, chat):
    assert refused(chat, *[keep(chat, size) for size in SIZES]) == "The limit is 3 photos per message."


def test_the_same_photo_in_two_messages_at_once_goes_with_one(transactional_db, chat):
    photo = keep(chat)

    def send(number: int) -> bool:
        try:
            submit.submit_message.run_sync(chat.pk, f"Message {number}", f"a{number}", images=[photo])
        except RequestRefused:
            return False
        return True

    assert sum(at_once(*[lambda n=n: send(n) for n in range(8)])) == 1
    assert Message.objects.filter(role="customer").count() == 1


async def test_a_page_is_told_why_its_photos_were_not_taken(page, model, chat):
    await page.request(text="Look", client_id="a1", images=[str(uuid4())])

    notice = await page.refused()

    assert (notice["data-refused"], "attach it again" in notice.text) == ("a1", True)
    assert not await Message.objects.aexists()
    model.say("I am here.")
    assert "I am here." in (await page.ask("Are you there?")).text


@pytest.mark.parametrize("images", ["x", ["x"], [5], {"a": 1}, ["../../etc/passwd"], None])
async def test_what_is_no_list_of_photos_is_refused(page, chat, images):
    await page.request(text="Look", client_id="a1", images=images)

    assert "reload" in (await page.refused()).text
    assert not await Message.objects.aexists()


def test_an_exported_transcript_names_them_by_their_address(db, chat, alices):
    photo = keep(chat)
    submit.submit_message.run_sync(chat.pk, "Look", "a1", images=[photo])

    document = alices.client.get(f"{chat.get_absolute_url()}transcript.json").json()

    address = document["messages"][0]["content"][1]["image_url"]["url"]
    assert address == f"/c/{chat.public_id}/images/{photo}/"
    assert alices.client.get(address).content == encoded(scene(9, 9))


async def test_a_model_that_cannot_look_at_pictures_is_told_that_there_are_some(page, model, chat, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_images": False})
    photos = await kept(chat, 9)
    model.say("I have passed it on.")

    await page.request(text="See here", client_id="a1", images=photos)
    await page.settled("done")

    told = model.requests[-1].messages[-1]["content"]
    assert told == "See here\n\n[The customer attached a photo. You cannot see it; the team can.]"
