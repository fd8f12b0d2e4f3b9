"""What is promised and no tool can do, and what is claimed in further words and languages, is marked; offers are not.

After sonichi/sutando#4499 (“I've placed the order”, and no tool was called) and SeraphimSerapis/tool-eval-bench#172
(“nothing has been sent yet, but I'll send it now”).
"""

import json
from typing import Any

import pytest

from supportbot.assistant.facts import list_known_facts
from supportbot.assistant.grounding import CheckedText, GroundingCheck
from supportbot.assistant.grounding.action_patterns import ACTION_WORDS, PRESENT_WORDS
from supportbot.assistant.grounding.actions import find_present_action, find_unproven_action, list_promises
from supportbot.assistant.grounding.promise_patterns import PROMISE_WORDS
from supportbot.assistant.messages import Message
from supportbot.assistant.tools import Registry, tool
from tests.engine.test_grounding import HISTORY, SYSTEM, create_ticket, lookup_order, refund_order

pytestmark = pytest.mark.usefixtures("on_24_november")


@tool(effect="write")
def zap_it(ctx: Any) -> dict[str, Any]:
    """Do something."""
    return {}


ABLE = Registry([create_ticket, refund_order, lookup_order])
UNABLE = Registry([create_ticket, lookup_order])


def find_marks(sentence: str, tools: Registry = UNABLE) -> list[str]:
    return [mark.kind for mark in GroundingCheck(SYSTEM, HISTORY, tools).find_marks(sentence)]


PROMISES = [
    "I'll cancel it for you.",
    "No problem, I’ll cancel that right now.",
    "I will refund you the full amount.",
    "I'm going to cancel your order.",
    "I'll go ahead and cancel your order.",
    "Okay, I'll arrange a pickup for you.",
    "I'll issue a refund to your card.",
    "I'll give you a discount.",
    "I'll make sure it gets cancelled.",
    "I'll make sure it gets canceled.",
    "Give me a moment while I cancel your order.",
    "Sure, let me refund that for you.",
    "Ich storniere Ihre Bestellung für Sie.",
    "Ich werde Ihnen den Betrag erstatten.",
    "Ich werde mein Bestes tun und Ihre Bestellung stornieren.",
    "Ich storniere meinerseits die Bestellung.",
    "Ich werde die Rückerstattung veranlassen.",
    "Je vais annuler votre commande.",
    "Je vous rembourse le montant total.",
    "Je vais procéder au remboursement.",
    "Voy a cancelar su pedido.",
    "Cancelaré tu pedido ahora mismo.",
    "Bloquearé su tarjeta.",
    "Bloccherò il tuo account.",
    "We will call you tomorrow morning.",
    "We'll gladly phone you about it.",
    "Wir rufen Sie morgen an.",
    "Nous vous rappellerons demain matin.",
    "Nous vous rappellerons la semaine prochaine.",
    "Le llamaremos mañana por la mañana.",
    "La richiameremo domani.",
    "Wij bellen u morgen.",
    "We bellen je morgen.",
    "Vale, te cancelo el pedido.",
    "Procederé a reembolsarle.",
    "Annullerò il tuo ordine.",
    "Procedo ad annullare il tuo ordine.",
    "Ik ga uw bestelling annuleren.",
    "Oké, ik annuleer uw bestelling.",
    "Vou cancelar o seu pedido.",
]


@pytest.mark.parametrize("sentence", PROMISES)
def test_a_promise_that_no_tool_can_keep_is_marked(sentence):
    assert find_marks(sentence) == ["action"]


