"""Files in which rows, marks or names are not quite as they should be: what is there is read right, or told by line."""

import gzip
import io
import zipfile
from decimal import Decimal

import pytest
from django.core.management import call_command

from orders.models import Order

from .test_export_files import HEADER, MUG, PIN, PLATE, load, stored

__all__ = ["load"]

pytestmark = pytest.mark.django_db

WIDE_HEADER = HEADER + "".join(f",Tax {number}" for number in range(40))


def test_rows_without_their_empty_cells_at_the_end(load):
    said = load(MUG, PLATE, PIN, header=WIDE_HEADER)
    assert (said.err, stored()) == ("", {"#1001": ["Mug", "Plate"], "#1002": ["Pin"]})


def test_a_row_that_ends_before_its_item_is_no_order(load):
    """Such as one that a line break without quotation marks has cut in two."""
    begin, _, end = MUG.partition("2026-09-01")
    said = load(f"{begin}2026", f"{end}", PIN)
    assert stored() == {"#1002": ["Pin"]}
    assert "Line 2, #1001: The row has 7 cells, but the header has 10." in said.err
    assert "Line 3, " in said.err


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"Mug "best" blue"', 'Mug "best" blue'),
        (r'"Mug \"best\" blue"', 'Mug "best" blue'),
        (r'"Mug \"best\""', 'Mug "best"'),
        ('"6" Mug, blue"', '6" Mug, blue'),
        ('"Mug ""best"", blue"', 'Mug "best", blue'),
        ('6" Mug', '6" Mug'),
        ('""', ""),
    ],
)
def test_quotation_marks_within_a_cell_are_kept_though_nobody_doubled_them(load, written, name):
    said = load(MUG.replace("Mug", written), PIN)
    assert stored() == {"#1001": [name] if name else [], "#1002": ["Pin"]}
    assert bool(said.err) is not bool(name)


@pytest.mark.parametrize("number", ["#1001", '"#1001"'])
@pytest.mark.parametrize("written", ['"Mug "best", blue"', r'"Mug \"best\", blue"'])
@pytest.mark.parametrize("end", ["", ","])
def test_quotation_marks_that_may_be_meant_in_two_ways_are_told(load, number, written, end):
    """Also where the row's last cell is empty, so that the number of cells shows nothing."""
    mug, plate = (row.replace("#1001", number) for row in (MUG, PLATE))
    said = load(
        f"{mug}{end}",
        f"{plate.replace('Plate', written)}{end}",
        f"{PIN}{end}",
        header=f"{HEADER}{end and ',Phone'}",
    )
    assert stored() == {"#1002": ["Pin"]}
    assert "Line 3, #1001: The row cannot be read: a quotation mark may be meant in two ways." in said.err


def test_a_row_whose_last_cell_is_empty_may_have_marks_that_nobody_doubled(load):
    said = load(MUG.replace("Mug", '"6" Mug, blue"') + ",", header=f"{HEADER},Phone")
    assert (said.err, stored()) == ("", {"#1001": ['6" Mug, blue']})


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16", "utf-8-sig"])
def test_a_mark_of_the_encoding_tells_it(load, encoding):
    load(MUG.replace("Mug", "Müsli-Schüssel"), encoding=encoding)
    assert stored() == {"#1001": ["Müsli-Schüssel"]}


@pytest.mark.parametrize(
    "header",
    [
        f"ï»¿{HEADER}",
        f"\ufeff\ufeff{HEADER}",
        "ï»¿" + ",".join(f'"{column}"' for column in HEADER.split(",")),
        "\ufeff\ufeff" + ",".join(f'"{column}"' for column in HEADER.split(",")),
        HEADER.replace(" ", ""),
    ],
)
def test_a_header_with_a_mark_of_the_encoding_as_text_or_without_spaces(load, header):
    load(MUG, PLATE, header=header)
    assert stored() == {"#1001": ["Mug", "Plate"]}


@pytest.mark.parametrize("number", ["1001.0", "1001,0", "1001.00", '"=""1001"""', "'1001"])
def test_a_number_that_a_program_has_computed_with_is_the_same_number(load, number):
    said = load(MUG.replace("#1001", f'"{number}"' if "," in number else number), PIN)
    assert (said.err, stored()) == ("", {"1001": ["Mug"], "#1002": ["Pin"]})


def test_a_name_that_a_platform_has_escaped_for_its_pages(load):
    load(
        MUG.replace("Mug", "Women&#39;s Mug &quot;Salt &amp; Pepper&quot;"),
        PIN.replace("Pin", "Salt&parsley &no;"),
    )
    assert stored() == {"#1001": ['Women\'s Mug "Salt & Pepper"'], "#1002": ["Salt&parsley &no;"]}


