"""The scripted provider is as strict as the real ones, and a test cannot pass by what it did not script."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.provider import Provider
from tests.provider.strict import objection

SYSTEM = {"role": "system", "content": "Help."}
USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello."}


def asks(*ids: str, name: str = "lookup_order", arguments: str = "{}") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    calls = [{"id": each, "type": "function", "function": function} for each in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(identity: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": "{}"}


def picture(url: str, detail: str = "high") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


def body(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": "grok", "stream": True, "messages": list(messages)}


def post(provider: Provider, sent: dict[str, Any], **headers: str) -> tuple[int, bytes]:
    return ask(provider, "POST", "/chat/completions", sent, **headers)


def respond(provider: Provider, *items: dict[str, Any], **more: Any) -> tuple[int, Any]:
    status, told = ask(
        provider, "POST", "/responses", {"model": "grok", "input": items, **more}, Authorization="Bearer key"
    )
    return status, told if more.get("stream") else json.loads(told)


def ask(provider: Provider, method: str, path: str, sent: Any = None, **headers: str) -> tuple[int, bytes]:
    address = urlsplit(provider.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.request(method, address.path + path, json.dumps(sent), headers)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    "messages",
    [
        (SYSTEM, USER),
        (SYSTEM, USER, USER),
        (SYSTEM, USER, ANSWER, USER),
        (SYSTEM, USER, asks("a"), result("a")),
        (SYSTEM, USER, asks("a", "b"), result("b"), result("a"), ANSWER, USER),
        (SYSTEM, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}),
        (SYSTEM, {"role": "user", "content": [picture("data:image/jpeg;base64,/9j/4A==")]}),
        (SYSTEM, {"role": "user", "content": [picture("https://techcorp.example/parcel", "low")]}),
    ],
)
def test_it_accepts_what_real_providers_accept(messages):
    assert objection(body(*messages)) == ""


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ((), "system message"),
        ((USER,), "not the system message"),
        ((SYSTEM, USER, SYSTEM, USER), "in the middle"),
        ((SYSTEM, {"role": "customer", "content": "Hi"}), "no such role"),
        ((SYSTEM, USER, ANSWER), "nothing to answer"),
        ((SYSTEM, {"role": "user", "content": " "}), "content is empty"),
        ((SYSTEM, {"role": "user", "content": None}), "content is empty"),
        ((SYSTEM, {"role": "user", "content": []}), "no parts"),
        ((SYSTEM, {"role": "user", "content": [{"type": "video"}]}), "unknown part"),
        ((SYSTEM, {"role": "user", "content": [{"type": "text", "text": ""}]}), "is empty"),
        ((SYSTEM, {"role": "user", "content": [picture("/media/1.jpg")]}), "address of a picture"),
        (
            (SYSTEM, {"role": "user", "content": [picture("data:image/svg+xml;base64,PHN2")]}),
            "address of a picture",
        ),
        ((SYSTEM, {"role": "user", "content": [picture("https://a.example/b", "huge")]}), "not a detail"),
        ((SYSTEM, USER, {"role": "assistant", "content": ""}, USER), "content is empty"),
        ((SYSTEM, USER, {**ANSWER, "tool_calls": []}, USER), "tool_calls is empty"),
        ((SYSTEM, USER, result("a")), "without its call"),
        ((SYSTEM, USER, asks("a"), result("b")), "without its call"),
        ((SYSTEM, USER, asks("a"), result("a"), result("a")), "without its call"),
        ((SYSTEM, USER, asks("a"), USER), "without a result"),
        ((SYSTEM, USER, asks("a", "b"), result("a")), "without a result"),
        ((SYSTEM, USER, asks("a"), ANSWER, result("a")), "without a result"),
        ((SYSTEM, USER, asks("a", "a"), result("a")), "stands twice"),
        ((SYSTEM, USER, asks("a"), result("a"), asks("a"), result("a")), "stands twice"),
        ((SYSTEM, USER, asks(""), result("")), "without id"),
        ((SYSTEM, USER, asks("a", name="look up"), result("a")), "not a function's name"),
        ((SYSTEM, USER, asks("a", arguments='{"a'), result("a")), "not a JSON object"),
        ((SYSTEM, USER, asks("a", arguments="null"), result("a")), "not a JSON object"),
        ((SYSTEM, USER, asks("a"), {**result("a"), "content": None}), "not text"),
    ],
)
def test_it_refuses_what_some_real_provider_refuses(messages, words):
    assert words in objection(body(*messages))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": ""}, "model"),
        ({"stream": False}, "only streams"),
        ({"input": []}, "unknown fields"),
        ({"response_format": {"json_schema": {"name": "a", "schema": {}}}}, "not strict"),
        ({"tools": []}, "tools"),
        ({"tools": [{"function": {"name": "a b", "parameters": {"type": "object"}}}]}, "not allowed"),
        ({"tools": [{"function": {"name": "a", "parameters": {"type": "object"}}}] * 2}, "one name"),
        ({"tools": [{"function": {"name": "a"}}]}, "no object"),
    ],
)
def test_it_refuses_a_request_that_is_wrong_around_the_messages(change, words):
    assert words in objection(body(SYSTEM, USER) | change)


def test_a_history_that_it_refuses_fails_the_test():
    provider = Provider()
    provider.__enter__()
    status, _text = post(provider, body(USER), Authorization="Bearer key")
    assert status == 400

    with pytest.raises(AssertionError, match="a real provider refuses this"):
        provider.__exit__(None, None, None)


def test_a_request_that_nobody_scripted_fails_the_test():
    provider = Provider()
    provider.__enter__()
    status, _text = post(provider, body(SYSTEM, USER), Authorization="Bearer key")
    assert status == 500

    with pytest.raises(AssertionError, match="without a scripted reply"):
        provider.__exit__(None, None, None)


def test_a_request_without_a_key_is_refused():
    with Provider() as provider:
        status, text = post(provider, body(SYSTEM, USER))

        assert status == 401
        assert b"No authorization header" in text


def test_it_waits_for_a_state_and_says_so_when_that_is_not_reached():
    with Provider() as provider:
        provider.wait_for(lambda provider: provider.open_streams == 0)
        with pytest.raises(AssertionError, match="not reached"):
            provider.wait_for(lambda provider: provider.requests, timeout=0.01)


FORM = {
    "format": {
        "type": "json_schema",
        "name": "note",
        "strict": True,
        "schema": {"additionalProperties": False},
    }
}


def test_it_keeps_responses_and_goes_on_from_them_until_they_are_deleted():
    with Provider() as provider:
        provider.say("Hello.")
        provider.say("Yes.")
        _status, first = respond(provider, SYSTEM, USER, text=FORM)
        identity = first["id"]
        status, second = respond(provider, USER, text=FORM, previous_response_id=identity)

        assert (status, second["output"][0]["content"][0]["text"]) == (200, "Yes.")
        assert provider.requests[1].messages == [SYSTEM, USER, ANSWER, USER]

        key = {"Authorization": "Bearer key"}
        assert ask(provider, "GET", f"/responses/{identity}", **key)[0] == 200
        assert ask(provider, "DELETE", f"/responses/{identity}", **key)[0] == 200
        assert ask(provider, "DELETE", f"/responses/{identity}", **key)[0] == 404
        assert respond(provider, USER, text=FORM, previous_response_id=identity)[0] == 404


def test_it_tells_one_script_over_both_wires():
    with Provider() as provider:
        for _wire in range(2):
            provider.say("Hello.", think=1)
        _status, chunks = post(provider, body(SYSTEM, USER), Authorization="Bearer key")
        _status, events = respond(provider, SYSTEM, USER, stream=True)

    assert chunks.count(b"data: ") == 5  # a thought, a word, why it ends, what it cost, [DONE]
    assert b'"delta": {"content": "Hello."}' in chunks
    assert b'"type": "response.output_text.delta"' in events
    assert b'"type": "response.completed"' in events


@pytest.mark.parametrize(
    ("items", "more", "words"),
    [
        ((SYSTEM, USER), {"instructions": "Be kind."}, "unknown fields"),
        ((SYSTEM, USER), {"messages": []}, "unknown fields"),
        ((SYSTEM, USER), {"stream": False, "text": {}}, "only streams"),
        ((SYSTEM, USER), {"tools": [{"type": "function", "function": {"name": "a"}}]}, "form of chat"),
        ((SYSTEM, USER), {"tools": [{"type": "function", "name": "a b", "parameters": {}}]}, "not allowed"),
        ((), {}, "not a list of items"),
        ((USER,), {}, "not the system message"),
        ((SYSTEM, USER, {"type": "thought"}), {}, "unknown type of item"),
        ((SYSTEM, {**USER, "id": "1"}), {}, "unknown fields"),
        ((SYSTEM, {"role": "user", "content": [picture("https://a.example/b")]}), {}, "unknown part"),
        (
            (
                SYSTEM,
                {"role": "user", "content": [{"type": "input_image", "image_url": "https://a.example/b"}]},
            ),
            {"store": True},
            "not to be stored",
        ),
        (
            (SYSTEM, USER, {"type": "function_call_output", "call_id": "a", "output": ""}),
            {},
            "without its call",
        ),
    ],
)
def test_it_refuses_an_odd_request_for_a_response(items, more, words):
    provider = Provider()
    provider.__enter__()
    status, told = respond(provider, *items, **{"text": FORM, **more})

    assert (status, words in told["error"]["message"]) == (400, True), told
    with pytest.raises(AssertionError, match="a real provider refuses this"):
        provider.__exit__(None, None, None)
