"""A typed answer comes whole, over HTTP: a body that is none of the kind is an error like any other."""

from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel

from supportbot.assistant.backends import Backend, load_backend
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Message
from tests.provider import Provider
from tests.provider.server import plain

from .desk import SYSTEM

ASKED = [Message("user", "Fill it in.")]


class Mood(BaseModel):
    mood: str


@pytest.fixture(params=["chat", "responses"])
async def backend(request: pytest.FixtureRequest, provider: Provider) -> AsyncIterator[Backend]:
    made = load_backend(
        request.param, api_key="key", base_url=provider.url, model="grok-4.3", max_tokens=99, effort="low"
    )
    yield made
    await made.aclose()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>Bad gateway</html>", id="HTML"),
        pytest.param(b'{"choices": [', id="half of a JSON text"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"text"', id="text"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b'{"choices": [], "output": []}', id="empty lists"),
        pytest.param(b'{"choices": [null], "output": [null]}', id="null in lists"),
        pytest.param(b'{"choices": 5, "output": 5}', id="numbers for lists"),
    ],
)
async def test_a_body_that_makes_no_sense_is_an_error(provider, backend, body):
    for _try in range(2):
        provider.add(plain(200, body))

    with pytest.raises(ModelError) as caught:
        await backend.parse(SYSTEM, ASKED, Mood)

    assert caught.value.code in (ErrorCode.MALFORMED, ErrorCode.INVALID)
    assert caught.value.retry
    assert "gateway" not in str(caught.value)


async def test_the_request_says_which_model_and_limits_and_wants_it_whole(provider, backend):
    provider.fill(mood="happy")

    await backend.parse(SYSTEM, ASKED, Mood, conversation="c7")

    request = provider.requests[0]
    told = {key: value for key, value in request.body.items() if key not in ("messages", "input", "stream")}
    assert not request.body.get("stream")
    assert told.pop("model") == "grok-4.3"
    if request.path.endswith("/responses"):
        assert told.pop("text")["format"]["type"] == "json_schema"
        assert told == {
            "max_output_tokens": 99,
            "reasoning": {"effort": "low"},
            "prompt_cache_key": "c7",
            "store": False,
        }
    else:
        assert request.headers["x-grok-conv-id"] == "c7"
        assert told.pop("response_format")["type"] == "json_schema"
        assert told == {"max_tokens": 99, "reasoning_effort": "low"}
