"""What was not set going, nobody was asked about, and no colleague will call about, is marked in any language."""

import pytest

from supportbot.assistant.grounding import GroundingCheck
from supportbot.assistant.grounding.actions import list_actions
from supportbot.assistant.messages import Message
from tests.engine.test_grounding import HISTORY, SYSTEM
from tests.engine.test_grounding_promises import UNABLE


def find_marks(sentence: str, instructions: str = SYSTEM) -> list[str]:
    return [mark.kind for mark in GroundingCheck(instructions, HISTORY, UNABLE).find_marks(sentence)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Ich habe die Rückerstattung veranlasst.",
        "Die Erstattung habe ich bereits angestoßen.",
        "Die Erstattung wurde bereits angestoßen.",
        "Ich habe eine Nachforschung bei DHL eingeleitet.",
        "An investigation has been started.",
        "J'ai procédé au remboursement.",
        "J'ai bien lancé l'annulation.",
        "Je viens d'effectuer le remboursement.",
        "J'ai contacté DHL.",
        "He tramitado el reembolso.",
        "He gestionado la devolución de tu dinero.",
        "Ya solicité el reembolso.",
        "Me he puesto en contacto con DHL.",
        "Ho avviato il rimborso.",
        "Ho già contattato DHL.",
        "Ik heb de terugbetaling in gang gezet.",
        "Ik heb contact opgenomen met DHL.",
        "Zleciłem zwrot pieniędzy.",
        "Skontaktowałam się z DHL.",
        "Já iniciei o reembolso.",
        "Entrei em contato com a DHL.",
        "I've expedited your order.",
        "A colleague will call you within an hour.",
        "Our team is going to call you back.",
        "Ein Mitarbeiter ruft Sie zurück.",
        "Eine Kollegin wird Sie heute noch anrufen.",
        "Un conseiller vous rappellera.",
        "Un compañero le llamará.",
        "Un collega la richiamerà.",
        "Een collega belt u terug.",
        "Um atendente vai ligar para você.",
    ],
)
def test_what_was_not_set_going_and_calls_that_nobody_makes_are_marked(sentence):
    assert "action" in find_marks(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "J'ai lancé une recherche.",
        "J'ai demandé votre numéro pour retrouver la commande.",
        "Je n'ai pas lancé le remboursement.",
        "He solicitado su número.",
        "Ich habe Ihre Angaben bearbeitet.",
        "Ich habe die Erstattung noch nicht veranlasst.",
        "Ik heb geen terugbetaling aangevraagd.",
        "Ik heb gezien dat de terugbetaling is aangevraagd.",
        "Nie zleciłem zwrotu.",
        "¿Ha contactado con DHL?",
        "I've flagged the differences below.",
        "A colleague will get back to you.",
        "If you like, a colleague will call you.",
        "Our team will never call you to ask for a password.",
        "Our team can't call you.",
        "Our team will do what we call a check.",
        "Un conseiller vous répondra ici.",
        "Ich habe nachgesehen: Die Erstattung wird erst nach Eingang bearbeitet.",
        "Die Retoure ist kostenlos und wird vom Fahrer bestätigt.",
        "J'ai demandé si le remboursement était possible.",
        "Ho effettuato una ricerca sul rimborso.",
        "Ik heb de stappen voor de terugbetaling op een rijtje gezet.",
        "Nobody from our team will call you.",
        "Unsere Mitarbeiter rufen Sie nie an.",
        "Aucun conseiller ne vous rappellera.",
        "Ningún compañero le llamará.",
        "Nessun operatore la richiamerà.",
        "Nenhum atendente vai ligar para você.",
    ],
)
def test_what_only_sounds_like_it_is_not_marked(sentence):
    assert find_marks(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "As soon as we've received it, the refund is issued to your card.",
        "Sobald das Paket da ist, ist die Erstattung veranlasst.",
        "Wurde Ihnen der Betrag schon erstattet?",
        "Votre commande a été annulée ?",
        "Il rimborso è stato effettuato?",
        "I've corrected my answer: it is a lamp.",
        "J'ai modifié ma réponse.",
        "Sorry, I sent you the wrong link before.",
        "I opened the article for you.",
    ],
)
def test_a_condition_a_question_and_what_is_done_to_words_claim_no_action(sentence):
    assert find_marks(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "As soon as I looked, your order was cancelled.",
        "I see, your order is cancelled.",
        "Your order was cancelled, anything else?",
        "I've cancelled your order – anything else?",
        "I've refunded you and can I help with more?",
        "I've sent you the link by e-mail.",
    ],
)
def test_a_claim_beside_a_question_or_behind_what_was_seen_is_one(sentence):
    assert find_marks(sentence) == ["action"]


def test_a_ticket_of_an_earlier_turn_went_to_the_team():
    opened = Message("tool", '{"ticket_id": "TKT-48291037", "status": "open"}', tool_call_id="c1")
    check = GroundingCheck(SYSTEM, [*HISTORY[:2], opened, Message("user", "And now?")], UNABLE)

    assert check.find_marks("Your case has been forwarded to the team.") == []
    assert check.find_marks("Your order has been cancelled.")


def test_what_the_instructions_promise_may_be_promised():
    promising = f"{SYSTEM}\nFor help with a set-up, our team will call you back."

    assert find_marks("A colleague will call you back.", promising) == []
    assert find_marks("I'll cancel your order.", promising) == ["action"]


def test_a_tool_named_by_a_noun_does_what_the_noun_says():
    assert {"book", "open"} <= list_actions("create_return")
