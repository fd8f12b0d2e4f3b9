"""An export that was opened, worked on and saved in a spreadsheet or by a program says the same as before."""

import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order

from .test_export_files import HEADER, MUG, PIN, PLATE, load, stored

__all__ = ["load"]

pytestmark = pytest.mark.django_db

LONG_HEADER = f"{HEADER},Fulfilled at,Cancelled at,Shipping Method"
# Two items, the second in a row that has nothing of the order's own, and an amount above a thousand.
ROWS = [
    (
        "#1001",
        "zoe@example.com",
        "paid",
        "fulfilled",
        "{currency}",
        "{total}",
        "{time}",
        "2",
        "{name}",
        "{price}",
    ),
    ("#1001", "zoe@example.com", "", "", "", "", "", "1", "Pin", "{small}"),
]
ENGLISH = {"total": "1234.50", "price": "615.00", "small": "4.50", "currency": "EUR"}
COMMAS = {"total": "1.234,50", "price": "615,00", "small": "4,50", "currency": "EUR"}
SAVED = {
    "Excel in German": (";", "windows-1252", COMMAS | {"time": "01.09.2026 09:00", "name": "Müsli-Schüssel"}),
    "Excel in French": (
        *(";", "windows-1252"),
        COMMAS | {"total": "1\xa0234,50 €", "time": "01/09/2026 09:00", "name": "Théière émaillée"},
    ),
    "Excel in French, with ASCII but for the amounts": (
        *(";", "windows-1252"),
        COMMAS | {"total": "1\xa0234,50\xa0€", "time": "01/09/2026 09:00", "name": "Mug"},
    ),
    "Excel in Turkish": (";", "windows-1254", COMMAS | {"time": "1.09.2026 09:00", "name": "Kırmızı şişe"}),
    "Excel in Polish": (
        ";",
        "windows-1250",
        COMMAS | {"time": "2026-09-01 9:00", "name": "Żółty kubek, łyżka"},
    ),
    "Excel in Japanese": (",", "cp932", ENGLISH | {"time": "2026/9/1 9:00", "name": "マグカップ"}),
    "Excel in Russian": (";", "windows-1251", COMMAS | {"time": "01.09.2026 9:00", "name": "Кружка синяя"}),
    "Excel as Unicode text": ("\t", "utf-16", ENGLISH | {"time": "9/1/2026 9:00", "name": "Mug 🎁"}),
    "Excel of a Mac": (";", "mac-roman", COMMAS | {"time": "01.09.26 09:00", "name": "Müsli-Schüssel, groß"}),
    "Numbers": (";", "utf-8", COMMAS | {"time": "01.09.26, 09:00", "name": "Müsli-Schüssel"}),
    "LibreOffice": (
        ",",
        "utf-8",
        ENGLISH | {"time": "2026-09-01 09:00:00", "name": 'Mug 12" “blue”\nwith lid'},
    ),
}


@pytest.mark.parametrize("program", SAVED)
def test_an_export_says_the_same_whatever_has_saved_it(load, program):
    separator, encoding, values = SAVED[program]
    quote = program == "LibreOffice"
    lines = []
    for row in ROWS:
        cells = [cell.format(**values) for cell in row]
        is_odd = [quote or separator in cell or '"' in cell for cell in cells]
        lines.append(
            separator.join(
                '"{}"'.format(cell.replace('"', '""')) if odd else cell
                for cell, odd in zip(cells, is_odd, strict=True)
            )
        )
    title = "Tabelle 1" if program == "Numbers" else ""
    header = "\n".join(filter(None, [title, HEADER.replace(",", separator)]))
    said = load(
        *lines,
        header=header,
        encoding=encoding,
        month_first="9/1" in values["time"],
        day_first="01/09" in values["time"],
    )
    assert said.err == ""
    order = Order.objects.get()
    assert (order.total, order.currency) == (Decimal("1234.50"), "EUR")
    assert order.ordered_at == datetime(2026, 9, 1, 9, tzinfo=UTC)
    assert list(order.items.values_list("name", "quantity", "price")) == [
        (values["name"], 2, Decimal(615)),
        ("Pin", 1, Decimal("4.5")),
    ]


