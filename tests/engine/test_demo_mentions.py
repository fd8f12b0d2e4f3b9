"""Which numbers in a customer's words are order numbers."""

import pytest

from supportbot.demo.mentions import find_emails, find_order_numbers, get_order_key, simplify_text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ORD-123", ["ORD-123"]),
        ("Ord_123", ["ORD-123"]),
        ("ord:123", ["ORD-123"]),
        ("ORD - 123", ["ORD-123"]),
        ("(ORD-123)", ["ORD-123"]),
        ("`ORD-123`", ["ORD-123"]),
        ("my order #W2611340.", ["#W2611340"]),
        ("# 1001", ["#1001"]),
        ("order#1001", ["#1001"]),
        ("order-number: AB-1234", ["AB-1234"]),
        ("order no. 302-1234567-1234567", ["302-1234567-1234567"]),
        ("the number of my order is 1001, order 1001", ["1001"]),
        ("order 12?", ["12"]),
        ("order 123 from 12.05.2026 for 45.90 €", ["123"]),
        ("ORD-123, 456, #789 and ord 12", ["ORD-123", "456", "#789", "ORD-12"]),
        ("orders 123 and 456 please", ["123", "456"]),
        ("ticket TKT-48291037 about ORD-123", ["ORD-123"]),
        ("1001", ["1001"]),
        ("hi, 1001 please", ["1001"]),
    ],
)
def test_it_finds_order_numbers(text: str, numbers: list[str]) -> None:
    assert find_order_numbers(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "TKT-48291037",
        "ticket #48291037",
        "case no. 12345",
        "I paid $123",
        "it cost 123.45 USD",
        "100% of it",
        "on 2026-11-25",
        "on 25/11/2026",
        "my order from 25 November 2026",
        "order placed Nov 25th",
        "at 10:30",
        "order 2 shirts",
        "I want to order 100 mugs",
        "I ordered 3 items 12 days ago",
        "size 42",
        "ring me on 0151 234 5678",
        "+49 151 23456789",
        "zip 10083, room 101",
        "tracking number 357962501027",
        "mail me: alice123@example.com",
        "see https://shop.example/order/123",
        "since 2024",
        "no numbers here",
        "",
    ],
)
def test_it_leaves_other_numbers_alone(text: str) -> None:
    assert find_order_numbers(text) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("7", ["7"]),
        ("it's 7", ["7"]),
        ("I think it was AB-99", ["AB-99"]),
        ("here you go my friend: 1001 and 1002", ["1001", "1002"]),
        ("I don't know, I paid 123 USD on 12 May", []),
    ],
)
def test_it_expects_a_number_after_having_asked(text: str, numbers: list[str]) -> None:
    assert find_order_numbers(text, expected=True) == numbers


@pytest.mark.parametrize("spelling", ["ORD-123", "ord 123", "ORD123", "#123", "123"])
def test_spellings_of_one_number_are_the_same_order(spelling: str) -> None:
    assert get_order_key(spelling) == "123"


def test_it_finds_an_address_within_a_sentence() -> None:
    assert find_emails("It's <Alice.Smith+shop@mail.example.co.uk>, thanks.") == [
        "Alice.Smith+shop@mail.example.co.uk"
    ]


def test_it_reads_hasty_writing() -> None:
    assert simplify_text("  Wher’s my\n ODER?? It hasn’t ARIVED ") == "where is my order?? it has not arrived"