def test_a_row_of_totals_is_no_order(load):
    said = load(MUG, PIN, "Total,,,,,11.00,,,,")
    assert stored() == {"#1001": ["Mug"], "#1002": ["Pin"]}
    assert "Line 4, Total: The row has no order number" in said.err


ITEM_ALONE = ",,,,,,,1,{},3.00"


def test_items_without_the_number_are_of_the_order_above_them(load):
    """As where the order's cells were merged over its rows, or plugins fill them in its first row alone."""
    said = load(MUG, *map(ITEM_ALONE.format, ("Plate", "Cup")), PIN, ITEM_ALONE.format("Jug"))
    assert (said.err, stored()) == ("", {"#1001": ["Mug", "Plate", "Cup"], "#1002": ["Pin", "Jug"]})


@pytest.mark.parametrize("word", ["Total", "SUMME:", "Gesamtsumme"])
def test_a_sum_below_the_items_is_no_item(load, word):
    said = load(MUG, ITEM_ALONE.format("Cup"), PIN, ITEM_ALONE.format("Jug"), ITEM_ALONE.format(word))
    assert stored() == {"#1001": ["Mug", "Cup"], "#1002": ["Pin", "Jug"]}
    assert "Line 6, no number: The row has no order number" in said.err


@pytest.mark.parametrize(("quantity", "price"), [("2", "13.00"), ("", "13.00")])
def test_a_sum_below_the_items_of_each_order_is_no_item(load, quantity, price):
    said = load(
        MUG, ITEM_ALONE.format("Cup"), f",,,,,,,{quantity},Total,{price}", PIN, ITEM_ALONE.format("Jug")
    )
    assert stored() == {"#1001": ["Mug", "Cup"], "#1002": ["Pin", "Jug"]}
    assert "Line 4, no number: The row has no order number" in said.err


@pytest.mark.parametrize("below", [ITEM_ALONE.format("Sum"), "Made by a spreadsheet" + "," * 9])
def test_a_sum_of_all_is_no_item_whatever_else_stands_below_the_items(load, below):
    load(MUG, ITEM_ALONE.format("Cup"), PIN, ITEM_ALONE.format("Jug"), ",,,,,,,9,Total,39.00", below)
    assert stored() == {"#1001": ["Mug", "Cup"], "#1002": ["Pin", "Jug"]}


def test_an_item_may_be_called_as_people_call_a_sum(load):
    said = load(MUG, ITEM_ALONE.format("Cup"), ITEM_ALONE.format("Soma"), PIN, ITEM_ALONE.format("Jug"))
    assert (said.err, stored()) == ("", {"#1001": ["Mug", "Cup", "Soma"], "#1002": ["Pin", "Jug"]})


def test_items_without_the_number_are_of_no_order_where_somebody_has_sorted_the_rows(load):
    said = load(MUG, PIN, *map(ITEM_ALONE.format, ("Plate", "Jug")))
    assert stored() == {"#1001": ["Mug"], "#1002": ["Pin"]}
    assert "Line 5, no number: The row has no order number" in said.err


@pytest.mark.parametrize("names", [("Apron", "Bowl", "Cup", "Dish"), ("Dish", "cup", "Bowl", "Apron")])
def test_items_without_the_number_are_of_no_order_where_somebody_has_sorted_the_items(load, names):
    mug, item, pin, other = names
    said = load(
        MUG.replace("Mug", mug), ITEM_ALONE.format(item), PIN.replace("Pin", pin), ITEM_ALONE.format(other)
    )
    assert stored() == {"#1001": [mug], "#1002": [pin]}
    assert "Line 3, no number: The row has no order number" in said.err


