"""The value of a cell, as platforms, spreadsheets and bookkeepers write it."""

from decimal import Decimal

import pytest

from orders.cells import UnreadableCell, read_amount
from orders.times import read_time


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("(5.00)", "-5"),
        ("−5.00", "-5"),
        ("-5", "-5"),
        ("€ -5,00", "-5"),
        ("1'234.50", "1234.5"),
        ("1 234,50", "1234.5"),
        ("36.3900", "36.39"),
        ("US$1,234.50", "1234.5"),
        ("₹12,34,567.00", "1234567"),
        ("Rs. 1,225.00", "1225"),
        ("Rs.1225", "1225"),
        ("S/. 12.50", "12.5"),
        ("1.234,50 kr.", "1234.5"),
        ("12,–", "12"),
        ("12.50-", "-12.5"),
        (".50", "0.5"),
        ("￥１，２３４．５０", "1234.5"),
        ("١٬٢٣٤٫٥٠", "1234.5"),
        ("12.50 ﷼", "12.5"),
        ("1\u202f234,50\xa0€", "1234.5"),
    ],
)
def test_an_amount(written, amount):
    assert read_amount(written, "EUR") == Decimal(amount)


@pytest.mark.parametrize("written", ["12⁹⁹", "1½", "½", "12₉₉", "€ 12⁹⁹", "12.50²", "①②", "1Ⅻ", "五"])
def test_a_digit_that_stands_for_another_amount_than_it_would_give_is_not_read(written):
    with pytest.raises(UnreadableCell, match="not an amount"):
        read_amount(written, "EUR")


@pytest.mark.parametrize(("currency", "amount"), [("JPY", Decimal(1234)), ("KWD", Decimal("1.234"))])
def test_a_mark_before_three_digits_is_read_by_the_currency(currency, amount):
    assert read_amount("1.234", currency) == amount
    with pytest.raises(UnreadableCell, match="two different amounts"):
        read_amount("1.234", "EUR")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Sep 1, 2026, 9:00:00 AM", "2026-09-01T09:00:00"),
        ("September 1, 2026 9:00:00\u202fPM", "2026-09-01T21:00:00"),
        ("Tue, 1 Sep 2026 09:00:00 +0200", "2026-09-01T07:00:00"),
        ("12/31/25", "2025-12-31T00:00:00"),
        ("31.12.25 10:00", "2025-12-31T10:00:00"),
        ("31/12/1999 12:30 am", "1999-12-31T00:30:00"),
        ("12/31/2026 10:00 +0200", "2026-12-31T08:00:00"),
        ("2026/9/1 9:00", "2026-09-01T09:00:00"),
        ("2026-9-1", "2026-09-01T00:00:00"),
        ("2026年9月1日 9:00", "2026-09-01T09:00:00"),
        ("2026年9月1日 午後3時05分", "2026-09-01T15:05:00"),
        ("2026. 9. 1. 오후 3:00", "2026-09-01T15:00:00"),
        ("２０２６/０９/０１", "2026-09-01T00:00:00"),
        ("Dienstag, 1. Dezember 2026 09:00 Uhr", "2026-12-01T09:00:00"),
        ("1er mai 2026 à 09:00", "2026-05-01T09:00:00"),
        ("01-févr.-26", "2026-02-01T00:00:00"),
        ("1 de septiembre de 2026", "2026-09-01T00:00:00"),
        ("01 Ağustos 2026 09:00", "2026-08-01T09:00:00"),
        ("1 Ağu 2026", "2026-08-01T00:00:00"),
        ("1 września 2026", "2026-09-01T00:00:00"),
        ("1. červen 2026", "2026-06-01T00:00:00"),
        ("1. června 2026", "2026-06-01T00:00:00"),
        ("1. července 2026", "2026-07-01T00:00:00"),
        ("1. červenec 2026", "2026-07-01T00:00:00"),
        ("13/09/2026 09.30", "2026-09-13T09:30:00"),
        ("September 1st, 2026 at 9:00 a.m.", "2026-09-01T09:00:00"),
    ],
)
def test_a_time(written, moment):
    assert read_time(written).isoformat() == f"{moment}+00:00"


@pytest.mark.parametrize(
    "written",
    [
        "26-09-01",
        "Foo 1, 2026",
        "99/99/25",
        "31 Feb 2026",
        "1/2/3",
        "Sep 2026",
        "٣",
        "1 jui 2026",
        "1 Foobar 2026",
        "46266.375",
        "2026年13月1日",
    ],
)
def test_what_is_no_time_is_not_read(written):
    with pytest.raises(UnreadableCell):
        read_time(written)
