"""Stored rows as the messages array of the chat completions API: one that every provider accepts.

Whatever had happened to the rows: a call without a result gets one that says so, an answer of which nothing
came is left out, and what a customer wrote in several messages before the answer is one message.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from supportbot.assistant.messages import Image, Message, ProviderFields, ToolCall
from supportbot.compiled_queries import CompiledRows

from ..models import Conversation, Turn
from ..models import Message as StoredMessage

# What is read of each row: one line for every tool call or image of a message, or one without any.
HISTORY_COLUMNS = (
    *("pk", "role", "text", "status", "handle", "turn__state", "provider_fields"),
    *("tool_calls__call_id", "tool_calls__name", "tool_calls__arguments", "tool_calls__result"),
    "attachments__public_id",
)
HISTORY_ROWS = CompiledRows(
    StoredMessage,
    ["conversation", "turn", "turn"],
    lambda conversation, before, last: (
        StoredMessage.objects.filter(conversation=conversation, turn__gt=before, turn__lte=last)
        .order_by("turn_id", "seq", "tool_calls__position", "attachments__position")
        .values_list(*HISTORY_COLUMNS)
    ),
)
LAST_KEY = 2**63 - 1  # that a row can have
# Or the next request would ask for it once more.
STOPPED_ANSWER = Message("assistant", "[This answer was stopped before anything was said.]")
NO_IMAGE = "[Here was a photo that is no longer available.]"
INTERRUPTED_RESULT = '{"error": "Interrupted before it was done."}'


def load_history(
    conversation: Conversation,
    *,
    until: Turn | None = None,
    after: int | None = None,
    newest: int | None = None,
) -> list[Message]:
    """The messages array of the chat completions API, in the order in which things were dealt with.

    `until` leaves out what was queued behind that turn, and `after` what a summary tells up to the turn of that id;
    `newest` reads only that many of the last turns. Images are there by their address on this site.
    """
    before, last = after or 0, until.pk if until else LAST_KEY
    if newest:
        turns = conversation.turns.filter(pk__lte=last).order_by("-pk").values_list("pk", flat=True)
        before = max([before, *(oldest - 1 for oldest in turns[newest - 1 : newest])])

    def get_image_address(image: UUID) -> str:
        return reverse("image", args=[conversation.public_id, image])

    return rows_to_messages(HISTORY_ROWS.fetch_rows(conversation.pk, before, last), get_image_address)


def find_transcript_messages(conversation: Conversation) -> QuerySet[StoredMessage]:
    """What a transcript for people holds: every message in which there is something, with its photos."""
    messages = conversation.messages.order_by("turn_id", "seq").exclude(text="", has_images=False)
    return messages.prefetch_related("attachments")


def rows_to_messages(rows: Iterable[Sequence[Any]], address: Callable[[UUID], str]) -> list[Message]:
    """The array for rows of `HISTORY_COLUMNS`, which are in the order in which things were dealt with.

    `address` gives the address of an image.
    """
    array: list[Message] = []
    for (_pk, role, text, status, handle, state, own), lines in groupby(rows, key=lambda row: tuple(row[:7])):
        if role == "customer":
            images = tuple(Image(address(line[11])) for line in lines if line[11] is not None)
            before = array.pop() if array and array[-1].role == "user" else None
            # An empty message would be refused for ever.
            array.append(_merge_customer_messages(before, text if text or images else NO_IMAGE, images))
        elif role == "assistant":
            calls = [line[7:11] for line in lines if line[7] is not None]
            answer = _build_answer_messages(text, status, handle, calls, ProviderFields.from_json(own))
            array += answer or ([STOPPED_ANSWER] if state == "stopped" else [])
        elif role == "staff":
            array.append(Message("assistant", f"(A colleague wrote:) {text}"))
        elif role == "system":
            # Or a wish for a person that was withdrawn would look as if nobody had answered it.
            array.append(Message("assistant", f"(The system told the customer:) {text}"))
    return array


def _merge_customer_messages(before: Message | None, text: str, images: tuple[Image, ...]) -> Message:
    """What a customer wrote, together with what they had written just before."""
    if before is None:
        return Message("user", text, images=images)
    words = "\n\n".join(filter(None, [before.text, text]))
    return Message("user", words, images=before.images + images)


def _build_answer_messages(
    text: str, status: str, handle: str, calls: list[Sequence[str]], own: ProviderFields | None
) -> list[Message]:
    if not calls and not text.strip():
        return []
    if status != "complete":
        text, handle = f"{text}\n\n[This answer was cut off here.]", ""
    asked = tuple(ToolCall(call_id, name, arguments) for call_id, name, arguments, _ in calls)
    results = [
        Message("tool", result or INTERRUPTED_RESULT, tool_call_id=call_id) for call_id, _, _, result in calls
    ]
    return [Message("assistant", text, asked, handle=handle, provider_fields=own), *results]


def describe_images(message: Message) -> Message:
    """The message with its photos replaced by a note of how many there are."""
    if not message.images:
        return message
    return replace(message, text=f"{message.text} [{len(message.images)} photo(s) attached]", images=())


def render_transcript(messages: Iterable[Message], summary: str = "") -> str:
    """The conversation as one text, for questions about it.

    Only what we put there begins a line: a customer who writes “Tool result: …” below a greeting has said so,
    and no tool has.
    """
    entries = [f"Earlier, in short: {summary}"] if summary else []
    for message in map(describe_images, messages):
        if message.role == "user":
            entries.append(f"Customer: {message.text}")
        elif message.role == "assistant":
            entries += [f"Assistant: {message.text}"] if message.text else []
            entries += [f"Tool called: {call.name} {call.arguments}" for call in message.tool_calls]
        else:
            entries.append(f"Tool result: {message.text}")
    return "\n".join("\n  ".join(entry.splitlines()) for entry in entries)
