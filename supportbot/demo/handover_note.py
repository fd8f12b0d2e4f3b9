"""What goes to people: offers of a ticket, complaints, and the wish for a person."""

import re
from collections.abc import Sequence

from .actions import TICKET, Call, Step
from .mentions import simplify
from .request import Done, Talk, Turn
from .ticket_subject import about, matter_of, priority, topics_in
from .topics import Priority, Topic
from .wording import bold, plain, problem, sentence

# How a ticket's first sentence begins: with a matter, and without one.
OPENINGS = {
    "complaint": ("Complaint about ", "Complaint"),
    "feedback": ("Feedback about ", "Feedback"),
    "person": ("The customer asks for a person, about ", "The customer asks for a person"),
    "call": ("The customer asks for a call, about ", "The customer asks for a call"),
    "problem": ("Report of ", "The customer reports a problem"),
    "request": ("Request for ", "Request"),
    "question": ("Question about ", "Question"),
}
COMPLAINT = re.compile(r"\bcomplain\w*|\bescalat\w*|\bdispute\b")
FEEDBACK = re.compile(r"\b(?:feedback|suggestion|compliment|idea for you)\b")
TICKET_WISH = re.compile(
    r"\b(?:open|create|file|raise|make|submit|log|start|need|want|get|lodge)\b(?: \w+){0,3} (?:ticket|"
    r"case|claim)\b|\b(?:report|raise|have) (?:a|an|this|another) (?:problem|issue|incident)\b|"
    r"^ticket please|\b(?:forward|pass|send|tell) (?:this|that|it) (?:on )?to\b"
)
COMPLAINTS = "|".join(each.pattern for each in (COMPLAINT, FEEDBACK, TICKET_WISH))
CALL = re.compile(r"\b(?:call|phone|ring)(?: me)?(?: back)?\b")
# Words that say nothing about what is wrong.
EMPTY_WORDS = re.compile(
    r"a|about|actually|again|all|also|am|an|and|another|any|anyway|are|as|at|be|but|can|case|claim|could|"
    r"do|file|filing|feedback|formal|formally|for|from|get|give|go|got|had|has|have|hello|hey|hi|how|i|"
    r"idea|if|in|is|issue|it|just|leave|like|log|lodge|make|may|me|my|need|no|not|now|number|of|official|"
    r"officially|ok|on|open|order|orders|ord|please|problem|put|raise|really|report|right|send|serious|so|"
    r"some|someone|something|start|submit|sorry|suggestion|that|the|then|there|this|ticket|to|too|us|very|"
    r"want|we|well|what|where|which|will|wish|with|would|yes|you|your|here|possible|create|dear|team|"
    r"thanks|thank|support|regarding|concerning|complaint|complaints|complain|complaining|escalate|dispute"
)
LONGEST_QUOTE = 400
# What the parameter for the issue may be called.
ISSUE_WORDS = ("issue", "subject", "title", "text", "description")


def offer(talk: Talk, say: str, ask: str = "ticket") -> Step:
    """Say something and offer a ticket, or say where else to turn if there is no tool for tickets."""
    if TICKET in talk.tools:
        return Step(say, ask)
    return Step(f"{say} Please contact {talk.company or 'the shop'} directly about it.".strip())


def has_substance(words: str) -> bool:
    """Whether anything is left of a message without the words that every complaint has, and its numbers."""
    left = (word for word in re.findall(r"[^\W_][\w-]*", words) if not re.search(r"\d", word))
    return any(not EMPTY_WORDS.fullmatch(word) for word in left)


def complain(talk: Talk) -> Step:
    """Open a ticket for a complaint, for feedback and the like, once it is known what it is about."""
    if "matter" in talk.asked:
        return open_ticket(talk, _kind(simplify(f"{talk.turns[-2].said} {talk.now.said}")), [talk.now])
    kind = _kind(talk.words)
    if has_substance(talk.words):
        return open_ticket(talk, kind, [talk.now])
    if matter_of(talk.turns)[0]:
        return open_ticket(talk, kind, talk.turns)
    if TICKET not in talk.tools:
        return offer(talk, "I can't open tickets here.")
    if kind == "complaint":
        return Step("I'm sorry to hear that. I'll open a ticket as soon as I know more.", "matter")
    return Step("Of course. What is it about? Please tell me in a sentence or two.")


def _kind(words: str) -> str:
    if COMPLAINT.search(words):
        return "complaint"
    if FEEDBACK.search(words):
        return "feedback"
    usual = "problem" if re.search(r"\b(?:problem|issue|incident)\b", words) else "request"
    return next((topic.kind for topic in topics_in(words)), usual)


