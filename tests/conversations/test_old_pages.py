"""A page may be older or newer than the server: it goes on, or is told to reload, and what was written is kept."""

from supportbot.conversations.models import Conversation, Message


async def test_a_page_that_knows_only_how_to_send_words_is_answered(alices, chat, model):
    """B36: no number of what it saw, no id of its messages, no action, no pulse."""
    model.say("Here I am.")
    page = await alices.open(chat)

    await page.request(text="Hello")

    assert "Here I am." in (await page.settled("done")).text
    assert (await Message.objects.aget(role="customer")).client_id is None
    await page.close()


async def test_a_page_that_asks_for_what_this_server_does_not_know_is_told_to_reload(page, model):
    await page.request(action="translate", text="Hello", client_id="a1")

    notice = await page.refused()

    assert "reload the page" in notice.text
    assert not await Message.objects.aexists()
    model.say("Here I am.")
    await page.request(action="send", text="Hello", client_id="a1")  # from its outbox, after the reload
    assert "Here I am." in (await page.settled("done")).text
    assert await Message.objects.filter(role="customer").acount() == 1


async def test_a_page_that_shows_what_a_backup_did_not_bring_back_loads_anew(alices, chat, model):
    """It would show what is said from now on among messages that nobody has. Until it has loaded it is told all."""
    model.say("Here I am.")
    page = await alices.open(chat, seen=999_999)
    await page.until(lambda page: page.frames)

    assert "data-reload" in page.frames[0]
    turn = await page.ask("Hello")
    assert turn["data-state"] == "done"
    assert "Here I am." in turn.text
    await page.close()

    anew = await alices.open(chat, seen=(await Conversation.objects.aget()).revision)
    await anew.take_all()
    assert not any("data-reload" in frame for frame in anew.frames)
    await anew.close()
