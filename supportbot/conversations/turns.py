"""The turn as a state machine in the database: submit, begin, settle, stop, retry.

Every function here is one transaction, run on one of the process's database threads.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from supportbot.assistant import messages as said
from supportbot.usage import requests

from . import attachments, budgets, fragments, summaries
from .claims import LEASE, LostTurn, Work, held, locked, mark_running, next_in_line, room_for_answer, work_on
from .limits import Refused, check_rate
from .models import Attachment, Conversation, Message, Turn
from .steps import Step, changed, close, messages_of, save, shown

RESYNC_TURNS = 100

# One statement for all streams of a process, many times a second: the one place where SQL is written by hand.
STORE_TEXT = """
    UPDATE conversations_message SET text = %s
    WHERE id = %s AND status = 'streaming'
      AND turn_id IN (SELECT id FROM conversations_turn WHERE id = %s AND fence = %s)
"""


@transaction.atomic
def submit(
    conversation_id: int,
    text: str,
    client_id: str | None,
    backend: str = "",
    has_room: bool = True,
    *,
    images: Sequence[UUID] = (),
) -> Step:
    """Store what a customer says, and take it up if nothing is running. The same `client_id` is stored once.

    What is said before the answer begins belongs to the same request; what comes later waits for its turn.
    """
    conversation = locked(conversation_id)
    if client_id and (known := _already_said(conversation, text, client_id, images)):
        return Step(conversation.pk, shown(known))
    active = list(conversation.turns.active().order_by("pk"))
    if backend and (asked := next((turn for turn in active if turn.backend == backend), None)):
        # The second click on a button: the first one stands for both.
        return Step(conversation.pk, shown(asked.pk) + fragments.notice("", client_id or ""))
    check_rate(conversation)
    sent = attachments.unsent(conversation, images)
    conversation.title = conversation.title or (text or "A photo").split("\n", maxsplit=1)[0][:80]
    if active and not backend and (joined := _join(conversation, active[-1], text, client_id, sent)):
        return joined
    turn = Turn(conversation=conversation, backend=backend)
    is_next = has_room and not active
    if is_next:
        mark_running(turn, conversation)
    else:
        turn.revision = conversation.next_revision()
    turn.save()
    messages = [_said(conversation, turn, text, client_id, conversation.next_seq())]
    if is_next:
        messages.append(room_for_answer(turn, conversation))
    Message.objects.bulk_create(messages)
    attachments.tie(messages[0], sent)
    work = work_on(turn, conversation, messages[-1].pk) if is_next else None
    save(conversation)
    return Step(conversation.pk, fragments.turn(turn, messages), work, turn.revision, conversation.before)


@transaction.atomic
def begin_answer(work: Work, message: int, text: str) -> None:
    """Store that the answer has begun, before anybody sees it: from now on no other process may begin it anew."""
    mine = Turn.objects.filter(pk=work.turn, fence=work.fence, state=Turn.State.RUNNING)
    if not mine.update(first_token=timezone.now()):
        raise LostTurn
    Message.objects.filter(pk=message).update(text=text)


@transaction.atomic
def settle(
    work: Work,
    state: str,
    text: str,
    *,
    error: said.ModelError | None = None,
    answer: said.Answer | None = None,
    first_token: datetime | None = None,
    is_long: bool = False,
) -> Step:
    """End a turn: keep its text, close what is open, and take up the next one in the queue."""
    turn, conversation = held(work)
    messages = messages_of(turn)
    turn.state = state
    turn.finished = timezone.now()
    turn.first_token = first_token
    turn.lease_until = None
    turn.error = error.code if error else ""
    turn.may_retry = state != Turn.State.DONE and (error is None or error.retry)
    budgets.pay(turn, answer.usage if answer else {}, turn.error)
    if answer is not None:
        turn.usage.append(dict(answer.usage))
        turn.model = answer.model[:80]
        requests.record_answer(turn, answer)
    is_whole = state == Turn.State.DONE and answer is not None and answer.finish_reason != "length"
    handle = answer.message.handle if answer is not None and is_whole else ""
    close(messages, text, Message.Status.COMPLETE if is_whole else Message.Status.PARTIAL, handle)
    html = changed(turn, conversation, messages).html
    if is_long:
        summaries.ask_for(conversation)
    # When every message since this turn's first one is its own, nothing waits and there is no need to look.
    is_last = conversation.last_seq - messages[0].seq + 1 == len(messages)
    following = None if is_last else next_in_line(conversation)
    if following is not None:
        save(conversation)
        html += shown(following.turn)
    return Step(conversation.pk, html, following, conversation.revision, conversation.before)


@transaction.atomic
def checkpoint(
    texts: Sequence[tuple[str, int, int, int]], running: Iterable[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Store the text so far of many streams at once, given as (text, message, turn, fence), and renew leases.

    `running` are (turn, fence); those come back that somebody wants stopped or that are not ours any more.
    """
    if texts:
        with connection.cursor() as cursor:
            cursor.executemany(STORE_TEXT, texts)
    running = set(running)
    mine = Turn.objects.filter(pk__in=[turn for turn, _ in running], state=Turn.State.RUNNING)
    kept = set(mine.filter(stop_requested=False).values_list("pk", "fence")) & running
    Turn.objects.filter(pk__in=[turn for turn, _ in kept]).update(lease_until=timezone.now() + LEASE)
    return running - kept


