"""Reads the record of a takeover and says in plain words what the customer or the person would complain of."""

from collections.abc import Callable, Iterator

from tests.faults import script
from tests.faults.script import plain

from .record import Record

Complaints = Iterator[str]


def check_takeover(record: Record) -> list[str]:
    return [f"{complaint} ({record.plan})" for each in CHECKS for complaint in each(record)]


def no_word_is_shown_after_the_commit(record: Record) -> Complaints:
    """T1"""
    _observed, late = record.replay()
    if late:
        yield f"T1: {late} pieces of the bot's text came after the page had been told of a person"


def nothing_is_stored_after_the_commit(record: Record) -> Complaints:
    """T2: no text, no message, no result of a tool and no state of a turn."""
    before, after = record.committed, record.final
    for pk, message in after.messages.items():
        if before.messages.get(pk) != message:
            yield f"T2: message {pk} was {before.messages.get(pk)} at the commit and became {message}"
    for pk, call in after.calls.items():
        if before.calls.get(pk) != call:
            yield f"T2: call {pk} was {before.calls.get(pk)} at the commit and became {call}"
    for pk, turn in before.turns.items():
        if after.turns[pk] != turn:
            yield f"T2: turn {pk} was {turn} at the commit and became {after.turns[pk]}"


def no_tool_has_an_effect_after_the_commit(record: Record) -> Complaints:
    """T3: no ticket is there that was not there at the commit, and none without a call that says so."""
    for number in set(record.final.tickets) - set(record.committed.tickets):
        yield f"T3: ticket {number} was opened after the commit"
    told = " ".join(result for _state, result in record.final.calls.values())
    for number in record.final.tickets:
        if number not in told:
            yield f"T3: ticket {number} was opened by a call that has another result"


def no_word_is_lost(record: Record) -> Complaints:
    """T4: whatever the page showed of an answer is the beginning of what is stored of it."""
    observed, _late = record.replay()
    for pk, (_status, stored) in record.final.messages.items():
        for text in observed.get(pk, []):
            if not plain(stored).startswith(text):
                yield f"T4: of message {pk} the page showed {text!r}, and stored is {stored!r}"
                break


def the_turn_ends_without_blame(record: Record) -> Complaints:
    """T5: it is stopped if it was cut, nothing of it goes on, and nobody says that the customer stopped it."""
    state, error, _token = record.first_turn
    if state not in ("stopped", "done") or (state == "stopped" and error != "taken_over"):
        yield f"T5: the turn ended as {state!r} with the error {error!r}"
    statuses = [status for status, _text in record.final.messages.values()]
    if state == "done" and "partial" in statuses and len(record.final.messages) == 1:
        yield "T5: a turn that was cut ended as done"
    if "streaming" in statuses or "pending" in [each for each, _result in record.final.calls.values()]:
        yield "T5: something still waits for the bot"
    if any(turn[0] in ("queued", "running") for turn in record.final.turns.values()):
        yield "T5: a turn still waits for the bot"
    if "You stopped this answer" in record.shown_turn:
        yield "T5: the customer is said to have stopped the answer"


def no_model_runs_for_a_person(record: Record) -> Complaints:
    """T6: it is asked neither for what was said to the person nor for what was said as they came."""
    to_person, to_bot = (
        script.message(record.plan.customer, number, "p").partition(":")[0] for number in (3, 4)
    )
    asked = [*record.asked, *record.asked_again]
    if any(to_person in markers and to_bot not in markers for markers in asked):
        yield f"T6: the model was asked what was said to the person: {asked}"
    if any(set(markers) - record.for_bot for markers in record.asked):
        yield f"T6: the model was asked {record.asked}, and the bot had only {record.for_bot}"


def the_bot_begins_anew_after_the_hand_back(record: Record) -> Complaints:
    """T7: it answers what is said then, and is told nothing of what was said before."""
    said = script.message(record.plan.customer, 4, "p").partition(":")[0]
    if record.asked_again != [[said]]:
        yield f"T7: after the hand-back the model was asked {record.asked_again}"
    if record.last_answer[0] != "complete" or plain(record.last_answer[1]) != plain(script.answer([said])):
        yield f"T7: after the hand-back the bot answered {record.last_answer}"


def one_has_it_and_the_other_is_told(record: Record) -> Complaints:
    """T8"""
    winners = [result.assignee_name for result in record.results if result.is_done]
    losers = [result.assignee_name for result in record.results if not result.is_done]
    if len(winners) != 1 or any(name not in winners for name in losers):
        yield f"T8: {winners} have it, and the others were told of {losers}"


CHECKS: tuple[Callable[[Record], Complaints], ...] = (
    no_word_is_shown_after_the_commit,
    nothing_is_stored_after_the_commit,
    no_tool_has_an_effect_after_the_commit,
    no_word_is_lost,
    the_turn_ends_without_blame,
    no_model_runs_for_a_person,
    the_bot_begins_anew_after_the_hand_back,
    one_has_it_and_the_other_is_told,
)
