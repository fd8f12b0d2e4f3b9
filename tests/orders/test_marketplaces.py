"""Exports of Amazon and eBay, where several rows tell of one order, each of its own item and parcel."""

from decimal import Decimal

import pytest

from orders.models import Order

from .test_foreign_exports import list_items, load

__all__ = ["load"]

pytestmark = pytest.mark.django_db

ALL_ORDERS_HEADER = (
    "amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\t"
    "ship-service-level\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\titem-price\titem-tax\t"
    "shipping-price\tship-city"
)
ALL_ORDERS = (
    "302-1234567-7654321\t\t2026-09-01T09:00:00+00:00\t2026-09-02T10:00:00+00:00\t{status}\tMerchant\t"
    "Standard\t{item}\t3.19\t4.90\tUlm"
)
REPORT_HEADER = (
    "order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\tbuyer-phone-number\tsku\t"
    "product-name\tquantity-purchased\tcurrency\titem-price\titem-tax\tshipping-price\trecipient-name\tship-phone-number"
)
REPORT = (
    "302-1234567-7654321\t{id}\t2026-09-01T02:00:00-07:00\t2026-09-01T02:30:00-07:00\t"
    "q1w2@marketplace.amazon.de\tZoe Zimmer\t\t{item}\tEUR\t20.00\t3.19\t4.90\tZoe Zimmer\t030 1234567"
)
SHIPMENTS_HEADER = (
    "amazon-order-id\tshipment-id\tshipment-item-id\tamazon-order-item-id\tpurchase-date\tshipment-date\tbuyer-email\t"
    "buyer-name\tsku\tproduct-name\tquantity-shipped\tcurrency\titem-price\tcarrier\ttracking-number"
)
SHIPMENT = (
    "302-1234567-7654321\tD{id}\tI{id}\t{id}\t2026-09-01T09:00:00+00:00\t2026-09-02T10:00:00+00:00\t"
    "q1w2@marketplace.amazon.de\tZoe Zimmer\t\t{name}\t1\tEUR\t10.00\tDHL\t{tracking}"
)
EBAY_HEADER = (
    "Sales Record Number,Order Number,Buyer Username,Buyer Name,Buyer Email,Ship To Name,Ship To Phone,Item Number,"
    "Item Title,Custom Label,Quantity,Sold For,Shipping And Handling,Total Price,Sale Date,Paid On Date,"
    "Shipped On Date,Shipping Service,Tracking Number,Transaction ID,Variation Details"
)
EBAY_ONE = (
    '101,12-34567-89012,zoez,Zoe Zimmer,0a1b@members.ebay.com,Zoe Zimmer,+1 212 555 0199,335001,"Lamp, brass",LAMP,'
    "2,$45.99,$12.00,$103.98,Sep-01-26,Sep-01-26,Sep-02-26,USPS,94346081,2857301,"
)
EBAY_SUM = (
    "102,12-34567-89013,max,Max Muster,2c3d@members.ebay.com,Max Muster,,,,,3,$25.00,$3.99,$28.99,Sep-01-26,"
    "Sep-01-26,,,,,"
)
EBAY_ITEM = (
    "102,12-34567-89013,max,,,,,335002,{name},,{quantity},{price},,,Sep-01-26,Sep-01-26,{sent},,{tracking},{id},"
    "[Size:M]"
)


def list_states(number: str) -> list[str]:
    return list(Order.objects.get(number=number).items.values_list("state", flat=True))


