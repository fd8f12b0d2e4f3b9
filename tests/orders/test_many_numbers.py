"""However many numbers are written into one look-up, no more of them are tried than the limits on guesses allow."""

import re
from itertools import count
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import FailedLookup, Order
from orders.numbers import NUMBERS_PER_GUESS
from orders.tools import lookup_order
from supportbot.assistant.tools import ToolError
from supportbot.conversations.models import Conversation

ZOE = "zoe@example.com"
MAX_TRIED = FailedLookup.MAX_PER_CONTACT * NUMBERS_PER_GUESS
MAX_LOOKUPS = 20  # more than the limits leave to anybody
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
MAIL = """Fwd: Your order {number} is on its way
Shop <orders@shop.example>, 1 Sep 2026 09:00

Hello Zoe, we have packed 2 items for you.
2 x Mug, blue 10,00 EUR
Total with 4,90 EUR for shipping: 24,90 EUR
To: Hauptstr. 12, 10115 Berlin"""
LONG_MAIL = MAIL + "\nThe warehouse opens from 09:00 to 17:30, telephone 030 1234567, VAT id DE 123 456 789"


@pytest.fixture
def zoe(db):
    return Order.objects.create(number="#99", email=ZOE, phone="030 1234567")


@pytest.fixture
def guess(chat):
    """Looks a number up as one new guest after the other, each from a network of their own."""
    numbers = count()

    def look_up(written, **contact):
        number = next(numbers)
        ctx = chat(guest_key=f"guest{number}")
        Conversation.objects.filter(pk=ctx.conversation).update(address_key=f"network{number}")
        return lookup_order(ctx, written, **(contact or {"email": ZOE}))

    return look_up


def try_numbers(guess, texts, pattern=r"'(\d{4})'", **contact):
    """All numbers that the database was asked for until the guesser was told to stop, whatever they were told."""
    tried = set()
    for text in texts:
        with CaptureQueriesContext(connection) as queries:
            try:
                guess(text, **contact)
            except ToolError:
                return tried
        asked = [query["sql"] for query in queries if "tracking_key" in query["sql"]]
        tried |= set(re.findall(pattern, " ".join(asked)))
    return tried


def split_numbers(size, write=str, separator="\n"):
    """Texts of so many numbers each, from 1000 on."""
    return [
        separator.join(write(number) for number in range(first, first + size))
        for first in range(1000, 1000 + MAX_LOOKUPS * size, size)
    ]


@pytest.mark.parametrize("contact", [{"email": ZOE}, {"phone": "030 1234567"}], ids=["address", "telephone"])
@pytest.mark.parametrize("size", [2, 7, 20, 190])
def test_no_more_numbers_are_tried_at_one_address_in_a_day_than_the_limit_allows(guess, zoe, size, contact):
    tried = try_numbers(guess, split_numbers(size), **contact)
    assert 0 < len(tried) <= MAX_TRIED


@pytest.mark.parametrize(
    "write",
    [
        lambda number: str(number).translate(CIRCLED),
        lambda number: "".join(f"%{ord(digit):x}" for digit in str(number)),
        lambda number: quote(f"#{number}"),
        lambda number: f"{number // 100}.{number % 100:02}",
        lambda number: " ".join(str(number)),
        lambda number: str(number).replace("0", "O").replace("1", "I"),
        lambda number: f"1{number}"[1:].replace("1", "l", 1),
    ],
)
def test_no_way_of_writing_makes_more_numbers_of_one_text(guess, zoe, write):
    tried = try_numbers(guess, split_numbers(40, write, "; "))
    assert 0 < len(tried) <= MAX_TRIED


@pytest.mark.parametrize("size", [9, 19])
def test_who_knows_one_order_does_not_find_the_others_by_it(guess, zoe, size):
    tried = try_numbers(guess, [f"99\n{text}" for text in split_numbers(size)])
    assert size <= len(tried) <= 2 * MAX_TRIED


def test_words_count_as_numbers_where_a_shop_s_numbers_are_words(guess, zoe):
    Order.objects.create(number="XKBKNABJK", email=ZOE)
    texts = [" ".join(f"QWERTZ{chr(65 + n)}{chr(65 + k)}" for k in range(26)) for n in range(MAX_LOOKUPS)]
    tried = try_numbers(guess, texts, r"'(QWERTZ\w\w)'")
    assert 20 <= len(tried) <= MAX_TRIED


@pytest.mark.parametrize("mail", [MAIL, LONG_MAIL])
@pytest.mark.parametrize("number", ["#1001", "ORD-2024-9001", "1OO1"])
def test_a_pasted_mail_finds_its_order(chat, mail, number):
    Order.objects.create(number=number.replace("O0", "00").replace("1OO1", "1001"), email=ZOE)
    ctx = chat()
    for _ in range(2):
        assert "status" in lookup_order(ctx, mail.format(number=number), ZOE)
    assert "status" in lookup_order(ctx, number, ZOE), "it can be asked for once more"


def test_the_answer_to_many_numbers_is_the_same_for_a_foreign_order_and_a_missing_one(chat, zoe):
    Order.objects.create(number="#1001", email="max@example.com")
    told = []
    for number in ("1001", "4444"):
        ctx = chat()
        answers = [lookup_order(ctx, LONG_MAIL.format(number=number), ZOE)["error"] for _ in range(2)]
        told.append([answer.replace(number, "") for answer in answers])
    assert told[0] == told[1]
    assert "not found among the first 20 numbers" in told[0][0]
    assert "ask the customer for the order number alone" in told[0][1]


def test_many_numbers_of_a_customer_who_has_signed_in_are_one_guess(chat, alice):
    lookup_order(chat(alice), LONG_MAIL.format(number="4444"))
    assert FailedLookup.objects.count() == 1
    assert lookup_order(chat(alice), LONG_MAIL.format(number="ORD-123"))["status"] == "shipped"
    assert FailedLookup.objects.count() == 1
