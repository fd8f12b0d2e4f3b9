"""A socket is opened for the site's own pages only: scheme, host and port must be the very same."""

import pytest
from django.core.handlers.asgi import ASGIRequest

from supportbot.server.origin_check import has_own_origin

from .page import Page

OWN = "http://shop.example"
FOREIGN = {
    "no origin": (),
    "an empty one": ("",),
    "null": ("null",),
    "another site": ("http://evil.example",),
    "another port": ("http://shop.example:8080",),
    "the port that is meant anyway": ("http://shop.example:80",),
    "another scheme": ("https://shop.example",),
    "a socket's scheme": ("ws://shop.example",),
    "a file": ("file://",),
    "two of them": (OWN, OWN),
    "a foreign one first": ("http://evil.example", OWN),
    "a foreign one second": (OWN, "http://evil.example"),
    "two in one header": (f"{OWN} http://evil.example",),
    "a longer name": ("http://shop.example.evil.example",),
    "a name that ends alike": ("http://evilshop.example",),
    "a sub-domain": ("http://www.shop.example",),
    "the parent domain": ("http://example",),
    "upper case": ("http://SHOP.example",),
    "user information": ("http://shop.example@evil.example",),
    "own name with user information": ("http://evil@shop.example",),
    "a trailing dot": ("http://shop.example.",),
    "a path": ("http://shop.example/",),
    "white space": (" http://shop.example",),
    "a look-alike letter": ("http://shоp.example",),
}


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ALLOWED_HOSTS = ["testserver", "shop.example", ".wild.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://help.shop.example"]


@pytest.fixture
def connects(model, alices, chat):
    """Whether alice's browser gets a socket when it says that the page is of these origins."""

    async def connect(*origins: str, host: str = "shop.example", scheme: str = "ws", **headers: str) -> bool:
        own = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        page = Page(f"/ws/c/{chat.public_id}/", alices.headers(*origins, host=host) + own)
        page.socket.scope["scheme"] = scheme
        connected = await page.connect()
        await page.close() if connected else None
        return connected

    return connect


async def test_a_page_of_the_site_gets_its_socket(connects):
    assert await connects(OWN)


async def test_a_page_of_another_site_gets_no_socket(connects):
    assert [name for name, origins in FOREIGN.items() if await connects(*origins)] == []


async def test_the_port_counts_when_there_is_one(connects):
    assert await connects("http://shop.example:8000", host="shop.example:8000")
    assert not await connects(OWN, host="shop.example:8000")
    assert not await connects("http://shop.example:8001", host="shop.example:8000")


async def test_over_tls_the_scheme_is_https(connects):
    assert await connects("https://shop.example", scheme="wss")
    assert not await connects("http://shop.example", scheme="wss")


async def test_a_host_that_the_site_does_not_have_proves_nothing(connects):
    assert not await connects("http://evil.example", host="evil.example")
    assert not await connects("http://", host="")


async def test_hosts_may_be_allowed_by_a_wildcard(connects):
    assert await connects("http://a.wild.example", host="a.wild.example")
    assert not await connects("http://b.wild.example", host="a.wild.example")


async def test_an_origin_may_be_trusted_by_name(connects):
    assert await connects("https://help.shop.example")
    assert not await connects("http://help.shop.example")
    assert not await connects("https://help.shop.example", "https://help.shop.example")


async def test_a_proxy_says_whether_it_is_tls_only_if_there_is_one(connects, settings):
    assert not await connects("https://shop.example", x_forwarded_proto="https")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert await connects("https://shop.example", x_forwarded_proto="https")
    assert not await connects("https://shop.example", x_forwarded_proto="http")
    assert await connects("http://shop.example", x_forwarded_proto="http")


# What proxies in a row make of X-Forwarded-Proto: each one replaces it, adds to it, or adds one of its own.
FORWARDED = {
    "one proxy": (["https"], True),
    "two, and TLS all the way": (["https, https"], True),
    "two, and TLS up to the first": (["https,http"], True),
    "two, and TLS between them alone": (["http, https"], False),
    "two, and a header each": (["https", "http"], True),
    "two, and the second header says https": (["http", "https"], False),
    "white space": ([" https "], True),
    "upper case": (["HTTPS"], False),
    "an empty one": ([""], False),
    "an empty first word": ([", https"], False),
    "no proxy's word, as from the same host": ([], False),
}


@pytest.mark.parametrize(("values", "is_secure"), FORWARDED.values(), ids=FORWARDED)
def test_a_socket_is_as_secure_as_django_takes_the_page_for(settings, values, is_secure):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    forwarded = [(b"x-forwarded-proto", value.encode()) for value in values]
    page = ASGIRequest({"method": "GET", "path": "/", "scheme": "http", "headers": forwarded}, None)

    def is_let_in(origin: str) -> bool:
        own = [(b"host", b"shop.example"), (b"origin", origin.encode())]
        return has_own_origin({"scheme": "ws", "headers": own + forwarded})

    assert page.is_secure() is is_secure
    assert is_let_in("https://shop.example") is is_secure
    assert is_let_in("http://shop.example") is not is_secure


async def test_at_an_address_that_there_is_not_is_no_socket(alices):
    for path in ("/ws/", "/ws/c/x/", f"/ws/desk/c/{'9' * 5000}/"):
        assert not await Page(path, alices.headers("http://testserver")).connect()