@pytest.mark.parametrize("nothing", ["nan", "NaN", "NULL", "None", "#N/A", "#NV", "N/A", "NaT"])
def test_a_program_s_word_for_nothing_is_nothing(load, nothing):
    item = ",".join(cell or nothing for cell in f"{PLATE},,,".split(","))
    load(f"{MUG},{nothing},{nothing},{nothing}", item, header=LONG_HEADER)
    order = Order.objects.get()
    assert (order.status, order.shipped_at, order.shipping_method) == ("shipped", None, "")
    assert stored() == {"#1001": ["Mug", "Plate"]}


def test_rows_that_somebody_has_sorted(load):
    said = load(PLATE, PIN, MUG)
    assert (said.err, stored()) == ("", {"#1002": ["Pin"], "#1001": ["Mug", "Plate"]})


@pytest.mark.parametrize(
    ("stored_number", "number"),
    [("000000123", "123"), ("#1001", "1001"), ("1001", "#1001"), ("#W1", "#w1"), ("ORD-7", "ORD 7")],
)
@pytest.mark.parametrize("time", ["2026-09-01 09:00:00 +0200", "2026-09-01 07:00", "2026-09-01"])
def test_an_order_whose_number_lost_its_zeros_or_signs_is_not_stored_twice(load, stored_number, number, time):
    load(MUG.replace("#1001", stored_number).replace("fulfilled", "unfulfilled"), PIN)
    said = load(MUG.replace("#1001", number).replace("2026-09-01 09:00:00 +0200", time), PIN)
    order = Order.objects.get(email="zoe@example.com")
    assert (said.err, order.number, order.status, f"{order.ordered_at:%H:%M}") == (
        *("", stored_number, "shipped", "07:00"),
    )


@pytest.mark.parametrize(
    ("was", "now"),
    [("zoe@", "max@"), ("2026-09-01", "2026-09-02"), ("1001", "10010"), (",zoe@example.com", ",")],
)
def test_an_order_whose_number_looks_like_that_of_another_one_is_another_one(load, was, now):
    load(MUG)
    load(MUG.replace("#", "").replace(was, now))
    assert Order.objects.count() == 2


def test_of_two_columns_with_one_name_the_first_is_meant(load):
    load(f"{MUG},", header=f"{HEADER},Email")
    assert Order.objects.get().email == "zoe@example.com"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("€,10.00", "EUR"), ("€ EUR,10.00", "EUR"), ("US$,10.00", "USD"), ("R$,10.00", "BRL")),
        *((",10.00 EUR", "EUR"), (",€10.00", "EUR"), (",CA$10.00", "CAD"), (",10.00", ""), (",$10.00", "")),
    ],
)
def test_a_currency_s_sign_stands_for_it_also_beside_the_amount(load, written, code):
    said = load(MUG.replace("EUR,10.00", written))
    order = Order.objects.get()
    assert (said.err, order.currency, order.total) == ("", code, Decimal(10))


def build_locked_zip() -> bytes:
    """Marked as one that needs a password."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("orders.csv", f"{HEADER}\n{MUG}\n")
    data = bytearray(packed.getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xef\xbb\xbf<html><table><tr><td>Name</td></tr></table></html>", "web page or XML"),
        (b'<?xml version="1.0"?><Workbook/>', "web page or XML"),
        (build_locked_zip(), "needs a password"),
        *((content, "The file is empty") for content in (b"", b"\n\r\n", b"\0" * 500, b"\xef\xbb\xbf")),
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "It is a PDF, not a table"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "It is a picture, not a table"),
        (b"\n\n   \t<!doctype html><h1>502 Bad Gateway</h1>", "web page or XML"),
        *(
            (json, "It is JSON, not a table")
            for json in (b'[{"name": "#1001"}]', b'[ {"id": 1}]', b'\n {\n"id": 1}')
        ),
        (b"7z\xbc\xaf'\x1c\0\4", "It is packed by 7-Zip, not a table"),
    ],
)
def test_what_is_no_table_is_told_with_what_to_do(tmp_path, content, words):
    file = tmp_path / "orders.xls"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("import_orders", str(file))
