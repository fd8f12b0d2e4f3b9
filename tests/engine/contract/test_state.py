"""What a provider keeps is used while it fits, and never missed: our own rows are the conversation."""

from collections.abc import AsyncIterator

import pytest

from supportbot.assistant.backends import Backend
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Message, Thinking
from tests.engine.desk import SYSTEM, Desk
from tests.provider import Script

from .wires import WIRES, Wire


@pytest.fixture(params=[name for name, wire in WIRES.items() if wire.keeps_state])
def spoken(request: pytest.FixtureRequest) -> Wire:
    return WIRES[request.param]


@pytest.fixture
async def talked(provider: Script, desk: Desk) -> Desk:
    """A desk that has had two turns, one with a tool."""
    provider.call("lookup_order", order_id="ORD-123")
    provider.say("It has shipped.")
    provider.say("In two days.")
    await desk.ask("Where is ORD-123?")
    await desk.ask("When does it come?")
    return desk


def roles(messages: list[dict[str, object]]) -> list[object]:
    return [message["role"] for message in messages]


async def test_only_what_is_new_is_sent_and_all_of_it_is_seen(provider, talked):
    first, second, third = provider.requests
    assert roles(first.sent) == ["system", "user"]
    assert roles(second.sent) == ["tool"]
    assert roles(third.sent) == ["user"]
    assert roles(third.messages) == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert third.messages[-1]["content"] == "When does it come?"


async def test_every_answer_says_where_it_is_kept(provider, talked, spoken):
    handles = [message.handle for message in talked.history if message.role == "assistant"]

    assert len({*handles, ""}) == 4
    assert all(handle.startswith(f"{spoken.backend}:") and len(handle) <= 300 for handle in handles)
    assert all(identity in handle for identity, handle in zip(provider.stored, handles, strict=True))


async def test_what_has_expired_is_said_anew_before_anything_is_shown(provider, talked):
    provider.forget_all()
    provider.say("It is on its way.", think=3)

    assert await talked.ask("Still?") == "It is on its way."

    lost, anew = provider.requests[-2:]
    assert lost.previous
    assert (anew.previous, anew.sent) == ("", anew.messages)
    assert roles(anew.messages)[-2:] == ["assistant", "user"]
    assert [type(event) for event in talked.events].count(Thinking) == 1


async def test_what_is_refused_with_a_handle_is_said_anew(provider, talked):
    """A server may never have stored anything, and say no more than that the request is wrong."""
    provider.fail(400, words="Invalid request")
    provider.say("It is on its way.")

    assert await talked.ask("Still?") == "It is on its way."

    refused, anew = provider.requests[-2:]
    assert refused.previous
    assert (anew.previous, anew.sent) == ("", anew.messages)


async def test_after_that_the_new_answer_is_what_is_gone_on_with(provider, talked):
    provider.forget_all()
    provider.say("It is on its way.")
    provider.say("Yes.")
    await talked.ask("Still?")

    await talked.ask("Really?")

    assert roles(provider.requests[-1].sent) == ["user"]
    assert len(provider.requests[-1].messages) == 10


async def test_a_conversation_that_reads_otherwise_is_said_anew(provider, talked):
    for index, message in enumerate(talked.history):
        if message.text == "It has shipped.":
            talked.history[index] = Message("assistant", "It has shipped. ", handle=message.handle)
            talked.history[index + 2] = Message("assistant", "In three days.", handle="")
    provider.say("Yes.")

    await talked.ask("Sure?")

    assert "In three days." in [message["content"] for message in provider.requests[-1].sent]
    assert provider.requests[-1].messages[0]["role"] == "system"


async def test_an_older_handle_serves_when_a_newer_answer_has_none(provider, talked):
    talked.history[-1] = Message("assistant", "In three days.")
    provider.say("Yes.")

    await talked.ask("Sure?")

    said = [message["content"] for message in provider.requests[-1].sent]
    assert said == ["When does it come?", "In three days.", "Sure?"]


async def test_other_instructions_are_said_anew(provider, backend, talked):
    provider.say("Ja.")
    asked = [*talked.history, Message("user", "Ist es da?")]

    _parts = [part async for part in backend.stream("Answer in German.", asked, [])]

    sent = provider.requests[-1].sent
    assert sent[0] == {"role": "system", "content": "Answer in German."}
    assert sent == provider.requests[-1].messages
    assert len(sent) == len(asked) + 1


async def test_a_shorter_window_is_said_anew(provider, talked):
    provider.say("Yes.")
    talked.set_limits(messages=3)

    await talked.ask("Sure?")

    assert roles(provider.requests[-1].sent) == ["system", "user", "assistant", "user"]
    assert provider.requests[-1].previous == ""


async def test_another_model_is_told_everything(provider, spoken, talked):
    other = spoken.connect(provider, model="grok-other")
    provider.say("Yes.")
    desk = Desk(other)
    desk.history = talked.history

    await desk.ask("Sure?")

    assert provider.requests[-1].previous == ""
    assert len(provider.requests[-1].sent) == 8
    await other.aclose()


async def test_an_answer_that_was_not_stored_has_no_handle(spoken, provider):
    backend = spoken.connect(provider, store=False)
    desk = Desk(backend)
    provider.say("Hello.")
    provider.say("Yes.")

    await desk.ask("Hi")
    await desk.ask("Are you there?")

    assert [message.handle for message in desk.history] == [""] * 4
    assert provider.stored == {}
    assert len(provider.requests[1].sent) == 4
    await backend.aclose()


async def test_what_is_kept_can_be_deleted_and_what_is_gone_is_no_error(provider, backend, talked):
    handles = [message.handle for message in talked.history if message.handle]
    assert len(provider.stored) == 3

    await backend.forget([*handles, "chat:other", ""])
    await backend.forget(handles)

    assert provider.stored == {}


async def test_the_handles_of_others_are_nobodys_business(provider, backend, desk):
    provider.say("Hello.")
    strange = ["other:0:0:resp_1", f"{'x' * 300}", "chat", "::::"]
    desk.history = [Message("user", "Hi"), *(Message("assistant", "Hm", handle=each) for each in strange)]

    await desk.ask("Hello?")
    await backend.forget(strange)

    assert [request.previous for request in provider.requests] == [""]


async def test_a_provider_that_cannot_delete_says_so(provider, backend, talked):
    for _try in range(2):
        provider.fail(503)

    with pytest.raises(ModelError) as caught:
        await backend.forget([talked.history[-1].handle])

    assert caught.value.code == ErrorCode.DOWN
    assert len(provider.stored) == 3


@pytest.fixture
async def chat() -> AsyncIterator[tuple[Script, Backend]]:
    with WIRES["chat"].provider() as provider:
        backend = WIRES["chat"].connect(provider)
        yield provider, backend
        await backend.aclose()


async def test_a_switch_of_backend_in_the_middle_of_a_conversation_just_works(provider, talked, chat):
    chat_provider, chat_backend = chat
    kept_backend = talked.backend
    chat_provider.call("lookup_order", order_id="ORD-9")
    chat_provider.say("There is no such order.")
    talked.backend = chat_backend
    await talked.ask("And ORD-9?")
    provider.say("You are welcome.")
    talked.backend = kept_backend

    assert await talked.ask("Thank you") == "You are welcome."

    assert len(chat_provider.requests[0].messages) == 8
    back = provider.requests[-1]
    assert roles(back.sent) == ["user", "assistant", "tool", "assistant", "user"]
    assert back.messages[0] == {"role": "system", "content": SYSTEM}
    assert len(back.messages) == 12
