"""Reads the history of a run and says in plain words what a customer would have lost, or nothing.

Each check proves one of the promises; what it complains of is one sentence.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from . import database, script
from .history import History, Shown

PATIENCE = 30.0
Complaints = Iterator[str]


def check(history: History) -> list[str]:
    return [complaint for each in CHECKS for complaint in each(history)]


def nothing_is_lost(history: History) -> Complaints:
    """P1: what was acknowledged is stored, and at the end everything was acknowledged."""
    stored = {(row.conversation, row.client_id): row.text for row in history.stored.messages}
    for customer in history.customers:
        for client_id in customer.acknowledged:
            text = stored.get((customer.conversation, client_id))
            if text != customer.sent[client_id]:
                found = "is not stored" if text is None else f"is stored as {text!r}"
                yield f"P1: {customer.name}'s acknowledged message {customer.sent[client_id]!r} {found}"
        for client_id in customer.sent.keys() - set(customer.acknowledged):
            yield f"P1: {customer.name}'s message {customer.sent[client_id]!r} was never taken"


def nothing_is_doubled(history: History) -> Complaints:
    """P2: one row a message, one answer a turn."""
    said = Counter(row.text for row in history.stored.messages if row.role == "customer")
    yield from (f"P2: {text!r} is stored {count} times" for text, count in said.items() if count > 1)
    with_calls = {row.message for row in history.stored.calls}
    answers = Counter(
        row.turn
        for row in history.stored.messages
        if row.role == "assistant" and row.text and row.message not in with_calls
    )
    for turn in history.stored.turns:
        if answers[turn.turn] > 1:
            yield f"P2: turn {turn.turn} was answered {answers[turn.turn]} times"
        if turn.state == "done" and not answers[turn.turn]:
            yield f"P3: turn {turn.turn} is done without an answer"


def one_ticket_a_request(history: History) -> Complaints:
    """P2: what was asked for was done once, and nothing that was not asked for."""
    opened = Counter(ticket.request for ticket in history.stored.tickets)
    asked = _asked(history)
    for turn in history.stored.turns:
        count = opened.pop(f"turn:{turn.turn}", 0)
        wanted = any(marker[-1] in script.TICKETS for marker in asked[turn.turn])
        if count > wanted or (wanted and turn.state == "done" and not count):
            yield f"P2: {' '.join(asked[turn.turn])} should have {int(wanted)} tickets and has {count}"
    yield from (f"P2: {count} tickets belong to {request!r}, no turn" for request, count in opened.items())
    for ticket in history.stored.tickets:
        if not set(script.markers(ticket.issue)) <= set(asked[int(ticket.request.partition(":")[2] or 0)]):
            yield f"P2: ticket {ticket.number} is about {ticket.issue!r}, which its turn did not ask for"


def every_turn_ends(history: History) -> Complaints:
    """P3: nothing waits for ever."""
    for turn in history.stored.turns:
        if turn.state in ("queued", "running"):
            yield f"P3: turn {turn.turn} is still {turn.state}"
    for row in history.stored.messages:
        if row.status == "streaming":
            yield f"P3: message {row.message} still waits for its text"
    for call in history.stored.calls:
        if call.state == "pending" or not call.result:
            yield f"P3: the call of {call.name} in message {call.message} never got a result"
    if history.settled_after > PATIENCE:
        yield f"P3: it took {history.settled_after:.0f} seconds after the last fault until every turn had ended"


def pages_show_what_is_stored(history: History) -> Complaints:
    """P4: at the end every page equals the database, in text, status and order."""
    for customer in history.customers:
        expected = database.page_of(history.stored, customer.conversation)
        for page in customer.pages:
            yield from _difference(customer.name, page, expected)


def numbers_have_no_gap(history: History) -> Complaints:
    """P5: in each conversation messages are numbered from one on, and stand in the order they were sent in."""
    by_conversation = defaultdict(list)
    for row in history.stored.messages:
        by_conversation[row.conversation].append(row)
    for conversation, rows in by_conversation.items():
        numbers = sorted(row.seq for row in rows)
        if numbers != list(range(1, len(rows) + 1)):
            yield f"P5: conversation {conversation} has the message numbers {numbers}"
    for customer in history.customers:
        for tab in set(customer.tabs.values()):
            # What was not taken at first comes later, when the customer tries again.
            sent = [each for each in customer.sent if customer.tabs[each] == tab]
            order = [each for each in sent if each not in customer.refused]
            stored = [
                row.client_id for row in by_conversation[customer.conversation] if row.client_id in order
            ]
            if stored != [each for each in order if each in stored]:
                yield f"P5: {customer.name}'s messages are not in the order in which they were sent"


def cut_is_not_complete(history: History) -> Complaints:
    """P6: a complete answer is the model's whole answer to these very messages, and a cut one its beginning."""
    whole = _whole_texts(history)
    turns = {row.turn: row for row in history.stored.turns}
    for row in history.stored.messages:
        if row.role != "assistant":
            continue
        if row.status == "complete" and script.plain(row.text) != whole[row.message]:
            yield f"P6: message {row.message} is shown as complete: {_told(row.text, whole[row.message])}"
        elif not whole[row.message].startswith(script.plain(row.text)):
            yield f"P6: message {row.message} is not the beginning of its answer: {_told(row.text, whole[row.message])}"
        if row.status == "partial" and turns[row.turn].state == "done":
            yield f"P6: message {row.message} is cut, and its turn is done"


