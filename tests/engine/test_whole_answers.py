"""A typed answer comes whole, over HTTP: a body that is none of the kind is an error like any other."""

from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel

from supportbot.assistant.backends import Backend, load_backend
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Message
from supportbot.assistant.usage import parse_usage
from tests.provider import Provider, Request
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


async def test_what_was_counted_of_a_form_that_the_model_will_not_fill_in_is_known(provider, backend):
    provider.refuse("I cannot judge a person's mood.")

    with pytest.raises(ModelError) as caught:
        await backend.parse(SYSTEM, ASKED, Mood)

    assert [parse_usage(request.usage).total for request in caught.value.discarded] == [692]


async def test_what_was_counted_of_prose_in_the_place_of_a_form_is_told_with_the_form(provider, backend):
    provider.say("She is happy.")
    provider.fill(mood="happy")

    parsed = await backend.parse(SYSTEM, ASKED, Mood)

    assert [parse_usage(request.usage).total for request in parsed.list_requests()] == [692, 692]


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


ONLY_STREAMS = [
    # DashScope's and ModelScope's of Qwen, an aggregator's, and Fireworks'.
    "parameter.enable_thinking必须设置为false才能进行非流式调用",
    "enable thinking can not be support when `stream=False`.",
    "This model only support stream mode, please enable the stream parameter to access the model.",
    "parameter.enable_thinking must be set to false for non-streaming calls",
    "Stream must be set to true",
    "Requests with max_tokens > 4096 must have stream=true",
]


@pytest.mark.parametrize("words", ONLY_STREAMS)
async def test_a_model_that_only_streams_fills_in_forms_too(provider: Provider, backend: Backend, words: str):
    def answer(request: Request) -> None:
        if request.body.get("stream"):
            provider.fill(mood="happy")
        else:
            provider.fail(400, words=words)

    provider.otherwise(answer)
    for _form in range(2):
        parsed = await backend.parse(SYSTEM, ASKED, Mood)
        assert parsed.value.mood == "happy"
        assert parse_usage(parsed.usage).total == 692

    streamed = [bool(request.body.get("stream")) for request in provider.requests]
    assert streamed[0] is False
    assert streamed[-2:] == [True, True]
