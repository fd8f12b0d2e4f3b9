"""Ids of tool calls: ours in our rows, and for each provider those that it accepts.

Mistral takes nine letters and digits and nothing else (“Tool call id was … but must be a-z, A-Z, 0-9, with a length
of 9”: anomalyco/opencode#1680, langchain-ai/langchain#24668), Claude `^[a-zA-Z0-9_-]+$` with at most 64, Azure at
most 40 characters. Nine letters and digits are right for all of them. Kimi K2 loses its way in a history whose ids
are not those that it gave itself (vybestack/llxprt-code#713), so a provider gets its own ids back.
"""

import hashlib
import re
import secrets
import string
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...messages import ANY_ORIGIN, Message, ProviderFields, ToolCall
from ..sanitize import sanitize_call

ALPHABET = string.ascii_letters + string.digits
ID_CHARS = 9
PORTABLE_ID = re.compile(rf"[a-zA-Z0-9]{{{ID_CHARS}}}")


def make_call_id() -> str:
    """A new id of ours, which every provider accepts."""
    return "".join(secrets.choice(ALPHABET) for _each in range(ID_CHARS))


def address_messages(messages: Sequence[Message], origin: str) -> list[Message]:
    """The messages as the provider of that origin may be sent them.

    The calls have ids that it accepts, each only once, and the results those of their calls; names and arguments are
    repaired. What another provider wrote beside its words is left out.
    """
    used_ids: set[str] = set()
    sent_ids: dict[str, str] = {}
    addressed = []
    for message in messages:
        if message.role == "tool":
            sent_id = sent_ids.get(message.tool_call_id) or make_portable_id(message.tool_call_id)
            addressed.append(replace(message, tool_call_id=sent_id))
            continue
        own = message.provider_fields
        own = own if own and own.origin in (origin, ANY_ORIGIN) else None
        calls = []
        for call in message.tool_calls:
            sent_id = next(each for each in _iter_candidates(call, own) if each not in used_ids)
            used_ids.add(sent_id)
            sent_ids[call.id] = sent_id
            calls.append(sanitize_call(replace(call, id=sent_id)))
        if own:
            own = replace(
                own, calls={sent_ids[key]: value for key, value in own.calls.items() if key in sent_ids}
            )
        addressed.append(
            replace(message, tool_calls=tuple(calls), provider_fields=own) if calls or own else message
        )
    return addressed


def make_portable_id(call_id: str) -> str:
    """The same id always, of a form that every provider accepts."""
    if PORTABLE_ID.fullmatch(call_id):
        return call_id
    number = int.from_bytes(hashlib.sha256(call_id.encode(errors="replace")).digest())
    return "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(ID_CHARS))


def _iter_candidates(call: ToolCall, own: ProviderFields | None) -> Iterator[str]:
    """The ids by which a call may be sent, best first: that of the provider itself, ours, and others made of ours."""
    if own and (id_of_provider := own.calls.get(call.id, {}).get("id")):
        yield str(id_of_provider)
    yield make_portable_id(call.id)
    number = 0
    while True:
        number += 1
        yield make_portable_id(f"{call.id}#{number}")
