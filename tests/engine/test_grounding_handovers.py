"""That a person takes over is said by the call that does it: a customer who waits for nobody is lost."""

from typing import Any

import pytest

from supportbot.assistant.grounding import CheckedText, GroundingCheck
from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import Registry, tool
from tests.engine.test_grounding import HISTORY, SYSTEM, create_ticket, lookup_order


@tool(effect="write")
def request_human(ctx: Any, reason: str) -> dict[str, Any]:
    """Hand over to a person."""
    return {}


TOOLS = Registry([create_ticket, lookup_order, request_human])
CALL = ToolCall("c1", "request_human", '{"reason": "Wants a person"}')
TICKET = ToolCall("c2", "create_ticket", "{}")

CLAIMS = [
    "I'm transferring you to a colleague now.",
    "I'll transfer you to a human agent.",
    "I will now connect you with a specialist.",
    "Let me connect you with our support team.",
    "Please hold while I connect you with an agent.",
    "I've connected you with a member of our team.",
    "I have just transferred you to a colleague.",
    "I'm handing you over to a colleague.",
    "I'll pass you on to a colleague.",
    "I'm putting you through to a person.",
    "You're being transferred to an agent.",
    "You are now connected with a colleague.",
    "A colleague will join this chat in a minute.",
    "Someone from our team will be with you in a moment.",
    "An agent will be with you shortly.",
    "Ich verbinde Sie jetzt mit einem Kollegen.",
    "Ich werde Sie mit einer Mitarbeiterin verbinden.",
    "Ich habe Sie mit einem Kollegen verbunden.",
    "Sie werden gleich mit einem Mitarbeiter verbunden.",
    "Ich übergebe Sie an eine Kollegin.",
    "Ein Kollege übernimmt gleich.",
    "Je vous transfère à un collègue.",
    "Je vous mets en relation avec un conseiller.",
    "Je vais vous passer un collègue.",
    "Je vous ai mis en relation avec une conseillère.",
    "Le paso con un compañero.",
    "Voy a transferirle con un agente.",
    "Te he pasado con una compañera.",
    "La metto in contatto con un collega.",
    "Ti sto trasferendo a un operatore.",
    "Ik verbind u door met een collega.",
    "Ik heb je doorverbonden met een collega.",
    "Vou transferir você para um atendente.",
    "Estou transferindo a conversa para um colega.",
    "Przekazuję rozmowę do konsultanta.",
    "Łączę pana z konsultantem.",
    "Einen Moment bitte, ich verbinde Sie mit einem Kollegen.",
    "Ich verbinde Sie mit einem Kollegen, bitte haben Sie etwas Geduld.",
    "As a premium customer you're being transferred to an agent.",
    "I've transferred you to a colleague who is used to such cases.",
]


def find_kinds(sentence: str, *wanted: ToolCall) -> list[str]:
    check = GroundingCheck(SYSTEM, HISTORY, TOOLS)
    check.note_wanted_calls(wanted)
    return [mark.kind for mark in check.find_marks(sentence)]


@pytest.mark.parametrize("sentence", CLAIMS)
def test_who_is_told_that_a_person_comes_gets_one_or_the_words_are_marked(sentence):
    assert find_kinds(sentence) == ["action"]
    assert find_kinds(sentence, TICKET) == ["action"]
    assert find_kinds(sentence, CALL) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "I can transfer you to a colleague.",
        "Would you like me to connect you with a colleague?",
        "Shall I hand you over to a person?",
        "If you like, I'll connect you with a person.",
        "Say the word, and once you do I'll transfer you.",
        "I'll connect you as soon as you confirm.",
        "Press “Talk to a person”, and someone will be with you shortly.",
        "Click the button below and an agent will join this chat.",
        "I can't transfer you by telephone.",
        "You'll be transferred to PayPal to pay.",
        "You will be connected to the payment page.",
        "I'll pass on your thanks to the team.",
        "The driver put the parcel through to your neighbour.",
        "A colleague will take care of your ticket.",
        "The battery takes over when the power fails.",
        "The adapter connects you to the internet.",
        "Someone signed for the parcel at your door.",
        "Möchten Sie, dass ich Sie mit einem Kollegen verbinde?",
        "Soll ich Sie mit einem Kollegen verbinden?",
        "Ein Mitarbeiter übernimmt die Prüfung.",
        "Wir übernehmen das Porto.",
        "Ich habe die beiden Bestellungen verbunden.",
        "Je vous passe les détails.",
        "Je vous passe une bonne nouvelle : la livraison est gratuite.",
        "Souhaitez-vous que je vous mette en relation avec un conseiller ?",
        "Je vous transfère si vous le souhaitez.",
        "¿Quiere que le pase con un compañero?",
        "Le paso los datos.",
        "Vuole che la metta in contatto con un collega?",
        "Ti passo il link.",
        "Zal ik u doorverbinden?",
        "Quer que eu transfira você para um atendente?",
        "Czy mam przekazać rozmowę konsultantowi?",
        "Type “agent” and someone will be with you shortly.",
        "By dialling 9 you will be connected to our support team.",
        "I'll connect you to our returns portal.",
        "Ein Mitarbeiter übernimmt hier den Aufbau der Möbel.",
        "Schreiben Sie „Mensch“, und ich verbinde Sie mit einem Kollegen.",
        "Indiquez votre numéro de commande et je vous transfère à un collègue.",
        "Dígame su número de pedido y le paso con un compañero.",
        "Mi dica il numero d'ordine e la metto in contatto con un collega.",
        "Geef me uw bestelnummer en ik verbind u door met een collega.",
        "Proszę podać numer zamówienia, a przekazuję rozmowę do konsultanta.",
    ],
)
def test_an_offer_or_a_button_brings_nobody_and_says_so(sentence):
    assert find_kinds(sentence) == []


def test_with_hold_nobody_is_told_that_a_person_comes_before_the_call_is_there():
    words = "One moment. I'm transferring you to a colleague."

    alone = CheckedText(GroundingCheck(SYSTEM, HISTORY, TOOLS), "hold")
    shown = alone.add_text(words) + alone.finish_text()
    assert "transferring" not in shown
    assert alone.is_held

    called = CheckedText(GroundingCheck(SYSTEM, HISTORY, TOOLS), "hold")
    shown = called.add_text(words) + called.finish_text([CALL])
    assert shown == words
