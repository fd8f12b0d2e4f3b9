"""What an answer says in other words and other languages is found to be known, or to be invented, all the same."""

import json
import re

import pytest

from supportbot.assistant.facts.number_words import read_count
from supportbot.assistant.facts.word_patterns import find_matches, join_words
from supportbot.assistant.grounding import GroundingCheck
from supportbot.assistant.grounding.action_patterns import (
    HEADLESS_ACTIONS,
    OWN_ACTIONS,
    PRESENT_ACTIONS,
    REPORTED_ACTIONS,
)
from supportbot.assistant.grounding.promise_patterns import PROMISED_ACTIONS
from supportbot.assistant.messages import Message, ToolCall
from tests.engine.test_grounding import LOOK_UP, SYSTEM, TOOLS

MORE = """Our phone number is +49 221 1234567. Gift wrapping is 3 EUR. We are closed on 24 and 25 December.
Express takes 1-2 business days."""
ORDER = {
    "order_id": "ORD-123",
    "status": "shipped",
    "expected_delivery": "2026-11-19",
    "ordered": "2026-11-03T14:05:00Z",
    "total": "1234.50 USD",
    "discount_percent": 15,
    "items": [{"name": "Cable", "quantity": 2, "price": "9.50 USD"}],
}
HISTORY = [
    Message("user", "Where is ORD-123?"),
    Message("assistant", "", (LOOK_UP,)),
    Message("tool", json.dumps(ORDER), tool_call_id=LOOK_UP.id),
]


def begin_check() -> GroundingCheck:
    return GroundingCheck(f"{SYSTEM}\n{MORE}", HISTORY, TOOLS)


@pytest.mark.parametrize(
    "sentence",
    [
        "You ordered it on 03/11/2026 at 14:05.",
        "It was ordered on the third of November at 2:05 pm.",
        "Expected on the 19th.",
        "It arrives on November the nineteenth.",
        "The total comes to one thousand two hundred thirty-four dollars and fifty cents.",
        "Each cable is nine dollars fifty.",
        "Shipping is 4 euros 90.",
        "Gift wrapping costs three euros.",
        "You got fifteen per cent off.",
        "Fifteen percent discount was applied.",
        "I'm one hundred percent sure.",
        "Express takes one to two working days.",
        "It takes between one and two days.",
        "Returns are free for thirty days.",
        "You can call us at +49 (0)221 123 45 67.",
        "We are closed on December 24th and 25th.",
        "We're closed on Christmas Eve (24 December).",
        "The second may take a little longer, and you may first try the other.",
        "In Settings 3 options appear: mark 3 of them, and set 2 reminders.",
        "Bestellt am 3. Nov. 2026, kommt am 19. Nov.",
        "Version 2.0 of USB is slower than USB 3.2.",
        "Sie haben am 3. November um 14:05 Uhr bestellt.",
        "Sie haben fünfzehn Prozent Rabatt bekommen.",
        "Les retours sont gratuits pendant trente jours.",
        "El total es de 1.234,50 dólares.",
        "Il totale è di 1.234,50 dollari.",
        "Il pacco arriva giovedì 19 novembre.",
        "Het pakket komt op 19 november.",
        "O pedido chega em 19 de novembro.",
    ],
)
def test_a_known_fact_may_be_said_in_other_words(sentence: str):
    assert begin_check().find_marks(sentence) == []


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("date", "It arrives on the 21st."),
        ("date", "It arrives on the twenty-first of November."),
        ("date", "We are closed on December 23rd and 26th."),
        ("money", "That is ninety-nine dollars."),
        ("money", "It costs twenty-five euros."),
        ("money", "Each cable is nine dollars sixty."),
        ("money", "The total is 99 bucks."),
        ("money", "Il totale è di 99 dollari."),
        ("money", "Это меньше одного, с 51 рублём."),
        ("percent", "There is a twenty percent discount."),
        ("percent", "Il y a une remise de vingt pour cent."),
        ("percent", "Ha un descuento del veinte por ciento."),
        ("span", "Il rimborso richiede cinque giorni."),
        ("span", "Het duurt vijf dagen."),
        ("span", "Entregamos em 1 mês."),
        ("span", "A garantia é de 2 anos."),
        ("span", "La garantie dure 2 années."),
        ("span", "Vous serez remboursé dans un an."),
        ("span", "Die Garantie gilt 1 Monat."),
        ("span", "It takes twenty-four days."),
        ("time", "The courier comes at 4:05 pm."),
    ],
)
def test_an_invented_fact_is_marked_in_other_words(kind: str, sentence: str):
    assert [mark.kind for mark in begin_check().find_marks(sentence)][:1] == [kind]


