"""What is sent to xAI: its own names for things, a header by conversation, and only what is new."""

import grpc
import pytest
from pydantic import BaseModel

from supportbot.assistant.backends import load_backend
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Image, Message, ToolCall
from tests.engine.desk import SYSTEM, Desk, lookup_order

Status = grpc.StatusCode


async def test_the_request_says_which_model_tools_and_limits(provider):
    backend = load_backend(
        "xai", api_key="xai-1", base_url=provider.url, model="grok-4.6", max_tokens=99, effort="xhigh"
    )
    provider.say("Hello.")

    parts = backend.stream("Be kind.", [Message("user", "Hi")], [lookup_order], conversation="c7")
    assert [part async for part in parts][-1].message.text == "Hello."

    request = provider.requests[0]
    assert request.headers["authorization"] == "Bearer xai-1"
    assert request.headers["x-grok-conv-id"] == "c7"
    assert [tool["function"]["name"] for tool in request.body["tools"]] == ["lookup_order"]
    rest = {key: value for key, value in request.body.items() if key not in ("tools", "messages")}
    assert rest == {
        "model": "grok-4.6",
        "max_tokens": 99,
        "reasoning_effort": "EFFORT_XHIGH",
        "store_messages": True,
    }
    await backend.aclose()


async def test_each_conversation_goes_by_its_own_name_over_one_connection(provider, backend):
    provider.otherwise(lambda request: provider.say("Hello."))

    for name in ("c1", "c2"):
        async for _part in backend.stream(SYSTEM, [Message("user", "Hi")], [], conversation=name):
            pass

    assert [request.headers["x-grok-conv-id"] for request in provider.requests] == ["c1", "c2"]
    assert provider.connections == 1


async def test_a_team_that_may_not_store_sends_everything_every_time(provider):
    backend = load_backend("xai", api_key="k", base_url=provider.url, model="grok-scripted", store=False)
    desk = Desk(backend)
    for _turn in range(2):
        provider.say("Yes.")
        await desk.ask("Are you there?")

    assert [len(request.sent) for request in provider.requests] == [2, 4]
    assert not any(request.body.get("store_messages") for request in provider.requests)
    assert not any(message.handle for message in desk.history)
    await backend.aclose()


def test_an_effort_that_does_not_exist_stops_the_start():
    with pytest.raises(ValueError, match="EFFORT_HUGE"):
        load_backend("xai", api_key="k", model="grok-4.6", effort="huge")


async def test_arguments_that_are_no_json_do_not_spoil_the_history(provider, desk):
    call = ToolCall("call_9", "lookup order", "")
    desk.history = [Message("user", "Hi"), Message("assistant", "", (call,))]
    desk.history.append(Message("tool", "{}", tool_call_id="call_9"))
    provider.say("Sorry.")

    assert await desk.ask("And?") == "Sorry."

    (sent,) = provider.requests[0].messages[2]["tool_calls"]
    assert sent["function"] == {"name": "lookup_order", "arguments": "{}"}


async def test_half_a_letter_which_protos_cannot_spell_does_not_stop_a_message(provider, desk):
    provider.say("Hello.")

    assert await desk.ask("Hi \ud83d there") == "Hello."

    assert provider.requests[0].messages[-1]["content"] == "Hi ? there"


async def test_a_request_too_large_for_grpc_is_refused_here_and_not_called_a_busy_model(provider, backend):
    photo = Image("data:image/jpeg;base64," + "A" * 21 * 2**20)
    parts = backend.stream(SYSTEM, [Message("user", "Broken!", images=(photo,))], [])

    with pytest.raises(ModelError) as caught:
        await anext(parts)

    assert (caught.value.code, caught.value.retry) == (ErrorCode.REQUEST_REFUSED, False)
    assert not provider.requests


@pytest.mark.parametrize("status", [Status.NOT_FOUND, Status.INVALID_ARGUMENT, Status.FAILED_PRECONDITION])
async def test_however_xai_refuses_an_id_the_conversation_is_said_anew(provider, desk, status):
    provider.say("Hello.")
    await desk.ask("Hi")
    provider.fail(status, "No response goes by this id.")
    provider.say("You said hi.")

    assert await desk.ask("What did I say?") == "You said hi."

    assert [len(request.sent) for request in provider.requests] == [2, 1, 4]
    assert [bool(request.previous) for request in provider.requests] == [False, True, False]


class Mood(BaseModel):
    mood: str


async def test_a_typed_answer_is_asked_for_by_its_schema_and_never_stored(provider, backend):
    provider.fill(mood="happy")

    parsed = await backend.parse(SYSTEM, [Message("user", "Thanks!")], Mood, conversation="c7")

    assert parsed.value == Mood(mood="happy")
    request = provider.requests[0]
    assert request.body["response_format"]["format_type"] == "FORMAT_TYPE_JSON_SCHEMA"
    assert '"mood"' in request.body["response_format"]["schema"]
    assert "store_messages" not in request.body
    assert not provider.stored
