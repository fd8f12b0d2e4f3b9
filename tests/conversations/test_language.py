"""A screen reader is told the language of a text where it is clear, and nothing where it is not."""

from time import thread_time

import pytest

from supportbot.conversations.models import Message, Turn
from supportbot.conversations.realtime.fragments import render_turn
from supportbot.conversations.realtime.language import detect_language

from .markup import parse
from .payloads import find_words

CLEAR = {
    "en": "Your order ORD-123 has been shipped and should reach you tomorrow.",
    "de": "Ihre Bestellung ORD-123 wurde verschickt und wird morgen bei Ihnen sein.",
    "fr": "Votre commande a été expédiée et sera chez vous demain.",
    "es": "Su pedido ha sido enviado y llegará mañana. ¿Puede darme el número, por favor?",
    "it": "Il suo ordine è stato spedito. Non si preoccupi, può seguire la spedizione.",
    "nl": "Uw bestelling is verzonden. U kunt het pakket volgen en wij helpen u ook met de code.",
    "pl": "Państwa zamówienie zostało wysłane i jutro powinno się pojawić.",
    "ja": "ご注文は発送済みです。",
    "zh": "您的订单已经发货，明天送达。",
    "ko": "주문이 발송되었습니다.",
    "ar": "تم شحن طلبك وسيصل غدا إن شاء الله.",
    "he": "ההזמנה שלך נשלחה",
    "el": "Η παραγγελία σας έχει αποσταλεί.",
    "ru": "Ваш заказ отправлен и будет завтра. Мы вам напишем.",
    "uk": "Ваше замовлення відправлено і буде завтра.",
    "vi": "Tôi muốn trả lại món này.",
    "lt": "Noriu grąžinti prekę su kvitu, su dėžute ir su priedais, kurių nenaudojau, nes ji sudužo kelionėje.",
    "lv": "Vēl nav pienācis mans sūtījums. Kad tas būs klāt?",
}
UNCLEAR = {
    "nothing": "",
    "a word": "Hello",
    "a number": "ORD-123, ORD-456",
    "an address": "https://shop.example/the-and-is-you the@and.example",
    "code": "```\nif the and is are you\n```",
    "a band's name": "Die Ärzte",
    "a foreign name in an English sentence": "東京ガス shipped your order",
    "kanji that may be Chinese": "重要",
    "Danish or Norwegian": "Din ordre er sendt og kommer i morgen.",
    "Galician, not Portuguese": "O seu pedido foi enviado e chegará mañá.",
    "Bulgarian, not Russian": "Вашата поръчка е изпратена и ще пристигне утре.",
    "Croatian": "Vaša narudžba je poslana i stiže sutra.",
    "Hindi, or one of its neighbours": "आपका ऑर्डर भेज दिया गया है",
    "a name of another language in a few words of English": "Hello Nguyễn Thị Phượng Hằng, thank you",
    "Lithuanian, whose “su” is not Spanish": "Noriu keisti kuprine su kvitu, su raktu, su priedais",
    "Dutch, whose “de” is not Catalan": "De prijs de kom, de mok, de kan",
    "a few words of Vietnamese": "Xin chào bạn",
    "two languages": "The order is with you. Die Bestellung ist nicht bei Ihnen und wird noch kommen.",
}


@pytest.mark.parametrize("language", CLEAR)
def test_a_clear_language_is_told(language):
    assert detect_language(CLEAR[language]) == language


@pytest.mark.parametrize("text", UNCLEAR.values(), ids=UNCLEAR)
def test_an_unclear_language_is_left_out(text):
    assert detect_language(text) == ""


@pytest.mark.parametrize("piece", ["'", "a", "`", "```", "`a\n", "@", "1", "://", "a1", "🙂", " a"])
def test_a_long_text_without_words_is_looked_at_quickly(piece):
    begun = thread_time()
    detect_language(piece * 4_000)

    assert thread_time() - begun < 0.05


def test_each_message_says_its_speaker_its_direction_and_its_language():
    said = [
        ("customer", "Wo ist meine Bestellung?"),
        ("assistant", CLEAR["de"]),
        ("staff", f"ORD-123: {CLEAR['ar']}"),
    ]
    messages = [
        Message(pk=number, role=role, text=text, author_name="Sam", status="complete")
        for number, (role, text) in enumerate(said, 1)
    ]
    for message in messages:
        message.calls = message.images = []

    turn = parse(render_turn(Turn(pk=1, state="done"), messages))

    articles = turn.all("article")
    assert [each["aria-label"].strip() for each in articles] == ["You", "Assistant", "Sam, support team"]
    texts = [find_words(each.classed("text")[0]) for each in articles]
    assert [each["dir"] for each in texts] == ["auto", "auto", "rtl"]
    assert [each.attributes.get("lang") for each in texts] == ["de", "de", "ar"]
