"""The value of a cell, as platforms, spreadsheets and bookkeepers write it."""

import csv
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from orders.exports.cells import UnreadableCell, read_amount, read_quantity
from orders.exports.files import clean_cell
from orders.exports.order_notes import read_parcel_notes
from orders.exports.quoted_rows import split_cells
from orders.exports.times import read_day, read_time
from tests.linear_time import takes_linear_time


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
        ("Rs.1,250/-", "1250"),
        ("12.50-", "-12.5"),
        (".50", "0.5"),
        ("￥１，２３４．５０", "1234.5"),
        ("١٬٢٣٤٫٥٠", "1234.5"),
        ("12.50 ﷼", "12.5"),
        ("1\u202f234,50\xa0€", "1234.5"),
        ("L.E. 12.50", "12.5"),
        ("\u200f12.50 د.إ.\u200f", "12.5"),
        ("US$(5.00)", "-5"),
        ("12.50.-", "12.5"),
        ("8.4033613445378", "8.40"),  # as WooCommerce computes a price without tax
        ("25,210084", "25.21"),
        ("1.234,5678", "1234.57"),
    ],
)
def test_an_amount_is_read_as_it_is_written_in_any_country(written, amount):
    assert read_amount(written, "EUR") == Decimal(amount)


@pytest.mark.parametrize("written", ["12⁹⁹", "1½", "½", "12₉₉", "€ 12⁹⁹", "12.50²", "①②", "1Ⅻ", "五"])
def test_a_digit_that_stands_for_another_amount_than_it_would_give_is_not_read(written):
    with pytest.raises(UnreadableCell, match="not an amount"):
        read_amount(written, "EUR")


@pytest.mark.parametrize(
    "written", ["12 50", "1 2 3", "1 23 456", "12:50", "2 x 10.00", "3 for 10.00", "12€50", "50 %", "12,5 0"]
)
def test_digits_that_are_not_of_one_amount_are_not_put_together(written):
    with pytest.raises(UnreadableCell, match="not an amount"):
        read_amount(written, "EUR")


@pytest.mark.parametrize(
    ("written", "has_decimal_commas", "pieces"),
    [
        ("1,000", False, 1000),
        ("1.000", False, 1),
        ("1.000", True, 1000),
        ("1,000", True, 1),
        ("1.250", True, 1250),
        ("1 250", False, 1250),
        ("2.0", True, 2),
        ("１２", False, 12),
        ("0", False, 0),
    ],
)
def test_a_thousand_pieces_are_not_one(written, has_decimal_commas, pieces):
    assert read_quantity(written, has_decimal_commas=has_decimal_commas) == pieces


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('="0815"', "0815"),
        ('=T("0815")', "0815"),
        ('="say ""hi"""', 'say "hi"'),
        ("=+49301234567", "+49301234567"),
        ("'+49 30 1234567", "+49 30 1234567"),
        ("'2026-09-01 09:00:00 +0200", "2026-09-01 09:00:00 +0200"),
        ("'t Hooft", "'t Hooft"),
        ("'(030) 123_456", "(030) 123_456"),
        ("'12 Mugs", "'12 Mugs"),
        ("'--", ""),
        ("'..", "'.."),
        ("=A1+B1", "=A1+B1"),
        ("#N/A", ""),
    ],
)
def test_what_keeps_a_spreadsheet_from_computing_is_no_part_of_the_text(written, text):
    assert clean_cell(written) == text


