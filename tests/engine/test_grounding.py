"""What an answer says must stand in what the model was shown, and what it says it has done must have been done."""

import json
import re
from collections.abc import Sequence
from time import process_time
from typing import Any

import pytest

from supportbot.assistant.facts import list_known_facts
from supportbot.assistant.grounding import CheckedText, GroundingCheck
from supportbot.assistant.grounding.actions import find_unproven_action, list_actions
from supportbot.assistant.messages import Image, Mark, Message, ToolCall
from supportbot.assistant.tools import Registry, tool

MOST_SECONDS = 2.0  # of the processor, on a machine that is busy; a few hundredths on one that is not
SYSTEM = """You are the assistant of TechCorp. We are open Mon-Fri 9-17, on Saturdays from 10 am to 2 pm.
Returns are free within 30 days; shipping costs 4.90 EUR. See https://techcorp.example/returns."""
ORDER = {
    "order_id": "ORD-123",
    "status": "shipped",
    "eta": "2 days",
    "expected_delivery": "2026-11-19",
    "ordered": "2026-11-03",
    "total": "1234.50 USD",
    "discount_percent": 15,
    "tracking": "357962501027",
    "items": [{"name": "USB-C Cable, 2 m", "quantity": 2, "price": "9.50 USD"}],
}


@tool(effect="write", done_words=("forwarded",))
def create_ticket(ctx: Any) -> dict[str, Any]:
    """Open a ticket."""
    return {}


@tool(effect="irreversible")
def refund_order(ctx: Any) -> dict[str, Any]:
    """Refund an order."""
    return {}


@tool(effect="read")
def lookup_order(ctx: Any) -> dict[str, Any]:
    """Look an order up."""
    return {}


TOOLS = Registry([create_ticket, refund_order, lookup_order])
LOOK_UP = ToolCall("c1", "lookup_order", "{}")
ASKED = Message("user", "Where is ORD-123? My e-mail is alice@example.com, I paid 20 euros for it.")
HISTORY = [ASKED, Message("assistant", "", (LOOK_UP,)), Message("tool", json.dumps(ORDER), tool_call_id="c1")]


def begin_check(*done: str, history: Sequence[Message] = HISTORY) -> GroundingCheck:
    """A check of a turn in which these tools have been called."""
    check = GroundingCheck(SYSTEM, history, TOOLS)
    for name in done:
        check.add_result(
            ToolCall("c9", name, "{}"), '{"ticket_id": "TKT-48291037", "status": "open"}', "done"
        )
    return check