def test_amazon_s_all_orders_are_read_with_an_item_that_was_cancelled(load):
    said = load(
        ALL_ORDERS_HEADER,
        ALL_ORDERS.format(status="Shipped", item="Plate\tPL\tB01\tCancelled\t0\t\t"),
        ALL_ORDERS.format(status="Shipped", item='6" Mug\tMUG\tB02\tShipped\t2\tEUR\t20.00'),
    )
    order = Order.objects.get()
    assert (said.err, order.number, order.status, order.platform) == (
        "",
        "302-1234567-7654321",
        "shipped",
        "amazon",
    )
    # The currency is not in the first row, and Amazon's price is that of all pieces.
    assert (order.currency, list_items(order.number)) == (
        *("EUR", [("Plate", "PL", 0, None), ('6" Mug', "MUG", 2, Decimal(10))]),
    )
    assert list_states(order.number) == ["cancelled", "shipped"]


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("Unshipped", "processing"),
        ("Shipping", "processing"),
        ("Pending - Waiting for Pick Up", "processing"),
        ("Shipped - Out for Delivery", "shipped"),
        ("Shipped - Delivered to Buyer", "delivered"),
        ("Shipped - Returned to Seller", "returned"),
        ("Shipped - Returning to Seller", "shipped"),
        ("Shipped - Lost in Transit", "shipped"),
        ("Cancelled", "cancelled"),
    ],
)
def test_states_of_amazon_are_told_in_ours(load, written, status):
    said = load(ALL_ORDERS_HEADER, ALL_ORDERS.format(status=written, item="Mug\t\tB02\t\t1\tEUR\t20.00"))
    assert (said.err, Order.objects.get().status) == ("", status)


def test_a_price_of_all_pieces_that_may_be_two_amounts_is_told(load):
    said = load(
        ALL_ORDERS_HEADER, ALL_ORDERS.format(status="Shipped", item="Mug\t\tB02\tShipped\t2\tEUR\t1.234")
    )
    assert "Lineitem total is '1.234', which may be two different amounts." in said.err
    assert list_items("302-1234567-7654321") == [("Mug", "", 2, None)]


@pytest.mark.parametrize("order_of_files", [1, -1])
def test_amazon_has_the_buyer_and_what_was_sent_in_two_files(load, order_of_files):
    files = (
        (REPORT_HEADER, REPORT.format(id=1, item="MUG\tMug\t2"), REPORT.format(id=2, item="PL\tPlate\t1")),
        (
            ALL_ORDERS_HEADER,
            ALL_ORDERS.format(status="Shipped", item="Mug\tMUG\tB02\tShipped\t2\tEUR\t20.00"),
        ),
    )
    for lines in files[::order_of_files]:
        assert load(*lines).err == ""
    order = Order.objects.get()
    assert (order.status, order.name, order.email, order.phone_key) == (
        *("shipped", "Zoe Zimmer", "q1w2@marketplace.amazon.de", "301234567"),
    )
    assert ("Mug", "MUG", 2, Decimal(10)) in list_items(order.number)


def test_each_parcel_that_amazon_has_sent_is_found_by_its_number(load):
    load(
        SHIPMENTS_HEADER,
        SHIPMENT.format(id=1, name="Mug", tracking="00340434161094000001"),
        SHIPMENT.format(id=2, name="Plate", tracking="00340434161094000002"),
    )
    order = Order.objects.get()
    assert (order.status, order.carrier, order.items.count()) == ("shipped", "DHL", 2)
    assert order.tracking == "00340434161094000001, 00340434161094000002"


def load_ebay(load, *rows: str):
    """As eBay writes it, with empty rows and what it says below the table."""
    marks = "," * EBAY_HEADER.count(",")
    return load(
        marks, EBAY_HEADER, marks, *rows, "", f"{len(rows)},record(s) downloaded,", "Seller ID : shop"
    )


def test_a_report_of_ebay_with_one_item_is_read(load):
    said = load_ebay(load, EBAY_ONE)
    order = Order.objects.get()
    assert (order.number, order.email, order.name, order.phone_key) == (
        *("12-34567-89012", "0a1b@members.ebay.com", "Zoe Zimmer", "125550199"),
    )
    assert (order.status, order.tracking, order.total) == ("shipped", "94346081", Decimal("103.98"))
    assert [f"{day:%Y-%m-%d}" for day in (order.ordered_at, order.shipped_at)] == ["2026-09-01", "2026-09-02"]
    assert list_items(order.number) == [("Lamp, brass", "LAMP", 2, Decimal("45.99"))]
    assert "1 new, 0 updated, 0 unchanged, 2 refused" in said.out


