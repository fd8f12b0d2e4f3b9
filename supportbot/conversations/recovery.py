"""What a process left behind when it ended: taken up again, or kept as it is with a way to try again."""

import logging
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from . import budgets, calls
from .claims import Work, held, locked, next_in_line
from .models import Conversation, Message, Turn
from .steps import Step, changed, close, messages_of, save, shown

logger = logging.getLogger(__name__)

# A turn that has ended so many processes is not given to another one.
TRIES = 4
BATCH = 20
# Whoever queued a turn is about to take it up; after this long nobody is.
LEFT_ALONE = timedelta(seconds=5)
# Nobody writes a time so far ahead, unless the clock was set back since then.
AHEAD = timedelta(minutes=1)


def sweep(room: int, left_alone: timedelta = LEFT_ALONE) -> list[Step]:
    """Go on with what dead processes left: running turns whose lease ran out, and queued ones left alone.

    At most `room` of them, the oldest first, and no more at once than leaves the database time for others. One that
    cannot be gone on with is logged and holds up no other.
    """
    room = min(room, BATCH)
    lost = Turn.objects.filter(_is_past("lease_until"), state=Turn.State.RUNNING)
    is_alone = _is_past("created", left_alone) | Q(lease_until__isnull=False)  # handed back
    waiting = Turn.objects.filter(is_alone, state=Turn.State.QUEUED).exclude(
        conversation__turns__state=Turn.State.RUNNING
    )
    found = [*lost.order_by("pk")[:room], *waiting.order_by("pk")[:room]]
    steps: list[Step] = []
    for conversation in list({turn.conversation_id: 0 for turn in found})[:room]:
        try:
            steps.append(_recover(conversation))
        except DatabaseError:
            if not steps:
                raise
            break  # those that are taken up already must be run; the next sweep meets it again
        except Exception:
            logger.exception("Conversation %s cannot be gone on with", conversation)
    return steps


@transaction.atomic
def hand_back(work: Work) -> None:
    """This process ends before anything was shown of the turn: another one may take it up at once."""
    turn, _conversation = held(work)
    if not turn.stop_requested:
        turn.state = Turn.State.QUEUED
    turn.lease_until = timezone.now()
    turn.save()


@transaction.atomic
def _recover(conversation_id: int) -> Step:
    conversation = locked(conversation_id)
    html = ""
    for turn in conversation.turns.filter(_is_past("lease_until"), state=Turn.State.RUNNING):
        html += _let_go(turn, conversation)
    work = next_in_line(conversation)
    save(conversation)
    html += shown(work.turn) if work else ""
    return Step(conversation.pk, html, work, conversation.revision, conversation.before)


def _is_past(moment: str, since: timedelta = timedelta(0)) -> Q:
    """Whether a stored moment is over, by so much; also one of a clock that was ahead of this one."""
    now = timezone.now()
    return Q(**{f"{moment}__lt": now - since}) | Q(**{f"{moment}__gt": now + AHEAD})


def _let_go(turn: Turn, conversation: Conversation) -> str:
    """Queue the turn again if the customer has seen nothing of its answer; else keep what there is of it.

    An answer asked for anew would come in other words, and take the place of what was being read.
    """
    calls.answer_uncertain(turn)
    messages = messages_of(turn)
    is_seen = any(each.text for each in messages if each.status == Message.Status.STREAMING)
    if not (is_seen or turn.stop_requested or turn.tries >= TRIES):
        turn.state = Turn.State.QUEUED
        turn.tries += 1
        turn.save()
        return ""
    turn.state = Turn.State.STOPPED if turn.stop_requested else Turn.State.INTERRUPTED
    turn.error = "" if turn.stop_requested else "interrupted"
    turn.may_retry = True
    turn.fence += 1
    turn.finished, turn.lease_until = timezone.now(), None
    budgets.pay(turn, {})  # nobody knows what it took
    close(messages, None, Message.Status.PARTIAL)
    return changed(turn, conversation, messages).html