@transaction.atomic
def renew(work: Work) -> None:
    """Renew the lease of one turn. Raises `LostTurn` when it is not ours any more."""
    turn, _conversation = held(work)
    Turn.objects.filter(pk=turn.pk).update(lease_until=timezone.now() + LEASE)


@transaction.atomic
def stop(conversation_id: int, turn_id: int = 0) -> int | None:
    """Ask for the running turn to be stopped, wherever it runs. Returns its id.

    With a `turn_id` that turn alone is meant: it may have ended, and the next one begun.
    """
    locked(conversation_id)  # or a step of the turn that is being stored would take the wish back
    turn = Turn.objects.filter(conversation=conversation_id, state=Turn.State.RUNNING).first()
    if turn is None or turn_id not in (0, turn.pk):
        return None
    Turn.objects.filter(pk=turn.pk).update(stop_requested=True)
    return turn.pk


@transaction.atomic
def retry(conversation_id: int, turn_id: int, has_room: bool = True) -> Step:
    """Run a turn again that failed or was cut: from its stored tool results, with the cut text replaced."""
    conversation = locked(conversation_id)
    turn = conversation.turns.last()
    if turn is None or turn.pk != turn_id or not turn.can_retry:
        # A second click, or a page that has not heard yet: show it what is true.
        is_known = conversation.turns.filter(pk=turn_id).exists()
        return Step(conversation.pk, shown(turn_id) if is_known else "")
    turn.state, turn.tries = Turn.State.QUEUED, 0
    if not has_room:
        return changed(turn, conversation)
    turn.save()
    work = next_in_line(conversation)
    save(conversation)
    return Step(conversation.pk, shown(turn_id), work, conversation.revision, conversation.before)


def changes(conversation_id: int, seen: int) -> Step:
    """What changed after the revision `seen`."""
    conversation = Conversation.objects.get(pk=conversation_id)
    html = "".join(map(fragments.turn, conversation.page(RESYNC_TURNS, after_revision=seen)))
    return Step(conversation_id, html, revision=conversation.revision, before=seen)


def missed(seen: dict[int, int], here: Iterable[int]) -> list[Step]:
    """What the pages of this process missed, given the revision that each conversation's have seen.

    `here` are the conversations whose turn runs in this process: of these they miss no text.
    """
    behind = {
        pk
        for pk, revision in Conversation.objects.filter(pk__in=seen).values_list("pk", "revision")
        if revision > seen[pk]
    }
    elsewhere = Turn.objects.filter(conversation__in=seen, state=Turn.State.RUNNING)
    behind |= set(elsewhere.values_list("conversation", flat=True)) - set(here)
    return [changes(conversation, seen[conversation]) for conversation in behind]


def _already_said(
    conversation: Conversation, text: str, client_id: str, images: Sequence[UUID]
) -> int | None:
    message = conversation.messages.filter(client_id=client_id).first()
    if message is None:
        return None
    if message.text != text or {image.public_id for image in message.images} != set(images):
        raise Refused("This message was already sent with other words. Please send it as a new one.")
    return message.turn_id


def _join(
    conversation: Conversation, turn: Turn, text: str, client_id: str | None, images: list[Attachment]
) -> Step | None:
    """Put a message into a turn of which no answer has begun, None if that is too late."""
    if turn.backend == "handover" or turn.usage or turn.stop_requested:
        return None
    messages = messages_of(turn)
    answer = next((each for each in messages if each.role == Message.Role.ASSISTANT), None)
    seq = conversation.next_seq()
    work = None
    if turn.state == Turn.State.RUNNING:
        # Whoever asks the model now asks for too little: the new number takes the turn away from them,
        # unless the answer begins in this very moment.
        unanswered = Turn.objects.filter(pk=turn.pk, fence=turn.fence, first_token=None)
        if answer is None or not unanswered.update(fence=F("fence") + 1):
            conversation.last_seq -= 1
            return None
        turn.fence += 1
        turn.lease_until = timezone.now() + LEASE
    if answer is not None:
        # The answer comes after everything that it answers.
        answer.seq, seq = seq, answer.seq
        answer.save(update_fields=["seq"])
    message = _said(conversation, turn, text, client_id, seq)
    message.save()
    attachments.tie(message, images)
    step = changed(turn, conversation)
    if turn.state == Turn.State.RUNNING and answer is not None:
        turn.is_affordable = budgets.reserve(turn, conversation, turn.backend)
        turn.save(update_fields=["reservation"])
        work = work_on(turn, conversation, answer.pk)
    return Step(conversation.pk, step.html, work, step.revision, step.before)


def _said(conversation: Conversation, turn: Turn, text: str, client_id: str | None, seq: int) -> Message:
    message = Message(conversation=conversation, turn=turn, seq=seq, role=Message.Role.CUSTOMER, text=text)
    message.client_id = client_id or None
    return message
