"""What is left of a takeover: all that the bot had at the commit and at the end, and what the page showed."""

from dataclasses import dataclass, field

from django.db import transaction

from supportbot.conversations import turns
from supportbot.conversations.models import Message, ToolCall, Turn
from supportbot.conversations.turns import OwnershipResult
from supportbot.server.executors import on_database_thread
from tests.faults.screen import Screen
from tests.faults.script import markers, plain
from tickets.models import Ticket

from .plan import Plan

HUMAN_FRAME = 'data-owner="human"'


@dataclass(frozen=True)
class BotRows:
    """All rows of a conversation that the bot writes, by their ids."""

    turns: dict[int, tuple[str, str, int]]  # state, error and fencing token
    messages: dict[int, tuple[str, str]]  # status and text
    calls: dict[int, tuple[str, str]]  # state and result
    tickets: tuple[str, ...]


@dataclass
class Record:
    """One takeover. `frames` are those of the page until the hand-back.

    `for_bot` are the markers of what the bot had begun to answer before, `asked` and `asked_again` those in each
    request to the model before the hand-back and after it.
    """

    plan: Plan
    results: list[OwnershipResult]
    committed: BotRows
    final: BotRows
    frames: list[str] = field(default_factory=list)
    shown_turn: str = ""  # the taken turn at the end, as the page shows it
    for_bot: set[str] = field(default_factory=set)
    asked: list[list[str]] = field(default_factory=list)
    asked_again: list[list[str]] = field(default_factory=list)
    last_answer: tuple[str, str] = ("", "")  # after the hand-back: status and text

    @property
    def first_turn(self) -> tuple[str, str, int]:
        return self.final.turns[min(self.final.turns)]

    @property
    def was_cut(self) -> bool:
        return self.first_turn[0] == Turn.State.STOPPED

    def replay(self) -> tuple[dict[int, list[str]], int]:
        """All texts of the assistant that the page showed, by message, and how many words came to a person's."""
        screen, observed, late = Screen(), dict[int, list[str]](), 0
        has_person = False
        for frame in self.frames:
            late += has_person and frame.startswith("{")
            has_person = has_person or HUMAN_FRAME in frame
            screen.apply(frame)
            for shown in screen.shown():
                texts = observed.setdefault(shown.message, [])
                if shown.role == "assistant" and (not texts or texts[-1] != plain(shown.text)):
                    texts.append(plain(shown.text))
        return observed, late


def read_bot_rows(conversation_id: int) -> BotRows:
    answers = Message.objects.filter(conversation=conversation_id, role=Message.Role.ASSISTANT)
    calls = ToolCall.objects.filter(message__conversation=conversation_id)
    # Those that a customer's own wish for a person opened have another key.
    tickets = Ticket.objects.filter(conversation=conversation_id, request__startswith="turn:")
    rows = Turn.objects.filter(conversation=conversation_id)
    return BotRows(
        {pk: row for pk, *row in map(list, rows.values_list("pk", "state", "error", "fencing_token"))},
        {pk: row for pk, *row in map(list, answers.values_list("pk", "status", "text"))},
        {pk: row for pk, *row in map(list, calls.values_list("pk", "state", "result"))},
        tuple(tickets.order_by("pk").values_list("number", flat=True)),
    )


load_bot_rows = on_database_thread()(read_bot_rows)


@on_database_thread()
def load_markers_for_bot(conversation_id: int) -> set[str]:
    """What stands in turns in which the bot had begun an answer."""
    answers = Message.objects.filter(conversation=conversation_id, role=Message.Role.ASSISTANT)
    said = Message.objects.filter(role=Message.Role.CUSTOMER, turn__in=answers.values("turn"))
    return set(markers(" ".join(said.values_list("text", flat=True))))


@on_database_thread(repeat=True)
def take_and_read(conversation_id: int, staff_id: int) -> tuple[OwnershipResult, BotRows]:
    """Take over, and read in the same transaction what its commit leaves of the bot."""
    with transaction.atomic():
        result = turns.take_over.run_sync(conversation_id, staff_id)
        return result, read_bot_rows(conversation_id)
