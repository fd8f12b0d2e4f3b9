"""What follows from known facts is known too, and hours of opening confirm no day on which something arrives."""

import json

import pytest

from supportbot.assistant.facts import list_known_facts
from supportbot.assistant.grounding import GroundingCheck
from supportbot.assistant.messages import Message
from tests.engine.test_grounding import HISTORY, LOOK_UP
from tests.engine.test_grounding_promises import UNABLE

pytestmark = pytest.mark.usefixtures("on_24_november")

INSTRUCTIONS = """What we do and do not do:
We are open Monday to Friday, 9 am to 6 pm. Returns within 30 days of delivery. 2 years of warranty. We answer so."""
ORDER = {
    "order_id": "ORD-123",
    "delivered": "2026-12-02",
    "total": "134.85 EUR",
    "shipping": "4.95 EUR",
    "items": [
        {"name": "Cable", "quantity": 2, "price": "9.95 EUR"},
        {"name": "Lamp", "quantity": 1, "price": "110.00 EUR"},
    ],
}
ASKED = Message("user", "Where is ORD-123? I need it by Friday.")


def find_marks(sentence: str) -> list[str]:
    history = [ASKED, HISTORY[1], Message("tool", json.dumps(ORDER), tool_call_id=LOOK_UP.id)]
    return [mark.kind for mark in GroundingCheck(INSTRUCTIONS, history, UNABLE).find_marks(sentence)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Two cables at €9.95 make €19.90.",
        "Zwischensumme: 129,90 €",
        "Cable and shipping: 14.90 EUR",
        "You can return it until January 1st, 2027.",
        "Die Garantie gilt bis zum 2. Dezember 2028.",
        "Wij zijn open van 9 tot 18 uur.",
        "Wij zijn tot 18.00 uur bereikbaar.",
        "Nous sommes ouverts de 9 à 18 heures.",
        "Abrimos a las 9:00 horas.",
        "Jesteśmy czynni od poniedziałku do piątku.",
        "It was delivered on Wednesday, before Friday as you need it.",
        "We deliver Monday to Friday.",
        "We deliver on Thursdays.",
        "We deliver on Thursday too.",
        "Nous livrons le jeudi.",
        "We bezorgen maandag t/m vrijdag.",
        "It should arrive between Monday and Friday.",
        "You can reach us on Monday.",
        "You'll receive an answer on Monday.",
        "Jutro nie dostarczamy.",
        "The lamp costs 110,– €.",
        "The lamp is 110EUR.",
    ],
)
def test_what_follows_from_known_facts_or_is_said_in_another_form_may_be_said(sentence):
    assert find_marks(sentence) == []


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("money", "Three cables make €29.95."),
        ("money", "That makes 220 EUR."),  # a round amount is one of such sums by chance
        ("money", "Delivery is EUR20."),
        ("money", "Versand: 20,- €"),
        ("date", "You can return it until January 2nd, 2027."),
        ("date", "It arrives on December 4th."),
        ("date", "Het pakket komt morgen aan."),
        ("date", "Demain, votre colis arrivera."),
        ("date", "Paczka dotrze jutro."),
        ("time", "Wij zijn tot 20.00 uur bereikbaar."),
        ("span", "Nous sommes ouverts jusqu'à 20 heures."),
        ("weekday", "It should be with you on Thursday."),
        ("weekday", "Das Paket kommt am Donnerstag an."),
        ("weekday", "Votre colis arrivera jeudi."),
        ("weekday", "Llegará el jueves."),
        ("weekday", "Paczka dotrze w czwartek."),
        ("weekday", "We're open on Sundays."),  # “so” is no Sunday
    ],
)
def test_what_does_not_follow_is_marked(kind, sentence):
    assert find_marks(sentence) == [kind]


def test_nothing_follows_from_a_catalogue_where_nearly_each_amount_and_day_would():
    lamps = [
        {"price": f"{each}.{each}", "made": f"20{each}-03-{each}", "warranty": f"{each} months"}
        for each in range(10, 28)
    ]
    others = [{"price": f"{each}.49"} for each in range(30, 50)]
    check = GroundingCheck("", [ASKED, Message("tool", json.dumps([*lamps, *others]))], UNABLE)

    assert check.find_marks("It costs €23.23.") == []
    assert [mark.kind for mark in check.find_marks("Together €31.31.")] == ["money"]
    assert [mark.kind for mark in check.find_marks("It is valid until March 12th, 2013.")] == ["date"]


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        ("Mo, Di und Do 9-12 Uhr", {"0", "1", "3"}),
        ("Sa: 10:00-14:00, So. 10 bis 12", {"5", "6"}),
        ("Tue/Thu 9am-5pm", {"1", "3"}),
        ("What we do and do not do: so it is.", set()),
    ],
)
def test_short_names_of_days_are_read_in_opening_hours_alone(hours, days):
    known = list_known_facts(hours.lower())

    assert {day for kind, day in known if kind == "weekday"} == days
