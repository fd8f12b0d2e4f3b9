"""Handles: where a provider keeps a conversation, written on the answer up to which it keeps it.

A handle names the backend, the server, the provider's id and a digest of everything that the id stands for.
So it is used only for the very same words: whoever changes the system text, drops old messages or answers in
between with another model finds no handle that fits, and the conversation is sent anew.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ..messages import Answer, Message
from .sanitize import sanitize_call

MAX_HANDLE_CHARS = 300  # characters, as they are stored


@dataclass(frozen=True, slots=True)
class StoredState:
    """The handles of one backend at one server."""

    backend: str
    server: str
    model: str

    def attach_handle(
        self, answer: Answer, response_id: str, system: str, messages: Sequence[Message]
    ) -> Answer:
        """The answer to these messages with its handle, if what the provider keeps of it is what we would send.

        Of a malformed call it is not: its id, its name or its arguments are mended before they are sent.
        """
        if any(sanitize_call(call) != call for call in answer.message.tool_calls):
            return answer
        handle = self.make_handle(response_id, system, [*messages, answer.message])
        return replace(answer, message=replace(answer.message, handle=handle))

    def make_handle(self, response_id: str, system: str, messages: Sequence[Message]) -> str:
        """The handle for a conversation whose last message is the answer of that id; empty if there can be none."""
        last = len(messages) - 1
        digest = self._compute_digests(system, messages, {last})[last]
        handle = f"{self.backend}:{self._hash_server()}:{digest}:{response_id}" if response_id else ""
        return handle if len(handle) <= MAX_HANDLE_CHARS else ""

    def find_prefix(self, system: str, messages: Sequence[Message]) -> tuple[str, Sequence[Message]]:
        """The newest id that stands for a beginning of these messages, and those that came after it."""
        handles = {index: self._parse_handle(message.handle) for index, message in enumerate(messages[:-1])}
        found = {index: read for index, read in handles.items() if read}
        digests = self._compute_digests(system, messages, found)
        for index in reversed(found):
            digest, response_id = found[index]
            if digest == digests[index]:
                return response_id, messages[index + 1 :]
        return "", messages

    def get_response_id(self, handle: str) -> str:
        """The provider's id in a handle of this backend and server, or nothing."""
        found = self._parse_handle(handle)
        return found[1] if found else ""

    def _parse_handle(self, handle: str) -> tuple[str, str] | None:
        """Digest and id of a handle, if it is one of this backend and server."""
        backend, *rest = handle.split(":", 3) if handle else [""]
        if backend != self.backend or len(rest) != 3 or rest[0] != self._hash_server():
            return None
        return rest[1], rest[2]

    def _hash_server(self) -> str:
        return hashlib.sha256(self.server.encode()).hexdigest()[:12]

    def _compute_digests(
        self, system: str, messages: Sequence[Message], wanted: Collection[int]
    ) -> dict[int, str]:
        """For some messages, by their index, a digest of the conversation up to and including each."""
        digests = {}
        told = hashlib.sha256(json.dumps([self.model, system]).encode())
        for index in range(max(wanted, default=-1) + 1):
            told.update(_serialize_message(messages[index]))
            if index in wanted:
                digests[index] = told.hexdigest()[:32]
        return digests


def _serialize_message(message: Message) -> bytes:
    """The message in bytes: another one has others, and none runs on into the next."""
    calls = [(call.id, call.name, call.arguments) for call in message.tool_calls]
    images = [(image.url, image.detail) for image in message.images]
    return json.dumps([message.role, message.text, message.tool_call_id, calls, images]).encode()