@pytest.mark.parametrize(
    "sentence",
    [
        "I can cancel it for you if you like.",
        "Would you like me to cancel your order?",
        "If you confirm, I'll cancel it.",
        "Just say so, and I'll cancel it.",
        "Once you send it back, I'll refund you.",
        "Tell me its number and I'll cancel it.",
        "I won't cancel it.",
        "I'll help you cancel your order.",
        "I'll explain how a refund works.",
        "I'll look up your order now.",
        "Let me check whether I can cancel it.",
        "I'll change my answer then.",
        "I'll send you the details here.",
        "I'll open a ticket for you right away.",
        "I'll forward this to our team.",
        "Wenn Sie möchten, storniere ich die Bestellung.",
        "Soll ich Ihre Bestellung stornieren?",
        "Ich gebe Ihnen gern Auskunft.",
        "Ich leite das an unser Team weiter.",
        "I'll send you the invoice amount: 20 €.",
        "I'll replace it in my answer.",
        "I'll forward you to our help page.",
        "Ich ändere meine Meinung.",
        "Je modifie ma réponse.",
        "Cambiaré de opinión.",
        "Si vous le souhaitez, je vais annuler votre commande.",
        "Je vais vous expliquer comment annuler.",
        "¿Quiere que cancele su pedido?",
        "Le cuento cómo cancelar.",
        "L'annullo non è possibile.",
        "Zal ik uw bestelling annuleren?",
        "Should we call you?",
        "We'll call you if the courier does not find the door.",
        "We call it a day at 5 pm.",
        "We will never call you about your password.",
        "Wir rufen Sie an, sobald das Paket da ist.",
        "Wir rufen Sie niemals an.",
        "Nous vous rappellerons si vous le souhaitez.",
        "Nous vous rappellerons votre rendez-vous la veille.",
        "Nous vous rappellerons la date de livraison.",
        "We will call you on this number in case of delays.",
        "Wir rufen Sie vor der Lieferung an.",
        "Wij bellen u voor de bezorging.",
        "Le llamaremos solo cuando llegue.",
        "Wij bellen u nooit.",
        "Posso cancelar o pedido.",
    ],
)
def test_an_offer_is_no_promise_and_what_a_tool_can_do_may_be_promised(sentence):
    assert find_marks(sentence) == []


def test_what_one_tool_can_do_another_cannot():
    assert find_marks("I'll refund you the full amount.", ABLE) == []
    assert find_marks("I'll cancel your order.", ABLE) == ["action"]
    assert find_marks("I'll cancel your order.", Registry([zap_it])) == []  # it may do anything


def test_with_hold_an_empty_promise_is_not_shown():
    text = CheckedText(GroundingCheck(SYSTEM, HISTORY, UNABLE), "hold")

    shown = text.add_text("I see. I'll cancel it for you. It is on its way. ") + text.finish_text()

    assert (shown.split(), text.is_held) == (["I", "see.", "It", "is", "on", "its", "way."], True)


CLAIMS = [
    "The refund of 20 euros is on its way.",
    "I placed the order for you.",
    "I've put your order on hold.",
    "I've upgraded your shipping.",
    "I've added a note to your account.",
    "I've made the change you asked for.",
    "I have reached out to DHL.",
    "I've asked our team to stop it.",
    "Ticket created successfully.",
    "Refund issued.",
    "Good news: the cancellation went through.",
    "Die Erstattung wurde bereits angewiesen.",
    "Ich habe DHL kontaktiert.",
    "Anulowałem Twoje zamówienie.",
    "Jag har återbetalat beloppet.",
    "Jeg har refunderet beløbet.",
    "Zrušil jsem vaši objednávku.",
    "Я вернул вам деньги.",
    "Siparişinizi iptal ettim.",
    "ご注文をキャンセルしました。",
    "已为您取消订单。",
    "주문을 취소했습니다.",
    "تم إلغاء طلبك.",
    "已为您取消订单,如果还有问题,请告诉我。",
    "已取消的订单无法恢复,但已为您退款。",
    "已为您取消订单！还有其他问题吗？",
    "已为您取消订单!还有其他问题吗?",
    "如果可以太好了!已为您取消订单。",
    "I've contacted the delivery company.",
    "I've contacted the post office.",
    "I've contacted the manufacturer.",
    "I've contacted our logistics partner.",
    "I've asked our billing staff to look at it.",
    "I've called the customer service.",
    "I've paused the shipment.",
    "I've stopped the parcel.",
    "I've extended the warranty.",
    "I've extended the deadline.",
    "I've reset the device.",
    "I reset your password.",
    "I've spoken with our warehouse team.",
    "I just spoke to the warehouse.",
    "I've confirmed with the warehouse that it leaves today.",
    "I checked with our team, and it is possible.",
    "I have consulted with the manufacturer.",
    "I've waived the shipping fee.",
    "I have upgraded you to express at no cost.",
    "I've unsubscribed you from the newsletter.",
    "I've switched you to the annual plan.",
    "Ich habe mit dem Lager gesprochen.",
    "Ich habe gerade mit dem Fahrer telefoniert.",
    "Ich habe Sie vom Newsletter abgemeldet.",
    "Ich habe Ihre Rückgabefrist verlängert.",
    "J'ai parlé avec notre équipe.",
    "Je vous ai désabonné de la newsletter.",
    "Je vous ai désinscrite de la newsletter.",
    "J'ai prolongé votre délai de retour.",
    "He hablado con el almacén.",
    "He borrado su cuenta.",
    "Ho parlato con il magazzino.",
    "Ik heb met het magazijn gesproken.",
    "Ik heb u afgemeld voor de nieuwsbrief.",
    "Falei com o armazém.",
    "Rozmawiałem z magazynem.",
    "I've flagged this as urgent.",
    "I have made a note on your order.",
    "Your return label has been sent.",
    "The prepaid label was emailed to you.",
    "Das Rücksendeetikett wurde Ihnen zugesandt.",
    "Der Retourenschein wurde erstellt.",
    "L'étiquette de retour vous a été envoyée.",
    "La etiqueta de devolución ha sido enviada.",
    "L'etichetta di reso è stata inviata.",
]


