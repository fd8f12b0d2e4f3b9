"""Who is watching: frames go straight to the sockets of this process, and as messages to other processes.

A message may be lost. Nothing here is the truth: a page that missed something is right again with the
next authoritative fragment, and the database says what is there.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from supportbot.languages import use_language
from supportbot.server.outages import log_task_failure
from supportbot.server.process import process

from ..turns import TurnChange
from . import heard_text, process_messages
from .audiences import CUSTOMER, Audience, get_customer_audience
from .change_frames import render_frames, render_frames_beside
from .desk_feed import notify_desk
from .fragments import is_text_frame, render_typing
from .process_messages.outbox import BuildContent

logger = logging.getLogger(__name__)


class Subscriber(Protocol):
    """An open page. It lacks nothing up to `revision`."""

    audience: Audience
    revision: int

    @property
    def is_behind(self) -> bool: ...
    async def deliver(self, frame: str, previous_revision: int = 0, revision: int = 0) -> bool: ...
    def mark_missed(self) -> None: ...
    async def end_page(self) -> None: ...


class OpenStream(Protocol):
    """A text that is streaming now, or is waited for: then `render_notice` may say why."""

    message_id: int
    length: int
    sent_length: int
    render_notice: Callable[[], str] | None

    def build_snapshot_frame(self) -> str: ...
    def take_unsent_text(self) -> Mapping[str, Any] | None: ...


@dataclass
class Watchers:
    """By conversation: the pages that are open in this process, and the text that is streaming."""

    pages: defaultdict[int, set[Subscriber]] = field(default_factory=lambda: defaultdict(set))
    streams: dict[int, OpenStream] = field(default_factory=dict)


async def subscribe(conversation_id: int, page: Subscriber) -> None:
    """Show the page from now on what changes in the conversation, in whichever process."""
    process.get(Watchers).pages[conversation_id].add(page)
    await process_messages.join_group(_group_name(conversation_id))


async def unsubscribe(conversation_id: int, page: Subscriber) -> None:
    """The page is closed. With the last one of the conversation, this process leaves its group."""
    pages = process.get(Watchers).pages
    pages[conversation_id].discard(page)
    if not pages[conversation_id]:
        del pages[conversation_id]
        heard_text.forget_text(conversation_id)
        await process_messages.leave_group(_group_name(conversation_id))


def get_watched_revisions() -> dict[int, int]:
    """The conversations that are watched here, with the revision up to which none of their pages lacks anything.

    A page that does not read does not count, or the others would be shown again and again what it has missed.
    """
    open_pages = process.get(Watchers).pages
    reading = {pk: [page for page in pages if not page.is_behind] for pk, pages in open_pages.items()}
    return {pk: min(page.revision for page in pages) for pk, pages in reading.items() if pages}


def get_conversations_of_customers() -> list[int]:
    """The conversations that their customers have open in this process, on pages that read what is sent."""
    return [
        pk
        for pk, pages in process.get(Watchers).pages.items()
        if any(page.audience.name == CUSTOMER and not page.is_behind for page in pages)
    ]


def get_stream_snapshot(conversation_id: int) -> str:
    """A frame with all the text that is streaming here now, or that it is waited for; empty when nothing is."""
    stream = process.get(Watchers).streams.get(conversation_id)
    if stream is None:
        return ""
    if stream.length:
        return stream.build_snapshot_frame()
    return stream.render_notice() if stream.render_notice is not None else ""


def get_open_text(change: TurnChange) -> str:
    """A frame with the text that is streaming, for a page that has just been shown what is stored; empty if it has all.

    What streams here is sent as a whole, and of what streams in another process what comes behind the stored text.
    """
    conversation_id = change.conversation_id
    if text := get_stream_snapshot(conversation_id):
        return text
    for message in (each for turn in change.turns for each in turn.messages):
        if message.status == message.Status.STREAMING and _get_pages(conversation_id):
            return heard_text.get_text_behind(conversation_id, message.pk, len(message.text))
    return ""


async def publish_change(change: TurnChange) -> None:
    """Show a change to everyone who watches the conversation, rendered once for each audience."""
    if change.notifies_desk:
        await notify_desk(change.conversation_id)
    if not change.is_visible:
        return
    audiences = {page.audience for page in _get_pages(change.conversation_id)}
    if process_messages.has_listener(_group_name(change.conversation_id)):
        audiences.add(get_customer_audience(change.language))
    for frame in render_frames(change, audiences):
        content: dict[str, Any] = {
            "conversation_id": change.conversation_id,
            "frames": frame.html,
            "previous_revision": frame.previous_revision,
            "revision": frame.revision,
        }
        await _deliver_change(**content)
        await process_messages.send_to_group(_group_name(change.conversation_id), "change", **content)


async def publish_change_if_possible(change: TurnChange) -> None:
    """The same for whoever has more to do than to show it: what keeps it from being shown is logged.

    It is stored, and the pages look by themselves for what they missed.
    """
    try:
        await publish_change(change)
    except Exception as error:  # noqa: BLE001 - it is logged
        log_task_failure(logger, "Showing a change", error)


async def publish_frame(conversation_id: int, frame: str) -> None:
    """Show a frame that changes nothing, and is the same for every audience, to everyone who watches."""
    await deliver_frame(conversation_id, frame)
    await send_frame_to_other_processes(conversation_id, frame)


async def publish_notice(conversation_id: int, render: Callable[[], str]) -> None:
    """Show a sentence to everyone who watches, to each in their language; in other processes in that of the caller."""
    for page in _get_pages(conversation_id):
        with use_language(page.audience.language):
            await page.deliver(render())
    await send_frame_to_other_processes(conversation_id, render())


async def publish_typing(conversation_id: int, audience: str, name: str = "") -> None:
    """Somebody of an audience (“customer” or “staff”) is writing: the others see it for some seconds. Never stored."""
    await _deliver_typing(conversation_id, audience, name)
    await process_messages.send_to_group(
        _group_name(conversation_id), "typing", conversation_id=conversation_id, audience=audience, name=name
    )


@process_messages.on_message("typing")
async def _deliver_typing(conversation_id: int, audience: str, name: str) -> None:
    for page in _get_pages(conversation_id):
        if page.audience.name != audience:
            with use_language(page.audience.language):
                await page.deliver(render_typing(audience, name))


async def deliver_missed(change: TurnChange) -> None:
    """Show the pages of this process what they missed, and the text that is streaming now.

    Those of a conversation that was deleted end, whoever deleted it, and wherever.
    """
    pages = _get_pages(change.conversation_id)
    if change.is_deleted:
        for page in pages:
            await page.end_page()
        return
    if change.lacks_turns:
        for page in pages:
            if page.revision < change.revision:
                page.mark_missed()  # each looks for itself what it must do
        return
    for frame in await render_frames_beside(change, {page.audience for page in pages}):
        await _deliver_change(change.conversation_id, frame.html, frame.previous_revision, frame.revision)
    if text := get_open_text(change):
        await deliver_frame(change.conversation_id, text)


async def deliver_frame(conversation_id: int, frame: str) -> None:
    """Show a frame to the pages of this process."""
    for page in _get_pages(conversation_id):
        await page.deliver(frame)


@process_messages.on_message("frame")
async def _deliver_frame_of_other_process(conversation_id: int, frame: str) -> None:
    if not _get_pages(conversation_id):
        return
    if frame.startswith("{"):
        frame = heard_text.take_piece(conversation_id, frame)
    elif is_text_frame(frame):
        heard_text.forget_text(conversation_id)  # it takes the place of what was heard
    if frame:
        await deliver_frame(conversation_id, frame)


async def send_frame_to_other_processes(conversation_id: int, frame: str) -> None:
    """Show a frame to the pages of other processes, if they can be reached."""
    await process_messages.send_to_group(
        _group_name(conversation_id), "frame", conversation_id=conversation_id, frame=frame
    )


def send_text_to_other_processes(conversation_id: int, build_content: BuildContent) -> None:
    """Show them the text that is streaming here, within a moment: the function is called then for what they lack."""
    process_messages.send_soon(_group_name(conversation_id), "frame", build_content)


@process_messages.on_message("text_wanted")
async def _send_text_again(conversation_id: int, message_id: int, offset: int) -> None:
    """Another process lacks the text from there on."""
    stream = process.get(Watchers).streams.get(conversation_id)
    if stream is not None and stream.message_id == message_id and stream.length > offset:
        stream.sent_length = min(stream.sent_length, offset)
        send_text_to_other_processes(conversation_id, stream.take_unsent_text)


@process_messages.on_message("change")
async def _deliver_change_of_other_process(
    conversation_id: int, frames: Mapping[str, str], previous_revision: int, revision: int
) -> None:
    heard_text.forget_text(conversation_id)  # the change may show it anew, or be its end
    await _deliver_change(conversation_id, frames, previous_revision, revision)


async def _deliver_change(
    conversation_id: int, frames: Mapping[str, str], previous_revision: int, revision: int
) -> None:
    """Show each page of this process the frame of its audience; one for which there is none looks for itself."""
    for page in _get_pages(conversation_id):
        frame = frames.get(page.audience.key)
        if frame is None:
            page.mark_missed()
        else:
            await page.deliver(frame, previous_revision, revision)


def _get_pages(conversation_id: int) -> tuple[Subscriber, ...]:
    return tuple(process.get(Watchers).pages.get(conversation_id, ()))


def _group_name(conversation_id: int) -> str:
    return f"conversation.{conversation_id}"