@pytest.mark.parametrize(
    "sentence",
    [
        "Your order **ORD-123** was shipped and arrives in 2 days, on 19 November 2026.",
        "It arrives on November 19th.",
        "It comes on 19.11.2026.",
        "Die Lieferung kommt am 19. November in zwei Tagen.",
        "Su pedido llega el 19 de noviembre, en dos días.",
        "Il arrive le 19 novembre 2026.",
        "The total was $1,234.50.",
        "Der Betrag ist 1.234,50 USD.",
        "2 × USB-C Cable, 2 m (9.50 USD)",
        "Tracking number: 3579 6250 1027.",
        "You got a discount of 15 %.",
        "We're open from 9:00 to 17:00, and from 9 am to 5 pm.",
        "On Saturdays we close at 14:00.",
        "You can return it within 30 days.",
        "Shipping costs 4,90 €.",
        "You paid 20 €, you say.",
        "I'll write to alice@example.com.",
        "See techcorp.example/returns or https://techcorp.example/returns.",
        "1. First unplug it. 2. Then wait for a minute.",
        "The USB-C plug fits both ways, as with COVID-19 tests.",
        "Somewhere in between 2 and 3.",
        "It arrives on Thursday.",
        "We're open on Tuesdays.",
        "I'm 100% sure.",
        "Follow step 1.2.3 of the guide.",
        "It is built with asp.net.",
        "Wir haben bis 17 Uhr geöffnet.",
        "Your orders: ORD-123, 2 items.",
    ],
)
def test_what_was_shown_may_be_said_in_any_form(sentence):
    assert begin_check().find_marks(sentence) == []


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("number", "Your order ORD-999 was shipped."),
        ("number", "Your order ORD-1234 was shipped."),
        ("number", "Your reference is TKT-00012345."),
        ("number", "Track it by JD014600003RU."),
        ("number", "Your order is #4711."),
        ("date", "It arrives on 20 November."),
        ("date", "It arrives on November 19, 2027."),
        ("date", "It arrives on 2026-11-20."),
        ("date", "Es kommt am 20.11."),
        ("span", "It arrives in 3 days."),
        ("span", "It takes 3-5 business days."),
        ("span", "You have two weeks."),
        ("span", "We answer within 24 hours."),
        ("span", "Das dauert fünf Werktage."),
        ("money", "The total is 99.00 USD."),
        ("money", "Shipping is $5."),
        ("money", "Sie erhalten 15,50 € zurück."),
        ("percent", "You get 20% off."),
        ("time", "We open at 8:00."),
        ("time", "We close at 6 pm."),
        ("time", "We close at 21:45."),
        ("time", "Wir haben bis 23 Uhr geöffnet."),
        ("weekday", "It arrives on a Sunday."),
        ("span", "It has a 2-year warranty."),
        ("span", "Het duurt 2 weken."),
        ("date", "Arriva il 12 luglio 2026."),
        ("money", "That is five dollars."),
        ("percent", "You get ten percent off."),
        ("number", "The tracking number is 1Z888AA10123456784."),
        ("email", "Write to ice@example.com."),
        ("phone", "Call us at 0800 123 456."),
        ("email", "Write to help@techcorp.com."),
        ("address", "See https://techcorp.com/refund."),
        ("address", "See www.techcorp.example/status"),
    ],
)
def test_what_was_shown_nowhere_is_marked(kind, sentence):
    assert [mark.kind for mark in begin_check().find_marks(sentence)][:1] == [kind]


@pytest.mark.parametrize(
    "sentence",
    [
        "I have refunded you.",
        "I've cancelled your order.",
        "I’ve just issued a full refund.",
        "I opened a ticket for you.",
        "Your refund has been issued.",
        "Your order has been cancelled.",
        "We've refunded the amount.",
        "I've sent you an e-mail.",
        "I have passed this on to my colleagues.",
        "I've scheduled a pickup.",
        "Ich habe Ihre Bestellung storniert.",
        "Ihre Bestellung wurde soeben storniert.",
        "J'ai annulé votre commande.",
        "Votre commande a été remboursée.",
        "He cancelado su pedido.",
        "Su pedido ha sido reembolsado.",
        "We've issued a refund.",
        "Your refund is on its way.",
        "I did cancel your order.",
        "I was able to cancel your order.",
        "I have fully refunded your purchase.",
        "I've personally escalated it.",
        "I've let our team know.",
        "I've put in a refund.",
        "I could not find a parcel so I've refunded you.",
        "I couldn't reach the shop and I've refunded you in full.",
        "I see that it is late, so I've refunded you.",
        "Your order is cancelled.",
        "Wir haben Ihre Bestellung storniert.",
        "Ich hab ein Ticket erstellt.",
        "Die Erstattung wurde veranlasst.",
        "Hiermit storniere ich Ihre Bestellung.",
        "Je vous ai remboursé.",
        "Nous avons remboursé la commande.",
        "Je l'ai annulée.",
        "Le remboursement a été effectué.",
        "Hemos cancelado su pedido.",
        "Se ha cancelado su pedido.",
        "El reembolso se ha realizado.",
        "Cancelé su pedido.",
    ],
)
def test_an_action_that_nobody_has_done_is_marked(sentence):
    assert [mark.kind for mark in begin_check().find_marks(sentence)] == ["action"]


@pytest.mark.parametrize(
    "sentence",
    [
        "I can't cancel orders.",
        "I haven't refunded you.",
        "Once I've opened a ticket, we'll write to you.",
        "Would you like me to open a ticket?",
        "If your order was cancelled, you will be told.",
        "I've looked up your order and I see that it was sent.",
        "You can ask for a refund.",
        "Has your parcel been opened?",
        "Ich habe noch kein Ticket erstellt.",
        "Ihre Bestellung wurde nicht storniert.",
        "No he creado ningún ticket.",
        "Su pedido no ha sido cancelado.",
        "Votre commande n'a pas été annulée.",
        "No ticket has been opened.",
        "I have changed nothing.",
        "There is no need to worry that I have cancelled it.",
        "Ich habe Ihre Bestellung gefunden, sie wurde verschickt.",
        "Tickets are created by our team.",
        "Your details are updated in Settings.",
        "A parcel that was opened can't be sent back.",
        "You said that your order was changed.",
    ],
)
def test_what_claims_no_action_is_not_taken_for_one(sentence):
    assert begin_check().find_marks(sentence) == []