@pytest.mark.parametrize(
    ("sent", "status", "states"),
    [
        (("Sep-02-26", "Sep-03-26"), "shipped", ["shipped", "shipped"]),
        (("Sep-02-26", ""), "partly_shipped", ["shipped", "not_shipped"]),
        (("", "Sep-03-26"), "partly_shipped", ["not_shipped", "shipped"]),
        (("", ""), "processing", ["not_shipped", "not_shipped"]),
    ],
)
def test_a_report_of_ebay_with_several_items_below_the_row_of_their_order_is_read(load, sent, status, states):
    said = load_ebay(
        load,
        EBAY_SUM,
        EBAY_ITEM.format(
            name="Mug", quantity=2, price="$10.00", sent=sent[0], tracking=sent[0] and 111111, id=1
        ),
        EBAY_ITEM.format(
            name="Plate", quantity=1, price="$5.00", sent=sent[1], tracking=sent[1] and 222222, id=2
        ),
    )
    order = Order.objects.get()
    assert "is empty" not in said.err  # the row above the items is none
    assert (order.status, list_states(order.number), order.name, order.total) == (
        *(status, states, "Max Muster", Decimal("28.99")),
    )
    assert order.tracking == ", ".join(
        number for number, day in zip(("111111", "222222"), sent, strict=True) if day
    )
    assert list_items(order.number) == [
        ("Mug [Size:M]", "", 2, Decimal(10)),
        ("Plate [Size:M]", "", 1, Decimal(5)),
    ]


def test_an_order_that_is_in_two_joined_reports_of_ebay_is_one(load):
    items = [
        EBAY_ITEM.format(name=name, quantity=quantity, price="$5.00", sent="", tracking="", id=name)
        for name, quantity in (("Mug", 2), ("Plate", 1))
    ]
    load_ebay(load, EBAY_SUM, *items, EBAY_HEADER, EBAY_SUM, *items)
    assert [item[0] for item in list_items("12-34567-89013")] == ["Mug [Size:M]", "Plate [Size:M]"]


def test_a_report_of_ebay_where_one_posts_and_dispatches_is_read(load):
    header, row = EBAY_HEADER, EBAY_ONE.replace("$", "AU $")
    for american, british in (
        ("Ship To", "Post to"),
        ("Shipping And Handling", "Postage and packaging"),
        ("Shipped On Date", "Dispatched on date"),
        ("Shipping Service", "Delivery service"),
    ):
        header = header.replace(american, british)
    assert load(header, row).err == ""
    order = Order.objects.get()
    assert (order.status, order.currency, order.shipping, order.shipping_method, order.phone_key) == (
        *("shipped", "AUD", Decimal(12), "USPS", "125550199"),
    )


def test_a_report_of_ebay_in_german_is_read(load):
    said = load(
        "Verkaufsprotokollnummer;Bestellnummer;Nutzername des Käufers;Name des Käufers;Artikelnummer;Angebotstitel;"
        "Bestandseinheit;Anzahl;Verkauft für;Verpackung und Versand;Gesamtbetrag;Verkauft am;Verschickt am - Datum",
        "1;23-12345-12345;zoez;Zoe Zimmer;335001;Tasse;MUG-B;2;56,00 €;4,99 €;1.116,99 €;10-Dez-25;12-Mär-26",
    )
    order = Order.objects.get()
    assert (said.err, order.number, order.status, order.total, order.currency) == (
        *("", "23-12345-12345", "shipped", Decimal("1116.99"), "EUR"),
    )
    assert [f"{day:%Y-%m-%d}" for day in (order.ordered_at, order.shipped_at)] == ["2025-12-10", "2026-03-12"]
    assert list_items(order.number) == [("Tasse", "MUG-B", 2, Decimal(56))]
