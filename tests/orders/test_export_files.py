"""An export is read as a shop, a spreadsheet or a person has written it, and two orders never become one."""

import csv
import gzip
import random
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order

pytestmark = pytest.mark.django_db

HEADER = (
    "Name,Email,Financial Status,Fulfillment Status,Currency,Total,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price"
)
MUG = "#1001,zoe@example.com,paid,fulfilled,EUR,10.00,2026-09-01 09:00:00 +0200,1,Mug,10.00"
PLATE = "#1001,zoe@example.com,,,,,,1,Plate,3.00"
PIN = "#1002,bob@example.com,paid,fulfilled,EUR,1.00,2026-09-01 09:00:00 +0200,1,Pin,1.00"


@pytest.fixture
def load(tmp_path, capsys):
    """Imports a file with these rows, and gives what was said."""

    def load(*rows: str, header: str = HEADER, encoding: str = "utf-8", newline: str = "\n", **options):
        file = tmp_path / "export.csv"
        file.write_bytes(newline.join([header, *rows, ""]).encode(encoding))
        call_command("import_orders", str(file), **options)
        return capsys.readouterr()

    return load


def stored() -> dict[str, list[str]]:
    """The items of each stored order."""
    return {order.number: [item.name for item in order.items.all()] for order in Order.objects.order_by("pk")}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_separator(load, separator):
    load(MUG.replace(",", separator), header=HEADER.replace(",", separator))
    assert stored() == {"#1001": ["Mug"]}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"]
)
def test_any_usual_encoding(load, encoding):
    load(MUG.replace("Mug", "Müsli-Schüssel"), encoding=encoding)
    assert stored() == {"#1001": ["Müsli-Schüssel"]}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_line_end(load, newline):
    load(MUG, PLATE, newline=newline)
    assert stored() == {"#1001": ["Mug", "Plate"]}


@pytest.mark.parametrize(
    "header",
    [
        HEADER.upper(),
        HEADER.lower(),
        HEADER.replace(" ", "_"),
        HEADER.replace(",", " , "),
        f"Orders of TechCorp,,,\n\nexported on 1 September,,\n{HEADER}",
        f"{HEADER},Notes,,",
    ],
)
def test_a_header_in_any_case_below_some_lines_of_title(load, header):
    load(MUG, PLATE, header=header)
    assert stored() == {"#1001": ["Mug", "Plate"]}


def test_several_files_and_packed_ones(tmp_path):
    plain, packed, archive = (tmp_path / name for name in ("one.csv", "two.csv.gz", "three.zip"))
    plain.write_text(f"{HEADER}\n{MUG}\n")
    packed.write_bytes(gzip.compress(f"{HEADER}\n{PIN}\n".encode()))
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("orders_1.csv", f"{HEADER}\n{PIN.replace('#1002', '#1003')}\n")
        files.writestr("orders_2.csv", f"{HEADER}\n{PIN.replace('#1002', '#1004')}\n")
    call_command("import_orders", str(plain), str(packed), str(archive), verbosity=0)
    assert sorted(stored()) == ["#1001", "#1002", "#1003", "#1004"]


def test_a_file_that_cannot_be_read_hides_nothing_of_those_before_it(tmp_path, capsys):
    first, second, broken, refused = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv", "refused.csv"))
    first.write_text(f"{HEADER}\n{MUG}\n{MUG.replace('zoe', 'max')}\n")
    second.write_text(f"{HEADER}\n{PIN.replace('1.00,2026', 'a lot,2026')}\n")
    broken.write_text("Name,Mail\n1,2\n")

    with pytest.raises(CommandError, match=r"c\.csv: These columns"):
        call_command("import_orders", str(first), str(second), str(broken), refused=refused)

    said = capsys.readouterr()
    assert "3 orders: 2 new, 0 updated, 0 unchanged, 1 refused.\n1 cells" in said.out
    assert f"{first}, line 3, #1001: Another order has this number" in said.err
    assert f"{second}, line 2, #1002: Total is 'a lot'" in said.err
    rows = list(csv.DictReader(refused.open(encoding="utf-8")))
    assert [(row["file"], row["line"], row["order"]) for row in rows] == [
        (f"{first}", "3", "#1001"),
        (f"{second}", "2", "#1002"),
    ]


