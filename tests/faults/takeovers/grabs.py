"""Contested grabs: some of the staff reach for the same waiting conversation in the same moment."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

from django.contrib.auth.models import User
from django.db import connection

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.conversations.turns import OwnershipResult
from supportbot.conversations.worker import runner

BARRIER_SECONDS = 60


@dataclass(frozen=True)
class Grab:
    """What one of the staff was answered, and after how many seconds."""

    conversation_id: int
    name: str
    is_done: bool
    told_name: str
    seconds: float


def make_waiting(count: int, customer: User) -> list[int]:
    """Conversations whose customers wait for a person."""
    waiting = [Conversation(user=customer, owner=Conversation.Owner.WAITING) for _ in range(count)]
    return [chat.pk for chat in Conversation.objects.bulk_create(waiting)]


def contest_in_threads(conversations: Sequence[int], staff: Sequence[User]) -> list[Grab]:
    """Each of the staff in a thread with a connection of its own, all at once for one conversation after the other."""
    barrier = threading.Barrier(len(staff))

    def compete(person: User) -> list[Grab]:
        grabs = []
        try:
            for pk in conversations:
                barrier.wait(BARRIER_SECONDS)
                grabs.append(_grab(pk, person, lambda pk=pk: turns.take_over.run_sync(pk, person.pk)))
        except BaseException:
            barrier.abort()
            raise
        finally:
            connection.close()
        return grabs

    with ThreadPoolExecutor(len(staff)) as pool:
        running = [pool.submit(compete, person) for person in staff]
    errors = [error for future in running if (error := future.exception())]
    for error in errors:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error  # the others only lack somebody to compete with
    return [grab for future in running for grab in future.result()]


async def contest_in_process(conversations: Sequence[int], staff: Sequence[User]) -> list[Grab]:
    """All of them at the desk of one process."""
    grabs = []
    for pk in conversations:
        grabs += await asyncio.gather(*(_grab_as_the_desk_does(pk, person) for person in staff))
    return grabs


async def _grab_as_the_desk_does(pk: int, person: User) -> Grab:
    began = monotonic()
    await runner.halt_turn(pk)
    result = await turns.take_over(pk, person.pk)
    await runner.publish_and_start(result.change)
    return Grab(pk, person.get_username(), result.is_done, result.assignee_name, monotonic() - began)


def _grab(pk: int, person: User, take: Callable[[], OwnershipResult]) -> Grab:
    began = monotonic()
    result = take()
    return Grab(pk, person.get_username(), result.is_done, result.assignee_name, monotonic() - began)


def check_grabs(grabs: Sequence[Grab]) -> list[str]:
    return list(_find_complaints(grabs))


def _find_complaints(grabs: Sequence[Grab]) -> Iterator[str]:
    winners = Counter(grab.conversation_id for grab in grabs if grab.is_done)
    name_of = {grab.conversation_id: grab.name for grab in grabs if grab.is_done}
    conversations = {grab.conversation_id for grab in grabs}
    for pk in conversations:
        if winners[pk] != 1:
            yield f"G1: conversation {pk} was won by {winners[pk]}"
    for grab in grabs:
        if not grab.is_done and grab.told_name != name_of.get(grab.conversation_id):
            yield f"G2: {grab.name} was told of {grab.told_name!r} in place of {name_of.get(grab.conversation_id)!r}"
    stored = Conversation.objects.filter(pk__in=conversations).select_related("assignee")
    for chat in stored:
        if (chat.owner, chat.assignee_name) != ("human", name_of.get(chat.pk)):
            yield f"G3: {chat.assignee_name!r} has conversation {chat.pk}, which {name_of.get(chat.pk)!r} won"
    taken = Counter(AuditEvent.objects.filter(action="took_over").values_list("conversation_id", flat=True))
    for pk in conversations:
        if taken[pk] != 1:
            yield f"G4: the log says {taken[pk]} times that conversation {pk} was taken over"


def find_percentile(seconds: Sequence[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