def test_an_action_of_this_turn_may_be_told_and_no_other_one():
    check = begin_check("create_ticket")

    assert check.find_marks("I've opened ticket TKT-48291037 and forwarded it to the team.") == []
    assert check.find_marks("I've opened a ticket and I have refunded you.") == [
        Mark("action", "i have refunded")
    ]


def test_a_call_that_failed_or_only_looked_has_done_nothing():
    check = begin_check()
    check.add_result(ToolCall("c8", "refund_order", "{}"), '{"error": "Too late."}', "done")
    check.add_result(ToolCall("c9", "refund_order", "{}"), "{}", "refused")

    assert check.find_marks("I have refunded you.")


def test_an_action_of_an_earlier_turn_may_be_told_as_one():
    opened = ToolCall("c2", "create_ticket", "{}")
    earlier = [
        Message("assistant", "", (opened,)),
        Message("tool", '{"ticket_id": "TKT-48291037"}', tool_call_id="c2"),
    ]
    check = begin_check(history=[*HISTORY, *earlier, Message("user", "And now?")])

    assert check.find_marks("As I said, I've already opened a ticket.") == []
    assert check.find_marks("I've opened ticket TKT-48291037.") == []
    assert check.find_marks("I've opened another ticket.")


@pytest.mark.parametrize("tool_name", ["send_label", "zap_it"])
def test_a_return_label_that_an_earlier_turn_has_sent_was_sent(tool_name):
    sentence, done_earlier = "The return label was sent to zoe@example.com.", list_actions(tool_name)

    assert find_unproven_action(sentence, set(), done_earlier, set()) == ""
    assert find_unproven_action(sentence, set(), set(), set())


def test_a_tool_that_says_nothing_of_itself_may_have_done_it_earlier_too():
    done_earlier = list_actions("zap_it")

    assert find_unproven_action("I've already cancelled order 1234.", set(), done_earlier, set()) == ""
    assert find_unproven_action("I've cancelled your order.", set(), done_earlier, set())


def test_a_turn_that_begins_again_has_done_what_it_did_before_its_process_died():
    opened = ToolCall("c2", "create_ticket", "{}")
    stored = [
        Message("assistant", "", (opened,)),
        Message("tool", '{"ticket_id": "TKT-48291037"}', tool_call_id="c2"),
    ]

    assert begin_check(history=[*HISTORY, *stored]).find_marks("I've opened a ticket.") == []


def test_an_article_about_refunds_is_no_refund():
    article = Message(
        "tool", '{"article": "Orders are refunded to the card within five days."}', tool_call_id="c1"
    )
    check = begin_check(history=[ASKED, article])

    assert check.find_marks("Orders are refunded to the card within five days.") == []
    assert check.find_marks("Your order has been refunded.")


@pytest.mark.parametrize(
    "result",
    [
        '{"status": "processing", "shipped": null, "delivered": ""}',
        '{"note": "absent", "sent_at": "2026-11-01"}',
    ],
)
def test_what_a_result_only_has_a_place_for_was_not_done(result):
    told = Message("tool", result, tool_call_id="c1")

    assert begin_check(history=[ASKED, told]).find_marks("Your order has been sent.")


def test_what_a_result_says_was_done_may_be_told():
    told = Message("tool", '{"order_id": "ORD-801", "status": "cancelled"}', tool_call_id="c1")

    assert begin_check(history=[ASKED, told]).find_marks("Your order was cancelled.") == []


def test_the_model_s_own_words_prove_nothing():
    said = Message("assistant", "Your order ORD-999 costs 5 USD and has been refunded.")

    check = begin_check(history=[said, ASKED])

    assert check.find_marks("As I said, ORD-999 costs 5 USD.")
    assert check.find_marks("As I said, it has been refunded.")