def test_a_place_where_the_refused_cannot_be_written_is_told_and_hides_nothing(load, tmp_path, capsys):
    nowhere = tmp_path / "no folder" / "refused.csv"

    with pytest.raises(SystemExit):
        load(MUG, refused=nowhere)
    done = capsys.readouterr()
    with pytest.raises(CommandError, match="These columns"):
        load("1,2", header="Name,Mail", refused=nowhere)
    broken_off = capsys.readouterr()

    assert "1 orders: 1 new" in done.out
    assert f"{nowhere} could not be written: No such file or directory" in done.err
    assert f"{nowhere} could not be written" in broken_off.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(random.randbytes(5000))[:2000], "damaged"),
        (b"Name,Mail\n1,2\n", "These are all that it takes: Name, Email"),
    ],
)
def test_what_cannot_be_read_is_an_error_in_plain_words(tmp_path, content, words):
    file = tmp_path / "orders"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("import_orders", str(file))


# One number, one order.


def test_two_orders_with_one_number_do_not_become_one(load):
    said = load(MUG, MUG.replace("zoe", "max").replace("10.00", "300.00").replace("Mug", "Desk"))
    assert stored() == {"#1001": ["Mug"]}
    assert Order.objects.get().total == Decimal(10)
    assert "Line 3, #1001: Another order has this number, in line 2" in said.err


def test_an_order_never_becomes_somebody_else_s(load):
    load(MUG)
    said = load(MUG.replace("zoe", "max").replace("Mug", "Desk"))
    assert (Order.objects.get().email, stored()) == ("zoe@example.com", {"#1001": ["Mug"]})
    assert "Another order with this number is stored, that of zoe@example.com" in said.err


def test_the_platform_s_id_says_which_order_it_is(load):
    header = f"{HEADER},Id"
    load(f"{MUG},77", header=header)
    load(f"{MUG.replace('zoe', 'zoe.new')},77", header=header)
    assert Order.objects.get().email == "zoe.new@example.com"
    said = load(f"{MUG.replace('Mug', 'Desk')},78", header=header)
    assert stored() == {"#1001": ["Mug"]}
    assert "1 refused" in said.out


def test_rows_of_one_order_are_gathered_over_the_whole_file(load):
    load(MUG, PLATE)
    said = load(MUG, PIN, PLATE)
    assert stored() == {"#1001": ["Mug", "Plate"], "#1002": ["Pin"]}
    assert "1 new, 0 updated, 1 unchanged, 0 refused" in said.out


def test_when_one_of_its_rows_cannot_be_read_nothing_of_an_order_is_changed(load):
    load(MUG, PLATE)
    said = load(MUG.replace("fulfilled", "partial"), PIN, '#1001,"zoe@example.com,,,,,,1,Plate,3.00')
    assert Order.objects.get(number="#1001").status == "shipped"
    assert "#1001: A quotation mark is missing" in said.err


def test_two_exports_that_were_put_together_are_read_once(load):
    load(MUG, PLATE, MUG)
    assert stored() == {"#1001": ["Mug", "Plate"]}


def test_a_stray_quotation_mark_takes_its_own_row_and_no_other(load):
    rows = [MUG.replace("#1001", f"#{number}") for number in range(1001, 1301)]
    rows[0] = rows[0].replace("zoe", '"zoe')
    rows[7] = rows[7].replace("Mug", 'Mug 7"')
    said = load(*rows)
    assert "300 orders: 299 new, 0 updated, 0 unchanged, 1 refused" in said.out
    assert "Line 2, #1001: A quotation mark is missing in this row" in said.err


def test_a_stray_quotation_mark_above_a_cell_too_long_for_the_reader(load):
    said = load(MUG.replace("zoe", '"zoe'), PIN.replace("Pin", "x" * 200_000), PIN.replace("#1002", "#1003"))
    assert sorted(stored()) == ["#1003"]
    assert "2 refused" in said.out


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_is_broken_in_utf_16_refuses_its_order_only(tmp_path, capsys, encoding):
    file = tmp_path / "export.csv"
    broken = MUG.replace("Mug", "M\ud83dg")
    text = f"{HEADER}\n{broken}\n{PIN}\n"
    file.write_bytes(text.encode(encoding, "surrogatepass") + b"#")
    call_command("import_orders", str(file))
    said = capsys.readouterr()
    assert stored() == {"#1002": ["Pin"]}
    assert f"Line 2, #1001: The row has characters that are not {encoding.upper()} text." in said.err
    assert f"Line 4, \ufffd: The row has characters that are not {encoding.upper()} text." in said.err


