"""Composes one answer from everything that a message asks for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .actions import CREATE_TICKET, OFFERS, QUESTIONS, REQUEST_HUMAN, Action, PlannedCall, Reply
from .developer import answer_command
from .facts import DialogueFacts
from .forms import SchemaFiller
from .handover_note import offer_ticket
from .intents import recognise_intents
from .request import Dialogue, read_request
from .smalltalk import answer_courtesy, handle_unknown, return_greeting, soothe_anger
from .transcript import extract_summary, split_transcripts
from .values import CannotFill


def answer_request(body: Mapping[str, Any]) -> Reply:
    """The answer to the body of a chat completions request. Raises what parsing raises if it is not one."""
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return fill_response_format(wanted["json_schema"]["schema"], body["messages"])
    return compose_reply(read_request(body))


def fill_response_format(schema: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> Reply:
    """The JSON that the schema asks for, filled in from the conversation; a refusal where nothing true fits."""
    dialogue = read_request({"messages": split_transcripts(messages)})
    try:
        value = SchemaFiller(schema, DialogueFacts(dialogue, extract_summary(messages))).fill_schema()
    except CannotFill as reason:
        return Reply(refusal=f"The demo model can't fill in this form. {reason}")
    return Reply(json.dumps(value, ensure_ascii=False))


def compose_reply(dialogue: Dialogue) -> Reply:
    """The next message: the calls that are still to be made, or, after them, words."""
    if command := answer_command(dialogue):
        return _join_actions("", [command])
    if actions := [intent.respond(dialogue) for intent in recognise_intents(dialogue)]:
        return _join_actions(soothe_anger(dialogue) or return_greeting(dialogue), actions)
    if courtesy := answer_courtesy(dialogue):
        return Reply(courtesy)
    action = handle_unknown(dialogue)
    if action.question in OFFERS:
        action = offer_ticket(dialogue, action.text, action.question)
    return _join_actions("", [action])


def _join_actions(opening: str, actions: Sequence[Action]) -> Reply:
    if calls := _choose_calls(actions):
        return Reply(calls=calls)
    parts: list[str] = []
    for action, question in zip(actions, _choose_questions(actions), strict=True):
        part = " ".join(filter(None, [action.text, QUESTIONS[question].text if question else ""]))
        if part and part not in parts:
            parts.append(part)
    text = "\n\n".join(parts)
    # One “I'm sorry” is enough.
    return Reply(text if "sorry" in opening and "I'm sorry" in text else f"{opening}{text}")


def _choose_questions(actions: Sequence[Action]) -> list[str]:
    """Every action's question, each only once, and of the offers only the last: “yes” can mean only one."""
    names = [action.question for action in actions]
    offers = [place for place, question in enumerate(names) if question in OFFERS]
    return [
        "" if (place != offers[-1] if question in OFFERS else question in names[:place]) else question
        for place, question in enumerate(names)
    ]


def _choose_calls(actions: Sequence[Action]) -> tuple[PlannedCall, ...]:
    """Look-ups come before a ticket, so that the ticket can say what was found, and before a person is asked for."""
    calls = {repr(call): call for action in actions for call in action.calls}
    reads = tuple(call for call in calls.values() if call.name not in (CREATE_TICKET, REQUEST_HUMAN))
    return reads or tuple(calls.values())
