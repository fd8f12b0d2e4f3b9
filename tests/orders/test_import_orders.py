"""`import_orders` on a small Shopify export, `shopify_export.csv`, of which some orders are broken."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Order, OrderItem

EXPORT = Path(__file__).with_name("shopify_export.csv")
SOUND = ["#1001", "#1002", "#1003", "#1004", "#1005", "#1014"]
# Those with a cell that cannot be read, which is left out.
WITH_GAPS = ["#1006", "#1007", "#1008", "#1009", "#1010", "=1013"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    """Runs the command and gives what it said, and what it said of refused orders."""

    def run(file=EXPORT, **options):
        call_command("import_orders", str(file), **options)
        return capsys.readouterr()

    return run


@pytest.fixture
def changed(tmp_path):
    """The export with some text in it replaced."""

    def changed(old: str, new: str) -> Path:
        text = EXPORT.read_text(encoding="utf-8")
        assert old in text
        file = tmp_path / "changed.csv"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return file

    return changed


def everything():
    """All that is stored, row by row."""
    return [*Order.objects.order_by("pk").values_list(), *OrderItem.objects.order_by("pk").values_list()]


def test_it_takes_an_order_over_with_all_that_the_export_knows(run):
    run()
    order = Order.objects.get(number="#1001")
    assert (order.key, order.email, order.name) == ("1001", "alice@example.com", "Alice Archer")
    assert order.ordered_at.isoformat() == "2026-09-01T14:00:00+00:00"
    assert (order.status, order.tracking, order.carrier) == ("shipped", "357962501027", "DHL")
    amounts = (order.currency, order.subtotal, order.shipping, order.taxes, order.total)
    assert amounts == ("USD", Decimal("98.90"), Decimal("4.90"), Decimal("16.50"), Decimal("120.30"))
    assert list(order.items.values_list("name", "sku", "quantity", "price")) == [
        ("Wireless Headphones", "HEAD-01", 1, Decimal("79.90")),
        ("USB-C Cable, 2 m", "CABL-02", 2, Decimal("9.50")),
    ]


def test_the_status_follows_from_what_was_sent_refunded_and_cancelled(run):
    run()
    assert dict(Order.objects.values_list("number", "status")) == {
        "#1001": "shipped",
        "#1002": "processing",
        "#1003": "cancelled",
        "#1004": "shipped",
        "#1005": "shipped",
        "#1014": "partly_shipped",
        **dict.fromkeys(WITH_GAPS, "shipped"),
    }


def test_a_time_without_an_offset_is_the_shop_s_own(run, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    run()
    ordered = Order.objects.get(number="#1005").ordered_at
    assert ordered.astimezone(ZoneInfo("Europe/Berlin")).isoformat() == "2026-09-02T10:00:00+02:00"


def test_an_order_from_the_till_needs_no_e_mail_address(run):
    run()
    order = Order.objects.get(number="#1005")
    assert (order.email, order.name, order.currency) == ("", "Käufer an der Kasse", "EUR")


def test_it_says_what_it_refused_and_why_and_takes_over_the_rest(run, tmp_path):
    refused = tmp_path / "refused.csv"
    said = run(refused=refused)
    assert said.out == (
        "16 orders: 12 new, 0 updated, 0 unchanged, 4 refused.\n"
        "5 cells could not be read and were left out.\n"
    )
    assert set(Order.objects.values_list("number", flat=True)) == {*SOUND, *WITH_GAPS}
    rows = list(csv.DictReader(refused.open(encoding="utf-8")))
    reasons = {row["order"]: (row["line"], row["reason"]) for row in rows}
    assert reasons == {
        "#1006": ("10", "Total is 'a lot', not an amount such as 12.50."),
        "#1007": ("12", "Currency is 'Dollars', not a code such as USD."),
        "#1008": ("13", "Created at is 'yesterday', not a time such as 2026-09-01 09:00:00 -0500."),
        "#1009": ("14", "Email is 'not an address', not an e-mail address."),
        "#1010": ("16", "Lineitem quantity is 'some', not a number of pieces."),
        "": ("17", "The row has no order number (column Name)."),
        "#1001": ("18", "Another order has this number, in line 2; only that one is imported."),
        "#1011": ("19", "The order's first row is missing."),
        "#1012": ("20", "The row has 3 cells, but the header has 20. Is a quotation mark missing?"),
    }
    assert "Line 10, #1006: Total is 'a lot'" in said.err


def test_a_second_run_changes_nothing_and_says_so(run):
    run()
    before = everything()
    assert "16 orders: 0 new, 0 updated, 12 unchanged, 4 refused. Nothing was changed.\n" in run().out
    assert everything() == before


def test_a_newer_export_updates_what_has_changed_and_leaves_the_rest(run, changed):
    run()
    untouched = list(OrderItem.objects.exclude(order__number="#1002").values_list())
    said = run(changed("#1002,bob@example.com,paid,,unfulfilled", "#1002,bob@example.com,paid,,fulfilled"))
    assert "0 new, 1 updated, 11 unchanged" in said.out
    assert Order.objects.get(number="#1002").status == "shipped"
    assert list(OrderItem.objects.exclude(order__number="#1002").values_list()) == untouched


def test_changed_items_replace_the_old_ones(run, changed):
    run()
    order = Order.objects.get(number="#1001")
    run(changed("CABL-02", "CABL-03"))
    assert Order.objects.get(number="#1001").pk == order.pk
    assert list(order.items.values_list("sku", flat=True)) == ["HEAD-01", "CABL-03"]


def test_what_staff_filled_in_outlives_the_next_import(run):
    run()
    order = Order.objects.get(number="#1005")
    order.status, order.carrier, order.tracking = "delivered", "UPS", "by hand"
    order.expected_delivery = date(2026, 9, 5)
    order.save()
    assert "12 unchanged" in run().out
    order = Order.objects.get(number="#1005")
    assert (order.status, order.tracking, order.carrier) == ("delivered", "by hand", "UPS")
    assert f"{order.expected_delivery}" == "2026-09-05"


def test_money_back_is_no_return_and_goods_back_are(run, changed):
    run()
    Order.objects.filter(number="#1001").update(status="delivered")
    run(changed("#1001,Alice@Example.com,paid", "#1001,Alice@Example.com,refunded"))
    order = Order.objects.get(number="#1001")
    assert (order.status, order.payment) == ("delivered", "refunded")
    run(changed("#1001,Alice@Example.com,paid,,fulfilled", "#1001,Alice@Example.com,refunded,,restocked"))
    assert Order.objects.get(number="#1001").status == "returned"


def test_it_links_orders_to_the_account_with_their_e_mail_address(run):
    run()
    alice = User.objects.create(username="alice", email="ALICE@example.com")
    assert "1 updated" in run().out
    assert Order.objects.get(number="#1001").customer == alice


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's index is for other comparisons")
def test_accounts_are_found_by_an_index_since_each_order_that_a_shop_tells_of_asks_for_one(run):
    with CaptureQueriesContext(connection) as queries:
        run()
    [search] = [query["sql"] for query in queries if 'FROM "auth_user"' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # it would not look for an index in so few rows
        cursor.execute(f"EXPLAIN {search}")
        assert any("accounts_by_email" in line for (line,) in cursor.fetchall())


def test_it_links_no_order_when_two_accounts_share_the_address_or_the_account_is_closed(run):
    User.objects.create(username="alice", email="alice@example.com")
    User.objects.create(username="alice2", email="alice@example.com")
    User.objects.create(username="bob", email="bob@example.com", is_active=False)
    run()
    assert not Order.objects.exclude(customer=None).exists()


def test_it_never_takes_an_order_from_the_account_that_has_it(run):
    run()
    carol = User.objects.create(username="carol", email="carol@example.com")
    Order.objects.filter(number="#1001").update(customer=carol)
    User.objects.create(username="alice", email="alice@example.com")
    run()
    assert Order.objects.get(number="#1001").customer == carol


@pytest.mark.parametrize("amount", ["Infinity", "1e40", "1.234", "a lot", "12.5.0.1,2", "--5"])
def test_an_amount_that_is_none_is_left_out_and_told(run, changed, amount):
    said = run(changed("98.90,4.90,16.50,120.30", f'98.90,4.90,16.50,"{amount}"'))
    assert Order.objects.get(number="#1001").total is None
    assert f"Total is '{amount}'" in said.err


@pytest.mark.parametrize(
    ("amount", "total"),
    [
        ("12,50", "12.5"),
        ("$5", "5"),
        ("€ 1.234,50", "1234.5"),
        ("1,234.50", "1234.5"),
        ("1.234.567,5", "1234567.5"),
        ("12.50 USD", "12.5"),
        ("-5.00", "-5"),
        ("1,234", "1234"),
    ],
)
def test_an_amount_is_read_as_people_write_it(run, changed, amount, total):
    run(changed("98.90,4.90,16.50,120.30", f'98.90,4.90,16.50,"{amount}"'))
    assert Order.objects.get(number="#1001").total == Decimal(total)


def test_bytes_that_are_no_text_refuse_the_order_only(run, tmp_path):
    file = tmp_path / "mixed.csv"
    file.write_bytes(EXPORT.read_bytes().replace(b"Bob Baker", b"Bob B\xe4cker"))
    said = run(file)
    assert "11 new" in said.out
    assert "Line 6, #1002: The row has characters that are not UTF-8 text." in said.err


def test_a_field_of_a_megabyte_refuses_its_row_only(run, changed):
    said = run(changed("Bob Baker", "x" * 1_000_000))
    assert "11 new" in said.out
    assert "cannot be read" in said.err


@pytest.mark.parametrize("content", ["", "Order,Mail\n#1001,alice@example.com\n", "\x00\x01\r\x02"])
def test_a_file_that_is_no_export_is_an_error_in_plain_words(run, tmp_path, content):
    file = tmp_path / "other.csv"
    file.write_text(content)
    with pytest.raises(
        CommandError, match=r"other\.csv: These columns .* are missing: .*Email.*all that it takes"
    ):
        run(file)


def test_a_file_that_is_not_there_is_an_error_in_plain_words(run, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none.csv")


def test_an_older_export_that_takes_orders_back_is_told(run, changed):
    run()
    said = run(changed("Wireless Headphones", "Headphones"))
    assert "went back" not in said.out
    Order.objects.filter(number__in=["#1002", "#1004"]).update(status="cancelled")
    assert "2 orders went back to an earlier status" in run().out


def test_it_works_in_bulk(run, tmp_path):
    """500 orders go in with a handful of queries, not with some for each order."""
    header = EXPORT.read_text(encoding="utf-8-sig").splitlines()[0]
    row = "#{n},a@example.com,paid,,fulfilled,,USD,1,0,0,1,2026-09-01 09:00:00 -0500,1,Mug,1.00,MUG,,,,"
    file = tmp_path / "many.csv"
    file.write_text("\n".join([header, *(row.format(n=n) for n in range(500))]))
    with CaptureQueriesContext(connection) as queries:
        assert "500 new" in run(file).out
    assert len(queries) < 60