def ask_for_person(talk: Talk) -> Step:
    earlier = _person_ticket(talk)
    if earlier and not talk.now.calls(TICKET) and not topics_in(talk.words):
        with_team = f"Your request is with our team as ticket {bold(earlier)}."
        return Step(f"{with_team} I can't connect you to anybody myself.")
    return open_ticket(talk, "call" if CALL.search(talk.words) else "person", talk.turns)


def accept(talk: Talk) -> Step:
    """The customer took up our offer of a ticket, for what was said before the offer."""
    offered_for = talk.turns if topics_in(talk.words) else talk.turns[:-1]
    if "person" in talk.asked:
        return open_ticket(talk, "person", offered_for)
    complained = COMPLAINT.search(simplify(talk.turns[-2].said))
    return open_ticket(talk, "complaint" if complained else "", offered_for)


def open_ticket(talk: Talk, kind: str, turns: Sequence[Turn]) -> Step:
    """One ticket a turn, about what was said in `turns`. Without a `kind`, their topic tells it."""
    topics, quotes = matter_of(turns)
    order = talk.known_order if not topics or any("{order}" in topic.about for topic in topics) else ""
    tool = talk.tools.get(TICKET)
    if tool is None:
        return offer(talk, "I can't open tickets or reach a person from here.")
    if done := talk.now.calls(TICKET):
        return _opened(done[-1], kind, about(topics, bold(order) if order else ""))
    earlier = _already_open(talk, about(topics, order))
    if earlier and kind not in ("person", "call"):
        say = f"That is with our team already, as ticket {bold(earlier)}. Tell me if there is something new."
        return Step(say)
    kind = kind or (topics[0].kind if topics else "question" if any(quotes) else "request")
    usual: Priority = "low" if kind == "question" else "medium"
    urgency = "low" if kind == "feedback" else priority(topics, simplify(" ".join(quotes)), usual)
    issue = _issue(talk, kind, topics, order, quotes)
    values = {tool.parameter(*ISSUE_WORDS): issue, tool.parameter("priority"): urgency}
    return Step(calls=(Call(TICKET, {name: value for name, value in values.items() if name}),))


def _issue(talk: Talk, kind: str, topics: list[Topic], order: str, quotes: list[str]) -> str:
    with_matter, alone = OPENINGS[kind]
    matter = about(topics, order) or (f"order {order}" if talk.orders and kind != "feedback" else "")
    parts = [f"{with_matter}{matter}." if matter else f"{alone}."]
    if order and order not in matter:
        parts.append(f"Last order talked about: {order}.")
    looked_up = talk.last_lookup(order) if order else None
    if looked_up and looked_up.fields.get("status"):
        facts = [str(looked_up.fields[name]) for name in ("status", "eta") if looked_up.fields.get(name)]
        parts.append(f"Last known status: {', '.join(facts)}.")
    if talk.known_ticket:
        parts.append(f"Earlier ticket: {talk.known_ticket}.")
    if said := " / ".join(" ".join(quote.split())[:LONGEST_QUOTE] for quote in quotes if quote):
        parts.append(f"The customer wrote: “{said}”")
    if talk.photos:
        parts.append(f"With the conversation: {talk.photos} photo{'s' if talk.photos > 1 else ''}.")
    return " ".join(parts)


def _opened(done: Done, kind: str, matter: str) -> Step:
    if done.error:
        return Step(problem("open a ticket", done.error))
    number, level = done.fields.get("ticket_id"), done.fields.get("priority")
    if not number:
        return Step(f"I asked for a ticket, and this came back: {sentence(str(done.result))}")
    note = f" {sentence(str(done.fields['note']))}" if done.fields.get("note") else ""
    named = f"ticket {bold(number)}"
    named += f" about {matter}" if matter else ""
    named += f" with {plain(level)} priority" if level else ""
    if kind in ("person", "call"):
        return Step(
            f"I've passed this on to our team as {named}.{note} A colleague will take it up. "
            "I can't connect you to anybody myself or say how soon that will be."
        )
    lead = "Your request is with our team:" if note else "I've opened"
    return Step(f"{lead} {named}.{note} A colleague will take it up.")


def _already_open(talk: Talk, matter: str) -> str:
    """The ticket that was opened for the same matter earlier in this conversation."""
    return _ticket_with(talk, rf"{re.escape(matter)}(?!\w)") if matter else ""


def _person_ticket(talk: Talk) -> str:
    """The ticket that an earlier wish for a person opened."""
    return _ticket_with(talk, "^The customer asks for a ")


def _ticket_with(talk: Talk, words: str) -> str:
    """The first ticket of earlier turns that was opened with such words."""
    made = [done for turn in talk.turns[:-1] for done in turn.calls(TICKET) if done.fields.get("ticket_id")]
    fits = (done for done in made if any(re.search(words, str(value)) for value in done.arguments.values()))
    return next((str(done.fields["ticket_id"]) for done in fits), "")
