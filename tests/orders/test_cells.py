"""The value of a cell, as platforms, spreadsheets and bookkeepers write it."""

from decimal import Decimal

import pytest

from orders.cells import UnreadableCell, read_amount, read_time


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
    ],
)
def test_an_amount(written, amount):
    assert read_amount(written, "EUR") == Decimal(amount)


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
    ],
)
def test_a_time(written, moment):
    assert read_time(written).isoformat() == f"{moment}+00:00"


@pytest.mark.parametrize(
    "written", ["26-09-01", "Foo 1, 2026", "99/99/25", "31 Feb 2026", "1/2/3", "Sep 2026", "٣"]
)
def test_what_is_no_time_is_not_read(written):
    with pytest.raises(UnreadableCell):
        read_time(written)
