"""Pictures reach the model part by part, in every later turn too, and are kept nowhere but here."""

import json
from typing import Any

import pytest

from supportbot.assistant.backends.dialect import Dialect
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import UNSEEN_IMAGE_NOTE, Image, Message
from tests.engine.desk import SYSTEM

from .wires import WIRES

PNG = "data:image/png;base64,iVBORw0KGgo="
LABEL = Image(PNG)
PARCEL = Image("https://techcorp.example/parcel.jpg", "low")
SENT = [
    {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}},
    {"type": "image_url", "image_url": {"url": "https://techcorp.example/parcel.jpg", "detail": "low"}},
]


async def answer(backend, *messages: Message) -> Message:
    parts = [part async for part in backend.stream(SYSTEM, messages, [])]
    return parts[-1].message


async def test_a_message_with_pictures_is_sent_part_by_part(provider, backend):
    provider.say("The box is dented.")

    said = await answer(backend, Message("user", "Is it broken?", images=(LABEL, PARCEL)))

    assert said.text == "The box is dented."
    assert provider.requests[0].messages == [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": [{"type": "text", "text": "Is it broken?"}, *SENT]},
    ]


async def test_a_picture_needs_no_words(provider, backend):
    provider.say("A label.")

    await answer(backend, Message("user", "", images=(LABEL,)))

    assert provider.requests[0].messages[-1] == {"role": "user", "content": SENT[:1]}


async def test_a_later_turn_still_sees_the_picture_and_nothing_is_stored(provider, backend):
    provider.say("A label.")
    provider.say("It says Köln.")
    asked = Message("user", "What is this?", images=(LABEL,))

    first = await answer(backend, asked)
    await answer(backend, asked, first, Message("user", "Where to?"))

    assert first.handle == ""
    assert provider.stored == {}
    assert provider.requests[1].sent == provider.requests[1].messages
    assert provider.requests[1].messages[1]["content"][1:] == SENT[:1]


async def test_a_picture_in_a_conversation_that_is_kept_is_sent_with_all_that_was_said(provider, backend):
    provider.say("Hello.")
    provider.say("A label.")
    hello = await answer(backend, Message("user", "Hi"))
    kept = len(provider.stored)

    await answer(backend, Message("user", "Hi"), hello, Message("user", "This?", images=(LABEL,)))

    assert [message["role"] for message in provider.requests[1].sent] == [
        *("system", "user", "assistant", "user"),
    ]
    assert len(provider.stored) == kept


async def test_a_picture_that_the_provider_refuses_is_refused_in_its_way(provider, backend):
    provider.fail(400, words="Failed to decode the image.")

    with pytest.raises(ModelError) as caught:
        await answer(backend, Message("user", "What is this?", images=(LABEL,)))

    assert (caught.value.code, caught.value.retry) == (ErrorCode.MESSAGE_REFUSED, False)


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,detail", "detail": "high"}}
PLAIN_PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,detail"}}


@pytest.mark.parametrize(
    ("refusal", "picture", "is_learnt"),
    [
        ("{'error': \"Unknown field 'detail' in image_url\"}", PICTURE, True),
        ("messages.0.content.1.image_url.detail: Extra inputs are not permitted", PICTURE, True),
        (
            "{'detail': [{'type': 'extra_forbidden', 'loc': ['body', 'image_url', 'detail'], 'input': 'high'}]}",
            PICTURE,
            True,
        ),
        ("Unrecognized request argument supplied: detail", PICTURE, True),
        ("{'detail': 'Something else is wrong'}", PICTURE, False),
        ('{"detail": [{"loc": ["body", "x"], "input": {"url": "", "detail": "high"}}]}', PICTURE, False),
        ("See the documentation for more detail", PICTURE, False),
        ("Unknown field 'detail'", PLAIN_PICTURE, False),
    ],
)
def test_that_pictures_have_no_detail_is_learnt_from_its_name_alone(
    refusal: str, picture: dict[str, Any], is_learnt: bool
):
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "detail"}, picture]}]}
    dialect = Dialect()

    assert dialect.learn_refusal(refusal, body) is is_learnt

    sent = dialect.adapt_request(body)["messages"][0]["content"][1]
    assert sent == (PLAIN_PICTURE if is_learnt else picture)


BLIND = {
    "llama.cpp": (500, "image input is not supported - hint: you may need to provide the mmproj"),
    "Ollama": (500, "this model is missing data required for image input"),
    "OpenRouter": (404, "No endpoints found that support image input"),
    "OpenAI": (400, "Invalid content type. image_url is only supported by certain models."),
    "DeepSeek": (422, "unknown variant `image_url`, expected `text` at line 1 column 99"),
    "vLLM": (400, "At most 0 image(s) may be provided in one prompt."),
    "an older vLLM": (400, "llama-3 is not a multimodal model"),
    "images": (400, "This model does not support images."),
    "vision": (400, "The model doesn't support vision"),
    "capabilities": (400, "Model does not have vision capabilities"),
    "content of a type": (400, "The model does not support content of type 'image_url'"),
    "a content type": (400, "Unsupported content type: image_url"),
    "parts": (400, "Image content parts are not supported"),
    "text": (400, "This model only supports text input."),
    "one text": (400, "messages[1].content must be a string"),
}


@pytest.mark.parametrize("wire_name", ["chat", "responses"])
@pytest.mark.parametrize(("status", "words"), BLIND.values(), ids=BLIND)
async def test_a_server_that_sees_no_pictures_is_told_of_them_in_words_and_that_is_remembered(
    wire_name: str, status: int, words: str
):
    with WIRES[wire_name].provider() as provider:
        backend = WIRES[wire_name].connect(provider)
        refused: list[str] = []

        def look(request: Any) -> None:
            if "base64" in json.dumps(request.body):
                refused.append(words)
                provider.fail(status, json.dumps({"error": {"message": words}}).encode())
            else:
                provider.say("I cannot see it.")

        provider.otherwise(look)
        asked = Message("user", "Is it broken?", images=(LABEL, LABEL))

        first = await answer(backend, asked)
        times = len(refused)
        said = await answer(backend, asked, first, Message("user", "And now?"))

        assert said.text == "I cannot see it."
        assert len(refused) == times
        told = json.dumps(provider.requests[-1].body)
        assert "Is it broken?" in told
        assert told.count(UNSEEN_IMAGE_NOTE) == 2
        await backend.aclose()


@pytest.mark.parametrize(
    "words",
    [
        "Unsupported image format: image/heic is not supported",
        "Image format is not supported",
        "The model does not support image types other than PNG",
        "We do not support images larger than 4 MB",
        "Could not process image",
        "Unsupported content type: image/tiff",
        "At most 5 images may be provided in one request",
    ],
)
def test_one_picture_that_is_refused_takes_the_sight_of_no_others(words: str):
    body = {"messages": [{"role": "user", "content": [PICTURE]}]}

    assert not Dialect().learn_refusal(words, body)
