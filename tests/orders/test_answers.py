"""What a customer asks of an order that came by an import, and what the built-in model answers from it."""

import pytest
from django.core.management import call_command

from orders.tools import lookup_order
from supportbot.demo.wording import describe_details, describe_order

from .test_export_files import HEADER, MUG, PLATE

COLUMNS = f"{HEADER},Fulfilled at,Shipping Method,Refunded Amount,Lineitem fulfillment status,Note Attributes"
TRACKED = '"carrier: DHL\ntracking: 357962501027\ntracking_url: https://dhl.example/track?id=357962501027"'


@pytest.fixture
def answer(tmp_path, chat):
    """Imports #1001 with these states, and answers a question about it."""

    def answer(paid: str, sent: str, refunded: str, asked: str) -> str:
        first = MUG.replace("paid,fulfilled", f"{paid},{sent}")
        shipped = "2026-09-02 10:00:00 +0000" if sent in ("fulfilled", "partial") else ""
        state = "fulfilled" if shipped else "pending"
        rows = [f"{first},{shipped},DHL Paket,{refunded},{state},{TRACKED if shipped else ''}"]
        rows.append(f"{PLATE},,,,{'fulfilled' if sent == 'fulfilled' else 'pending'},")
        file = tmp_path / "export.csv"
        file.write_text("\n".join([COLUMNS, *rows]))
        call_command("import_orders", str(file), verbosity=0)
        order = lookup_order(chat(), "1001", "zoe@example.com")
        return f"{describe_order(order, '1001')} {describe_details(order, asked)}"

    return answer


@pytest.mark.parametrize(
    ("paid", "sent", "refunded", "asked", "says"),
    [
        (
            "paid",
            "fulfilled",
            "",
            "when was it shipped",
            ["has been shipped", "Shipped on 2 September 2026."],
        ),
        ("paid", "fulfilled", "", "where is it", ["357962501027 (DHL)", "https://dhl.example/track"]),
        (
            "paid",
            "partial",
            "",
            "where is it",
            ["in part", "Mug (10.00 EUR): shipped", "Plate (3.00 EUR): not shipped"],
        ),
        (
            "refunded",
            "fulfilled",
            "10.00",
            "was I refunded",
            ["has been shipped", "10.00 EUR has been refunded."],
        ),
        ("refunded", "fulfilled", "", "was I refunded", ["has been shipped", "It has been refunded."]),
        (
            "partially_refunded",
            "partial",
            "3.00",
            "my money back?",
            ["in part", "3.00 EUR has been refunded."],
        ),
        ("paid", "unfulfilled", "", "when was it shipped", ["has not been shipped yet"]),
        ("paid", "restocked", "", "where is it", ["has been returned"]),
        ("refunded", "unfulfilled", "10.00", "was I refunded", ["cancelled", "10.00 EUR has been refunded."]),
    ],
)
def test_the_answer_tells_what_the_export_knows_and_nothing_else(answer, paid, sent, refunded, asked, says):
    told = answer(paid, sent, refunded, asked)

    assert [part for part in says if part not in told] == []
    assert ("returned" in told) == (sent == "restocked")
    assert ("refunded" in told) == ("refunded" in paid)
