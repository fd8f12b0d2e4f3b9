"""Open pages of conversations that have not begun: each joins its conversation when another page has begun it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from uuid import UUID

from supportbot.compiled_queries import CompiledRows
from supportbot.server.executors import on_database_thread
from supportbot.server.outages import log_task_failure
from supportbot.server.process import process

from ..models import Conversation
from . import process_messages

logger = logging.getLogger(__name__)

BEGUN = CompiledRows(
    Conversation,
    ["public_id__in"],
    lambda public_ids: Conversation.objects.filter(public_id__in=public_ids).values_list("public_id"),
)

JoinConversation = Callable[[], Awaitable[None]]


@dataclass
class EmptyPages:
    """Those of this process, by the public id that the conversation will have."""

    by_id: defaultdict[UUID, set[JoinConversation]] = field(default_factory=lambda: defaultdict(set))


def add_page(public_id: UUID, join: JoinConversation) -> None:
    process.get(EmptyPages).by_id[public_id].add(join)


def remove_page(public_id: UUID, join: JoinConversation) -> None:
    """It has joined, or was closed. It may have been removed before."""
    by_id = process.get(EmptyPages).by_id
    by_id[public_id].discard(join)
    if not by_id[public_id]:
        del by_id[public_id]


async def announce_begun_conversation(public_id: UUID) -> None:
    """The conversation has begun: have its other pages join it, in every process.

    Called after what it begins with was stored, so that they show that at once. Trouble with one of them is logged and
    is nobody else's: the page joins later, see `join_begun_conversations`.
    """
    await _join_begun_conversation(str(public_id))
    await process_messages.send_to_group(
        process_messages.ALL_PROCESSES, "conversation_begun", public_id=str(public_id)
    )


@process_messages.on_message("conversation_begun")
async def _join_begun_conversation(public_id: str) -> None:
    pages = process.get(EmptyPages).by_id.get(UUID(public_id), ())
    await asyncio.gather(*(_join_page(join) for join in pages))


async def _join_page(join: JoinConversation) -> None:
    try:
        await join()
    except Exception as error:  # noqa: BLE001 - it is logged
        log_task_failure(logger, "Joining a conversation that has begun", error)


async def join_begun_conversations() -> None:
    """The same for those of which this process was not told. Called now and then."""
    if public_ids := list(process.get(EmptyPages).by_id):
        for public_id in await _find_begun(public_ids):
            await _join_begun_conversation(str(public_id))


@on_database_thread()
def _find_begun(public_ids: Collection[UUID]) -> list[UUID]:
    return [public_id for (public_id,) in BEGUN.fetch_rows(public_ids)]
