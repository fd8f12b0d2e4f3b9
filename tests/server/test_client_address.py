"""Whose address counts: that which our own proxies saw, in the form in which limits count it."""

import pytest
from django.test import RequestFactory

from supportbot.server import client_address

PEER = "203.0.113.5"


@pytest.mark.parametrize(
    ("written", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.7:51234", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:443", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("[2001:DB8:1:2::9]:443", "2001:db8:1:2::"),
        ('"[2001:db8:1:2::9]"', "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("unknown", ""),
        ("", ""),
        ("999.1.1.1", ""),
        ("192.0.2.7, 192.0.2.8", ""),
    ],
)
def test_an_address_is_counted_by_what_its_owner_cannot_change_at_will(written, counted):
    assert client_address.normalise_address(written) == counted


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "6.6.6.6", PEER),
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        (1, "6.6.6.6,7.7.7.7,::ffff:192.0.2.7", "192.0.2.7"),
        (2, "6.6.6.6, 192.0.2.7, 10.0.0.1", "192.0.2.7"),
        (2, "192.0.2.7, 10.0.0.1", "192.0.2.7"),
        (2, "6.6.6.6", PEER),
        (1, "", PEER),
        (1, "6.6.6.6, rubbish", PEER),
        (3, "6.6.6.6, 192.0.2.7, 10.0.0.1, 10.0.0.2", "192.0.2.7"),
    ],
)
async def test_pages_and_sockets_count_the_same_one(settings, proxies, forwarded, counted):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"behind_proxy": proxies > 0, "trusted_proxies": proxies or 1}
    )
    seen = []

    async def application(scope, receive, send):
        seen.append(client_address.get_current_address_key())

    scope = {
        "client": (PEER, 51234),
        "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else [],
    }
    await client_address.remember_client_address(application)(scope, None, None)

    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR=PEER)
    assert client_address.get_client_address(request) == counted
    assert seen == [client_address.build_address_key(counted)]


async def test_several_headers_are_one_line(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"behind_proxy": True, "trusted_proxies": 1}
    )
    scope = {
        "client": None,
        "headers": [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"192.0.2.7")],
    }

    assert client_address.find_network(*client_address._read_scope(scope)) == "192.0.2.7"


def test_the_key_of_an_address_does_not_tell_it():
    assert "192.0.2.7" not in client_address.build_address_key("192.0.2.7")
    assert client_address.get_current_address_key() == ""