@pytest.mark.parametrize(
    "sentence",
    [
        "I had your order cancelled.",
        "Consider it cancelled.",
        "Your cancellation is confirmed.",
        "You've been refunded in full.",
        "The money has been returned to your card.",
        "A replacement has been ordered for you.",
        "A replacement is on its way.",
        "I have requested a callback.",
        "I've applied a discount to your order.",
        "I've removed the item from your order.",
        "I've blocked your card.",
        "Ihre Stornierung ist bestätigt.",
        "Ich habe den Artikel entfernt.",
        "Je viens d'annuler votre commande.",
        "Votre commande est annulée.",
        "Votre commande a bien été annulée.",
        "Acabo de cancelar su pedido.",
        "Su pedido está cancelado.",
        "Su orden fue cancelada.",
        "He transferido su caso a un compañero.",
        "Ho annullato il suo ordine.",
        "Ho appena rimborsato l'importo.",
        "La sua richiesta è stata inoltrata.",
        "Il rimborso è stato effettuato.",
        "Abbiamo aperto un ticket.",
        "Ik heb uw bestelling geannuleerd.",
        "Uw bestelling is geannuleerd.",
        "Er werd een retour ingepland.",
        "Cancelei o seu pedido.",
        "O seu pedido foi cancelado.",
        "O reembolso foi efetuado.",
        "Eu já reembolsei o valor.",
        "Acabei de cancelar o pedido.",
    ],
)
def test_an_action_that_nobody_has_done_is_marked_in_any_voice_and_language(sentence: str):
    assert [mark.kind for mark in begin_check().find_marks(sentence)] == ["action"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Please consider that cancelled orders can't be opened again.",
        "When it comes back, it is refunded to your card.",
        "We will refund you once the parcel is back.",
        "The discount is applied at checkout.",
        "The page was removed a year ago.",
        "Ich habe nichts storniert.",
        "Je n'ai rien remboursé.",
        "No se ha cancelado nada.",
        "Non ho cancellato nulla.",
        "Se il suo ordine è stato annullato, riceverà una mail.",
        "Riceverà una mail, se il suo ordine è stato annullato.",
        "Quando il rimborso è stato effettuato, lo vedrà.",
        "Ik heb niets geannuleerd.",
        "Zodra uw bestelling is geannuleerd, krijgt u bericht.",
        "Não cancelei o seu pedido.",
        "Assim que o pedido foi cancelado, avisamos.",
        "Il suo ordine è in arrivo.",
        "Uw bestelling is onderweg.",
    ],
)
def test_what_claims_no_action_is_not_taken_for_one_in_any_language(sentence: str):
    assert begin_check().find_marks(sentence) == []


def test_an_action_that_was_done_may_be_told_in_any_language():
    check = begin_check()
    check.add_result(ToolCall("c9", "create_ticket", "{}"), '{"ticket_id": "TKT-48291037"}', "done")

    for sentence in ("Ho aperto un ticket.", "Er is een ticket aangemaakt.", "O ticket foi criado."):
        assert check.find_marks(sentence) == []


@pytest.mark.parametrize(
    ("words", "number"),
    [
        *[("7", 7), ("ten", 10), ("twenty-five", 25), ("hundred", 100), ("two hundred and four", 204)],
        *[("one thousand two hundred thirty-four", 1234), ("zwanzig", 20)],
    ],
)
def test_numbers_are_read_in_words(words: str, number: int):
    assert read_count(words) == number


def test_a_pattern_of_words_matches_each_of_them_the_longest_first_and_no_other():
    words = ["to", "ton", "tone", "a.b", "t"]
    pattern = re.compile(join_words(words))

    assert [pattern.fullmatch(word)[0] for word in words] == words  # type: ignore[index]
    assert pattern.match("tone")[0] == "tone"  # type: ignore[index]
    assert not any(map(pattern.fullmatch, ("", "o", "axb", "tones")))


def test_each_pattern_of_an_action_can_be_compiled_though_none_is_before_its_words_stand_somewhere():
    for each in (*OWN_ACTIONS, *REPORTED_ACTIONS, *HEADLESS_ACTIONS, *PRESENT_ACTIONS, *PROMISED_ACTIONS):
        assert list(find_matches([each], "", each.words)) == []