@pytest.mark.parametrize("sentence", CLAIMS)
def test_a_claim_in_further_words_and_languages_is_marked(sentence):
    assert find_marks(sentence) == ["action"]


@pytest.mark.parametrize(
    "sentence",
    [
        "I've called up your order: it's on its way.",
        "I've added it up.",
        "I've put together what I found.",
        "I made a mistake there, sorry.",
        "Your order was placed on 3 November.",
        "You ordered 2 cables.",
        "It went through customs.",
        "I've asked you for the number because I need it.",
        "Refund requests take a while.",
        "Nie anulowałem zamówienia.",
        "Jag har inte avbokat något.",
        "Jeg har ikke annulleret noget.",
        "Я не отменил ваш заказ.",
        "İptal etmek ister misiniz?",
        "キャンセルしますか？",
        "需要我为您取消订单吗？",
        "취소해 드릴까요?",
        "如果订单已取消,退款将很快到账。",
        "订单是否已取消?",
        "إذا تم إلغاء الطلب فسيتم الرد",
        "لم يتم إلغاء الطلب",
        "سيتم إلغاء الطلب",
        "ご返金しましたでしょうか?",
        "返金しましたでしょうか。",
        "お客様が先ほど変更しましたか?",
        "취소했습니다만",
        "Zda byla zrušena?",
        "I've reached the limit of what I can look up here.",
        "I've asked the system, and your order is with DHL.",
        "I've asked our shop system, and your order is with DHL.",
        "I've called the support page up for you.",
        "I've called the parcel's status up for you.",
        "Ich werde meine Meinung nicht ändern.",
        "Ich ändere meine Antwort.",
        "I reset the search and looked again.",
        "I've checked your order: it's with DHL.",
        "The return label is in the parcel.",
        "A return label is sent to you once we have your request.",
        "Das Rücksendeetikett liegt dem Paket bei.",
        "I've flagged nothing so far.",
        "I made a note to myself: two parcels.",
        "I made a note of caution above.",
        "The return label was supposed to be sent by mail.",
        "J'ai parlé à tort de trente jours.",
        "I've checked with the number that you gave me.",
        "I've confirmed your address with the order.",
        "I've consulted our return policy.",
        "I spoke too soon, sorry.",
        "I checked with our shop system, and nothing is there.",
        "The fee is waived for orders of that size.",
        "Ich habe mit der Nummer aus Ihrer Mail gesucht.",
        "Ich habe nicht mit dem Lager gesprochen.",
        "Wie ich mit Ihnen schon gesprochen habe, ist das Paket unterwegs.",
        "Wenn ich mit dem Lager gesprochen habe, melde ich mich.",
        "Comme j'ai parlé avec vous tout à l'heure, le colis est en route.",
        "No he borrado nada.",
        "No he hablado con el almacén.",
        "Non ho parlato con il magazzino.",
        "Ik heb niet met het magazijn gesproken.",
        "Wir haben sonntags geschlossen.",
        "We're closed on Sundays.",
        "Our offices are closed on Sundays.",
        "Our shops are closed on Sundays.",
        "Our office isn't open on Sundays.",
        "On Sundays our hotline is not open.",
        "Le magasin est fermé le dimanche.",
        "On Sundays, our office is closed.",
        "We're closed on Sundays and public holidays.",
        "We're closed on public holidays, Saturdays and Sundays.",
        "La tienda está cerrada el domingo.",
        "Unser Laden ist am Sonntag geschlossen.",
        "Have a great weekend!",
        "Schönes Wochenende!",
        "See you tomorrow!",
        "Guten Morgen!",
        "Have a nice day!",
        "Zamówienie z 3 listopada dotrze 19 listopada.",
        "Заказ от 3 ноября отправлен.",
        "ご注文は11月19日に届きます。",
        "Din beställning kommer om 2 dagar.",
        "Заказ придёт через 2 дня.",
        "The order comes in 48 hours.",
        "Tracking number 3579 6250 1027.",
    ],
)
def test_true_sentences_with_such_words_are_not_marked(sentence):
    assert find_marks(sentence) == []


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("weekday", "Wir haben sonntags geöffnet."),
        ("weekday", "We're open on Sundays."),
        ("weekday", "We're closed on Saturdays and open on Sundays."),
        ("weekday", "Your ticket was closed on Sunday."),
        ("weekday", "We're not closed on Sundays."),
        ("weekday", "We aren’t closed on Sundays."),
        ("weekday", "Our office isn't closed on Sundays."),
        ("weekday", "We are never closed on Sundays."),
        ("weekday", "Wir haben sonntags nicht geschlossen."),
        ("weekday", "Le magasin n'est pas fermé le dimanche."),
        ("weekday", "We closed your ticket on Sunday."),
        ("weekday", "We have closed the case on Sunday."),
        ("weekday", "We deliver on Sunday even though the store is closed."),
        ("weekday", "The shop will refund you on Sunday; your ticket was closed."),
        ("weekday", "We're open on Sundays, but our store is closed today."),
        ("weekday", "On Sunday, your parcel will arrive even though our office is closed."),
        ("weekday", "On Sunday, we deliver, and on Monday we are closed."),
        ("weekday", "Sunday: your refund is paid; the office is closed."),
        ("weekday", "Dimanche, votre colis arrivera, mais le magasin est fermé."),
        ("weekday", "We're closed every day but Sunday."),
        ("weekday", "We're closed except on Sundays."),
        ("weekday", "Unser Laden ist außer sonntags geschlossen."),
        ("weekday", "Siamo aperti domenica."),
        ("weekday", "Wij zijn zondag open."),
        ("date", "Es kommt morgen."),
        ("date", "It will be delivered tomorrow."),
        ("date", "It ships on Dec. 24th."),
        ("date", "It comes on 12/24."),
        ("date", "Dostawa 24 grudnia."),
        ("date", "Доставка 24 декабря."),
        ("date", "12月24日に届きます。"),
        ("span", "It takes about a month."),
        ("span", "In einer Woche ist es da."),
        ("span", "Dostawa trwa 5 dni."),
        ("span", "Доставка займёт 5 дней."),
        ("span", "Leveransen tar 5 dagar."),
        ("money", "The fee is 99 kr."),
        ("money", "Koszt to 12 zł."),
        ("money", "Стоимость 500 руб."),
        ("money", "送料は800円です。"),
        ("money", "It costs ₪120."),
        ("time", "Nous sommes ouverts jusqu'à 19h."),
        ("number", "IBAN DE89 3704 0044 0532 0130 00."),
    ],
)
def test_facts_of_further_languages_are_checked(kind, sentence):
    text = CheckedText(GroundingCheck(SYSTEM, HISTORY, UNABLE), "hold")
    text.add_text(sentence)
    text.finish_text()

    assert [mark.kind for mark in text.marks] == [kind]


