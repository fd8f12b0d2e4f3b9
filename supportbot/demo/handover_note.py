"""Hands a matter over to people: offers tickets, opens them with a note on what is wrong, or asks for a person."""

import re
from collections.abc import Sequence

from .actions import CREATE_TICKET, REQUEST_HUMAN, Action, PlannedCall
from .mentions import simplify_text
from .request import CompletedCall, Dialogue, Exchange
from .ticket_subject import choose_priority, describe_topics, find_subject, find_topics
from .topics import Priority, Topic
from .wording import describe_failure, escape_markdown, format_bold, format_sentence

# How the first sentence for staff begins: with a subject, and without one.
ISSUE_OPENINGS = {
    "complaint": ("Complaint about ", "Complaint"),
    "feedback": ("Feedback about ", "Feedback"),
    "person": ("About ", ""),
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
HANDOVER_WISHES = "|".join(each.pattern for each in (COMPLAINT, FEEDBACK, TICKET_WISH))
CALL_WISH = re.compile(r"\b(?:call|phone|ring)(?: me)?(?: back)?\b")
# Words that say nothing about what is wrong, each alone.
STOP_WORDS = re.compile(
    r"a|about|actually|again|all|also|am|an|and|another|any|anyway|are|as|at|be|but|can|case|claim|could|"
    r"do|file|filing|feedback|formal|formally|for|from|get|give|go|got|had|has|have|hello|hey|hi|how|i|"
    r"idea|if|in|is|issue|it|just|leave|like|log|lodge|make|may|me|my|need|no|not|now|number|of|official|"
    r"officially|ok|on|open|order|orders|ord|please|problem|put|raise|really|report|right|send|serious|so|"
    r"some|someone|something|start|submit|sorry|suggestion|that|the|then|there|this|ticket|to|too|us|very|"
    r"want|we|well|what|where|which|will|wish|with|would|yes|you|your|here|possible|create|dear|team|"
    r"thanks|thank|support|regarding|concerning|complaint|complaints|complain|complaining|escalate|dispute"
)
MAX_QUOTE_CHARS = 400
# What the parameter for the issue may be called.
ISSUE_PARAMETER_WORDS = ("issue", "subject", "title", "text", "description")


def offer_ticket(dialogue: Dialogue, text: str, question: str = "ticket") -> Action:
    """Say something and offer a ticket or a person, or say whom else to contact if there is no tool for it."""
    if question == "person" and REQUEST_HUMAN not in dialogue.tools:
        question = "ticket"
    if question == "person" or CREATE_TICKET in dialogue.tools:
        return Action(text, question)
    return Action(f"{text} Please contact {dialogue.company or 'the shop'} directly about it.".strip())


def has_substance(words: str) -> bool:
    """Whether simplified words say anything beside numbers and the words that any complaint has."""
    left = (word for word in re.findall(r"[^\W_][\w-]*", words) if not re.search(r"\d", word))
    return any(not STOP_WORDS.fullmatch(word) for word in left)


def handle_complaint(dialogue: Dialogue) -> Action:
    """Open a ticket for a complaint, for feedback and the like, once it is known what it is about."""
    current, words = [dialogue.current_exchange], dialogue.simple_text
    if "problem" in dialogue.open_questions:
        before = simplify_text(dialogue.exchanges[-2].text)
        return open_ticket(dialogue, _get_kind(f"{before} {words}"), current)
    kind = _get_kind(words)
    if has_substance(words):
        return open_ticket(dialogue, kind, current)
    if find_subject(dialogue.exchanges)[0]:
        return open_ticket(dialogue, kind, dialogue.exchanges)
    if CREATE_TICKET not in dialogue.tools:
        return offer_ticket(dialogue, "I can't open tickets here.")
    if kind == "complaint":
        return Action("I'm sorry to hear that. I'll open a ticket as soon as I know more.", "problem")
    return Action("Of course. What is it about? Please tell me in a sentence or two.")


def _get_kind(words: str) -> str:
    if COMPLAINT.search(words):
        return "complaint"
    if FEEDBACK.search(words):
        return "feedback"
    usual = "problem" if re.search(r"\b(?:problem|issue|incident)\b", words) else "request"
    return next((topic.kind for topic in find_topics(words)), usual)


def ask_for_person(dialogue: Dialogue) -> Action:
    return _request_human(dialogue, dialogue.exchanges)


def _request_human(dialogue: Dialogue, exchanges: Sequence[Exchange]) -> Action:
    """The call that ends the model's part: what happens next is said by the system, not by the model."""
    tool = dialogue.tools.get(REQUEST_HUMAN)
    if tool is None:
        return offer_ticket(dialogue, "I can't reach a person from here.")
    if calls := dialogue.current_exchange.find_calls(REQUEST_HUMAN):
        return Action(describe_failure("ask a colleague to join", calls[-1].error) if calls[-1].error else "")
    kind = "call" if CALL_WISH.search(dialogue.simple_text) else "person"
    topics, quotes = find_subject(exchanges)
    order = _choose_order(dialogue, topics)
    reason = _write_issue(dialogue, kind, describe_topics(topics, order), order, quotes)
    name = tool.find_parameter("reason")
    return Action(calls=(PlannedCall(REQUEST_HUMAN, {name: reason} if name else {}),))


def accept_offer(dialogue: Dialogue) -> Action:
    """The customer accepted our offer of a ticket: it is about what was said before the offer."""
    offered_for = dialogue.exchanges if find_topics(dialogue.simple_text) else dialogue.exchanges[:-1]
    if "person" in dialogue.open_questions:
        return _request_human(dialogue, offered_for)
    complained = COMPLAINT.search(simplify_text(dialogue.exchanges[-2].text))
    return open_ticket(dialogue, "complaint" if complained else "", offered_for)


def open_ticket(dialogue: Dialogue, kind: str, exchanges: Sequence[Exchange]) -> Action:
    """At most one ticket for a message, about what was said in `exchanges`. Without a `kind`, their topic decides."""
    topics, quotes = find_subject(exchanges)
    order = _choose_order(dialogue, topics)
    tool = dialogue.tools.get(CREATE_TICKET)
    if tool is None:
        return offer_ticket(dialogue, "I can't open tickets from here.")
    if calls := dialogue.current_exchange.find_calls(CREATE_TICKET):
        return _report_ticket(calls[-1], describe_topics(topics, format_bold(order) if order else ""))
    subject = describe_topics(topics, order)
    if earlier := _find_ticket(dialogue, rf"{re.escape(subject)}(?!\w)") if subject else "":
        with_team = f"This is already with our team, as ticket {format_bold(earlier)}."
        return Action(f"{with_team} Tell me if there is anything new.")
    kind = kind or (topics[0].kind if topics else "question" if any(quotes) else "request")
    usual: Priority = "low" if kind == "question" else "medium"
    urgency = "low" if kind == "feedback" else choose_priority(topics, simplify_text(" ".join(quotes)), usual)
    issue = _write_issue(dialogue, kind, subject, order, quotes)
    values = {tool.find_parameter(*ISSUE_PARAMETER_WORDS): issue, tool.find_parameter("priority"): urgency}
    arguments = {name: value for name, value in values.items() if name}
    return Action(calls=(PlannedCall(CREATE_TICKET, arguments),))


def _choose_order(dialogue: Dialogue, topics: Sequence[Topic]) -> str:
    """The order that the topics are about, or an empty text."""
    return dialogue.current_order if not topics or any("{order}" in each.phrase for each in topics) else ""


def _write_issue(dialogue: Dialogue, kind: str, subject: str, order: str, quotes: list[str]) -> str:
    with_subject, alone = ISSUE_OPENINGS[kind]
    if not subject and dialogue.order_numbers and kind != "feedback":
        subject = f"order {order}"
    parts = [f"{with_subject}{subject}."] if subject else [f"{alone}."] if alone else []
    if order and order not in subject:
        parts.append(f"Last order mentioned: {order}.")
    lookup = dialogue.find_last_lookup(order) if order else None
    if lookup and lookup.fields.get("status"):
        facts = [str(lookup.fields[name]) for name in ("status", "eta") if lookup.fields.get(name)]
        parts.append(f"Last known status: {', '.join(facts)}.")
    if dialogue.latest_ticket:
        parts.append(f"Earlier ticket: {dialogue.latest_ticket}.")
    if quoted := " / ".join(" ".join(quote.split())[:MAX_QUOTE_CHARS] for quote in quotes if quote):
        parts.append(f"The customer wrote: “{quoted}”")
    if count := dialogue.photo_count:
        parts.append(f"With the conversation: {count} photo{'s' if count > 1 else ''}.")
    return " ".join(parts)


def _report_ticket(call: CompletedCall, subject: str) -> Action:
    if call.error:
        return Action(describe_failure("open a ticket", call.error))
    number, level = call.fields.get("ticket_id"), call.fields.get("priority")
    if not number:
        return Action(f"I asked for a ticket, and this came back: {format_sentence(str(call.result))}")
    note = f" {format_sentence(str(call.fields['note']))}" if call.fields.get("note") else ""
    ticket = f"ticket {format_bold(number)}"
    ticket += f" about {subject}" if subject else ""
    ticket += f" with {escape_markdown(level)} priority" if level else ""
    lead = "Your request is with our team:" if note else "I've opened"
    return Action(f"{lead} {ticket}.{note} A colleague will look into it.")


def _find_ticket(dialogue: Dialogue, pattern: str) -> str:
    """The number of the first earlier ticket with an argument that matches the pattern, or an empty text."""
    for exchange in dialogue.exchanges[:-1]:
        for call in exchange.find_calls(CREATE_TICKET):
            number = call.fields.get("ticket_id")
            if number and any(re.search(pattern, str(value)) for value in call.arguments.values()):
                return str(number)
    return ""
