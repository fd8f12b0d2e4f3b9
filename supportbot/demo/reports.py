"""A conversation told to a colleague, in plain sentences: what is wanted, what was done about it, what is open."""

import re
from collections.abc import Iterator, Sequence

from .actions import LOOKUP, MY_ORDERS, MY_TICKETS, TICKET
from .handover_note import COMPLAINT, has_substance
from .mentions import simplify
from .phrases import PERSON
from .request import Done, Talk, Turn
from .ticket_subject import about
from .topics import Topic
from .wording import for_customer, is_late

QUOTE = 160
EARLIER = 1600
# As many turns are told in full; of a longer conversation the first and the last ones.
TOLD = 6
ASKED = {
    "number": "which order it is",
    "email": "which e-mail address is on the order",
    "matter": "what went wrong",
    "ticket": "whether to open a ticket",
    "person": "whether to ask a colleague",
    "orders": "whether to list the orders",
}
VERBS = {"problem": "reports", "request": "asks for", "question": "asks about"}


def quoted(text: str, most: int = QUOTE) -> str:
    """The beginning of what somebody wrote, on one line."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rsplit(' ', 1)[0]}…"


def recap(talk: Talk) -> list[str]:
    """The conversation turn by turn."""
    turns = [turn for turn in talk.turns if turn.said or turn.photos or turn.done]
    told = turns if len(turns) <= TOLD else [*turns[:2], *turns[2 - TOLD :]]
    sentences: list[str] = []
    for place, turn in enumerate(told):
        if len(told) < len(turns) and place == 2:
            sentences.append(f"{len(turns) - len(told)} more messages followed.")
        sentences += _told(turn)
    return sentences or ["Nothing was said yet."]


def _told(turn: Turn) -> Iterator[str]:
    if turn.said:
        yield f"The customer wrote: “{quoted(turn.said)}”"
    if turn.photos:
        yield f"The customer sent {photos(turn.photos)}."
    yield from map(_done, turn.done)
    if asked := [ASKED[name] for name in sorted(turn.asks)]:
        yield f"The assistant asked {' and '.join(asked)}."
    elif turn.answer and not turn.done:
        yield f"The assistant answered: “{quoted(turn.answer)}”"


def older(summary: str) -> str:
    """An earlier summary for a new one: its beginning and its end, so that it does not grow for ever."""
    if len(summary) <= EARLIER:
        return summary
    end = summary[-EARLIER * 3 // 4 :]
    return f"{quoted(summary, EARLIER // 4)} {end.partition('. ')[2] or end}"


def photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"


def wishes(talk: Talk, topics: Sequence[Topic]) -> list[str]:
    """What the customer wants, and their own words for it."""
    spoken = [turn for turn in talk.turns if has_substance(simplify(turn.said))]
    if not spoken:
        return ["The customer has not said yet what they want."]
    said = simplify(" ".join(turn.said for turn in talk.turns))
    order = talk.known_order
    sentences = [
        f"The customer {VERBS[kind]} {about(matters, order)}."
        for kind in VERBS
        if (matters := [topic for topic in topics if topic.kind == kind])
    ]
    if COMPLAINT.search(said):
        sentences.append("They want to complain.")
    if re.search(PERSON, said):
        sentences.append("They want to talk to a person.")
    if not sentences:
        return [f"The customer wrote: “{quoted(spoken[0].said)}”"]
    return [*sentences, f"In their words: “{quoted(spoken[-1].said)}”"]


def tried(talk: Talk) -> list[str]:
    """What was done, as the tools' results tell it."""
    done = list(dict.fromkeys(_done(each) for turn in talk.turns for each in turn.done))
    return done or ["Nothing was looked up or done yet."]


def _done(done: Done) -> str:
    what = {
        LOOKUP: f"Order {done.order} was looked up",
        MY_ORDERS: "The customer's orders were listed",
        MY_TICKETS: "The customer's tickets were listed",
        TICKET: "A ticket was asked for",
    }.get(done.name, f"The tool {done.name} was used")
    if done.error:
        why = for_customer(done.error).rstrip(".")
        return f"{what}, without success{f': {why}' if why else ''}."
    if done.name == TICKET and done.fields.get("ticket_id"):
        level = f" with {done.fields['priority']} priority" if done.fields.get("priority") else ""
        return f"Ticket {done.fields['ticket_id']} was opened{level}."
    facts = [str(done.fields[name]) for name in ("status", "eta") if done.fields.get(name)]
    known = f": {quoted(', '.join(facts))}" if facts else ""
    return f"{what}{known}."


def still_open(talk: Talk, topics: Sequence[Topic]) -> list[str]:
    """What waits for somebody: tickets, questions without an answer, and matters that nobody took up."""
    opened = [done for turn in talk.turns for done in turn.calls(TICKET) if done.fields.get("ticket_id")]
    tickets = dict.fromkeys(str(done.fields["ticket_id"]) for done in opened)
    sentences = [f"Ticket {number} waits for the team." for number in tickets]
    sentences += [f"The customer has not said {ASKED[name]} yet." for name in sorted(talk.now.asks)]
    grave = [topic for topic in topics if topic.kind != "question"]
    if grave and not tickets:
        sentences.append(f"No ticket was opened about {about(grave, talk.known_order)}.")
    late = {done.order for turn in talk.turns for done in turn.calls(LOOKUP) if is_late(done.fields)}
    sentences += [f"Order {order} is late." for order in sorted(late)]
    return sentences or ["Nothing is known to be open."]
