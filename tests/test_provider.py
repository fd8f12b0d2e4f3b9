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


def body(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": "grok", "stream": True, "messages": list(messages)}


def post(provider: Provider, sent: dict[str, Any], **headers: str) -> tuple[int, bytes]:
    address = urlsplit(provider.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.request("POST", f"{address.path}/chat/completions", json.dumps(sent), headers)
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