def text_only_grows(history: History) -> Complaints:
    """P4: whatever a page ever showed of an answer was its beginning, without a gap and without a repetition."""
    # Something may be added to a cut turn just when it is tried again, so its first try knew less.
    most = max(map(len, _asked(history).values()), default=0)
    tries = [
        _whole_texts(history, known, had_calls)
        for known in range(most, 0, -1)
        for had_calls in (True, False)  # what was added may be what made it look something up
    ]
    for customer in history.customers:
        for message, texts in customer.observed.items():
            whole = [each.get(message, "") for each in tries]
            wrong = [text for text in texts if not any(each.startswith(script.plain(text)) for each in whole)]
            if wrong:
                yield f"P4: {customer.name} read in message {message}: {_told(wrong[0], whole[0])}"


def conversations_are_apart(history: History) -> Complaints:
    """P8: nobody sees, and no model is told, a word of another conversation."""
    names = {customer.conversation: customer.name for customer in history.customers}
    for customer in history.customers:
        for owner in set(customer.owners_seen) - {customer.name}:
            yield f"P8: {customer.name} was shown words of {owner}"
    for row in history.stored.messages:
        foreign = set(script.OWNER.findall(row.text)) - {names.get(row.conversation)}
        if row.conversation in names and foreign:
            yield f"P8: message {row.message} of {names[row.conversation]} holds words of {sorted(foreign)}"
    for markers in history.asked:
        if len({owner for marker in markers for owner in script.OWNER.findall(marker)}) > 1:
            yield f"P8: the model was told words of several customers at once: {markers}"


def the_provider_took_everything(history: History) -> Complaints:
    yield from (f"P3: the provider refuses this history for ever: {why}" for why in history.refused)


def logs_keep_quiet(history: History) -> Complaints:
    """P9: no process wrote down an error of ours that nobody expected, what somebody said, or a secret."""
    for log in history.logs:
        if "Traceback" in log or "Unhandled" in log:
            at = min(found for found in (log.find("Traceback"), log.find("Unhandled")) if found >= 0)
            yield f"P9: a log holds a traceback: …{log[at : at + 3000]}"
        if told := script.markers(log) + [words for words in script.KINDS.values() if words in log]:
            yield f"P9: a log holds what was said: {told[:3]}"
        if any(secret in log for secret in history.secrets):
            yield "P9: a log holds a key or somebody's session"


CHECKS: tuple[Callable[[History], Complaints], ...] = (
    nothing_is_lost,
    nothing_is_doubled,
    one_ticket_a_request,
    every_turn_ends,
    pages_show_what_is_stored,
    numbers_have_no_gap,
    cut_is_not_complete,
    text_only_grows,
    conversations_are_apart,
    the_provider_took_everything,
    logs_keep_quiet,
)


def _asked(history: History) -> defaultdict[int, list[str]]:
    """The markers of what each turn had to answer: what the customer said in it, and what no turn before answered.

    (What was stopped is not asked for any more.)
    """
    stored = history.stored
    said: defaultdict[int, list[str]] = defaultdict(list)
    for row in stored.messages:
        if row.role == "customer":
            said[row.turn] += script.markers(row.text)
    with_calls = {row.message for row in stored.calls}
    answered = {
        row.turn
        for row in stored.messages
        if row.role == "assistant" and (row.text or row.message in with_calls)
    }
    asked: defaultdict[int, list[str]] = defaultdict(list)
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for turn in sorted(stored.turns, key=lambda turn: turn.turn):
        asked[turn.turn] = [*waiting.pop(turn.conversation, []), *said[turn.turn]]
        if turn.turn not in answered and turn.state in ("interrupted", "failed"):
            waiting[turn.conversation] = asked[turn.turn]
    return asked


def _whole_texts(history: History, known: int | None = None, had_calls: bool = True) -> dict[int, str]:
    """The model's whole text for every message of the assistant, maybe of one that knew only the first questions.

    `had_calls` is False for a time at which it had not been asked for anything that needs a tool.
    """
    asked = _asked(history)
    with_calls = {row.message for row in history.stored.calls}
    tickets = {ticket.request: ticket.number for ticket in history.stored.tickets}
    first = {row.turn: row for row in reversed(history.stored.messages) if row.role == "assistant"}
    whole = {}
    for row in history.stored.messages:
        if row.role != "assistant":
            continue
        mine = asked[row.turn][:known]
        opens = script.opening(mine)
        is_opening = (had_calls and row.message in with_calls) or (opens and first[row.turn] is row)
        numbers = [number for number in [tickets.get(f"turn:{row.turn}")] if number]
        whole[row.message] = script.plain(opens if is_opening else script.answer(mine, numbers))
    return whole


def _difference(name: str, page: list[Shown], expected: list[Shown]) -> Complaints:
    if [each.message for each in page] != [each.message for each in expected]:
        shown, stored = [each.message for each in page], [each.message for each in expected]
        yield f"P4: {name}'s page shows messages {shown}, stored are {stored}"
        return
    for shown, stored in zip(page, expected, strict=True):
        for part in ("turn", "state", "role", "status"):
            if getattr(shown, part) != getattr(stored, part):
                told = f"{getattr(shown, part)!r}, stored is {getattr(stored, part)!r}"
                yield f"P4: {name}'s page shows message {shown.message} with the {part} {told}"
        if script.plain(shown.text) != script.plain(stored.text):
            yield f"P4: {name}'s page differs in message {shown.message}: {_told(shown.text, stored.text)}"


def _told(text: str, whole: str) -> str:
    """Where two texts part."""
    text, whole = script.plain(text), script.plain(whole)
    same = next((at for at, (a, b) in enumerate(zip(text, whole, strict=False)) if a != b), None)
    at = max(0, (min(len(text), len(whole)) if same is None else same) - 20)
    return f"…{text[at : at + 60]!r} in place of …{whole[at : at + 60]!r}"