def test_a_long_cell_takes_no_longer_than_it_is_long():
    for cell in (f"'{'1' * 50_000}a", f"'{'1.' * 25_000}a", f"'{'.' * 50_000}a"):
        assert clean_cell(cell) == cell
        assert takes_linear_time(partial(clean_cell, cell))

    def split_what_does_not_end() -> None:
        with pytest.raises(csv.Error):
            split_cells('"' + r"\"" * 30_000 + "x", ",")

    assert takes_linear_time(split_what_does_not_end)


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", Decimal(1234)), ("RWF", Decimal(1234)), ("KWD", Decimal("1.234"))]
)
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
        ("1 settembre 2026 alle ore 09:00", "2026-09-01T09:00:00"),
        ("1 september 2026 om 09:00 uur", "2026-09-01T09:00:00"),
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
        ("2026-09-01 09.30", "2026-09-01T09:30:00"),
        ("2026-09-01T09.30", "2026-09-01T09:30:00"),
        ("2026-9-1T9:30", "2026-09-01T09:30:00"),
        ("2026/09/01 09.30 UTC", "2026-09-01T09:30:00"),
        ("2026-09-01 09.30 +0200", "2026-09-01T07:30:00"),
        ("2026-09-01 09.30.15", "2026-09-01T09:30:15"),
        ("2026-09-01 09:30.15", "2026-09-01T09:30:15"),
        ("2026-09-01T09:30:15.250Z", "2026-09-01T09:30:15.250000"),
        ("20260901T093015,250", "2026-09-01T09:30:15.250000"),
        ("September 1st, 2026 at 9:00 a.m.", "2026-09-01T09:00:00"),
        ("46266.375", "2026-09-01T09:00:00"),
        ("46266,375", "2026-09-01T09:00:00"),
        ("46266", "2026-09-01T00:00:00"),
        ("Tue Sep 01 2026 09:00:00 GMT+0200 (Central European Summer Time)", "2026-09-01T07:00:00"),
        ("1. 9. 2026 9:00", "2026-09-01T09:00:00"),
        ("1.9.2026. 09:00", "2026-09-01T09:00:00"),
        ("01.09.2026 г. 9:00:00", "2026-09-01T09:00:00"),
        ("1 сентября 2026 г. в 9:00", "2026-09-01T09:00:00"),
        ("вторник, 1 сентября 2026 г., 9:00", "2026-09-01T09:00:00"),
        ("1 вересня 2026 р. о 09:00", "2026-09-01T09:00:00"),
        ("٢٠٢٦/٠٩/٠١ ٠٩:٠٠", "2026-09-01T09:00:00"),
        ("2026-09-01 kl. 09:00", "2026-09-01T09:00:00"),
        ("tirsdag den 1. september 2026 kl. 9.00", "2026-09-01T09:00:00"),
        ("terça-feira, 1 de setembro de 2026 09:00", "2026-09-01T09:00:00"),
        ("1 Eylül 2026 Salı 09:00", "2026-09-01T09:00:00"),
        ("2026年9月1日(火) 9:00", "2026-09-01T09:00:00"),
        ("2026-Sep-01 09:00", "2026-09-01T09:00:00"),
        ("13/09/2026 - 09:00", "2026-09-13T09:00:00"),
        ("13/9/2026 9:00:00 μ.μ.", "2026-09-13T21:00:00"),
        ("\u200f13/09/2026 09:00:00 ص", "2026-09-13T09:00:00"),
        ("2026-09-01 09:00:00 EST", "2026-09-01T14:00:00"),
        ("2026-09-01 09:00:00 +0200 CEST", "2026-09-01T07:00:00"),
        ("2026-09-01 09:00:00-0700 PDT", "2026-09-01T16:00:00"),
        ("Sep 1, 2026 9:00:00 PM PDT", "2026-09-02T04:00:00"),
        ("Sep-01-2026 09:00:00 PDT", "2026-09-01T16:00:00"),
        ("01.09.2026 09:00 MESZ", "2026-09-01T07:00:00"),
        ("2026/09/01 09:00:00 JST", "2026-09-01T00:00:00"),
        ("2026-09-01T09:00:00+02:00[Europe/Berlin]", "2026-09-01T07:00:00"),
        ("Tue Sep 01 09:00:00 CEST 2026", "2026-09-01T07:00:00"),
        ("Tue Sep  1 09:00:00 UTC 2026", "2026-09-01T09:00:00"),
        ("Tue Sep  1 09:00:00 2026", "2026-09-01T09:00:00"),
        ("1788253200", "2026-09-01T09:00:00"),
        ("1788253200000", "2026-09-01T09:00:00"),
        ("1788253200.0", "2026-09-01T09:00:00"),
        ("20260901090000", "2026-09-01T09:00:00"),
    ],
)
def test_a_time_is_read_in_every_form_that_programs_write(written, moment):
    assert read_time(written).isoformat() == f"{moment}+00:00"


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Pacific/Auckland"])
@pytest.mark.parametrize(
    "written",
    [
        *("2026-09-05", "05.09.2026 00:00", "46270"),
        *("2026-09-05T00:00:00Z", "2026-09-05T00:00:00+12:00", "2026-09-05T23:59:59.999Z", "1788566400"),
    ],
)
def test_a_day_is_the_same_one_in_whichever_zone_a_program_writes_its_midnight(written, zone):
    with timezone.override(zone):
        assert read_day(written).isoformat() == "2026-09-05"


def test_the_day_of_a_time_is_that_of_the_shop():
    for zone, day in (("America/New_York", "2026-09-04"), ("Pacific/Auckland", "2026-09-05")):
        with timezone.override(zone):
            assert read_day("2026-09-05T02:00:00Z").isoformat() == day


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
        "20266.375",
        "1001",
        "2026-09-01 09.5",
        "2026-09-01 09,300",
        "2026年13月1日",
        "1 September 2026 before 9:00",
        "1/9/2569 9:00",
        "2026-09-01 09:00:00 XYZ",
        "2026-09-01 09:00:00[Europe/Berlin]",
        "2026-09-01 EST 09:00",
        "17882532001",
        "99991399000000",
    ],
)
def test_what_is_no_time_is_not_read(written):
    with pytest.raises(UnreadableCell):
        read_time(written)


def test_an_endless_time_is_refused_at_once_also_where_a_customer_has_noted_it():
    text = f"1234{' ' * 20_000}x"

    def read() -> None:
        with pytest.raises(UnreadableCell):
            read_time(text)
        assert read_parcel_notes(f"tracking: {text}").carrier == ""

    assert takes_linear_time(read)


def test_of_a_customer_s_notes_no_more_than_a_shop_needs_is_read():
    notes = "carrier: DHL\n" + "tracking: 1 October 2026\n" * 80_000
    assert takes_linear_time(lambda: read_parcel_notes(notes))
    assert read_parcel_notes(notes).carrier == "DHL"
