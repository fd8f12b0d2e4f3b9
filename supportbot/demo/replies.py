"""One answer out of all that a message holds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .actions import OFFERS, QUESTIONS, TICKET, Call, Reply, Step
from .developer import command
from .facts import Findings
from .forms import Form
from .handover_note import offer
from .intents import understand
from .request import Talk, read_request
from .smalltalk import courtesy, greets, lost, soothes
from .transcript import earlier_summary, taken_apart
from .values import CannotFill


def answer(body: Mapping[str, Any]) -> Reply:
    """The answer to a request of chat completions."""
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return filled_in(wanted["json_schema"]["schema"], body["messages"])
    return reply(read_request(body))


def filled_in(schema: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> Reply:
    """A form about the conversation, as JSON."""
    talk = read_request({"messages": taken_apart(messages)})
    try:
        value = Form(schema, Findings(talk, earlier_summary(messages))).fill()
    except CannotFill as why:
        return Reply(refusal=f"The demo model cannot fill in this form. {why}")
    return Reply(json.dumps(value, ensure_ascii=False))


def reply(talk: Talk) -> Reply:
    """The next message: the calls that are still to be made, or, after them, words."""
    if ordered := command(talk):
        return _composed("", [ordered])
    if steps := [intent.answer(talk) for intent in understand(talk)]:
        return _composed(soothes(talk) or greets(talk), steps)
    if said := courtesy(talk):
        return Reply(said)
    step = lost(talk)
    return _composed("", [offer(talk, step.say, step.ask) if step.ask in OFFERS else step])


def _composed(opening: str, steps: Sequence[Step]) -> Reply:
    if calls := _next_calls(steps):
        return Reply(calls=calls)
    parts: list[str] = []
    for step, ask in zip(steps, _asks(steps), strict=True):
        part = " ".join(filter(None, [step.say, QUESTIONS[ask].text if ask else ""]))
        if part and part not in parts:
            parts.append(part)
    text = "\n\n".join(parts)
    # “I'm sorry” once is enough.
    return Reply(text if "sorry" in opening and "I'm sorry" in text else f"{opening}{text}")


def _asks(steps: Sequence[Step]) -> list[str]:
    """Every step's question, each only once, and of the offers only the last: “yes” can only mean one."""
    asks = [step.ask for step in steps]
    offers = [place for place, ask in enumerate(asks) if ask in OFFERS]
    return [
        "" if (place != offers[-1] if ask in OFFERS else ask in asks[:place]) else ask
        for place, ask in enumerate(asks)
    ]


def _next_calls(steps: Sequence[Step]) -> tuple[Call, ...]:
    """What is to be looked up comes first, so that a ticket can tell what was found."""
    calls = {repr(call): call for step in steps for call in step.calls}
    reads = tuple(call for call in calls.values() if call.name != TICKET)
    return reads or tuple(calls.values())
