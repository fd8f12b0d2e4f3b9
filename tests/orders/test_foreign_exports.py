"""Exports of other platforms are recognised by their columns."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from orders.exports.formats import COLUMNS, load_formats
from orders.models import Order

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
MAGENTO_HEADER = (
    '"ID","Purchase Point","Purchase Date","Bill-to Name","Ship-to Name","Grand Total (Base)",'
    '"Grand Total (Purchased)","Status","Billing Address","Shipping Address","Shipping Information","Customer Email",'
    '"Customer Group","Subtotal","Shipping and Handling","Customer Name","Payment Method","Total Refunded"'
)
MAGENTO = (
    '"000000123","Main Website\n    Main Website Store\n","Sep 1, 2026 9:00:00 AM","Zoe Zimmer","Zoe Zimmer",'
    '"€1,024.90","€1,024.90","Complete","Weg 1,Ulm","Weg 1,Ulm","Flat Rate - Fixed","zoe@example.com","General",'
    '"€1,020.00","€4.90","Zoe Zimmer","checkmo","€5.00"'
)
BIGCOMMERCE_HEADER = (
    "Order ID,Customer ID,Customer Name,Customer Email,Customer Phone,Order Date,Order Time,Order Status,"
    "Subtotal (inc tax),Subtotal (ex tax),Tax Total,Shipping Cost (inc tax),Ship Method,Refund Amount,"
    "Order Total (inc tax),Order Total (ex tax),Date Shipped,Order Currency Code,Product Details"
)
BIGCOMMERCE = (
    "101,7,Zoe Zimmer,zoe@example.com,030 1234567,23/09/2026,10:15:00,Partially Shipped,20.0000,16.8100,3.1900,4.9000,"
    'Flat Rate,0.0000,24.9000,21.7100,,EUR,"Product ID: 77, Product Qty: 2, Product SKU: MUG-B, Product Name: '
    "Mug, Blue, Product Weight: 1.0000, Product Variation Details: , Product Unit Price: 5.00000, "
    "Product Total Price: 10.00000|"
    "Product ID: 78, Product Qty: 1, Product SKU: , Product Name: Plate, Product Weight: 1.0000, "
    'Product Variation Details: , Product Unit Price: 10.00000, Product Total Price: 10.00000"'
)
ETSY_ORDERS_HEADER = (
    "Sale Date,Order ID,Buyer User ID,Full Name,First Name,Last Name,Number of Items,Payment Method,Date Shipped,"
    "Currency,Order Value,Coupon Code,Discount Amount,Shipping,Sales Tax,Order Total,"
    "Status,Order Net,Adjusted Order Total"
)
ETSY_ORDER = (
    "09/03/26,3123456789,zoez,Zoe Zimmer,Zoe,Zimmer,2,Credit Card,09/04/26,USD,20.00,"
    ",0,4.90,1.50,26.40,,24.00,"
)
ETSY_ITEMS_HEADER = (
    "Sale Date,Item Name,Buyer,Quantity,Price,Coupon Code,Discount Amount,Order Shipping,Order Sales Tax,Item Total,"
    "Currency,Transaction ID,Listing ID,Date Paid,Date Shipped,Ship Name,Order ID,Variations,SKU"
)
ETSY_ITEM = (
    "09/03/26,Mug,zoez,1,10.00,,0,4.90,1.50,10.00,USD,{transaction},555,09/03/26,09/04/26,"
    "Zoe Zimmer,3123456789,Blue,"
)
WOO_HEADER = (
    "order_id,order_number,date,status,shipping_total,tax_total,order_total,refunded_total,order_currency,"
    "shipping_method,billing_first_name,billing_last_name,billing_email,billing_phone"
)
WOO = "727,727,2026-09-01 09:00:00,completed,4.90,3.98,24.90,5.00,EUR,Flat Rate,Zoe,Zimmer,zoe@example.com,030 1234567"
ADVANCED_HEADER = (
    "Order Number,Order Status,Order Date,First Name (Billing),Last Name (Billing),Email (Billing),Phone (Billing),"
    "Order Total Amount,Order Refund Amount,SKU,Item Name,Quantity,Item Cost"
)
ADVANCED = "727,{status},2026-09-01 09:00,Zoe,Zimmer,zoe@example.com,030 1234567,24.90,0,MUG-B,{name},{quantity},10.00"


@pytest.fixture
def load(tmp_path, capsys):
    """Imports a file with these lines, and gives what was said."""

    def load(*lines: str):
        file = tmp_path / "export.csv"
        file.write_text("\n".join(lines), encoding="utf-8")
        call_command("import_orders", str(file))
        return capsys.readouterr()

    return load


def list_items(number: str) -> list[tuple]:
    return list(Order.objects.get(number=number).items.values_list("name", "sku", "quantity", "price"))


def test_an_export_of_magento_is_read(load):
    said = load(MAGENTO_HEADER, MAGENTO)
    assert (said.err, "1 new" in said.out) == ("", True)
    order = Order.objects.get()
    assert (order.number, order.email, order.name, order.status, order.payment, order.currency) == (
        *("000000123", "zoe@example.com", "Zoe Zimmer"),
        *("shipped", "paid", "EUR"),
    )
    assert f"{order.ordered_at:%Y-%m-%d %H:%M}" == "2026-09-01 09:00"
    assert (order.total, order.shipping, order.refunded) == (Decimal("1024.9"), Decimal("4.9"), 5)
    assert (order.platform, order.shipping_method, order.items.count()) == ("magento", "Flat Rate - Fixed", 0)


@pytest.mark.parametrize(
    ("written", "status", "payment"),
    [
        ("pending_payment", "processing", "pending"),
        ("On Hold", "processing", ""),
        ("Closed", "cancelled", "refunded"),
        ("Canceled", "cancelled", ""),
        ("canceled", "cancelled", ""),
        ("Processing", "processing", "paid"),
    ],
)
def test_states_of_magento_are_told_in_ours(load, written, status, payment):
    load(
        MAGENTO_HEADER,
        MAGENTO.replace('"Complete"', f'"{written}"').replace("Sep 1, 2026 9:00:00 AM", "2026-09-01"),
    )
    order = Order.objects.get()
    assert (order.status, order.payment) == (status, payment)


def test_an_export_of_bigcommerce_is_read(load):
    said = load(BIGCOMMERCE_HEADER, BIGCOMMERCE)
    assert (said.err, "1 new" in said.out) == ("", True)
    order = Order.objects.get()
    assert (order.number, order.platform_id, order.email, order.phone_key) == (
        *("101", "101"),
        *("zoe@example.com", "301234567"),
    )
    assert (order.status, order.total, order.subtotal, order.taxes) == (
        "partly_shipped",
        *map(Decimal, ("24.9", "20", "3.19")),
    )
    assert f"{order.ordered_at:%Y-%m-%d %H:%M}" == "2026-09-23 10:15"
    assert list_items("101") == [("Mug, Blue", "MUG-B", 2, Decimal(5)), ("Plate", "", 1, Decimal(10))]


@pytest.mark.parametrize(
    ("written", "shipped", "status"),
    [
        ("Refunded", "24/09/2026", "shipped"),
        ("Refunded", "", "cancelled"),
        ("Refunded", "0000-00-00", "cancelled"),
        ("Awaiting Fulfillment", "", "processing"),
        ("Partially Refunded", "24/09/2026", "shipped"),
        ("Completed", "", "shipped"),
        ("Declined", "", "cancelled"),
    ],
)
def test_states_of_bigcommerce_are_told_in_ours(load, written, shipped, status):
    load(
        BIGCOMMERCE_HEADER,
        BIGCOMMERCE.replace("Partially Shipped", written).replace(",,EUR", f",{shipped},EUR"),
    )
    assert Order.objects.get().status == status


def test_etsy_has_orders_and_items_in_two_files_whichever_comes_first(load):
    items = [
        ETSY_ITEM.format(transaction=1),
        ETSY_ITEM.format(transaction=2),
        ETSY_ITEM.format(transaction=1),
    ]
    found = []
    for files in (((ETSY_ORDERS_HEADER, ETSY_ORDER), (ETSY_ITEMS_HEADER, *items)),) * 2:
        Order.objects.all().delete()
        for lines in files if not found else files[::-1]:
            load(*lines)
        order = Order.objects.get()
        found.append(
            (order.number, order.name, order.status, order.total, order.shipping, list_items(order.number))
        )
        assert (order.ordered_at.date().isoformat(), order.shipped_at.date().isoformat()) == (
            "2026-09-03",
            "2026-09-04",
        )
    right = (
        "3123456789",
        "Zoe Zimmer",
        "shipped",
        Decimal("26.4"),
        Decimal("4.9"),
        [("Mug", "", 1, Decimal(10))] * 2,
    )
    assert found == [right, right]


def test_an_export_of_woocommerce_with_a_row_for_each_item_is_read(load):
    header = f"{WOO_HEADER},item_name,item_sku,item_quantity,item_price"
    said = load(header, f"{WOO},Mug,MUG-B,2,10.00", f"{WOO},Plate,,1,4.90", f"{WOO},Plate,,1,4.90")
    assert "1 orders: 1 new" in said.out
    order = Order.objects.get()
    assert (order.number, order.platform, order.platform_id) == ("727", "woocommerce", "727")
    assert (order.status, order.payment, order.refunded) == ("shipped", "paid", 5)
    assert [item[0] for item in list_items("727")] == ["Mug", "Plate", "Plate"]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (
            "line_items",
            [
                "id:1|name:Mug; blue|product_id:12|sku:MUG-B|quantity:2|total:20.00|sub_total:20.00; "
                "id:2|name:Plate|product_id:13|sku:|quantity:1|total:4.90"
            ],
        ),
        (
            "line_items",
            [
                "id:1|name:Mug; blue|product_id:12|sku:MUG-B|quantity:2|subtotal:22.00|subtotal_tax:0|total:20.00|"
                "total_tax:0|refunded:0|meta:;id:2|name:Plate|product_id:13|sku:|quantity:1|subtotal:4.90|"
                "subtotal_tax:0.00|total:4.90|total_tax:0|refunded:0|meta:Size=L"
            ],
        ),
        (
            "line_item_1,line_item_2",
            [
                "name:Mug; blue|product_id:12|sku:MUG-B|quantity:2|total:20.00|sub_total:20.00",
                "name:Plate|product_id:13|sku:|quantity:1|total:4.90",
            ],
        ),
    ],
)
def test_an_export_of_woocommerce_with_all_items_in_one_row_is_read(load, header, cells):
    said = load(f"{WOO_HEADER},{header}", ",".join([WOO, *(f'"{cell}"' for cell in cells)]))
    assert said.err == ""
    assert list_items("727") == [("Mug; blue", "MUG-B", 2, Decimal(10)), ("Plate", "", 1, Decimal("4.9"))]


def test_the_name_of_an_item_may_have_the_sign_that_parts_its_facts(load):
    cell = "name:Tee | blue|product_id:12|sku:TEE|quantity:1|total:20.00"
    load(f"{WOO_HEADER},line_items", f'{WOO},"{cell}"')
    assert list_items("727") == [("Tee | blue", "TEE", 1, Decimal(20))]


def test_an_item_without_a_quantity_does_not_take_in_the_next_one(load):
    cell = "name:Voucher|total:3.00;name:Mug|quantity:1|total:4.00"
    load(f"{WOO_HEADER},line_items", f'{WOO},"{cell}"')
    assert list_items("727") == [("Mug", "", 1, Decimal(4))]


@pytest.mark.parametrize(
    ("written", "status", "payment"),
    [
        ("Completed", "shipped", "paid"),
        ("Remboursée", "cancelled", "refunded"),
        ("wc-on-hold", "processing", "on hold"),
        ("Refunded", "cancelled", "refunded"),
    ],
)
def test_an_export_of_woocommerce_by_the_other_plugin_is_read(load, written, status, payment):
    rows = [ADVANCED.format(status=written, name=name, quantity=1) for name in ("Mug", "Plate")]
    load(ADVANCED_HEADER, *rows)
    order = Order.objects.get()
    assert (order.status, order.payment, order.items.count()) == (status, payment, 2)


def test_an_export_of_woocommerce_s_analytics_is_read(load):
    header = (
        "Date,Order #,Status,Customer,Customer type,Product(s),Items sold,Coupon(s),N. Revenue,Attribution"
    )
    load(header, '2026-09-01 09:00:00,727,completed,Zoe Zimmer,new,"2× Mug, blue, 1× Plate",3,,20.00,Direct')
    order = Order.objects.get()
    assert (order.number, order.status, order.total, order.name) == ("727", "shipped", None, "Zoe Zimmer")
    assert [item[::2] for item in list_items("727")] == [("Mug, blue", 2), ("Plate", 1)]


def test_an_export_of_squarespace_is_read(load):
    header = (
        "Order ID,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,Taxes,"
        "Amount Refunded,Total,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
        "Lineitem variant,Lineitem fulfillment status,Billing Name,Billing Phone,Cancelled at"
    )
    order = (
        "00012,zoe@example.com,PAID,2026-09-01 09:00:00 -0400,{status},,USD,10.00,0.00,0.00,3.00,13.00,Flat Rate,"
        "2026-09-01 09:00:00 -0400,1,Mug,10.00,SQ1,Blue,{item},Zoe Zimmer,212 555 0199,{cancelled}"
    )
    said = load(
        header,
        order.format(status="PENDING", item="fulfilled", cancelled=""),
        "00012,zoe@example.com,,,,,,,,,,,,,2,Plate,1.50,SQ2,,pending,,,",
        order.replace("00012", "00013").format(
            status="CANCELED", item="pending", cancelled="2026-09-02 09:00:00 -0400"
        ),
        order.replace("00012", "00014").format(status="FULFILLED", item="fulfilled", cancelled=""),
    )
    assert (said.err, list(Order.objects.order_by("number").values_list("number", "status"))) == (
        *("", [("00012", "processing"), ("00013", "cancelled"), ("00014", "shipped")]),
    )
    order = Order.objects.get(number="00012")
    assert (order.platform, order.payment, order.total, order.refunded, order.phone_key) == (
        *("squarespace", "paid", Decimal(13), Decimal(3), "125550199"),
    )
    assert list(order.items.values_list("name", "quantity", "state")) == [
        ("Mug Blue", 1, "shipped"),
        ("Plate", 2, "not_shipped"),
    ]


def test_an_export_of_wix_is_read(load):
    header = (
        "Order number,Date created,Time,Fulfill by,Total order quantity,Contact email,Note from customer,Item,Variant,"
        "SKU,Qty,Quantity refunded,Price,Delivery method,Recipient name,Recipient phone,Delivery country,Billing name,"
        "Billing phone,Delivery country,Payment status,Shipping rate,Total tax,Total,Currency,Refunded amount,"
        "Fulfillment status,Tracking number"
    )
    row = (
        '10001,"Sep 8, 2026",9:15:51 AM,,3,zoe@example.com,,{item},{quantity},0,{price},DHL,Zoe Zimmer,,DEU,Zoe Zimmer,'
        "030 1234567,DEU,Paid,4.90,3.98,24.90,EUR,0,Partially fulfilled,357962501027"
    )
    mug = row.format(item="Mug,Blue,MUG-B", quantity=2, price="7.50")
    said = load(header, mug, row.format(item="Plate,,", quantity=1, price="5.00"))
    order = Order.objects.get()
    assert (said.err, order.number, order.status, order.payment, order.tracking) == (
        *("", "10001", "partly_shipped"),
        *("paid", "357962501027"),
    )
    assert (order.total, order.currency, order.phone_key) == (Decimal("24.9"), "EUR", "301234567")
    assert f"{order.ordered_at:%Y-%m-%d %H:%M}" == "2026-09-08 09:15"
    assert list_items("10001") == [("Mug Blue", "MUG-B", 2, Decimal("7.5")), ("Plate", "", 1, Decimal(5))]


PRESTASHOP_HEADER = 'ID;Reference;"New client";Delivery;Customer;Total;Payment;Status;Date'
PRESTASHOP_FRENCH = 'ID;Référence;"Nouveau client";Livraison;Client;Total;Paiement;État;Date'


@pytest.mark.parametrize(
    ("header", "written", "status", "payment"),
    [
        (PRESTASHOP_HEADER, "Awaiting bank wire payment", "processing", "pending"),
        (PRESTASHOP_HEADER, "On backorder (paid)", "processing", "paid"),
        (PRESTASHOP_HEADER, "Delivered", "delivered", ""),
        (PRESTASHOP_HEADER, "Refunded", "cancelled", "refunded"),
        (PRESTASHOP_FRENCH, "En attente du paiement par chèque", "processing", "pending"),
        (PRESTASHOP_FRENCH, "Expédié", "shipped", ""),
        (PRESTASHOP_FRENCH, "Remboursé", "cancelled", "refunded"),
    ],
)
def test_an_export_of_prestashop_is_read(load, header, written, status, payment):
    said = load(
        header, f'5;KHWLILZLL;1;France;"Z. ZIMMER";20.900000;"Bank wire";"{written}";"2026-09-17 09:30:00"'
    )
    order = Order.objects.get()
    assert (said.err, order.number, order.platform_id, order.name) == ("", "KHWLILZLL", "5", "Z. ZIMMER")
    assert (order.status, order.payment, order.total) == (status, payment, Decimal("20.9"))


def test_a_status_that_nobody_knows_is_told(load):
    said = load(ADVANCED_HEADER, ADVANCED.format(status="of a plugin", name="Mug", quantity=1))
    assert "Line 2, 727: Status is 'of a plugin', which is not known" in said.err
    assert Order.objects.get().status == "processing"


def test_a_cell_of_items_in_which_none_is_found_is_told(load):
    said = load(f"{WOO_HEADER},line_items", f"{WOO},two mugs")
    assert "Line 2, 727: Lineitem name is empty" in said.err


@pytest.mark.parametrize("words", ["Total", "Gesamtsumme:", "record(s) downloaded"])
def test_a_row_about_the_file_below_its_orders_is_no_order(load, words):
    said = load(BIGCOMMERCE_HEADER, BIGCOMMERCE, f"{words},,,,,,,,40.00,,,,,,49.80,,,,")
    assert f"Line 3, {words}: The row has no order number" in said.err
    assert list(Order.objects.values_list("number", flat=True)) == ["101"]


def test_another_order_of_another_platform_with_the_number_is_refused(load):
    load(f"{WOO_HEADER}", WOO)
    said = load(BIGCOMMERCE_HEADER, BIGCOMMERCE.replace("101,7,", "727,7,").replace("zoe@", "max@"))
    assert "Another order with this number is stored, that of zoe@example.com" in said.err
    assert Order.objects.get().platform == "woocommerce"


def test_a_file_that_nearly_has_a_form_is_told_what_it_lacks(load):
    with pytest.raises(
        CommandError, match=r"are missing: Status\. These are all that it takes: Id, Purchase date.*--map"
    ):
        load(MAGENTO_HEADER.replace('"Status"', '"State"'), MAGENTO)


def test_the_forms_and_the_page_about_them_agree():
    page = " ".join((ROOT / "docs/orders.md").read_text().split())
    assert [column for column in COLUMNS if column.lower() not in page.lower()] == []
    assert [form.name for form in load_formats() if form.name not in page] == []
    for one in load_formats():
        recognised = [other for other in load_formats() if {*other.recognised_by} <= {*one.recognised_by}]
        assert recognised == [one]
