"""Handles: an answer's note of where the provider has stored the conversation up to it.

A handle is `backend:server digest:conversation digest:response id`. The digest of the conversation covers the model,
the system text and every message, so a handle is used only for the very same conversation. When the system text has
changed, old messages were dropped or another model has answered in between, no handle matches, and the whole
conversation is sent.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ..messages import Answer, Message
from .sanitize import sanitize_call

MAX_HANDLE_CHARS = 300  # what fits into the column that holds it
SERVER_DIGEST_CHARS = 12
DIGEST_CHARS = 32


@dataclass(frozen=True, slots=True)
class StoredState:
    """Makes and reads the handles of one backend at one server."""

    backend: str
    server: str
    model: str

    def attach_handle(
        self, answer: Answer, response_id: str, system: str, messages: Sequence[Message]
    ) -> Answer:
        """The answer to these messages with its handle, unless the provider has stored something else than we send.

        That is so for a malformed call, which is repaired before it is sent.
        """
        if any(sanitize_call(call) != call for call in answer.message.tool_calls):
            return answer
        handle = self.make_handle(response_id, system, [*messages, answer.message])
        return replace(answer, message=replace(answer.message, handle=handle))

    def make_handle(self, response_id: str, system: str, messages: Sequence[Message]) -> str:
        """The handle of a conversation whose last message is the response of that id; empty if it has no id."""
        last = len(messages) - 1
        digest = self._compute_digests(system, messages, {last})[last]
        handle = f"{self.backend}:{self._hash_server()}:{digest}:{response_id}" if response_id else ""
        return handle if len(handle) <= MAX_HANDLE_CHARS else ""

    def find_prefix(self, system: str, messages: Sequence[Message]) -> tuple[str, Sequence[Message]]:
        """Find the newest stored response whose digest matches the messages up to it.

        Returns (response id, the messages after it), or ("", all messages) if none matches.
        """
        parsed = {index: self._parse_handle(message.handle) for index, message in enumerate(messages[:-1])}
        candidates = {index: handle for index, handle in parsed.items() if handle}
        digests = self._compute_digests(system, messages, candidates)
        for index in reversed(candidates):
            digest, response_id = candidates[index]
            if digest == digests[index]:
                return response_id, messages[index + 1 :]
        return "", messages

    def get_response_id(self, handle: str) -> str:
        """The provider's id in a handle; empty if another backend or server made it."""
        parsed = self._parse_handle(handle)
        return parsed[1] if parsed else ""

    def _parse_handle(self, handle: str) -> tuple[str, str] | None:
        """Returns (digest, response id) of a handle; None if another backend or server made it."""
        backend, *rest = handle.split(":", 3) if handle else [""]
        if backend != self.backend or len(rest) != 3 or rest[0] != self._hash_server():
            return None
        return rest[1], rest[2]

    def _hash_server(self) -> str:
        return hashlib.sha256(self.server.encode()).hexdigest()[:SERVER_DIGEST_CHARS]

    def _compute_digests(
        self, system: str, messages: Sequence[Message], wanted: Collection[int]
    ) -> dict[int, str]:
        """Returns, by the index of each message in `wanted`, the digest of the conversation up to and including it."""
        digests = {}
        running_hash = hashlib.sha256(json.dumps([self.model, system]).encode())
        for index in range(max(wanted, default=-1) + 1):
            running_hash.update(_serialize_message(messages[index]))
            if index in wanted:
                digests[index] = running_hash.hexdigest()[:DIGEST_CHARS]
        return digests


def _serialize_message(message: Message) -> bytes:
    """The message in bytes. As JSON arrays, two different sequences of messages never have the same bytes."""
    calls = [(call.id, call.name, call.arguments) for call in message.tool_calls]
    images = [(image.url, image.detail) for image in message.images]
    return json.dumps([message.role, message.text, message.tool_call_id, calls, images]).encode()