def test_a_day_is_no_opening_hour():
    assert ("time", "19:00") not in list_known_facts('"expected_delivery": "2026-11-19"')
    assert {("time", "9:00"), ("time", "17:00")} <= list_known_facts("open mon-fri 9-17")


def test_a_number_in_groups_is_the_number():
    shown = GroundingCheck("Tracking: JD014600006281230704", HISTORY, UNABLE)

    assert shown.find_marks("Its number is JD01 4600 0062 8123 0704.") == []


PROCESSING = {
    "order_id": "ORD-123",
    "status": "processing",
    "shipped": None,
    "expected_delivery": "2026-11-19",
}
STATUSES = [
    "Your order has been shipped.",
    "We have shipped your order.",
    "Your order was delivered.",
    "Ihre Bestellung wurde versendet.",
    "Ihre Bestellung wurde zugestellt.",
    "Votre commande a été expédiée.",
    "Votre commande a été livrée.",
    "Su pedido ha sido enviado.",
    "Su pedido ha sido entregado.",
    "Il tuo ordine è stato spedito.",
    "Uw bestelling is verzonden.",
    "O seu pedido foi enviado.",
]


def begin_about(customer: str, order: dict[str, Any]) -> GroundingCheck:
    history = [Message("user", customer), HISTORY[1], Message("tool", json.dumps(order), tool_call_id="c1")]
    return GroundingCheck(SYSTEM, history, UNABLE)


