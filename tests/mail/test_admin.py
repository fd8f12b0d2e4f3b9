"""Members of staff say in admin which mail they want."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from supportbot.mail.models import MailPreference

ADD = reverse("admin:mail_mailpreference_add")


@pytest.fixture
def desk(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


def test_staff_make_their_own_preference_and_are_taken_to_it_from_then_on(desk: Client, agent: User) -> None:
    desk.post(ADD, {"waiting": ""})

    own = MailPreference.objects.get()
    assert (own.user, own.waiting) == (agent, False)
    again = desk.post(ADD, {"waiting": "on"})
    assert again.headers["Location"] == reverse("admin:mail_mailpreference_change", args=[own.pk])
    assert not MailPreference.objects.get().waiting
