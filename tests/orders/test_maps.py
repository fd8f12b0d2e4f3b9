"""A shop describes the export of any other system in a file of its own."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture
def load(tmp_path, capsys):
    """Imports a file with these lines by this map, and gives what was said."""

    def load(*lines: str, described: str = "", **options):
        file, described_in = tmp_path / "export.csv", tmp_path / "shop.toml"
        file.write_text("\n".join(lines), encoding="utf-8")
        described_in.write_text(described, encoding="utf-8")
        call_command("import_orders", str(file), **{"map": described_in} | options)
        return capsys.readouterr()

    return load


def list_items(number: str) -> list[tuple]:
    return list(Order.objects.get(number=number).items.values_list("name", "sku", "quantity", "price"))


MAP = """
name = "Our shop"
platform = "own"
currency = "CHF"
days = "day first"
[columns]
Name = "Bestellung"
Email = ["Mail", "Rechnungsmail"]
"Billing name" = "Vorname + Nachname"
"Created at" = "Datum"
Status = "Stand"
Total = "Summe"
Carrier = "Paketdienst"
"Tracking number" = "Sendung"
"Tracking url" = "Verfolgen"
"Expected delivery" = "Liefertag"
"Lineitem name" = "Artikel"
"Lineitem quantity" = "Menge"
[status]
Versandt = "shipped"
"In Arbeit" = "processing"
"""
OWN = (
    "Bestellung;Datum;Vorname;Nachname;Mail;Rechnungsmail;Stand;Summe;Paketdienst;Sendung;Verfolgen;Liefertag;Artikel;Menge",
    "B-1;03.04.2026;Zoe;Zimmer;;zoe@example.com;versandt;1.024,90;Post;99.11;https://post.example/99;05/04/2026;Tasse;2",
    "B-1;;;;;;;;;;;;Teller;1",
    "B-2;04/04/2026;Max;;max@example.com;;In Arbeit;12,50;;;;;Tasse;1",
)


def test_a_map_of_the_shop_s_own(load, chat):
    said = load(*OWN, described=MAP)
    assert (said.err, "2 orders: 2 new" in said.out) == ("", True)
    order = Order.objects.get(number="B-1")
    assert (order.name, order.email, order.currency, order.total) == (
        *("Zoe Zimmer", "zoe@example.com"),
        *("CHF", Decimal("1024.9")),
    )
    assert (order.status, order.carrier, order.tracking, order.tracking_url) == (
        *("shipped", "Post", "99.11"),
        "https://post.example/99",
    )
    assert (order.ordered_at.date().isoformat(), order.expected_delivery.isoformat()) == (
        "2026-04-03",
        "2026-04-05",
    )
    assert [item[:3:2] for item in list_items("B-1")] == [("Tasse", 2), ("Teller", 1)]
    assert Order.objects.get(number="B-2").ordered_at.date().isoformat() == "2026-04-04"


def test_a_state_of_its_own_that_each_item_has_is_the_item_s_whatever_day_the_order_was_sent(load):
    described = (
        'name = "Our shop"\n[columns]\nName = "Nr"\n"Created at" = "Tag"\n"Fulfilled at" = "Versandt"\n'
        '"Lineitem name" = "Artikel"\n"Lineitem quantity" = "Menge"\n"Lineitem fulfillment status" = "Stand"\n'
    )
    load(
        "Nr;Tag;Versandt;Artikel;Menge;Stand",
        "B-1;2026-09-01;2026-09-03;Tasse;1;fulfilled",
        "B-1;2026-09-01;2026-09-03;Teller;1;pending",
        described=described,
    )
    assert list(Order.objects.get().items.values_list("state", flat=True)) == ["shipped", "not_shipped"]


def test_a_list_of_parcels_changes_nothing_else_of_the_orders(load):
    load(*OWN, described=MAP)
    parcels = "[columns]\nName = 'Ref'\n'Tracking number' = 'Parcel'"
    said = load("Ref,Parcel", "B-2,357962501027", "B-1,", "B-3,99", described=parcels)
    assert "B-1: The order's first row is missing" in said.err
    assert "3 orders: 1 new, 1 updated, 0 unchanged, 1 refused" in said.out
    order = Order.objects.get(number="B-2")
    assert (order.tracking, order.email, order.status, order.total, order.platform) == (
        *("357962501027", "max@example.com", "processing"),
        *(Decimal("12.5"), "own"),
    )
    assert [item[:3:2] for item in list_items("B-2")] == [("Tasse", 1)]


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ("name = ", "Invalid value"),
        ("[columns]\nTotal = 'Summe'", "does not say which one is the order's number"),
        ("[columns]\nName = 'B'\nTotel = 'S'", r"Not known in \[columns\]: Totel.*These are: Name, Email"),
        ("colums = 1\n[columns]\nName = 'B'", "colums is not known, these are: name, platform"),
        ("days = 'sometimes'\n[columns]\nName = 'B'", "days must be 'day first' or 'month first'"),
        (
            "[columns]\nName = 'B'\n[status]\nx = 'sent'",
            r"Not known in \[status\]: sent.*These are: processing",
        ),
        ("[columns]\nName = 5", r"columns\.Name must be text between quotation marks\.$"),
        (
            "recognised_by = 'Nummer'\n[columns]\nName = 'Nummer'",
            "recognised_by must be a list of columns",
        ),
        ("currency = 5\n[columns]\nName = 'Nummer'", "currency must be text between quotation marks"),
        (
            "[columns]\nName = 'Nummer'\n[payment]\nbezahlt = 1",
            "payment.bezahlt must be text between quotation marks",
        ),
        ("columns = 'B'", r"columns must be a table, which begins with a line \[columns\]"),
        ("[columns]\nName = 'B'\n[items]\ncolumns = 'x'", "items.pattern is missing"),
        ("[columns]\nName = 'B'\n[items]\ncolumns = 'x'\npattern = '('", "unterminated"),
        ("[columns]\nName = 'B'\n[items]\ncolumns = 'x'\npattern = 'y'", "none of these groups"),
        ("[columns]\nName = 'Nummer'", "These columns of an order export are missing: Nummer"),
    ],
)
def test_a_map_that_cannot_be_used_is_an_error_in_plain_words(load, described, words):
    with pytest.raises(CommandError, match=words):
        load(*OWN, described=described)


def test_what_is_left_empty_or_noted_in_a_map_and_a_name_of_digits_keep_it_from_nothing(load):
    described = (
        "platform = 24\nrecognised_by = ''\ndays = ''\n[columns]\nName = 'Nr'\n[items]\n",
        "name = 24\n[columns]\nName = 'Nr'\n[items]\nnote = 'ours'\ncolumns = 'x'\npattern = '(?P<name>.*)'",
    )
    for number, each in enumerate(described):
        load("Nr", str(number), described=each)
    assert list(Order.objects.order_by("number").values_list("number", "platform")) == [
        ("0", "24"),
        ("1", ""),
    ]


def test_a_map_that_is_not_there_is_an_error_in_plain_words(load, tmp_path):
    with pytest.raises(CommandError, match=r"none\.toml: No such file"):
        load(*OWN, map=tmp_path / "none.toml")


def test_our_columns_may_be_named_in_any_case_as_in_an_export(load):
    described = (
        '[columns]\nname = "Nr"\nEMAIL = "Mail"\n"Billing Name" = "Kunde"\n"Financial status" = "Zahlung"\n'
    )
    load("Nr,Mail,Kunde,Zahlung", "7,zoe@example.com,Zoe,paid", described=described)
    order = Order.objects.get(number="7")
    assert (order.email, order.name, order.payment) == ("zoe@example.com", "Zoe", "paid")
