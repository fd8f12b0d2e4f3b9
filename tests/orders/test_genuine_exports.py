"""What genuine exports showed, each kind in a small made-up file: nothing is refused without need, or told wrongly."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from orders.exports.code_pages import detect_encoding
from orders.models import Order

from .test_export_files import HEADER, MUG, PIN, load, stored
from .test_foreign_exports import ADVANCED, ADVANCED_HEADER, ETSY_ORDER, ETSY_ORDERS_HEADER
from .test_workbooks import ORDER, build_workbook

__all__ = ["load"]

pytestmark = pytest.mark.django_db

WIDE_HEADER = f"{HEADER},Id,Phone,Note Attributes,Shipping Method,Lineitem sku,Cancelled at"
# As Shopify writes a note of two lines and an item with a comma in its name.
WIDE_ROWS = (
    '#1001,zoe@example.com,paid,fulfilled,EUR,10.00,2026-09-01 09:00:00 +0200,1,"Mug, blue",10.00,'
    '5001,,"courier: DHL\nawb: 357962501027",DHL Paket,,',
    "#1001,zoe@example.com,,,,,,1,Plate,3.00,,,,,,",
    "#1002,bob@example.com,paid,fulfilled,EUR,1.00,2026-09-01 09:00:00 +0200,1,Pin,1.00,5002,,,,,",
)


def wrap_line(line: str, trailer: str) -> str:
    """As a spreadsheet does that took the line for one cell."""
    return '"{}"{}'.format(line.replace('"', '""'), trailer) if '"' in line else f"{line}{trailer}"


@pytest.mark.parametrize("trailer", [";", ";;;", "\t"])
def test_lines_that_a_spreadsheet_took_for_one_cell_each(load, trailer):
    lines = "\n".join(WIDE_ROWS).split("\n")
    said = load(*(wrap_line(line, trailer) for line in lines), header=f"{WIDE_HEADER}{trailer}")
    assert (said.err, stored()) == ("", {"#1001": ["Mug, blue", "Plate"], "#1002": ["Pin"]})
    order = Order.objects.get(number="#1001")
    assert (order.carrier, order.tracking, order.platform_id) == ("DHL", "357962501027", "5001")


@pytest.mark.parametrize("header", [HEADER, f'"{HEADER}"'])
def test_lines_in_quotation_marks_with_nothing_behind(load, header):
    load(f'"{MUG}"', '"{}"'.format(PIN.replace("Pin", '""Pin, 2""')), header=header)
    assert stored() == {"#1001": ["Mug"], "#1002": ["Pin, 2"]}


def test_a_workbook_with_each_line_in_its_first_cell(tmp_path):
    file = tmp_path / "orders.xlsx"
    file.write_bytes(build_workbook([[HEADER], [MUG], [PIN.replace("Pin", '"Pin, 2"')]]))
    call_command("import_orders", str(file))
    assert stored() == {"#1001": ["Mug"], "#1002": ["Pin, 2"]}


@pytest.mark.parametrize(
    ("number", "platform_id"), [("#10000000000018", "10000000000018"), ("#D12", "991"), ("#D12", "")]
)
def test_an_abandoned_checkout_and_a_draft_are_no_orders(load, number, platform_id):
    row = (
        f"{number},zoe@example.com,,unfulfilled,EUR,10.00,2026-09-01 09:00:00 +0200,1,Mug,10.00,{platform_id}"
    )
    assert "not an order" in load(row, header=f"{HEADER},Id").err
    load(row.replace(",,unfulfilled", ",pending,unfulfilled"), header=f"{HEADER},Id")
    assert stored() == {number: ["Mug"]}  # an order of that name, as its state of payment says


def test_digits_that_a_spreadsheet_has_cut_are_made_up_by_nobody(load):
    row = MUG + ",5.27763E+12,4.93012E+11,awb: 1.2E+21,DHL,4.00638E+12,"
    said = load(row, PIN.replace("#1002", "3.15E+09") + ",,,,,,", header=WIDE_HEADER)
    order = Order.objects.get()
    assert (order.number, order.platform_id, order.phone, order.tracking) == ("#1001", "", "", "")
    assert list(order.items.values_list("name", "sku")) == [("Mug", "")]
    assert said.err.count("a spreadsheet has cut its digits") == 4
    assert "3.15E+09: This order number is not whole" in said.err


def test_a_workbook_s_number_of_more_than_fifteen_digits_is_none(tmp_path, capsys):
    file = tmp_path / "orders.xlsx"
    file.write_bytes(
        build_workbook([[*HEADER.split(","), "Id", "Tracking number"], [*ORDER, 5277630000123, 1.2345e21]])
    )
    call_command("import_orders", str(file))
    order = Order.objects.get()
    assert (order.platform_id, order.tracking) == ("5277630000123", "")
    assert "Tracking number is '1.23450000000000E+21'" in capsys.readouterr().err


def test_an_apostrophe_that_keeps_a_cell_from_being_computed_is_no_part_of_it(load):
    row = MUG.replace("#1001", "'1001").replace("Mug", "'90s Mug")
    load(f"{row},'5001,'+49 30 1234567,,,'0815,", header=WIDE_HEADER)
    order = Order.objects.get()
    assert (order.number, order.platform_id, order.phone) == ("1001", "5001", "+49 30 1234567")
    assert list(order.items.values_list("name", "sku")) == [("'90s Mug", "0815")]


@pytest.mark.parametrize(
    ("notes", "carrier", "tracking", "url"),
    [
        (
            "hxs_courier_name: Swift\nhxs_courier_tracking: AB0000123\nhxs_courier_url: https://swift.example/t?cn=AB0000123",
            *("Swift", "AB0000123", "https://swift.example/t?cn=AB0000123"),
        ),
        ("Shipping company: UPS\nTracking No.: 1Z999AA10123456784", "UPS", "1Z999AA10123456784", ""),
        ("tracking: accepted\nshipment: express\ncarrier: null", "", "", ""),
        ("next shipment: 2026-10-01\ntracking: 1/10/26\nparcel: 1.10.2026 - 3.10.2026", "", "", ""),
        ("shipment: Thursday, 1 October 2026\nparcel: Oct 1, 2026", "", "", ""),
        ("next shipment: 2026-10-01\ntracking: 20261001", "", "20261001", ""),
        ("tracking: 12-34-567890", "", "12-34-567890", ""),
        ("gift: true\ncourier: https://dhl.example/1", "", "", "https://dhl.example/1"),
    ],
)
def test_an_app_s_note_of_the_parcel(load, notes, carrier, tracking, url):
    load(f'{MUG},,,"{notes}",,,', header=WIDE_HEADER)
    order = Order.objects.get()
    assert (order.carrier, order.tracking, order.tracking_url) == (carrier, tracking, url)


def test_a_payment_that_was_voided_says_nothing_of_goods_that_were_sent(load):
    load(
        MUG.replace(",paid,", ",voided,"),
        PIN.replace(",paid,fulfilled", ",voided,unfulfilled"),
        header=HEADER,
    )
    assert dict(Order.objects.values_list("number", "status")) == {"#1001": "shipped", "#1002": "cancelled"}


def test_etsy_s_adjusted_total_is_0_where_nothing_was_adjusted(load):
    load(f"{ETSY_ORDER}0", header=ETSY_ORDERS_HEADER)
    assert Order.objects.get().total == Decimal("26.40")


def test_woocommerce_s_items_under_the_column_name(load):
    row = ADVANCED.format(status="Completed", name="Mug", quantity="2")
    load(row, header=ADVANCED_HEADER.replace("Item Name", "Name"))
    assert stored() == {"727": ["Mug"]}


def test_a_header_in_the_midst_is_no_order(load, tmp_path):
    assert "2 orders: 2 new" in load(MUG, HEADER.upper(), PIN).out
    file = tmp_path / "orders.xlsx"
    file.write_bytes(build_workbook([HEADER.split(","), ORDER, HEADER.split(",")]))
    call_command("import_orders", str(file))
    assert set(stored()) == {"#1001", "#1002"}


def test_an_export_without_addresses_is_read_by_a_map_with_shopify_s_own_states(load, tmp_path):
    columns = ["Name", "Financial Status", "Fulfillment Status", "Cancelled at", "Lineitem name"]
    (tmp_path / "map.toml").write_text(
        'platform = "shopify"\n[columns]\n' + "\n".join(f'"{each}" = "{each}"' for each in columns)
    )
    rows = ["1,paid,partial,,Mug", "2,paid,unfulfilled,2026-09-01,Mug", "3,refunded,fulfilled,,Mug"]
    load(*rows, header=",".join(columns), map=tmp_path / "map.toml")
    assert dict(Order.objects.values_list("number", "status")) == {
        "1": "partly_shipped",
        "2": "cancelled",
        "3": "shipped",
    }


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("windows-1252", "Müsli-Schüssel, größer"),
        ("windows-1252", "Théière émaillée à fleurs"),
        ("windows-1252", "Íslenskur bolli með þæfðri ull"),
        ("windows-1254", "Büyük şişe kırmızı"),
        ("windows-1254", "Işık"),
        ("windows-1250", "Kubek żółty, duży"),
        ("windows-1250", "Hrnek šálek žlutý"),
        ("windows-1251", "Кружка синяя"),
        ("windows-1253", "Κούπα μπλε"),
        ("mac-roman", "Müsli-Schüssel größer"),
        ("cp858", "Müsli-Schüssel größer"),
        ("cp932", "マグカップ 青"),
        ("cp949", "머그컵 파란색"),
        ("gb18030", "蓝色马克杯"),
        ("big5", "藍色馬克杯"),
    ],
)
def test_the_code_page_is_told_by_the_letters(load, encoding, name):
    said = load(MUG.replace("Mug", f'"{name}"'), PIN, encoding=encoding)
    assert stored() == {"#1001": [name], "#1002": ["Pin"]}
    assert f"was read as {encoding}" in said.out


def test_a_code_page_that_shows_late_and_one_that_is_said(load, monkeypatch):
    monkeypatch.setattr("orders.exports.files.SAMPLE_BYTES", 300)
    rows = [PIN.replace("#1002", f"#{number}") for number in range(2000, 2020)]
    load(*rows, MUG.replace("Mug", "Müsli-Schüssel"), encoding="windows-1252")
    assert stored()["#1001"] == ["Müsli-Schüssel"]
    said = load(MUG.replace("Mug", "Dìtské"), encoding="windows-1252")
    assert "import it again with --encoding" in said.out


def test_the_encoding_that_is_said_is_taken(tmp_path, capsys):
    file = tmp_path / "export.csv"
    file.write_bytes(f"{HEADER}\n{MUG.replace('Mug', 'Dětské boty')}\n".encode("windows-1250"))
    call_command("import_orders", str(file), encoding="windows-1250")
    assert (stored(), "was read as" in capsys.readouterr().out) == ({"#1001": ["Dětské boty"]}, False)
    with pytest.raises(CommandError, match="no encoding that Python knows"):
        call_command("import_orders", str(file), "--encoding", "base64")


def test_utf_8_is_told_at_the_end_of_a_piece_and_of_a_file():
    assert detect_encoding("Größe, Mädchen".encode()[:-7]) == "utf-8"
    assert detect_encoding("a,b\n1,café".encode("windows-1252")) == "windows-1252"
