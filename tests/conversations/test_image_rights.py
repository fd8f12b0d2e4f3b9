"""A photo is there for its customer and for staff who may read conversations: for all others it is not found."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from supportbot.conversations.models import Attachment, Conversation

from .page import Browser
from .photos import PICTURE, files, upload


def stranger(kind: str, chat: Conversation) -> Browser:
    match kind:
        case "bob":
            return Browser(User.objects.create_user("bob"))
        case "staff without the right":
            return Browser(User.objects.create_user("trainee", is_staff=True))
        case "a guest with a conversation":
            guest = Browser()
            guest.begin()
            return guest
        case "alice, signed out":
            alice = Browser(chat.user)
            alice.client.post("/accounts/logout/")
            return alice
    return Browser()


STRANGERS = ["bob", "staff without the right", "a guest", "a guest with a conversation", "alice, signed out"]


@pytest.mark.parametrize("kind", STRANGERS)
def test_nobody_else_may_do_anything_with_it(kind, chat, image, unsent, settings):
    other = stranger(kind, chat)

    assert upload(other, chat).status_code == 404
    for path in (image.get_absolute_url(), unsent.get_absolute_url()):
        answers = [other.client.get(path), other.client.head(path), other.client.delete(path)]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert PICTURE.data not in answers[0].content
    assert Attachment.objects.count() == len(files(settings)) == 2


@pytest.mark.parametrize("who", ["agent", "admin"])
def test_staff_see_what_was_sent_and_not_what_was_not(who, image, unsent, agent):
    staff = Browser(agent if who == "agent" else User.objects.create_superuser("admin"))

    assert staff.client.get(image.get_absolute_url()).content == PICTURE.data
    assert staff.client.get(unsent.get_absolute_url()).status_code == 404
    assert staff.client.delete(unsent.get_absolute_url()).status_code == 404


def test_it_is_found_in_its_own_conversation_only(chat, image, alices, bobs):
    other = alices.begin_another()

    assert other != chat
    assert alices.client.get(f"/c/{other.public_id}/images/{image.public_id}/").status_code == 404
    of_bob = bobs.begin()
    assert bobs.client.get(f"/c/{of_bob.public_id}/images/{image.public_id}/").status_code == 404
    assert bobs.client.delete(f"/c/{of_bob.public_id}/images/{image.public_id}/").status_code == 404
    assert alices.client.get(f"/c/{chat.public_id}/images/{uuid4()}/").status_code == 404


def test_a_guest_may_send_photos_too(guests):
    chat = guests.begin()

    response = upload(guests, chat)

    assert guests.client.get(response.json()["url"]).status_code == 200
    assert Browser().client.get(response.json()["url"]).status_code == 404


@pytest.mark.parametrize("method", ["post", "delete"])
def test_another_site_can_neither_send_nor_remove_one(chat, unsent, alice, method):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    path = unsent.get_absolute_url() if method == "delete" else f"{chat.get_absolute_url()}images/"

    assert getattr(browser, method)(path).status_code == 403

    browser.get(chat.get_absolute_url())
    token = {"x-csrftoken": browser.cookies["csrftoken"].value}
    assert getattr(browser, method)(path, headers=token).status_code in (204, 400)


def test_nothing_is_changed_by_looking(chat, image, alices):
    assert alices.client.get(f"{chat.get_absolute_url()}images/").status_code == 405
    assert alices.client.post(image.get_absolute_url()).status_code == 405


def test_it_is_served_as_a_picture_and_nothing_else(image, alices):
    headers = alices.client.get(image.get_absolute_url()).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].endswith("; sandbox")
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_no_proxy_keeps_it_and_a_browser_not_beyond_the_session(image, alices):
    headers = alices.client.get(image.get_absolute_url()).headers

    assert "private" in headers["cache-control"]
    assert "Cookie" in headers["vary"]
