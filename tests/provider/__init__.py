"""The one fake of the project: a scripted model provider that speaks both of OpenAI's wire formats over a real socket.

    with Provider() as provider:
        provider.call("lookup_order", order_id="ORD-123")
        provider.say("It has shipped.")
        ...                                   # anything that asks the model at provider.url
        assert provider.requests[0].messages[-1] == {"role": "user", "content": "Where is it?"}

Replies are played in the order in which they were scripted, one a request, in the format of the request: chat
completions, or the Responses API with its stored state; streamed, or whole for a typed answer. It runs in a
thread of its own, so it serves tests of every kind. It is strict: a history that some real provider refuses gets
status 400, and the test fails at its end, as it does when the provider is asked more often than was scripted.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, cast

from . import responses, wire
from .parts import Act, Ask, Call, Drip, End, Part, Piece, Refuse, Say, Think, Trouble, words
from .script import Script
from .server import STREAM, Reply, Request, Server, plain
from .strict import objection, responses_objection

__all__ = [
    "CUT",
    "HOLD",
    "RESET",
    "STALL",
    "Ask",
    "Call",
    "Drip",
    "End",
    "Piece",
    "Provider",
    "Refuse",
    "Reply",
    "Request",
    "Say",
    "Script",
    "Think",
    "Trouble",
    "nobody_listens",
    "wire",
    "words",
]

HOLD, STALL, CUT, RESET = Act.HOLD, Act.STALL, Act.CUT, Act.RESET
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"


class Provider(Script):
    def __init__(self) -> None:
        super().__init__(Server(self._choose))
        self.unknown_as: Literal["xai", "openai"] = "xai"  # whose words say that an id is not known

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{cast(Server, self._server).port}/v1"

    def fail(self, status: int, body: bytes = b"", *, words: str = "", **headers: str) -> Reply:
        """Answer with an error, in xAI's form and words unless others are given.

        By default it asks for a second try at once, lest the test wait for the client's patience.
        """
        return self.add(
            plain(status, body or wire.xai_error(status, words), headers or {"retry_after_ms": "1"})
        )

    def _choose(self, request: Request) -> Reply:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return plain(401, wire.xai_error(401))
        if request.path.startswith(RESPONSES + "/") and not self._script:
            return self._stored(request)
        if request.method == "POST" and request.path == CHAT:
            return self._complete(request)
        if request.method == "POST" and request.path == RESPONSES:
            return self._respond(request)
        if self._script:
            return self._script.popleft()
        return plain(404, wire.xai_error(404, f"There is nothing at {request.method} {request.path}."))

    def _complete(self, request: Request) -> Reply:
        body = request.body
        request.sent = body.get("messages") or []
        request.tools = [tool.get("function") for tool in body.get("tools") or []]
        request.tool_choice = body.get("tool_choice") or "auto"
        request.form = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema") or {}
        return self._answer(request, objection(body))

    def _respond(self, request: Request) -> Reply:
        body = request.body
        request.previous = body.get("previous_response_id") or ""
        request.sent = responses.as_chat(body.get("input") or [])
        request.tools = [_function(tool) for tool in body.get("tools") or []]
        request.tool_choice = body.get("tool_choice") or "auto"
        request.form = ((body.get("text") or {}).get("format") or {}).get("schema") or {}
        if request.previous:
            if request.previous not in self.stored:
                return plain(*responses.unknown(self.unknown_as, request.previous))
            request.kept = responses.as_chat(self.stored[request.previous])
        return self._answer(request, responses_objection(body, request.messages))

    def _answer(self, request: Request, wrong: str) -> Reply:
        if wrong:
            self.rejected.append(wrong)
            return plain(400, wire.openai_error(400, wrong))
        reply = self.next_reply(request)
        if reply is None:
            said = wire.openai_error(500, "Nothing is scripted for this.")
            return plain(500, said, {"x_should_retry": "false"})
        if reply.head is STREAM:
            self._put_into_words(request, reply)
        return reply

    def _put_into_words(self, request: Request, reply: Reply) -> None:
        """Turn scripted parts into the bytes that this request wants, and keep the response if it says so."""
        body = request.body
        telling = responses.Telling(f"resp_{next(self._ids)}", body) if request.path == RESPONSES else None
        if body.get("stream"):
            reply.pieces = telling.stream(reply.pieces) if telling else wire.stream(reply.pieces)
        else:
            parts = [cast(Part, piece) for piece in reply.pieces if not isinstance(piece, bytes | Act | Drip)]
            whole = telling.whole(parts) if telling else wire.whole(parts)
            acts = [piece for piece in reply.pieces if isinstance(piece, bytes | Act)]
            reply.head, reply.pieces = plain(200, whole).head, (*acts, whole)
        if telling and body.get("store", True):
            before = self.stored.get(request.previous, [])
            self.stored[telling.identity] = [*before, *body["input"], *telling.output]

    def _stored(self, request: Request) -> Reply:
        identity = request.path.removeprefix(RESPONSES + "/")
        if identity not in self.stored:
            return plain(404, responses.unknown("xai", identity)[1])
        if request.method == "DELETE":
            del self.stored[identity]
            return plain(200, json.dumps({"id": identity, "object": "response", "deleted": True}).encode())
        found = {"id": identity, "object": "response", "output": self.stored[identity]}
        return plain(200, json.dumps(found).encode())


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tool.items() if key not in ("type", "strict")}


@contextmanager
def nobody_listens() -> Iterator[str]:
    """The address of a server that is not there: connections are refused."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"
