"""Decides what to do about questions that a reading tool can answer: orders and the status of tickets."""

import re
from collections.abc import Sequence

from . import wording
from .actions import LOOKUP_ORDER, MY_ORDERS, MY_TICKETS, Action, PlannedCall
from .handover_note import offer_ticket
from .mentions import get_order_key
from .request import ORDER_PARAMETER_WORDS, CompletedCall, Dialogue, ToolDescription
from .ticket_subject import describe_topics, find_subject
from .wording import describe_failure, format_bold, join_words

MAX_LOOKUPS = 4  # a sentence below says “four”
ANOTHER_ORDER = re.compile(r"\b(?:another|other|different|second|new) (?:order|package|parcel|one)\b")
POSITIONS = ("first", "second", "third", "fourth", "fifth")
POSITION = re.compile(rf"\b({'|'.join(POSITIONS)})\b(?: (?:one|order|of them))?\W*(?:please)?\W*$")
NOT_ARRIVED = re.compile(
    r"\b(?:not (?:\w+ )?(?:arrived?|received?|here|come|got|get|been delivered|shown up|turned up)|never|"
    r"nothing|lost|late|delay\w*)\b"
)
NOT_FOUND = re.compile(r"(?:the |your )?order\b.{0,100}\bnot (?:be )?found\b", re.IGNORECASE)


def report_orders(dialogue: Dialogue) -> Action:
    """Look up every order that is meant, once each, then report their status."""
    tool = dialogue.tools.get(LOOKUP_ORDER)
    if tool is None or not tool.find_parameter(*ORDER_PARAMETER_WORDS):
        return offer_ticket(dialogue, "I can't look up orders here.")
    numbers = _choose_order_numbers(dialogue)
    if not numbers:
        return _ask_for_number(dialogue)
    calls = dialogue.current_exchange.find_calls(LOOKUP_ORDER)
    lookups = {get_order_key(call.requested_number): call for call in calls}
    if missing := [number for number in numbers if get_order_key(number) not in lookups]:
        return Action(calls=tuple(_plan_lookup(tool, number, dialogue.latest_email) for number in missing))
    report = _report_lookups(dialogue, [lookups[get_order_key(number)] for number in numbers])
    if left := ", ".join(dialogue.order_numbers[MAX_LOOKUPS:]):
        limit = f"I can only look up four orders at a time. Please send me {left} again."
        return Action(f"{report.text}\n\n{limit}", report.question)
    return report


def _choose_order_numbers(dialogue: Dialogue) -> list[str]:
    """The orders in this message, else those that wait for an e-mail address, else the current one."""
    if dialogue.order_numbers:
        return dialogue.order_numbers[:MAX_LOOKUPS]
    for exchange in reversed(dialogue.exchanges[:-1]):
        lookups = exchange.find_calls(LOOKUP_ORDER)
        if waiting := [call.order_number for call in lookups if _needs_email(call)]:
            return waiting[:MAX_LOOKUPS]
        if lookups:
            break
    if listed := find_listed_order(dialogue):
        return [listed]
    order = "" if ANOTHER_ORDER.search(dialogue.simple_text) else dialogue.current_order
    return [order] if order else []


def find_listed_order(dialogue: Dialogue) -> str:
    """The order of the list in our last answer that is meant by “the first one”."""
    calls = dialogue.exchanges[-2].find_calls(MY_ORDERS) if len(dialogue.exchanges) > 1 else []
    orders = wording.find_rows(calls[-1].result, "orders") if calls else []
    named = POSITION.search(dialogue.simple_text)
    place = POSITIONS.index(named[1]) if named else len(orders)
    return str(orders[place].get("order_id", "")) if place < len(orders) else ""


def _plan_lookup(tool: ToolDescription, number: str, email: str) -> PlannedCall:
    values = {tool.find_parameter(*ORDER_PARAMETER_WORDS): number}
    mail = tool.find_parameter("mail")
    return PlannedCall(tool.name, values | ({mail: email} if mail and email else {}))


def _ask_for_number(dialogue: Dialogue) -> Action:
    can_list = dialogue.customer_name and MY_ORDERS in dialogue.tools
    if not NOT_ARRIVED.search(dialogue.simple_text):
        return list_orders(dialogue) if can_list else Action("I'll look it up for you.", "number")
    offer = "I'll look it up for you."
    if can_list:
        offer = "I can look it up by its number, or show your latest orders if you say “my orders”."
    return Action(f"I'm sorry that it hasn't arrived yet. {offer}", "number")


def _report_lookups(dialogue: Dialogue, lookups: Sequence[CompletedCall]) -> Action:
    found = [call for call in lookups if call.fields and not call.error]
    waiting = [call for call in lookups if _needs_email(call)]
    failures = [_explain_failure(dialogue, call) for call in lookups if call not in (*found, *waiting)]
    parts = [wording.describe_order(call.fields, call.order_number) for call in found]
    if len(lookups) == len(found) == 1:
        again = _was_reported_before(dialogue, found[0])
        parts.append(wording.describe_details(found[0].fields, dialogue.simple_text, again=again))
    parts += [action.text for action in failures]
    if waiting:
        ending = _ask_for_email(waiting)
    else:
        questions = (Action("", action.question) for action in failures if action.question)
        ending = next(questions, None) or _offer_help(dialogue, found)
    return Action("\n\n".join(filter(None, [*parts, ending.text])), ending.question)


