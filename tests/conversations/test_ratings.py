"""How it was is asked once at each end, answered by thumbs and words, changed for a while, and declined for good."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation, Rating
from supportbot.conversations.turns import ratings

CARD = "4242 4242 4242 4242"


@pytest.fixture
def agent(db: None) -> User:
    return User.objects.create_user("sam", first_name="Sam", is_staff=True)


@pytest.fixture
def talk(db: None) -> Conversation:
    """A guest has said something."""
    talk = Conversation.objects.create(guest_key="g")
    turns.submit_message.run_sync(talk.pk, "Where is my parcel?", "a1", can_start=False)
    return talk


def end(talk: Conversation) -> Rating:
    turns.end_conversation.run_sync(talk.pk)
    return Rating.objects.get(conversation=talk, dismissed=None, rated=None)


def close(talk: Conversation, agent: User, reference: str = "") -> Any:
    turns.take_over.run_sync(talk.pk, agent.pk)
    return turns.close_conversation.run_sync(talk.pk, agent.pk, reference=reference).change.owner.rating


def rate(rating: Rating, is_good: bool | None = None, words: str | None = None) -> Any:
    return turns.store_rating.run_sync(rating.conversation_id, rating.pk, is_good, words).owner.rating


def test_when_staff_close_it_the_customer_is_asked_of_the_team(talk, agent):
    shown = close(talk, agent, "TKT-00000001")

    rating = Rating.objects.get()
    assert (shown.id, shown.is_good, shown.reference) == (rating.pk, None, "TKT-00000001")
    assert (rating.handler, rating.staff, rating.ticket) == ("staff", agent, "TKT-00000001")
    assert not Rating.objects.filter_given()


def test_who_ends_it_is_asked_of_the_assistant_and_writes_again_at_any_time(talk):
    rating = end(talk)
    talk.refresh_from_db()
    assert (talk.owner, rating.handler, rating.staff) == ("closed", "assistant", None)
    turns.end_conversation.run_sync(talk.pk)
    assert talk.messages.filter(role="system").count() == 1, "pressed twice, it ends once"

    change = turns.submit_message.run_sync(talk.pk, "One more thing", "a2", can_start=False)

    talk.refresh_from_db()
    assert (talk.owner, change.owner.rating) == ("bot", None)


def test_nothing_is_asked_any_more_once_staff_open_it_again(talk, agent):
    """As after a press on “Close” by mistake. A ticket that has ended is asked of, whoever has the conversation."""
    close(talk, agent)

    again = turns.take_over.run_sync(talk.pk, agent.pk).change

    assert again.owner.rating is None
    ratings.ask_for_rating(Conversation.objects.get(pk=talk.pk), "TKT-1", agent)
    turns.hand_back.run_sync(talk.pk, agent.pk)
    assert turns.take_over.run_sync(talk.pk, agent.pk).change.owner.rating.reference == "TKT-1"


def test_each_end_is_asked_of_once(talk, agent):
    turns.take_over.run_sync(talk.pk, agent.pk)
    for _twice in range(2):
        conversation = Conversation.objects.get(pk=talk.pk)
        ratings.ask_for_rating(conversation)
        ratings.ask_for_rating(conversation, "TKT-1", agent)
    assert Rating.objects.get().ticket == "TKT-1"

    ratings.ask_for_rating(Conversation.objects.get(pk=talk.pk), "TKT-2", agent)
    assert Rating.objects.count() == 2, "another ticket is another end"

    turns.submit_message.run_sync(talk.pk, "Again", "a2", can_start=False)
    close(talk, agent)
    assert Rating.objects.count() == 3


def test_a_thumb_then_words_and_another_thumb(talk):
    rating = end(talk)

    assert rate(rating, True).is_good is True
    shown = rate(rating, words=f" Quick!\r\nMy card is {CARD} \0")
    assert shown.is_good is True
    assert shown.words.startswith("Quick!\nMy card is [card number hidden")
    assert rate(rating, False).words == shown.words

    rating.refresh_from_db()
    assert rating.is_good is False
    assert Rating.objects.filter_given().get() == rating
    events = AuditEvent.objects.filter(action="rated")
    assert [event.details["is_good"] for event in events] == [False, True, True]
    assert "Quick" not in str(list(events.values()))


def test_the_same_rating_again_changes_nothing(talk):
    rating = end(talk)
    rate(rating, True)
    rated = Rating.objects.get().rated

    rate(rating, True)

    assert Rating.objects.get().rated == rated
    assert AuditEvent.objects.filter(action="rated").count() == 1


@pytest.mark.parametrize(
    ("is_good", "words", "why"),
    [(None, "Nice", "choose"), (True, "x" * 1001, "1,001 characters"), (None, None, "choose")],
)
def test_what_cannot_be_stored_is_refused_with_why(talk, is_good, words, why):
    rating = end(talk)
    with pytest.raises(RequestRefused, match=why):
        rate(rating, is_good, words)
    rating.refresh_from_db()
    assert (rating.is_good, rating.words) == (None, "")


def test_it_can_be_changed_for_a_day(talk):
    rating = end(talk)
    rate(rating, True)
    Rating.objects.update(rated=timezone.now() - timedelta(days=1))

    with pytest.raises(RequestRefused, match="for one day"):
        rate(rating, False)
    assert turns.load_changes.run_sync(talk.pk, 0).owner.rating is None


def test_the_rating_of_another_conversation_is_none(talk):
    rating = end(talk)
    other = Conversation.objects.create(guest_key="h")
    with pytest.raises(RequestRefused):
        turns.store_rating.run_sync(other.pk, rating.pk, True, None)
    assert not Rating.objects.filter_given()


def test_who_declines_is_not_asked_again(talk, agent):
    rating = end(talk)
    assert turns.dismiss_rating.run_sync(talk.pk, rating.pk).owner.rating is None

    turns.submit_message.run_sync(talk.pk, "Again", "a2", can_start=False)

    assert close(talk, agent) is None
    assert Rating.objects.count() == 1


def test_who_has_rated_and_closes_the_form_is_asked_at_the_next_end(talk, agent):
    rating = end(talk)
    rate(rating, True)
    assert turns.dismiss_rating.run_sync(talk.pk, rating.pk).owner.rating is None
    turns.submit_message.run_sync(talk.pk, "Again", "a2", can_start=False)

    assert close(talk, agent).is_good is None


def test_nobody_is_asked_who_has_said_nothing(agent):
    talk = Conversation.objects.create(guest_key="g")
    assert close(talk, agent) is None


def test_very_many_changes_are_refused(talk, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 3
    rating = end(talk)
    for number in range(3):
        rate(rating, bool(number % 2))
    with pytest.raises(RequestRefused, match="very quickly"):
        rate(rating, True)


async def test_the_page_asks_and_shows_what_is_stored(page, model):
    model.say("It is on its way.")
    await page.ask("Where is my parcel?")
    await page.request(action="end")
    await page.until(lambda page: page.owner_state == "closed")

    rating = await Rating.objects.aget()
    assert [button.text.strip() for button in page.rating.all("button")] == [
        "Good",
        "Not good",
        "No, thank you",
    ]
    await page.request(action="rate", rating=rating.pk, is_good=True)
    await page.until(lambda page: "Thank you for your rating." in page.rating.text)
    await page.request(action="rate", rating=rating.pk, words="<b>Quick</b>")
    await page.until(lambda page: "Our team reads what you wrote" in page.rating.text)
    assert page.rating.one("textarea").text == "<b>Quick</b>"
    await page.request(action="dismiss_rating", rating=rating.pk)
    await page.until(lambda page: not page.rating.text.strip())
    await rating.arefresh_from_db()

    assert (rating.is_good, rating.words) == (True, "<b>Quick</b>")


def test_without_scripts_the_forms_are_posted(transactional_db, alices, alice):
    client = alices.client
    talk = Conversation.objects.create(user=alice)
    turns.submit_message.run_sync(talk.pk, "Hello", "a1", can_start=False)
    address = talk.get_absolute_url()

    client.post(address, {"action": "end"})
    rating = Rating.objects.get()
    asked = client.get(address).content.decode()
    assert "How did we do?" in asked
    assert f'name="rating" value="{rating.pk}"' in asked
    client.post(address, {"action": "rate", "rating": rating.pk, "is_good": "0"})
    refused = client.post(address, {"action": "rate", "rating": rating.pk, "words": "y" * 1200})

    rating.refresh_from_db()
    assert rating.is_good is False
    assert refused.status_code == 422
    assert "y" * 1200 in refused.content.decode(), "nothing that was typed is lost"
    assert client.post(address, {"action": "rate", "rating": "x"}).status_code == 422
    frame = {"action": "rate", "rating": rating.pk, "is_good": True}
    client.post(f"{address}frames/", frame, content_type="application/json")
    rating.refresh_from_db()
    assert rating.is_good is True, "as a page does whose network lets no socket through"
    client.post(address, {"action": ["rate", "dismiss_rating"], "rating": rating.pk})
    assert "data-rate" not in client.get(address).content.decode()
