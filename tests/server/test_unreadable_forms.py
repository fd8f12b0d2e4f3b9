"""What calls itself something that can't be read is refused in plain words, and never fails in Django's hands."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from channels.testing import HttpCommunicator

from supportbot.asgi import application

URLENCODED, MULTIPART = b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x"
BODY = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\xff\r\n--x--\r\n'


async def post(
    content_type: bytes, path: str = "/accounts/login/", host: bytes = b"testserver"
) -> Mapping[str, Any]:
    headers = [(b"host", host), (b"cookie", b"csrftoken=" + b"a" * 32), (b"content-type", content_type)]
    length = (b"content-length", str(len(BODY)).encode())
    sender = HttpCommunicator(application, "POST", path, BODY, [*headers, length])
    response: Mapping[str, Any] = await sender.get_response(timeout=10)
    return response


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json; charset*=none''x",
        b"application/json; charset*=utf-8''a%00b",
        b"text/plain; charset*=utf-7''+2AA-",
        MULTIPART + b"; charset*=utf-7''+2AA-",
        URLENCODED + b"; charset=latin-1",
        MULTIPART + b"; charset=hex",
        MULTIPART + b"; charset=idna",
    ],
)
async def test_it_is_refused_in_plain_words(content_type: bytes) -> None:
    response = await post(content_type)

    assert response["status"] == 415
    assert json.loads(response["body"]) == {"error": "This was sent in a form that we can't accept."}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "content_type", [MULTIPART, MULTIPART + b"; charset=UTF-8", b"application/json; charset=latin-1"]
)
async def test_whatever_else_is_sent_reaches_its_page(content_type: bytes) -> None:
    response = await post(content_type)

    assert response["status"] == 403  # it has no token


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "host", "status"), [("/nothing/", b"testserver", 404), ("/new/", b"[", 400)]
)
async def test_a_broken_form_is_told_what_is_the_matter_before_that(
    path: str, host: bytes, status: int
) -> None:
    response = await post(b"multipart/form-data; boundary=", path, host)

    assert response["status"] == status