def _was_reported_before(dialogue: Dialogue, lookup: CompletedCall) -> bool:
    earlier = [call for each in dialogue.exchanges[:-1] for call in each.find_calls(LOOKUP_ORDER)]
    key = get_order_key(lookup.order_number)
    return any(get_order_key(call.order_number) == key for call in earlier if not call.error)


def _offer_help(dialogue: Dialogue, found: Sequence[CompletedCall]) -> Action:
    """A ticket where the order is late or has not arrived, or where we had offered one before it was named."""
    topics, _quotes = find_subject(dialogue.exchanges)
    if dialogue.pending_offer and topics and found:
        subject = describe_topics(topics, format_bold(found[-1].order_number))
        return offer_ticket(dialogue, f"Our team can look into {subject}.", dialogue.pending_offer)
    if any(wording.is_late(call.fields) for call in found):
        return offer_ticket(dialogue, "")
    if not NOT_ARRIVED.search(dialogue.simple_text):
        return Action()
    if any(str(call.fields.get("status")).lower() == "delivered" for call in found):
        return offer_ticket(dialogue, "If you don't have it, our team should look into it.")
    if any(_was_reported_before(dialogue, call) for call in found):
        return offer_ticket(dialogue, "I'm sorry, that's all I can see.")
    return Action()


def _needs_email(call: CompletedCall) -> bool:
    return "mail" in str(call.fields.get("needs", ""))


def _ask_for_email(waiting: Sequence[CompletedCall]) -> Action:
    orders = "order " if len(waiting) == 1 else "orders "
    orders += join_words([format_bold(call.order_number) for call in waiting])
    if any("@" in str(value) for call in waiting for value in call.arguments.values()):
        return Action(describe_failure(f"look up {orders}", waiting[0].error), "email")
    return Action(f"Thank you. To protect your privacy, please give me the e-mail address used for {orders}.")


def _explain_failure(dialogue: Dialogue, call: CompletedCall) -> Action:
    name = format_bold(call.order_number)
    if not call.error:
        text = f"The order system sent an answer that I can't read: “{wording.escape_markdown(call.result)}”."
        return offer_ticket(dialogue, text, "person")
    if possible := call.fields.get("possible"):
        names = " or ".join(map(format_bold, possible if isinstance(possible, list) else [possible]))
        return Action(f"More than one order matches {name}: {names}. Which one do you mean?")
    if not NOT_FOUND.match(call.error):
        return offer_ticket(dialogue, describe_failure(f"look up order {name}", call.error), "person")
    both = dialogue.is_guest and dialogue.latest_email
    check = "number and the e-mail address and send them" if both else "number and send it"
    question = "orders" if dialogue.customer_name and MY_ORDERS in dialogue.tools else ""
    return Action(f"I can't find order {name}. Please check the {check} to me again.", question)


def list_orders(dialogue: Dialogue) -> Action:
    if MY_ORDERS not in dialogue.tools:
        return report_orders(dialogue)
    if not (calls := dialogue.current_exchange.find_calls(MY_ORDERS)):
        return Action(calls=(PlannedCall(MY_ORDERS, {}),))
    if error := calls[-1].error:
        question = "number" if LOOKUP_ORDER in dialogue.tools else ""
        return Action(describe_failure("list your orders", error), question)
    if orders := wording.find_rows(calls[-1].result, "orders"):
        listed = f"These are the orders in your account:\n\n{wording.format_orders(orders)}"
        return Action(f"{listed}\n\nSend me a number to see more about it.")
    return Action("I don't see any orders in your account. I can look one up by its number.", "number")


def report_tickets(dialogue: Dialogue) -> Action:
    if MY_TICKETS not in dialogue.tools:
        known = f"The ticket is {format_bold(dialogue.latest_ticket)}. " if dialogue.latest_ticket else ""
        return Action(f"{known}I can't see from here how far our team has got with a ticket.")
    if not (calls := dialogue.current_exchange.find_calls(MY_TICKETS)):
        return Action(calls=(PlannedCall(MY_TICKETS, {}),))
    if error := calls[-1].error:
        return Action(describe_failure("look at your tickets", error))
    tickets = wording.find_rows(calls[-1].result, "tickets")
    named = re.findall(r"\btkt\W?(\d{3,})|\bticket\D{0,10}(\d{3,})", dialogue.simple_text)
    wanted = {digits for pair in named for digits in pair if digits}
    matching = [each for each in tickets if re.sub(r"\D", "", str(each.get("ticket_id"))) in wanted]
    if not tickets:
        return Action("I don't see any tickets of yours.")
    if wanted and not matching:
        return Action(f"I don't see that ticket. These are yours:\n\n{wording.format_tickets(tickets)}")
    return Action(f"This is what I see:\n\n{wording.format_tickets(matching or tickets)}")
