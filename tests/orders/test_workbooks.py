"""A workbook is read as it is, whatever its spreadsheet made of the cells."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import pytest
from django.core.management import CommandError, call_command

from orders.exports.workbooks import write_cell
from orders.models import Order

from .test_export_files import HEADER
from .test_foreign_exports import ADVANCED, ADVANCED_HEADER

pytestmark = pytest.mark.django_db

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = f"""<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels"
ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"
ContentType="application/xml"/><Override PartName="/xl/workbook.xml"
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
STYLES = f"""<styleSheet xmlns="{MAIN}">
<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>"""
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zones


def build_cell(value: Any) -> str:
    if isinstance(value, datetime):
        return f'<c s="1"><v>{(value - EPOCH).total_seconds() / 86400}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def build_workbook(*sheets: list[list[Any]], hidden: int = 0) -> bytes:
    """An .xlsx of the least parts that a spreadsheet opens, with these rows, and with so many hidden sheets first."""
    names = "".join(
        f'<sheet name="S{n}" sheetId="{n}" state="{"hidden" if n <= hidden else "visible"}" r:id="r{n}"/>'
        for n in range(1, len(sheets) + 1)
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/worksheet" Target="worksheets/s{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="styles" Type="{RELATIONS}/styles" Target="styles.xml"/>'
    root = f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{root}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        "xl/styles.xml": STYLES,
    }
    for number, rows in enumerate(sheets, 1):
        lines = "".join(f"<row>{''.join(map(build_cell, row))}</row>" for row in rows)
        parts[f"xl/worksheets/s{number}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


OPEN = "urn:oasis:names:tc:opendocument:xmlns"


def build_open_document(rows: list[list[str]]) -> bytes:
    """An .ods of the least parts that are read, with these rows of text."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = "".join(
        f"<table:table-row>{''.join(cell.format(escape(text)) for text in row)}</table:table-row>"
        for row in rows
    )
    spaces = " ".join(f'xmlns:{name}="{OPEN}:{name}:1.0"' for name in ("office", "table", "text"))
    sheet = f'<office:spreadsheet><table:table table:name="S1">{lines}</table:table></office:spreadsheet>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body>{sheet}</office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{OPEN}:manifest:1.0"/>')
    return packed.getvalue()


@pytest.fixture
def load(tmp_path, capsys):
    def load(content: bytes, name: str = "orders.xlsx"):
        file = tmp_path / name
        file.write_bytes(content)
        call_command("import_orders", str(file))
        return capsys.readouterr()

    return load


ORDER = [
    "#1001",
    "zoe@example.com",
    "paid",
    "fulfilled",
    "EUR",
    1024.9,
    datetime(2026, 9, 1, 9, 30),  # noqa: DTZ001
    2,
    "Mug",
    5.1,
]
ITEM = [1002, "max@example.com", "paid", "", "EUR", 3, datetime(2026, 9, 1), 1, "Plate", 0.1 + 0.2]  # noqa: DTZ001


def test_a_sheet_with_lines_of_title_behind_another_sheet(load):
    notes = [["Notes"], ["nothing of orders"]]
    said = load(build_workbook(notes, [["Orders of TechCorp"], [""], HEADER.split(","), ORDER, ITEM]))
    assert (said.err, "2 orders: 2 new" in said.out) == ("", True)
    order = Order.objects.get(number="#1001")
    assert (order.total, f"{order.ordered_at:%Y-%m-%d %H:%M}") == (Decimal("1024.9"), "2026-09-01 09:30")
    assert list(order.items.values_list("name", "quantity", "price")) == [("Mug", 2, Decimal("5.1"))]
    assert Order.objects.get(number="1002").items.get().price == Decimal("0.3")


def test_a_sheet_for_each_month_and_none_that_is_hidden(load):
    months = [[HEADER.split(","), row] for row in ([*ORDER[:5], "a lot", *ORDER[6:]], ITEM)]
    old = [HEADER.split(","), ["#999", *ORDER[1:]]]
    said = load(build_workbook(old, *months, hidden=1))
    assert set(Order.objects.values_list("number", flat=True)) == {"#1001", "1002"}
    assert "orders.xlsx/S2, line 2, #1001: Total is 'a lot'" in said.err


def test_a_sheet_into_which_somebody_has_filtered_rows_takes_no_items_away(load):
    further = ["#1001", *[""] * (len(ORDER) - 1)]
    names = HEADER.split(",")
    further[names.index("Lineitem quantity")], further[names.index("Lineitem name")] = 1, "Plate"
    said = load(build_workbook([names, ORDER, further], [names, ORDER]))
    assert Order.objects.get().items.count() == 2
    assert "orders.xlsx/S2, line 2, #1001: A sheet before this one has this order" in said.err


def test_what_cannot_be_read_is_named_by_the_line_of_the_sheet(load):
    odd = [*ORDER[:5], "a lot", *ORDER[6:]]
    said = load(build_workbook([["Orders"], HEADER.split(","), ["", *ORDER[1:]], odd]))
    assert "Line 3, no number: The row has no order number" in said.err
    assert "Line 4, #1001: Total is 'a lot'" in said.err


def test_a_sheet_of_an_open_document(load):
    load(build_open_document([HEADER.split(","), [str(value) for value in ORDER]]), "orders.ods")
    assert Order.objects.get().total == Decimal("1024.9")


def test_another_platform_s_export_and_a_workbook_in_a_zip(load):
    row = ADVANCED.format(status="Completed", name="Mug", quantity=2).split(",")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/orders.xlsx", build_workbook([ADVANCED_HEADER.split(","), row]))
        archive.writestr("more.csv", f"{HEADER}\n#7,,paid,fulfilled,EUR,1.00,2026-09-01,1,Pin,1.00\n")
    load(packed.getvalue(), "orders.zip")
    assert sorted(Order.objects.values_list("number", "platform")) == [
        ("#7", "shopify"),
        ("727", "woocommerce"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (build_workbook([["Order", "Mail"], ["1", "2"]]), "These columns of an order export are missing"),
        (build_workbook(), "no sheet with a table|damaged"),
        (build_workbook([]), "are missing|no sheet"),
        (build_workbook([ORDER])[:-300], "damaged"),
        (b"\xd0\xcf\x11\xe0 old workbook", "damaged, or it needs a password. Save it as CSV"),
    ],
)
def test_what_cannot_be_read_is_an_error_in_plain_words(load, content, words):
    with pytest.raises(CommandError, match=words):
        load(content)


def test_a_workbook_that_would_fill_the_memory_is_refused(load, monkeypatch):
    monkeypatch.setattr("orders.exports.workbooks.MAX_UNPACKED_BYTES", 500)
    with pytest.raises(CommandError, match="too large"):
        load(build_workbook([HEADER.split(","), ORDER]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("00123", "00123"),
        (1001.0, "1001"),
        (0.1 + 0.2, "0.3"),
        (357962501027.0, "357962501027"),
        (date(2026, 9, 1), "2026-09-01"),
        (datetime(2026, 9, 1, 9, 0, 59, 999999), "2026-09-01 09:00:59"),  # noqa: DTZ001
        (True, "True"),
    ],
)
def test_a_cell_is_written_as_an_export_has_it(value, text):
    assert write_cell(value) == text
