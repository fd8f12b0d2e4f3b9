"""What the model does with tools that read: orders and the state of tickets."""

import re
from collections.abc import Sequence

from .actions import LOOKUP, MY_ORDERS, MY_TICKETS, Call, Step
from .handover_note import offer
from .mentions import order_key
from .request import ORDER_WORDS, Done, Offered, Talk
from .wording import (
    bold,
    is_late,
    order_details,
    order_lines,
    order_sentences,
    plain,
    problem,
    rows,
    ticket_lines,
)

MOST_LOOKUPS = 4
ANOTHER = re.compile(r"\b(?:another|other|different|second|new) (?:order|package|parcel|one)\b")
NOT_HERE = re.compile(
    r"\b(?:not (?:\w+ )?(?:arrived?|received?|here|come|got|get|been delivered|shown up|turned up)|never|"
    r"nothing|lost|late|delay\w*)\b"
)

NOT_FOUND = re.compile(r"(?:the |your )?order\b.{0,100}\bnot (?:be )?found\b", re.IGNORECASE)


def tell_orders(talk: Talk) -> Step:
    """Look up every order that is meant, once each, then say where they stand."""
    tool = talk.tools.get(LOOKUP)
    if tool is None or not tool.parameter(*ORDER_WORDS):
        return offer(talk, "I can't look up orders here.")
    numbers = _meant(talk)
    if not numbers:
        return _ask_number(talk)
    made = {order_key(done.asked_order): done for done in talk.now.calls(LOOKUP)}
    missing = [number for number in numbers if order_key(number) not in made]
    if missing:
        return Step(calls=tuple(_lookup(tool, number, talk.email) for number in missing))
    left = talk.orders[MOST_LOOKUPS:]
    told = _tell(talk, [made[order_key(number)] for number in numbers])
    if not left:
        return told
    return Step(
        f"{told.say}\n\nThat's as many as I look up at once. Please send me {', '.join(left)} again.",
        told.ask,
    )


def _meant(talk: Talk) -> list[str]:
    """The orders said now, else those that wait for an e-mail address, else the one talked about."""
    if talk.orders:
        return talk.orders[:MOST_LOOKUPS]
    for turn in reversed(talk.turns[:-1]):
        if waiting := [done.order for done in turn.calls(LOOKUP) if _needs_email(done)]:
            return waiting[:MOST_LOOKUPS]
        if turn.calls(LOOKUP):
            break
    return [talk.known_order] if talk.known_order and not ANOTHER.search(talk.words) else []


def _lookup(tool: Offered, number: str, email: str) -> Call:
    values = {tool.parameter(*ORDER_WORDS): number}
    mail = tool.parameter("mail")
    return Call(tool.name, values | ({mail: email} if mail and email else {}))


def _ask_number(talk: Talk) -> Step:
    regret = "I'm sorry that it isn't there yet. " if NOT_HERE.search(talk.words) else ""
    may_list = talk.customer and MY_ORDERS in talk.tools
    offer = (
        "I can look it up by its number, or show your latest ones if you say “my orders”." if may_list else ""
    )
    return Step(regret + (offer or "I'll look it up for you."), "number")


def _tell(talk: Talk, looked: Sequence[Done]) -> Step:
    found = [done for done in looked if done.fields and not done.error]
    waiting = [done for done in looked if _needs_email(done)]
    failed = [_failure(talk, done) for done in looked if done not in found and done not in waiting]
    parts = [order_sentences(done.fields, done.order) for done in found]
    if len(looked) == len(found) == 1:
        parts.append(order_details(found[0].fields, talk.words, again=_told_before(talk, found[0])))
    parts += [step.say for step in failed]
    if waiting:
        ending = Step(_email_wanted(waiting), "email")
    else:
        ending = next((Step("", step.ask) for step in failed if step.ask), None) or _worry(talk, found)
    return Step("\n\n".join(filter(None, [*parts, ending.say])), ending.ask)


def _told_before(talk: Talk, looked: Done) -> bool:
    earlier = [done for turn in talk.turns[:-1] for done in turn.calls(LOOKUP) if not done.error]
    return any(order_key(done.order) == order_key(looked.order) for done in earlier)


def _worry(talk: Talk, found: Sequence[Done]) -> Step:
    """What to offer when all is not well with an order."""
    if any(is_late(done.fields) for done in found):
        return offer(talk, "")
    if not NOT_HERE.search(talk.words):
        return Step()
    if any(str(done.fields.get("status")).lower() == "delivered" for done in found):
        return offer(talk, "If you don't have it, our team should look into it.")
    if any(_told_before(talk, done) for done in found):
        return offer(talk, "I'm sorry, that is all I can see.")
    return Step()


def _needs_email(done: Done) -> bool:
    return "mail" in str(done.fields.get("needs", ""))


def _email_wanted(waiting: Sequence[Done]) -> str:
    names = " and ".join(bold(done.order) for done in waiting)
    if any("@" in str(value) for done in waiting for value in done.arguments.values()):
        return problem(f"look up order {names}", waiting[0].error)
    return f"Thank you. To show order {names} to you alone, I need the address that it was placed with."


def _failure(talk: Talk, done: Done) -> Step:
    name = bold(done.order)
    if not done.error:
        say = f"The order system answered something that I can't read: “{plain(done.result)}”."
        return offer(talk, say, "person")
    if possible := done.fields.get("possible"):
        names = " or ".join(map(bold, possible if isinstance(possible, list) else [possible]))
        return Step(f"More than one order fits {name}: {names}. Which one do you mean?")
    if not NOT_FOUND.match(done.error):
        return offer(talk, problem(f"look up order {name}", done.error), "person")
    both = talk.guest and talk.email
    check = "number and the e-mail address and send them" if both else "number and send it"
    ask = "orders" if talk.customer and MY_ORDERS in talk.tools else ""
    return Step(f"I can't find order {name}. Please check the {check} to me again.", ask)


def list_orders(talk: Talk) -> Step:
    if MY_ORDERS not in talk.tools:
        return tell_orders(talk)
    if not (done := talk.now.calls(MY_ORDERS)):
        return Step(calls=(Call(MY_ORDERS, {}),))
    if done[-1].error:
        return Step(problem("list your orders", done[-1].error), "number" if LOOKUP in talk.tools else "")
    orders = rows(done[-1].result, "orders")
    if not orders:
        return Step("I see no orders in your account. I can look for one by its number.", "number")
    return Step(f"These are the orders in your account:\n\n{order_lines(orders)}")


def tell_tickets(talk: Talk) -> Step:
    if MY_TICKETS not in talk.tools:
        known = f"The ticket is {bold(talk.known_ticket)}. " if talk.known_ticket else ""
        return Step(f"{known}I can't see from here how far our team is with a ticket.")
    if not (done := talk.now.calls(MY_TICKETS)):
        return Step(calls=(Call(MY_TICKETS, {}),))
    if done[-1].error:
        return Step(problem("look at your tickets", done[-1].error))
    tickets = rows(done[-1].result, "tickets")
    named = re.findall(r"\btkt\W?(\d{3,})|\bticket\D{0,10}(\d{3,})", talk.words)
    wanted = {digits for pair in named for digits in pair if digits}
    shown = [each for each in tickets if re.sub(r"\D", "", str(each.get("ticket_id"))) in wanted]
    if not tickets:
        return Step("I see no tickets of yours.")
    if wanted and not shown:
        return Step(f"I don't see that ticket among yours. These are there:\n\n{ticket_lines(tickets)}")
    return Step(f"This is what I see:\n\n{ticket_lines(shown or tickets)}")