def test_after_a_photo_facts_are_not_checked_and_actions_are():
    photo = Message("user", "My receipt", images=(Image("data:image/png;base64,AA=="),))

    check = begin_check(history=[photo])

    assert check.find_marks("I see ORD-999 for 5 USD.") == []
    assert check.find_marks("I have refunded you.")


TEXT = "Hello! Your order ORD-123 was shipped. It arrives on 19. November, e. g. in the morning. I've refunded you! Bye"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_held_back_is_the_sentence_that_is_not_confirmed_however_it_comes(size):
    text = CheckedText(begin_check(), "hold")
    pieces = re.findall(f"(?s).{{1,{size}}}", TEXT)

    shown = "".join([*(text.add_text(piece) for piece in pieces), text.finish_text()])

    assert shown == TEXT.replace(" I've refunded you!", "")
    assert (text.is_held, text.marks) == (True, [Mark("action", "i've refunded")])


@pytest.mark.parametrize("separator", [" ", ". "], ids=["one sentence", "many"])
def test_of_very_many_claims_the_first_are_marked_and_with_hold_all_are_held_back(separator):
    claims = separator.join(f"It is ORD-{number}" for number in range(8000, 8200))
    held, marked = CheckedText(begin_check(), "hold"), CheckedText(begin_check(), "mark")

    shown = held.add_text("Hello! " + claims) + held.finish_text()
    marked.add_text("Hello! " + claims)
    marked.finish_text()

    assert shown.strip() == "Hello!"
    assert [mark.words for mark in marked.marks] == [f"ord-{number}" for number in range(8000, 8020)]
    assert held.marks == marked.marks


def test_with_hold_a_sentence_comes_as_soon_as_it_is_whole():
    text = CheckedText(begin_check(), "hold")

    shown = [text.add_text(piece) for piece in ("Your ", "order ", "is ", "shipped.", " It ", "arrives")]

    assert "".join(shown[:5]) == "Your order is shipped."


def test_with_mark_every_word_passes_at_once():
    text = CheckedText(begin_check(), "mark")

    assert [text.add_text(piece) for piece in ("I have ", "refunded you.")] == ["I have ", "refunded you."]
    assert text.finish_text() == ""
    assert (text.is_held, text.marks) == (False, [Mark("action", "i have refunded")])


def test_a_sentence_without_end_waits_no_longer_than_some_lines():
    text = CheckedText(begin_check(), "hold")

    assert "".join(text.add_text("word ") for _ in range(300))


def test_a_number_beside_another_one_was_shown_too():
    listed = Message(
        "tool", '{"ORD-123": 2, "orders": [["ORD-456", 3]], "note": "ORD-789 2 items"}', tool_call_id="c1"
    )
    check = begin_check(history=[ASKED, listed])

    assert [check.find_marks(f"It is ORD-{number}.") for number in (123, 456, 789)] == [[], [], []]


@pytest.mark.parametrize("space", [" ", "\n", "\t", "\u2028", "\x0b", "-"])
def test_a_day_in_words_is_read_whatever_stands_between_them(space):
    """Customers break lines anywhere, and what they wrote is read again for each later answer."""
    assert ("day", "5-21") in list_known_facts(f"the twenty{space}first of may")
    assert ("hours", "504") in list_known_facts(f"in twenty{space}one days")


HOSTILE = [
    "a." * 16_000 + "com 3",
    "a.a" * 5_000 + "@com 3 days",
    "ab-123" + "-1" * 9_000 + "@",
    " " * 20_000 + "3 days",
    "1" * 20_000 + " %",
    "1." * 10_000 + "5 EUR",
    "1 " * 10_000 + "x",
    "jan" * 7_000 + " 3",
    "at " * 7_000 + "3 days",
    "i have " * 4_000 + "refunded 3 days",
    '"' + "a" * 20_000 + '": 3',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_is_read_for_longer_than_it_is_long(text):
    """Strangers write what is searched. What grows with the square of 20,000 characters takes minutes."""
    began = process_time()
    shown = CheckedText(begin_check(history=[ASKED, Message("user", text)]), "hold")
    shown.add_text(f"It arrives in 3 days. {text}")
    shown.finish_text()

    assert process_time() - began < MOST_SECONDS