def test_a_cell_may_go_over_several_lines(load):
    load(f'{MUG},"first, line\nsecond ""line""\nthird"', PIN + ",", header=f"{HEADER},Notes")
    assert sorted(stored()) == ["#1001", "#1002"]


# What is in the cells.


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-09-03T10:00:00+02:00", (9, 3)),
        ("2026/09/03 10:00:00 +0200", (9, 3)),
        ("03.09.2026 10:00", (9, 3)),
        ("23/09/2026 10:00", (9, 23)),
        ("9/23/2026 10:00 AM", (9, 23)),
        ("3.9.2026", (9, 3)),
    ],
)
def test_a_day_as_spreadsheets_write_it(load, written, day):
    load(MUG.replace("2026-09-01 09:00:00 +0200", written))
    ordered = Order.objects.get().ordered_at
    assert (ordered.month, ordered.day) == day


def test_which_is_the_month_is_seen_in_the_file_or_asked(load):
    early, late = (MUG.replace("2026-09-01 09:00:00 +0200", day) for day in ("03/04/2026", "25/12/2026"))
    assert "say --day-first or --month-first" in load(early).err
    assert Order.objects.get().ordered_at is None
    load(early, month_first=True)
    assert Order.objects.get().ordered_at == datetime(2026, 3, 4, tzinfo=UTC)
    load(early.replace("#1001", "#1002"), late.replace("#1001", "#1003"))
    assert Order.objects.get(number="#1002").ordered_at == datetime(2026, 4, 3, tzinfo=UTC)


def test_decimal_commas_three_decimals_lines_of_a_discount_and_quantity_0(load):
    semicolons = HEADER.replace(",", ";")
    row = "#1001;zoe@example.com;paid;fulfilled;EUR;1.234,50;2026-09-01;0;Mug;-5,25"
    load(row, header=semicolons)
    order = Order.objects.get()
    assert (order.total, order.items.get().price, order.items.get().quantity) == (
        Decimal("1234.5"),
        Decimal("-5.25"),
        0,
    )
    load(MUG.replace("#1001", "#1002").replace("EUR,10.00", "KWD,1.234"))
    assert Order.objects.get(number="#1002").total == Decimal("1.234")


def test_what_was_sent_paid_and_given_back_is_kept(load):
    header = f"{HEADER},Fulfilled at,Shipping Method,Refunded Amount,Lineitem fulfillment status,Phone"
    sent = "2026-09-02 10:00:00 +0200,DHL Paket,3.00"
    load(
        f"{MUG.replace('paid,fulfilled', 'partially_refunded,partial')},{sent},fulfilled,+49 30 1234567",
        f"{PLATE},,,,pending,",
        header=header,
    )
    order = Order.objects.get()
    assert (order.status, order.payment, order.refunded) == (
        "partly_shipped",
        "partially refunded",
        Decimal(3),
    )
    assert (order.shipped_at, order.shipping_method) == (datetime(2026, 9, 2, 8, tzinfo=UTC), "DHL Paket")
    assert [item.state for item in order.items.all()] == ["shipped", "not_shipped"]
    assert order.phone_key == "301234567"


@pytest.mark.parametrize("written", ["cancelled", "Canceled", "storniert"])
def test_an_item_that_was_cancelled_is_not_told_as_sent_with_the_others(load, written):
    load(f"{MUG},fulfilled", f"{PLATE},{written}", header=f"{HEADER},Lineitem fulfillment status")
    assert [item.state for item in Order.objects.get().items.all()] == ["shipped", "cancelled"]


def test_money_back_without_goods_back_is_shipped_and_refunded(load):
    load(MUG.replace("paid", "refunded"))
    order = Order.objects.get()
    assert (order.status, order.payment) == ("shipped", "refunded")


def test_the_file_s_own_path_is_not_needed_to_be_a_csv(tmp_path: Path):
    file = tmp_path / "Bestellungen ü.txt"
    file.write_text(f"{HEADER}\n{MUG}\n")
    call_command("import_orders", str(file), verbosity=0)
    assert sorted(stored()) == ["#1001"]
