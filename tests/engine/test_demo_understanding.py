"""What customers say, after what was said before, and what the demo model makes of it.

Every case is played through the real client, the real loop and real tools. `calls` are the tool calls of
the last message with the beginning of their arguments, `says` is found in its answer, in any case of letters.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from .demo_shop import EMAIL, Chat, summarise_calls

NOT_ARRIVED = "Hi, I ordered something but it hasn't arrived."
ASKS_NUMBER = "What is your order number?"
WANTS_EMAIL = "To protect your privacy, please give me the e-mail address used for order"
ASKS_EMAIL = "Which e-mail address did you use for the order?"
OFFERS_TICKET = "Would you like me to open a ticket?"
OFFERS_PERSON = "Would you like me to pass this on to a colleague?"
# What it says as an example, which no rule tells from a fact: two answers of more than three hundred.
EXAMPLES = {"ord-123", "name@example.com"}


@dataclass(frozen=True)
class Case:
    guest: bool
    said: tuple[str, ...]
    calls: tuple[str, ...]
    says: tuple[str, ...]


def _make_case(
    guest: bool, said: tuple[str, ...], calls: str | tuple[str, ...], says: str | tuple[str, ...]
) -> Any:
    calls = (calls,) if isinstance(calls, str) else calls
    says = (says,) if isinstance(says, str) else says
    who = "guest" if guest else "alice"
    return pytest.param(Case(guest, said, calls, says), id=f"{who}: {' > '.join(said)}")


def alice(*said: str, calls: str | tuple[str, ...] = (), says: str | tuple[str, ...] = ()) -> Any:
    return _make_case(False, said, calls, says)


def guest(*said: str, calls: str | tuple[str, ...] = (), says: str | tuple[str, ...] = ()) -> Any:
    return _make_case(True, said, calls, says)


LISTED = ("ORD-123", "ORD-456")
LOOKUP_123 = "lookup_order ORD-123"

ORDER_QUESTIONS = [
    alice("yo where my order at", calls="my_orders", says=LISTED),
    alice("I already gave you my order number!!", calls="my_orders", says=LISTED),
    alice(NOT_ARRIVED, says=("sorry", ASKS_NUMBER)),
    alice("where is my order", calls="my_orders", says=LISTED),
    alice("Where's my package???", calls="my_orders", says=LISTED),
    alice("WHERE IS MY STUFF", calls="my_orders", says=LISTED),
    alice("when will my parcel arrive?", calls="my_orders", says=LISTED),
    alice("I havent recieved my oder", says=("sorry", ASKS_NUMBER)),
    alice("any update on my order?", calls="my_orders", says=LISTED),
    alice("can you track my order pls", calls="my_orders", says=LISTED),
    alice("still waiting for my delivery", calls="my_orders", says=LISTED),
    alice("has my order shipped yet", calls="my_orders", says=LISTED),
    alice("I have a question about my order", calls="my_orders", says=LISTED),
    alice("my parcel is late", says=ASKS_NUMBER),
    alice("I ordered 2 shirts on 12 May for $123.45, where are they?", calls="my_orders", says=LISTED),
    alice(NOT_ARRIVED, "idk", calls="my_orders", says=LISTED),
    alice(NOT_ARRIVED, "the blue one", says=("couldn't find an order number", ASKS_NUMBER)),
    alice(NOT_ARRIVED, "why do you need that?", says=ASKS_NUMBER),
    alice("where is my order", "the first one", calls="lookup_order ORD-", says="Order **ORD-"),
    alice("where is my order", "and the second one please", calls="lookup_order ORD-", says="Order **ORD-"),
    alice("I never received ORD-123, it is late", calls=LOOKUP_123, says="Order **ORD-123**"),
    guest("how do I sign in?", says="from the menu"),
    guest("where can I log in", says="from the menu"),
    alice("my orders", calls="my_orders", says=("ORD-123", "in 2 days", "processing")),
    alice("show me all my recent orders please", calls="my_orders"),
    alice("where is my last order?", calls="my_orders"),
    alice("order history", calls="my_orders"),
    guest("my orders", calls="my_orders", says=("sign in", ASKS_NUMBER)),
    guest("where is my order", "I don't have the number", says=("confirmation e-mail", OFFERS_PERSON)),
]

ORDER_NUMBERS = [
    alice("why is 777 so late", calls="lookup_order 777", says="1 day late"),
    alice("tell me where 456 is", calls="lookup_order 456"),
    alice("has 123 shipped?", calls="lookup_order 123"),
    alice("yo its ORD-123 dude", calls=LOOKUP_123),
    alice("ORD-123", calls=LOOKUP_123, says=("**ORD-123**", "shipped", "in **2 days**")),
    alice("where is ord 123", calls=LOOKUP_123),
    alice("ORD123 please", calls=LOOKUP_123),
    alice("status of ord–123?", calls=LOOKUP_123),
    alice("ord no. 123", calls=LOOKUP_123),
    alice("where is #123", calls="lookup_order #123"),
    alice("Where is order 123?", calls="lookup_order 123"),
    alice("my order is 123", calls="lookup_order 123"),
    alice("order no. 123 hasn't come", calls="lookup_order 123"),
    alice("My order number is: 123", calls="lookup_order 123"),
    alice("order id 123 status", calls="lookup_order 123"),
    alice("where is 777", calls="lookup_order 777", says="1 day late"),
    alice("W2611340", calls="lookup_order W2611340", says="**#W2611340**"),
    alice("can you check #w2611340 for me", calls="lookup_order #W2611340"),
    alice(NOT_ARRIVED, "The order number is ORD-123", calls=LOOKUP_123, says=("shipped", "2 days")),
    alice(NOT_ARRIVED, "it's 123", calls="lookup_order 123"),
    alice(NOT_ARRIVED, "123", calls="lookup_order 123"),
    alice(NOT_ARRIVED, "sure, 123 I think", calls="lookup_order 123"),
    alice(NOT_ARRIVED, "I bought it for 99 dollars, number 123", calls="lookup_order 123"),
    alice("where is ORD-123", "and 456?", calls="lookup_order 456", says="5 days"),
    alice("where is ORD-123", "what about 456", calls="lookup_order 456"),
    alice("where is ORD-123", "so when does it arrive?", calls=LOOKUP_123),
    alice("where is ORD-123", "where is my other order?", calls="my_orders", says=LISTED),
    alice("Wo ist ORD-123?", calls=LOOKUP_123),
    alice("ORD-123 and ORD-456", calls=(LOOKUP_123, "lookup_order ORD-456")),
    alice("orders 123, 456 & 777", calls=("lookup_order 123", "lookup_order 456", "lookup_order 777")),
    alice("ORD-123, that is #123, order 123", calls=LOOKUP_123),
    alice("I paid $123 on 2026-11-12 at 10:30", says="didn't understand"),
    alice("my phone is 555-123-4567", says="didn't understand"),
    alice("I want to order 100 mugs", says="can't take orders"),
]

ORDER_RESULTS = [
    alice("ORD-456", calls="lookup_order ORD-456", says=("not been shipped", "5 days")),
    alice("ORD-777", calls="lookup_order ORD-777", says=("**1 day late**", "sorry", OFFERS_TICKET)),
    alice("ORD-800", calls="lookup_order ORD-800", says=("has been delivered", "1 × Mug")),
    alice("ORD-801", calls="lookup_order ORD-801", says="has been cancelled"),
    alice("ORD-802", calls="lookup_order ORD-802", says="has been returned"),
    alice("ORD-803", calls="lookup_order ORD-803", says="expected **today**"),
    alice("ORD-804", calls="lookup_order ORD-804", says=("on hold", "no delivery date")),
    alice("my order 800 says delivered but I never got it", calls="lookup_order 800", says=OFFERS_TICKET),
    alice(
        "ORD-999",
        calls="lookup_order ORD-999",
        says=("can't find", "check the number", "Would you like me to list your orders?"),
    ),
    alice("ORD-999", "yes", calls="my_orders"),
    alice("ORD-999", "sorry, 123", calls="lookup_order 123", says="shipped"),
    alice(
        "ORD-429",
        calls="lookup_order ORD-429",
        says=("Too many tries. Please wait ten minutes.", OFFERS_PERSON),
    ),
    alice("ORD-500", calls="lookup_order ORD-500", says=("went wrong on our side", OFFERS_PERSON)),
    alice("ORD-123", "what's the tracking number?", calls=LOOKUP_123, says="TC357962501027"),
    alice("ORD-456", "tracking number?", calls="lookup_order ORD-456", says="no tracking number"),
    alice("ORD-123", "how much was it", calls=LOOKUP_123, says="123.45 USD"),
    alice("ORD-123", "what did I order?", calls=LOOKUP_123, says="2 × USB-C Cable"),
]

GUESTS = [
    guest("ORD-123", "I'm not telling you my email", says="keeps it private"),
    guest("ORD-123", calls=LOOKUP_123, says=f"{WANTS_EMAIL} **ORD-123**."),
    guest("ORD-123", EMAIL, calls=f"lookup_order ORD-123 {EMAIL}", says=("shipped", "2 days")),
    guest("ORD-123", f"it's {EMAIL}.", calls=f"lookup_order ORD-123 {EMAIL}"),
    guest("ORD-123", "alice@example", says=("complete e-mail address", ASKS_EMAIL)),
    guest("ORD-123", "why?", says=("only to the person", ASKS_EMAIL)),
    guest("ORD-123", "I forgot which one", says=("keeps it private", OFFERS_PERSON)),
    guest("ORD-123", "hmmm blue", says=ASKS_EMAIL),
    guest(
        "ORD-123",
        "bob@example.com",
        calls=f"{LOOKUP_123} bob@example.com",
        says=("can't find", "e-mail address"),
    ),
    guest("ORD-123", "bob@example.com", EMAIL, calls=f"lookup_order ORD-123 {EMAIL}", says="shipped"),
    guest(
        "orders 123, 456 & 777",
        calls=("lookup_order 123", "lookup_order 456", "lookup_order 777"),
        says=f"{WANTS_EMAIL}s **123**, **456** and **777**.",
    ),
    guest(f"order 123, email {EMAIL}", calls=f"lookup_order 123 {EMAIL}", says="shipped"),
    guest(f"order 123, email {EMAIL}", "and ORD-456?", calls=f"lookup_order ORD-456 {EMAIL}"),
    guest("ORD-123 and ORD-456", EMAIL, calls=(f"{LOOKUP_123} {EMAIL}", f"lookup_order ORD-456 {EMAIL}")),
]

COMPLAINTS = [
    alice(
        "complain: order 1234 is late", "complain: order 123 is late", calls="create_ticket medium: Complaint"
    ),
    alice(
        "complain: ORD-123 is late",
        "I want a human, it is late!",
        calls="request_human About the delay of order ORD-123",
    ),
    guest("ORD-123", EMAIL, f"complaint: late! reach me at {EMAIL}", calls="create_ticket medium: Complaint"),
    alice(
        NOT_ARRIVED,
        "The order number is ORD-123",
        "Actually, I'd like to file a complaint about the delay.",
        calls="create_ticket medium: Complaint about the delay of order ORD-123.",
        says=("**TKT-48291037**", "the delay of order **ORD-123**", "medium"),
    ),
    alice("I want to complain", says="What went wrong?"),
    alice("complaint", says="What went wrong?"),
    alice("I want to complain about my order", says="What went wrong?"),
    alice(
        "I want to complain",
        "the courier was rude",
        calls="create_ticket medium: Complaint. The customer wrote",
    ),
    alice("I want to complain", "never mind", says="All right"),
    alice("I want to complain", "cancel", says="All right"),
    alice("I want to complain", "it came broken", calls="create_ticket high: Complaint about a damaged"),
    alice("Open a ticket please", says="What is it about?"),
    alice("Open a ticket please", "my mug leaks", calls="create_ticket high: Report of a damaged"),
    alice(
        "open a ticket: ORD-123 never arrived",
        calls="create_ticket medium: Report of the delay of order ORD-123",
    ),
    alice(
        "i'd like to complain about ORD-123, its late",
        calls="create_ticket medium: Complaint about the delay",
    ),
    alice(
        NOT_ARRIVED, "I want to complain", calls="create_ticket medium: Complaint about the delay of an order"
    ),
    alice(
        "ORD-777",
        "this deserves a complaint",
        calls="create_ticket medium: Complaint. Last order mentioned: ORD-777",
    ),
    alice(
        "ORD-777",
        "I want to complain",
        calls="create_ticket medium: Complaint about the delay of order ORD-777",
    ),
    alice("I have a complaint, the box came damaged", calls="create_ticket high: Complaint about a damaged"),
    alice(
        "I have a complaint: you sent the wrong size",
        calls="create_ticket high: Complaint about a wrong item",
    ),
    alice("Urgent complaint: nobody answers the phone", calls="create_ticket high: Complaint"),
    alice("feedback: your site is great", calls="create_ticket low: Feedback."),
    alice(
        "where is ORD-123 and I want to complain that it is late",
        calls=(
            LOOKUP_123,
            "create_ticket medium: Complaint about the delay of order ORD-123. Last known status: shipped",
        ),
        says=("shipped", "TKT-48291037"),
    ),
    alice("complain: ORD-123 is late", "I want to complain about the delay", says="already with our team"),
    alice("I don't want to complain, just tell me where ORD-123 is", calls=LOOKUP_123),
    alice("I don't want a ticket", says="no ticket"),
]

PEOPLE = [
    alice("is there any human i can talk to?", calls="request_human The customer wrote: “is there any"),
    alice("i dont want a ticket i want a human", calls="request_human The customer wrote: “i dont"),
    alice("do you have a phone number?", says="don't have a phone number"),
    alice("I want to talk to a human", calls="request_human The customer wrote: “I want to talk to a human”"),
    alice("agent", calls="request_human The customer wrote: “agent”"),
    alice("Can I speak to a real person please?", calls="request_human The customer wrote: “Can"),
    alice("get me your manager NOW", calls="request_human The customer wrote: “get me"),
    alice("connect me with customer service", calls="request_human The customer wrote: “connect"),
    alice("call me at 555-123-4567", calls="request_human The customer asks for a call. The customer wrote"),
    alice("I want a human, ORD-123 is late", calls="request_human About the delay of order ORD-123"),
    alice("I want a human", "human!!!", calls="request_human The customer wrote: “human!!!”"),
    alice("I want a refund", "let me talk to someone", calls="request_human About a refund"),
    alice("are you a real person?", says="I'm a bot"),
    alice("I want to know if you are a human", says="I'm a bot"),
]

TICKETS = [
    alice("what happened to my ticket?", calls="my_tickets", says=("TKT-48291037", "open")),
    alice("status of TKT-48291037", calls="my_tickets", says="TKT-48291037"),
    alice("any news on my complaint", calls="my_tickets"),
    alice("ticket 48291037", calls="my_tickets", says="TKT-48291037"),
    alice("TKT-99999999", calls="my_tickets", says="don't see that ticket"),
]

BEYOND_IT = [
    alice(
        "The lamp is nice but the bulb is missing. My order is ORD-456.",
        says=("something is missing", OFFERS_TICKET),
    ),
    alice("can ORD-456 be cancelled", says="can't cancel orders"),
    alice(
        "I want a refund",
        "yes open a ticket and tell me where 456 is",
        calls=("lookup_order 456", "create_ticket high: Request for a refund"),
        says=("5 days", "TKT-48291037"),
    ),
    alice("I want a refund", says=("can't make", OFFERS_TICKET)),
    alice("I want a refund", "yes please", calls="create_ticket high: Request for a refund"),
    alice("I want a refund", "I would like that", calls="create_ticket high: Request for a refund"),
    alice("I want a refund", "no", says="All right"),
    alice(
        "I want a refund for ORD-123, it is late",
        "yes",
        calls="create_ticket high: Request for a refund for order ORD-123 and its delay.",
    ),
    alice(
        "refund for order 456", "go ahead", calls="create_ticket high: Request for a refund for order 456."
    ),
    alice("how do I return ORD-123", says=("can't arrange returns", OFFERS_TICKET)),
    alice("ORD-456", "cancel it", says="can't cancel orders"),
    alice(
        "cancel my order ORD-456",
        "ok",
        calls="create_ticket high: Request for the cancellation of order ORD-456.",
    ),
    alice("please change the delivery address of ORD-456", says="can't change addresses"),
    alice("I was charged twice for ORD-123", says=("payments", OFFERS_TICKET)),
    alice("can I pay with paypal?", says="can't see payments"),
    alice("what are your opening hours?", says="don't have information about opening hours"),
    alice("do you ship to Spain?", says="don't have information about shipping"),
    alice("do you have this in size 42", says="don't have information about products"),
    alice("any discount codes?", says="don't have information about discounts"),
    alice("I forgot my password", says="can't see or change accounts"),
    alice("ORD-123 arrived broken", says=("sorry", OFFERS_TICKET)),
    alice(
        "ORD-123 arrived broken",
        "y",
        calls="create_ticket high: Report of a damaged or faulty item in order ORD-123",
    ),
    alice(
        "an item is missing from ORD-123",
        "👍",
        calls="create_ticket high: Report of a missing item in order ORD-123",
    ),
    alice("you sent me the wrong thing", says=("received the wrong item", OFFERS_TICKET)),
    alice(
        "I want a refund and where is ORD-123?", calls=LOOKUP_123, says=("shipped", "refunds", OFFERS_TICKET)
    ),
    alice("do you have vouchers? what are your opening hours?", says=("vouchers", "opening hours")),
    alice("see the attached screenshot https://example.com/a.png", says="can't see pictures or open links"),
]

SMALL_TALK = [
    alice("hi", says=("Hello, Alice!", "TechCorp")),
    guest("Good morning!", says="Hello!"),
    alice("hello there, how are you?", says="I'm well"),
    alice("thanks", says="You're welcome, Alice"),
    alice("great, thanks a lot! bye", says="Goodbye"),
    alice("are you a bot?", says=("I'm a bot, not a person", "demo")),
    alice("who are you", says="TechCorp"),
    alice("what can you do?", says=("look up an order", "open a ticket")),
    alice("help", says="I can:"),
    alice("I have a question", says="What is it?"),
    alice("anyone there?", says="I'm here"),
    alice("yes", says="What can I do for you?"),
    alice("never mind", says="All right"),
    alice("one moment", says="Take your time"),
    alice("this is ridiculous, you stupid bot", says=("sorry", OFFERS_PERSON)),
    alice("this is ridiculous", "yes", calls="request_human The customer wrote: “this is ridiculous"),
    alice("you are useless, where is ORD-123", calls=LOOKUP_123, says=("sorry for the trouble", "shipped")),
    alice("", says="didn't understand"),
    alice("?", says="didn't understand"),
    alice("asdf", says="didn't understand"),
    alice("asdf", "qwer", says=("didn't understand", OFFERS_TICKET)),
    alice("my boiler makes a strange noise at night", says=("didn't understand", OFFERS_TICKET)),
    alice("no sound at all", says="didn't understand"),
    alice("No screws inside", says="didn't understand"),
    alice("Wo ist meine Bestellung?", says="only understand simple English"),
    alice("Die Lampe flackert", says="only understand simple English"),
    alice("No funciona", says="only understand simple English"),
    alice("No tengo cuenta", says="only understand simple English"),
    alice("no recibí nada", says="only understand simple English"),
    alice("Waar is dat?", says="only understand simple English"),
    alice("Привет, где мой заказ?", says="only understand simple English"),
]


async def test_it_says_only_once_what_a_number_and_a_remark_ask_for() -> None:
    answer = await Chat().say("I never received ORD-123")

    assert answer.count("ORD-123") == 1


async def test_an_address_in_place_of_a_yes_or_no_is_taken_for_what_it_is() -> None:
    chat = Chat(is_guest=True)
    assert OFFERS_TICKET in await chat.say("I want a refund")

    answer = await chat.say("gail@example.org")

    assert "yes or a no" not in answer
    assert OFFERS_TICKET in answer


async def test_an_address_that_follows_a_named_order_looks_it_up() -> None:
    chat = Chat(is_guest=True)
    assert OFFERS_TICKET in await chat.say("My lamp arrived broken, the order is ORD-123")

    answer = await chat.say("alice@example.com")

    assert "**ORD-123** has been shipped" in answer
    assert OFFERS_TICKET in answer


async def test_it_asks_only_once_whether_there_is_anything_else() -> None:
    chat = Chat()

    answers = [await chat.say(text) for text in ("thanks", "no", "ok")]

    assert ["?" in answer for answer in answers] == [True, False, False]


DAMAGED_123 = "create_ticket high: Report of a damaged or faulty item in order ORD-123."
# What was told before the order was named, and while a ticket was on offer, belongs to the ticket.
WHOLE_MATTERS = [
    alice("My headphones arrived damaged", "ORD-123", calls=LOOKUP_123, says=("faulty item", OFFERS_TICKET)),
    alice("My headphones arrived damaged", "ORD-123", "yes please", calls=DAMAGED_123),
    guest("My parcel arrived damaged", "ORD-123", EMAIL, says=("shipped", OFFERS_TICKET), calls=LOOKUP_123),
    guest("My parcel arrived damaged", "ORD-123", EMAIL, "yes", calls=DAMAGED_123),
    alice(
        "I'd like a refund", "it came on Monday and I sent it back at once", says=("Thank you", OFFERS_TICKET)
    ),
    alice(
        "I'd like a refund",
        "the left side is cracked",
        "yes",
        calls="create_ticket high: Request for a refund",
    ),
    alice(
        "can i change the delivery address?",
        "ORD-456",
        "12 Elm Street, Springfield",
        "yes",
        calls="create_ticket high: Request for another delivery address for order ORD-456.",
    ),
    alice("where is my order", "the first one", "it was supposed to be here yesterday", calls=LOOKUP_123),
    alice(
        "I never received ORD-800",
        "yes",
        calls="create_ticket high: Report of the possible loss of order ORD-800",
    ),
    alice("My headphones arrived damaged", "yes", "what happens now?", calls="my_tickets"),
    alice("My headphones arrived damaged", "why should I trust you?", says="didn't understand"),
    alice("how much did I pay for the headphones?", calls="my_orders", says=LISTED),
]


@pytest.mark.parametrize(
    "case",
    [
        *WHOLE_MATTERS,
        *ORDER_QUESTIONS,
        *ORDER_NUMBERS,
        *ORDER_RESULTS,
        *GUESTS,
        *COMPLAINTS,
        *PEOPLE,
        *TICKETS,
        *BEYOND_IT,
        *SMALL_TALK,
    ],
)
async def test_it_understands(case: Case) -> None:
    chat = Chat(is_guest=case.guest)

    for text in case.said:
        answer = await chat.say(text)

    called = summarise_calls(chat.tool_calls)
    assert len(called) == len(case.calls), called
    assert all(made.startswith(wanted) for made, wanted in zip(called, case.calls, strict=True)), called
    assert [part for part in case.says if part.lower() not in answer.lower()] == [], answer
    assert {mark.words for mark in chat.marks} <= EXAMPLES, answer
