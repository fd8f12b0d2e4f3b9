"""Card numbers in what people write are hidden before anything stores or sends them; other numbers are not."""

import pytest
from django.utils import timezone

from supportbot.conversations import card_numbers
from supportbot.conversations.card_numbers import mask_card_numbers
from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.turns import submit

CARDS = [
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "30569309025904",
    "38520000023237",
    "3530111333300000",
    "6200000000000005",
]


def grouped(number: str, separator: str) -> str:
    if len(number) == 15:
        return separator.join((number[:4], number[4:10], number[10:]))
    if len(number) == 14:
        return separator.join((number[:4], number[4:10], number[10:]))
    return separator.join(number[place : place + 4] for place in range(0, len(number), 4))


SEPARATORS = ["", " ", "-", " - ", ".", "\u00a0", "\u2009", "\u2013", "  ", "\u200b", "/", "_"]


@pytest.mark.parametrize("number", CARDS)
@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_card_number_is_hidden_however_it_is_spaced(number, separator):
    masked, is_found = mask_card_numbers(f"My card is {grouped(number, separator)}, please refund it.")

    assert is_found
    assert masked == f"My card is [card number hidden, ends in {number[-4:]}], please refund it."


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("4111 1111 1111 1111", "[4]"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[4]"),
        ("\uff14111 1111 1111 1111", "[4]"),
        ("4111 1111\n1111 1111", "[4]"),
        ("visa:4111111111111111", "visa:[4]"),
        ("Visa4111111111111111", "Visa[4]"),
        ("card no. 4111111111111111.", "card no. [4]."),
        ("(4111-1111-1111-1111)", "([4])"),
        ("a 4111111111111111 b 5555 5555 5555 4444 c", "a [4] b [5] c"),
        ("4111111111111111 5555555555554444", "[4] [5]"),
        ("4111111111111111,5555555555554444", "[4],[5]"),
        ("4111 1111 1111 1111 12/27 123", "[4] 12/27 [code]"),
        ("4111 1111 1111 1111 exp 12/2027 cvv 123", "[4] exp 12/2027 cvv [code]"),
        ("4111111111111111 123", "[4] [code]"),
        ("4111 1111 1111 1111 1227 123", "[4] 1227 [code]"),
        ("4111 1111 1111 1111 12/2027 123", "[4] 12/2027 [code]"),
        ("4111 1111 1111 1111\n12/2027\n123", "[4]\n12/2027\n[code]"),
        ("4111 1111 1111 1111\n0171 2345678", "[4]\n0171 2345678"),
        ("4111 1111 1111 1111, 030/12345678", "[4], 030/12345678"),
        ("4111 1111 1111 1111 5555 5555 5555 4444", "[4] [5]"),
        (
            "4111 1111 1111 1111 12/27 123\n5555 5555 5555 4444 01/28 456",
            "[4] 12/27 [code]\n[5] 01/28 [code]",
        ),
        ("我的卡号是4111111111111111请帮我", "我的卡号是[4]请帮我"),
        ("カード番号は4111 1111 1111 1111です", "カード番号は[4]です"),
        ("카드번호는 4111 1111 1111 1111입니다", "카드번호는 [4]입니다"),
        ("บัตร4111111111111111ครับ", "บัตร[4]ครับ"),
        ("رقم البطاقة4111111111111111وشكرا", "رقم البطاقة[4]وشكرا"),
        ("my CVV is 123", "my CVV is [code]"),
        ("cvc: 1234", "cvc: [code]"),
        ("security code 987", "security code [code]"),
        ("order 12345, card 4111 1111 1111 1111", "order 12345, card [4]"),
        ("ORD-123: 4111 1111 1111 1111", "ORD-123: [4]"),
        ("I paid order ORD-123 with 4111111111111111 on 12 May", "I paid order ORD-123 with [4] on 12 May"),
    ],
)
def test_what_stands_around_a_card_number_stays(text, right):
    masked, is_found = mask_card_numbers(text)

    assert is_found
    short = masked.replace("[card number hidden, ends in 1111]", "[4]")
    short = short.replace("[card number hidden, ends in 4444]", "[5]")
    assert short.replace("[security code hidden]", "[code]") == right


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order ORD-123?",
        "4111 1111 1111 1112",  # a wrong check digit
        "1234 5678 9012 3456",
        "ORD-4111111111111111",
        "#4111111111111111",
        "TKT-4111111111111111",
        "My order number is 4111111111111111",
        "My order number is 4111111111111111 - is it on its way?",
        "Tracking number: 4111111111111111",
        "1Z999AA10123456784",
        "1Z4111111111111111",
        "9400 1000 0000 0000 0000 00",
        "9405 5036 9930 0012 3456 78",
        "9261 2901 0000 4111 1111 1111 1111 11",
        "420221539101026837331000039521",
        "JD014600003828392837",
        "00340434161094042557",
        "DE89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        "+49 170 1234567 and +1 (415) 555-2671",
        "2026-11-29 06:32:15 2026-11-30 07:00:00",
        "IMEI 490154203237518",
        "490154203237518",
        "0000 0000 0000 0000",
        "1000000001 1000000002",
        "It costs 1,234,567.89 and 4111 pieces",
        "the code 123 is on the box",
        "4111111111111111000",
        "x4111111111111111y",
        "ß4111111111111111 Ж4111111111111111",
        "4111 1111 1111 1111 1234 5678 9012",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert mask_card_numbers(text) == (text, False)


async def test_no_card_number_reaches_the_database_the_model_or_a_page(page, model):
    model.say("Please never send that.")

    turn = await page.ask("Refund my card 4111 1111 1111 1111, cvv 123")

    assert "4111 1111" not in str(model.requests[0].messages)
    assert "hidden, ends in 1111" in str(model.requests[0].messages)
    assert "we have hidden card details" in turn.text
    assert "1111 1111" not in "".join(page.frames)
    async for message in Message.objects.all():
        assert "1111 1111" not in message.text
        assert "123" not in message.text
    assert "1111 1111" not in (await Conversation.objects.aget()).title


@pytest.mark.parametrize("owner", ["bot", "waiting"])
def test_a_message_is_searched_for_cards_once(db, chat, monkeypatch, owner):
    Conversation.objects.update(owner=owner, waiting_since=timezone.now())
    searched = []
    find_cards = card_numbers._find_cards
    monkeypatch.setattr(card_numbers, "_find_cards", lambda text: searched.append(text) or find_cards(text))

    submit.submit_message.run_sync(chat.pk, "4111 1111 1111 1111", "a1")

    assert searched == ["4111 1111 1111 1111"]
    message = Message.objects.get(role="customer")
    assert ("1111 1111" in message.text, message.was_masked) == (False, True)


def test_the_same_message_sent_twice_is_stored_once(db, chat):
    submit.submit_message.run_sync(chat.pk, "4111 1111 1111 1111", "a1")
    submit.submit_message.run_sync(chat.pk, "4111 1111 1111 1111", "a1")

    assert Message.objects.filter(role="customer").count() == 1