def test_an_item_whose_order_begins_in_another_file_changes_nothing_of_it(load):
    load(MUG, PLATE)
    said = load(PLATE.replace(",,,,,,1", ",,,,,2026-09-01 09:00:00 +0200,1"), PIN)
    order = Order.objects.get(number="#1001")
    assert (order.status, order.total, stored()["#1001"]) == ("shipped", Decimal(10), ["Mug", "Plate"])
    assert "Line 2, #1001: The order's first row is missing." in said.err


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("PARTIALLY_FULFILLED", "partly_shipped"),
        ("Partially fulfilled", "partly_shipped"),
        ("Fulfilled", "shipped"),
        *(("ON_HOLD", "processing"), ("in progress", "processing"), ("ready_for_pickup", "processing")),
        *(("delivered", "delivered"), ("in_transit", "shipped"), ("out-for-delivery", "shipped")),
        *(
            ("Despatched", "shipped"),
            ("Expédié", "shipped"),
            ("Zugestellt", "delivered"),
            ("Storniert", "cancelled"),
            ("Abgeschlossen", "shipped"),
            ("Terminée", "shipped"),
            *((word, "shipped") for word in ("Gennemført", "Fullført", "Tamamlandı")),
            ("En cours de traitement", "processing"),
            ("AWAITING_PROCESSING", "processing"),
            ("Shipped - Delivered to Buyer", "delivered"),
            ("Shipped!", "shipped"),
            ("Storniert / Abgelehnt", "cancelled"),
        ),
        *(("returned", "returned"), ("Partly shipped", "partly_shipped")),
    ],
)
def test_states_as_pages_and_programs_write_them(load, state, status):
    said = load(MUG.replace("fulfilled", state))
    assert (said.err, Order.objects.get().status) == ("", status)


@pytest.mark.parametrize(("state", "status"), [("returned", "returned"), ("delivered", "delivered")])
def test_goods_that_came_back_or_arrived_did_so_though_they_were_paid_back(load, state, status):
    load(MUG.replace("paid,fulfilled", f"refunded,{state}"))
    assert Order.objects.get().status == status


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_blank_before_each_quotation_mark(load, separator):
    def quote(row: str) -> str:
        return f"{separator} ".join(f'"{cell}"' for cell in row.split(","))

    named = quote(MUG).replace('"Mug"', f'"Mug{separator} ""blue"""')
    said = load(named, quote(PLATE), quote(PIN), header=quote(HEADER))
    assert (said.err, stored()) == ("", {"#1001": [f'Mug{separator} "blue"', "Plate"], "#1002": ["Pin"]})


@pytest.mark.parametrize(
    ("payment", "status"), [("paid", "processing"), ("refunded", "cancelled"), ("voided", "cancelled")]
)
def test_a_state_that_is_not_known_is_told(load, payment, status):
    said = load(MUG.replace("paid,fulfilled", f"{payment},sorted"))
    assert Order.objects.get().status == status
    words = f"'sorted', which is not known; it is taken for “{status.capitalize()}”."
    assert f"Line 2, #1001: Fulfillment Status is {words}" in said.err


def test_a_zip_with_more_in_it_than_exports(tmp_path, capsys):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as files:
        files.writestr("._orders.csv", b"\0\5\x16\7Mac OS X")
        files.writestr("folder/readme.txt", "Exported by TechCorp")
        files.writestr("folder/Orders.CSV", f"{HEADER}\n{MUG}\n")
        files.writestr("more.csv.gz", gzip.compress(f"{HEADER}\n{PIN}\n".encode()))
    file = tmp_path / "exports.zip"
    file.write_bytes(inner.getvalue())
    call_command("import_orders", str(file))
    assert stored() == {"#1001": ["Mug"], "#1002": ["Pin"]}
    err = capsys.readouterr().err
    assert "folder/readme.txt was passed over. These columns" in err
    assert "._orders" not in err


@pytest.mark.parametrize(
    "nothing",
    [
        *("-", "—", "0", "0.0", "false", "No", "never", "[]", "00:00:00"),
        *("0000-00-00 00:00:00", "1970-01-01 00:00:00", "0001-01-01T00:00:00Z", "12/31/1969 7:00 PM"),
        *("1/0/1900", "1900-01-00", "12:00:00 AM"),
    ],
)
def test_a_word_or_a_zero_in_place_of_a_time_says_that_nothing_has_happened(load, nothing):
    open_mug = MUG.replace("paid,fulfilled", "paid,")
    said = load(f"{open_mug},{nothing},{nothing}", header=f"{HEADER},Cancelled at,Fulfilled at")
    order = Order.objects.get()
    assert (said.err, order.status, order.shipped_at) == ("", "processing", None)


def test_a_time_that_cannot_be_read_is_told_and_says_that_something_has_happened(load):
    said = load(f"{MUG},03/04/2026", header=f"{HEADER},Cancelled at")
    assert "Cancelled at is '03/04/2026': say --day-first or --month-first." in said.err
    assert Order.objects.get().status == "cancelled"


@pytest.mark.parametrize("refunded", ["-3.00", "(3.00)", "3.00-", "3.00"])
def test_what_was_paid_back_is_no_negative_amount(load, refunded):
    load(f"{MUG},{refunded}", header=f"{HEADER},Refunded Amount")
    assert Order.objects.get().refunded == Decimal(3)
