"""The way to a person, where a model is asked that is none."""

import pytest
from pydantic import create_model

from supportbot.assistant.backends import load_backend
from supportbot.assistant.messages import Message, ModelError


async def test_it_declines_to_fill_in_a_form() -> None:
    form = create_model("Form", mood=(str, ...))

    with pytest.raises(ModelError) as declined:
        await load_backend("handover").parse("", [Message("user", "hello")], form)

    assert (declined.value.code, declined.value.retry) == ("declined", False)


async def test_it_has_nothing_to_forget() -> None:
    assert await load_backend("handover").forget(["handover:1"]) is None