@pytest.mark.parametrize("sentence", STATUSES)
def test_an_order_that_has_only_a_day_of_delivery_was_not_sent(sentence):
    assert begin_about("Where is ORD-123?", PROCESSING).find_marks(sentence)
    assert begin_about("Was ORD-123 delivered?", PROCESSING).find_marks(sentence)


@pytest.mark.parametrize("sentence", STATUSES)
@pytest.mark.parametrize("status", ["delivered", "completed"])
def test_an_order_that_was_delivered_was_sent(sentence, status):
    assert begin_about("Where is ORD-123?", {"status": status}).find_marks(sentence) == []


def test_what_a_customer_tells_of_a_parcel_may_be_repeated():
    check = begin_about("ORD-123 was delivered damaged.", PROCESSING)

    assert check.find_marks("I see, your order was delivered damaged.") == []
    assert begin_about("Hello", PROCESSING).find_marks("I'm sorry your order was delivered damaged.") == []
    assert begin_about("Hello", PROCESSING).find_marks("I'm sorry, your order was refunded.")


FRAMES = (
    *(
        "i've {} your order",
        "i have let you {}",
        "i did {} it",
        "i've put {} on hold",
        "i'm {} your ticket now",
    ),
    *(
        "i've processed a {}",
        "your {} is on its way",
        "your order was {}",
        "the {} went through",
        "{} issued.",
    ),
    *("order {}", "i'll {} your ticket", "i'll issue a {}", "let me {} it", "while i {} it"),
    *(
        "ich habe es {}",
        "ich {} das jetzt weiter",
        "ich werde es {}",
        "hiermit {} ich",
        "j'ai {}",
        "je vais {} ça",
    ),
    *(
        "je vous {} maintenant",
        "he {}",
        "voy a {}",
        "ya {} su",
        "ho {}",
        "procedo ad {}",
        "è stato {}",
        "ik heb {}",
    ),
    *(
        "ik ga {}",
        "foi {}",
        "vou {}",
        "te {} el",
        "{} il tuo ordine",
        "{} jsem",
        "я {}",
        "jag har {}",
        "{} ettim",
    ),
)


def test_every_word_of_the_tables_has_a_kind():
    for word in sorted(ACTION_WORDS | PRESENT_WORDS | PROMISE_WORDS):
        for frame in FRAMES:
            sentence = frame.format(word)
            find_unproven_action(sentence, (), (), ())
            find_present_action(sentence, ())
            list_promises(sentence)
